//! Errors that are answered before any handler runs.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::http::accept::ErrorForm;
use crate::http::fault::Fault;

/// Turns a refusal into an answer in the service's own error form; it gets the request's headers.
pub type FaultRenderer = Arc<dyn Fn(&HeaderMap, &Fault) -> HttpResponse + Send + Sync>;

/// The error form of the image API: HTML, JSON or text by `Accept`.
pub fn render(headers: &HeaderMap, fault: &Fault) -> HttpResponse {
    let accept = headers.get(ACCEPT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let (content_type, body) = fault.render(ErrorForm::choose(accept.as_deref()));
    builder(fault).insert_header((CONTENT_TYPE, content_type)).body(body)
}

fn builder(fault: &Fault) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(fault.status());
    HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Tells browsers to believe the content type and nothing else: texts of users must never become pages (H3).
pub(super) const NO_SNIFFING: (HeaderName, HeaderValue) = (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// A finished answer on its way out as an error, because the request is no longer there to carry it.
pub(super) fn into_error(
    reason: impl fmt::Debug + fmt::Display + 'static,
    mut answer: HttpResponse,
) -> actix_web::Error {
    let (name, value) = NO_SNIFFING;
    answer.headers_mut().insert(name, value);
    actix_web::error::InternalError::from_response(reason, answer).into()
}
