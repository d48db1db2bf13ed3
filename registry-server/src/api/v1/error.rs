//! Refusals in the form of the older protocol: the envelope of the image API, or a fixed plain text.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use glance_common::http::fault::Fault;
use glance_common::web::faults;
use thiserror::Error;

use crate::db::DbError;
use crate::error::ApiError;

/// Why a request of the older protocol is refused.
#[derive(Debug, Error)]
pub(super) enum V1Error {
    /// In the envelope.
    #[error("{} {}", .0.status(), .0.explanation())]
    Fault(Fault),
    /// Nothing but this text.
    #[error("{0} {1}")]
    Plain(u16, &'static str),
    /// The path has other methods.
    #[error("405 no such method on this path")]
    NoMethod(&'static str),
    /// What both protocols refuse.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl V1Error {
    /// 404 in the stock words.
    pub(super) fn missing() -> Self {
        Self::Fault(Fault::new(404))
    }

    /// 404 for a membership; whether the image is there is not told.
    pub(super) fn membership_missing() -> Self {
        Self::Fault(Fault::new(404).explained("Membership could not be found."))
    }

    /// 400 with a reason in the place of the stock words.
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::Fault(Fault::new(400).explained(text))
    }

    /// A refusal with a reason behind the stock words.
    pub(super) fn detailed(status: u16, text: impl Into<String>) -> Self {
        Self::Fault(Fault::new(status).with_detail(text))
    }
}

impl ResponseError for V1Error {
    fn status_code(&self) -> StatusCode {
        let status = match self {
            Self::Fault(fault) => fault.status(),
            Self::Plain(status, _) => *status,
            Self::NoMethod(_) => 405,
            Self::Api(error) => return error.status_code(),
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Status and headers; [`in_old_words`] adds the body, for which the request's headers count.
    fn error_response(&self) -> HttpResponse {
        if let Self::Api(error) = self {
            return error.error_response();
        }
        log::debug!("refused: {self}");
        let mut answer = HttpResponse::new(self.status_code());
        if let Self::NoMethod(allowed) = self {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        }
        answer
    }
}

/// Gives refusals the body that callers of the older protocol expect.
pub(super) async fn in_old_words(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(error) = response.response().error() else { return Ok(response) };
    let (method, headers) = (response.request().method(), response.request().headers());
    let render = |fault: &Fault| faults::render(headers, fault);
    let mut answer = match (error.as_error::<V1Error>(), error.as_error::<ApiError>()) {
        (Some(V1Error::Fault(fault)), _) => render(fault),
        (Some(V1Error::Plain(status, text)), _) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).content_type("text/plain; charset=UTF-8").body(*text)
        }
        (Some(V1Error::NoMethod(_)), _) => {
            render(&Fault::new(405).explained(format!("The method {method} is not allowed for this resource. ")))
        }
        (Some(V1Error::Api(error)), _) | (None, Some(error)) => render(&fault_of(error)),
        (None, None) => return Ok(response),
    };
    for name in [ALLOW, RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    Ok(ServiceResponse::new(response.request().clone(), answer))
}

/// A refusal of both protocols in the envelope. Why something is missing is never told.
fn fault_of(error: &ApiError) -> Fault {
    let fault = Fault::new(error.status_code().as_u16());
    match error {
        ApiError::Db(DbError::Forbidden(text)) => fault.with_detail(*text),
        ApiError::Db(DbError::Duplicate(text) | DbError::Invalid(text)) => fault.with_detail(text),
        _ if matches!(fault.status(), 404 | 500..) => fault,
        other => fault.explained(other.to_string()),
    }
}
