//! The one place where a refusal becomes status, headers and body (images-v2 §2.3).

use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use glance_common::http::accept::ErrorForm;
use glance_common::http::fault::Fault;
use glance_common::logging::with_causes;
use glance_common::web::faults;

use crate::error::{ApiError, Situation};
use crate::i18n;

/// The status of a situation: the one decision for the whole server.
const fn status_of(situation: &Situation) -> u16 {
    match situation {
        Situation::BadRequest => 400,
        Situation::Unauthorized => 401,
        Situation::Forbidden => 403,
        Situation::NotFound => 404,
        Situation::MethodNotAllowed { .. } => 405,
        Situation::RequestTimeout => 408,
        Situation::Conflict => 409,
        Situation::Gone => 410,
        Situation::TooLarge => 413,
        Situation::UnsupportedMediaType { .. } => 415,
        Situation::RangeNotSatisfiable => 416,
        Situation::TooManyRequests { .. } => 429,
        Situation::HeaderTooLarge => 431,
        Situation::Internal => 500,
        Situation::NotImplemented { .. } => 501,
        Situation::BadGateway => 502,
        Situation::Unavailable { .. } => 503,
        Situation::GatewayTimeout => 504,
    }
}

/// The sentence that a situation brings itself, in the spelling that clients parse.
fn own_explanation(situation: &Situation) -> Option<String> {
    match situation {
        Situation::MethodNotAllowed { method, .. } => {
            Some(format!("The method {method} is not allowed for this resource. "))
        }
        Situation::NotImplemented { method } => {
            Some(format!("\nThe request method {method} is not implemented for this server. "))
        }
        Situation::UnsupportedMediaType { given } => {
            // Clients know the placeholder: the original shows it where there is nothing to put in its place.
            let given = given.as_deref().unwrap_or("${CONTENT_TYPE}");
            Some(format!("The request media type {given} is not supported by this server.\n"))
        }
        _ => None,
    }
}

/// The header that belongs to a situation.
fn own_header(situation: &Situation) -> Option<(&'static str, String)> {
    match situation {
        Situation::MethodNotAllowed { allow, .. } => Some(("allow", allow.clone())),
        Situation::Unavailable { retry_after: Some(after) } | Situation::TooManyRequests { retry_after: after } => {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            Some(("retry-after", seconds.max(1).to_string()))
        }
        _ => None,
    }
}

/// Answers a request with its refusal, and logs it: what is our fault as an error with its causes, what is the client's
/// for debugging.
pub fn respond(error: &ApiError, request: &HttpRequest) -> HttpResponse {
    log_refusal(error, request);
    let mut response = HttpResponse::build(StatusCode::from_u16(status_of(error.situation())).unwrap_or_default());
    let own = own_header(error.situation());
    let own = own.as_ref().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in own.into_iter().chain(error.headers()) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            response.append_header((name, value));
        }
    }
    let (content_type, body) = localised(fault(error), request.headers()).render(form_for(request.headers()));
    response.insert_header((CONTENT_TYPE, content_type));
    if request.method() == Method::HEAD { response.finish() } else { response.body(body) }
}

/// Answers for the server's shell, which refuses what no handler sees.
pub fn render_fault(headers: &HeaderMap, fault: &Fault) -> HttpResponse {
    faults::render(headers, &localised(fault.clone(), headers))
}

/// The same in the language that the client prefers, as far as there is a catalogue.
fn localised(fault: Fault, headers: &HeaderMap) -> Fault {
    let lines = headers.get_all(ACCEPT_LANGUAGE).filter_map(|line| line.to_str().ok());
    match i18n::catalogue_for(lines) {
        Some(catalogue) => fault.in_words_of(|text| catalogue.translate(text)),
        None => fault,
    }
}

/// The refusal in the words of the envelope.
fn fault(error: &ApiError) -> Fault {
    let mut fault = Fault::new(status_of(error.situation()));
    if let Some(text) = own_explanation(error.situation()) {
        fault = fault.explained(text);
    } else if let Some(text) = error.explanation() {
        fault = fault.explained(text);
    }
    if let Some(text) = error.detail() {
        fault = fault.with_detail(text);
    }
    match error.comment() {
        Some(text) => fault.with_comment(text),
        None => fault,
    }
}

/// The form that the client prefers; several `Accept` lines are one list.
fn form_for(headers: &HeaderMap) -> ErrorForm {
    let lines: Vec<_> = headers.get_all(ACCEPT).map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    ErrorForm::choose((!lines.is_empty()).then(|| lines.join(", ")).as_deref())
}

/// Logs a refusal once, where it is answered.
fn log_refusal(error: &ApiError, request: &HttpRequest) {
    let (method, path) = (request.method(), request.path());
    // 501 is about a method that the client made up.
    if status_of(error.situation()) >= 500 && !matches!(error.situation(), Situation::NotImplemented { .. }) {
        log::error!("{method} {path} failed: {}", with_causes(error));
    } else {
        log::debug!("{method} {path} refused: {}", with_causes(error));
    }
}

#[cfg(test)]
mod tests;
