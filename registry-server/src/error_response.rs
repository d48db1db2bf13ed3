//! The one place where refusals get their status, code and headers.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use glance_common::http::fault::Fault;
use glance_common::registry_api::{ErrorBody, ErrorCode, ErrorDetail};
use glance_common::web::BodyError;
use serde_json::{Map, Value};

use crate::db::DbError;
use crate::error::ApiError;

/// Seconds after which a request that failed for want of the database is worth repeating.
const RETRY_AFTER_SECONDS: &str = "1";

/// An answer in the making.
struct Refusal {
    code: ErrorCode,
    /// Differs from the code's own status for wrong methods and slow bodies only.
    status: u16,
    header: Option<(HeaderName, String)>,
    details: Vec<(&'static str, Value)>,
    /// What the peer reads instead of the error's own text.
    message: Option<&'static str>,
}

impl Refusal {
    fn of(code: ErrorCode) -> Self {
        Self { code, status: code.http_status(), header: None, details: Vec::new(), message: None }
    }

    fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn with_header(self, name: HeaderName, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    fn with_detail(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// A defect: the peer learns only that there is one.
    fn hidden() -> Self {
        Self { message: Some("internal error"), ..Self::of(ErrorCode::Internal) }
    }

    fn later() -> Self {
        Self::of(ErrorCode::Unavailable).with_header(RETRY_AFTER, RETRY_AFTER_SECONDS)
    }
}

/// Chooses code, status and headers of every error.
fn refusal(error: &ApiError) -> Refusal {
    match error {
        ApiError::Invalid(_) => Refusal::of(ErrorCode::Invalid),
        ApiError::Unauthenticated(_) => Refusal::of(ErrorCode::Unauthenticated),
        ApiError::TokenRefused => Refusal::of(ErrorCode::TokenRefused),
        ApiError::IdentityAway => Refusal::later(),
        ApiError::Forbidden(_) => Refusal::of(ErrorCode::Forbidden),
        ApiError::NoPath => Refusal::of(ErrorCode::NoRoute),
        ApiError::NoMethod { allowed } => Refusal::of(ErrorCode::NoRoute).with_status(405).with_header(ALLOW, allowed),
        ApiError::NotFound => Refusal::of(ErrorCode::NotFound),
        ApiError::Body(BodyError::TooLarge { limit }) => {
            Refusal::of(ErrorCode::TooLarge).with_detail("maximum", *limit as u64)
        }
        ApiError::Body(error @ (BodyError::TimedOut | BodyError::Incomplete)) => {
            Refusal::of(ErrorCode::Invalid).with_status(error.status())
        }
        ApiError::Overloaded => Refusal::later(),
        ApiError::Db(error) => database_refusal(error),
    }
}

fn database_refusal(error: &DbError) -> Refusal {
    match error {
        DbError::NotFound => Refusal::of(ErrorCode::NotFound),
        DbError::MarkerNotFound => Refusal::of(ErrorCode::MarkerNotFound),
        DbError::Forbidden(_) => Refusal::of(ErrorCode::Forbidden),
        DbError::Duplicate(_) => Refusal::of(ErrorCode::Duplicate),
        DbError::WrongStatus { status } => Refusal::of(ErrorCode::Conflict).with_detail("status", status.as_str()),
        DbError::WrongValue => Refusal::of(ErrorCode::Conflict),
        DbError::Stale { version } => Refusal::of(ErrorCode::Stale).with_detail("version", *version),
        DbError::Protected => Refusal::of(ErrorCode::Protected),
        DbError::LeaseHeld => Refusal::of(ErrorCode::LeaseHeld),
        DbError::LeaseLost => Refusal::of(ErrorCode::LeaseLost),
        DbError::LimitExceeded { maximum, attempted } => {
            Refusal::of(ErrorCode::LimitExceeded).with_detail("maximum", *maximum).with_detail("attempted", *attempted)
        }
        DbError::OverQuota { resource, maximum, usage, delta } => Refusal::of(ErrorCode::OverQuota)
            .with_detail("resource", resource.as_str())
            .with_detail("maximum", *maximum)
            .with_detail("usage", *usage)
            .with_detail("delta", *delta),
        DbError::Invalid(_) | DbError::KeyReused => Refusal::of(ErrorCode::Invalid),
        DbError::Unavailable { .. } | DbError::Contended { .. } => Refusal::later(),
        DbError::WrongSchema(_) | DbError::Internal { .. } => Refusal::hidden(),
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status(refusal(self).status)
    }

    /// Logs the failure and answers it: each happens once, here.
    fn error_response(&self) -> HttpResponse {
        let Refusal { code, status, header, details, message } = refusal(self);
        match (status, self.cause()) {
            (500.., Some(cause)) => log::error!("{status} {self}: {cause}"),
            (500.., None) => log::error!("{status} {self}"),
            _ => log::debug!("{status} {self}"),
        }
        let message = message.map_or_else(|| self.to_string(), ToOwned::to_owned);
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut answer = answer(status, code, message, details);
        if let Some((name, Ok(value))) = header.map(|(name, value)| (name, HeaderValue::try_from(value))) {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}

impl ApiError {
    /// What only the log may know.
    fn cause(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.cause().map(ToOwned::to_owned),
            _ => None,
        }
    }
}

/// The form of refusals that the server shell gives before any handler runs: overlong lines, panics.
pub(crate) fn render_fault(_headers: &HeaderMap, fault: &Fault) -> HttpResponse {
    let code = match fault.status() {
        413 => ErrorCode::TooLarge,
        503 => ErrorCode::Unavailable,
        500.. => ErrorCode::Internal,
        _ => ErrorCode::Invalid,
    };
    answer(fault.status(), code, fault.explanation().to_owned(), Map::new())
}

fn answer(code_of_http: u16, code: ErrorCode, message: String, details: Map<String, Value>) -> HttpResponse {
    HttpResponse::build(status(code_of_http)).json(ErrorBody { error: ErrorDetail { code, message, details } })
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use glance_common::model::ImageStatus;

    use super::*;

    async fn shown(error: ApiError) -> (u16, String, String) {
        let response = error.error_response();
        let header = [RETRY_AFTER, ALLOW].into_iter().find_map(|name| response.headers().get(name).cloned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body()).await.unwrap();
        (
            status,
            header.map_or(String::new(), |h| h.to_str().unwrap().to_owned()),
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    #[actix_web::test]
    async fn refusals_have_status_header_and_body() {
        let secret = || "postgresql://user:pw@db: relation images".to_owned();
        let table = [
            (
                ApiError::Db(DbError::WrongStatus { status: ImageStatus::Saving }),
                (
                    409,
                    "",
                    r#"{"error":{"type":"conflict","message":"the image is in status saving","details":{"status":"saving"}}}"#,
                ),
            ),
            (
                ApiError::Db(DbError::Unavailable { cause: secret() }),
                (503, "1", r#"{"error":{"type":"unavailable","message":"the database is not available"}}"#),
            ),
            (
                ApiError::Db(DbError::Internal { cause: secret() }),
                (500, "", r#"{"error":{"type":"internal","message":"internal error"}}"#),
            ),
            (
                ApiError::Db(DbError::WrongSchema(secret())),
                (500, "", r#"{"error":{"type":"internal","message":"internal error"}}"#),
            ),
            (
                ApiError::NoMethod { allowed: "GET, PATCH".to_owned() },
                (405, "GET, PATCH", r#"{"error":{"type":"no_route","message":"no such method on this path"}}"#),
            ),
            (
                ApiError::Body(BodyError::TooLarge { limit: 10 }),
                (
                    413,
                    "",
                    r#"{"error":{"type":"too_large","message":"the request body is larger than 10 bytes","details":{"maximum":10}}}"#,
                ),
            ),
        ];
        for (error, (status, header, body)) in table {
            assert_eq!(shown(error).await, (status, header.to_owned(), body.to_owned()));
        }
    }
}
