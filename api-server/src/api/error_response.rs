//! The one place where a refusal becomes status, headers and body (images-v2 §2.3).
//!
//! Clients parse these bodies, so every blank and line break in them is part of the contract.

use std::borrow::Cow;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::accept::{ErrorForm, form_for};
use crate::error::{ApiError, Situation};

/// What is fixed for a situation.
struct Stock {
    status: u16,
    title: &'static str,
    /// Stands for the explanation where the error has none.
    explanation: &'static str,
}

impl Situation {
    /// Status, title and stock sentence: the one decision for the whole server.
    const fn stock(&self) -> Stock {
        let (status, title, explanation) = match self {
            Self::BadRequest => (
                400,
                "Bad Request",
                "The server could not comply with the request since it is either malformed or otherwise incorrect.",
            ),
            Self::Unauthorized => (
                401,
                "Unauthorized",
                "This server could not verify that you are authorized to access the document you requested. \
                 Either you supplied the wrong credentials (e.g., bad password), or your browser does not \
                 understand how to supply the credentials required.",
            ),
            Self::Forbidden => (403, "Forbidden", "Access was denied to this resource."),
            Self::NotFound => (404, "Not Found", "The resource could not be found."),
            Self::MethodNotAllowed { .. } => (405, "Method Not Allowed", ""),
            Self::RequestTimeout => {
                (408, "Request Timeout", "The server has waited too long for the request to be sent by the client.")
            }
            Self::Conflict => (409, "Conflict", "There was a conflict when trying to complete your request."),
            Self::Gone => (410, "Gone", "This resource is no longer available. No forwarding address is given."),
            Self::TooLarge => {
                (413, "Request Entity Too Large", "The body of your request was too large for this server.")
            }
            Self::UnsupportedMediaType { .. } => (415, "Unsupported Media Type", ""),
            Self::RangeNotSatisfiable => {
                (416, "Request Range Not Satisfiable", "The Range requested is not available.")
            }
            Self::HeaderTooLarge => {
                (431, "Request Header Fields Too Large", "A header of your request was too large for this server.")
            }
            Self::Internal => (
                500,
                "Internal Server Error",
                "The server has either erred or is incapable of performing the requested operation.",
            ),
            Self::NotImplemented { .. } => (501, "Not Implemented", ""),
            Self::BadGateway => (502, "Bad Gateway", "Bad gateway."),
            Self::Unavailable { .. } => {
                (503, "Service Unavailable", "The server is currently unavailable. Please try again at a later time.")
            }
            Self::GatewayTimeout => (504, "Gateway Timeout", "The gateway has timed out."),
        };
        Stock { status, title, explanation }
    }

    /// The header that belongs to the situation itself.
    fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::MethodNotAllowed { allow, .. } => Some(("allow", allow.clone())),
            Self::Unavailable { retry_after: Some(after) } => {
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                Some(("retry-after", seconds.max(1).to_string()))
            }
            _ => None,
        }
    }
}

/// Answers a request with its refusal, and logs it: what is our fault as an error with its causes, what is the client's
/// for debugging.
pub fn respond(error: &ApiError, request: &HttpRequest) -> HttpResponse {
    log_refusal(error, request);
    let stock = error.situation().stock();
    let (content_type, body) = body(error, &stock, form_for(request.headers()));
    let mut response = HttpResponse::build(StatusCode::from_u16(stock.status).unwrap_or_default());
    for (name, value) in error.situation().header() {
        response.insert_header((name, value));
    }
    for (name, value) in error.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            response.append_header((name, value));
        }
    }
    response.content_type(content_type);
    if request.method() == Method::HEAD { response.finish() } else { response.body(body) }
}

/// Logs a refusal once, where it is answered.
fn log_refusal(error: &ApiError, request: &HttpRequest) {
    let (method, path) = (request.method(), request.path());
    if error.situation().stock().status >= 500 {
        log::error!("{method} {path} failed: {}", with_causes(error));
    } else {
        log::debug!("{method} {path} refused: {}", with_causes(error));
    }
}

/// An error and the causes behind it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Content type and body of a refusal.
fn body(error: &ApiError, stock: &Stock, form: ErrorForm) -> (&'static str, String) {
    let code = format!("{} {}", stock.status, stock.title);
    match form {
        ErrorForm::Json => {
            let message = message(error, stock, |text| Cow::Borrowed(text));
            let body = serde_json::json!({ "message": message, "code": code, "title": stock.title });
            ("application/json", body.to_string())
        }
        ErrorForm::Html => {
            let message = message(error, stock, escape_html);
            let body = format!(
                "<html>\n <head>\n  <title>{code}</title>\n </head>\n <body>\n  <h1>{code}</h1>\n  {message}\n </body>\n</html>"
            );
            ("text/html; charset=UTF-8", body)
        }
        ErrorForm::Plain => {
            let message = message(error, stock, |text| Cow::Borrowed(text));
            ("text/plain; charset=UTF-8", format!("{code}\n\n{}", without_tags(&message)))
        }
    }
}

/// The message in the template of its status; `escape` is applied to what the error says, not to the template.
fn message<'a>(error: &'a ApiError, stock: &Stock, escape: impl Fn(&'a str) -> Cow<'a, str>) -> String {
    let detail = escape(error.detail().unwrap_or_default());
    match error.situation() {
        Situation::MethodNotAllowed { method, .. } => {
            format!("The method {} is not allowed for this resource. <br /><br />\n{detail}", escape(method))
        }
        Situation::NotImplemented { method } => format!(
            "\nThe request method {} is not implemented for this server. <br /><br />\n{detail}",
            escape(method)
        ),
        Situation::UnsupportedMediaType { given } => {
            // Clients know the placeholder: the original service shows it where there is nothing to put in its place.
            let given = given.as_deref().unwrap_or("${CONTENT_TYPE}");
            format!("The request media type {} is not supported by this server.\n<br /><br />\n{detail}", escape(given))
        }
        _ => {
            let explanation = error.explanation().map_or(Cow::Borrowed(stock.explanation), &escape);
            let comment = error.comment().map(|text| format!("<!-- {} -->", escape_html(text))).unwrap_or_default();
            format!("{explanation}<br /><br />\n{detail}\n{comment}\n")
        }
    }
}

/// Makes text safe inside of HTML.
fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// A message as plain text: line breaks become blanks, `<br>` becomes a line break, marks of comments and tags go.
fn without_tags(message: &str) -> String {
    let one_line = message.replace('\n', " ").replace('\r', "");
    let broken = replace_tags(&one_line, "<br", "\n");
    let uncommented = broken.replace("<!--", "").replace("-->", "");
    replace_tags(&uncommented, "<", "")
}

/// Replaces everything from `opening`, in any letter case, up to the next `>`.
fn replace_tags(text: &str, opening: &str, with: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(start) = lower[done..].find(opening).map(|at| done + at)
        && let Some(end) = lower[start..].find('>').map(|at| start + at + 1)
    {
        replaced.push_str(&text[done..start]);
        replaced.push_str(with);
        done = end;
    }
    replaced.push_str(&text[done..]);
    replaced
}

#[cfg(test)]
mod tests;
