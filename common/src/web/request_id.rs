//! The id under which a request is found again in logs (images-v2 specification, section 3.3).
//!
//! Not every answer carries it: version lists, health checks and refusals of unknown callers do not.
//! So the middleware is put around the scopes that want it: `web::scope("/v2").wrap(RequestIds::new(64))`.

use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::faults::{self, FaultRenderer};
use super::notes::RequestNotes;
use crate::http::fault::Fault;
use crate::logging::{self, RequestLog};

/// The header, in requests and answers alike.
pub const HEADER: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The id of a request, in its extensions: `req-` and, unless the client chose otherwise, a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id.
    pub fn random() -> Self {
        Self(format!("req-{}", Uuid::new_v4()).into())
    }

    /// The id that a client asks for, or a new one when it asks for none or for an unreadable one.
    ///
    /// # Errors
    /// The 431 answer when it is longer than `max_length` characters; 0 means any length.
    pub fn from_headers(headers: &HeaderMap, max_length: usize) -> Result<Self, Fault> {
        let asked = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let asked = match asked.map(str::trim) {
            None | Some("") => return Ok(Self::random()),
            Some(asked) => asked,
        };
        if max_length > 0 && asked.len() > max_length {
            let comment = format!("x-openstack-request-id is too long, max size {max_length}");
            return Err(Fault::new(431).with_comment(comment));
        }
        Ok(match asked.starts_with("req-") {
            true => Self(asked.into()),
            false => Self(format!("req-{asked}").into()),
        })
    }

    /// The text, `req-` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Middleware that gives every request of a scope its [`RequestId`] and every answer the header.
#[derive(Clone)]
pub struct RequestIds {
    max_length: usize,
    render: FaultRenderer,
}

impl RequestIds {
    /// `max_length` is `max_request_id_length`; 0 allows any length.
    pub fn new(max_length: usize) -> Self {
        Self { max_length, render: Arc::new(faults::render) }
    }

    /// Replaces the form in which an id that is too long is refused.
    #[must_use]
    pub fn render_faults<F>(mut self, render: F) -> Self
    where
        F: Fn(&HeaderMap, &Fault) -> HttpResponse + Send + Sync + 'static,
    {
        self.render = Arc::new(render);
        self
    }
}

impl<S> Transform<S, ServiceRequest> for RequestIds
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = RequestIdService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequestIdService { service: Rc::new(service), settings: self.clone() }))
    }
}

/// See [`RequestIds`].
pub struct RequestIdService<S> {
    service: Rc<S>,
    settings: RequestIds,
}

impl<S> Service<ServiceRequest> for RequestIdService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let id = match RequestId::from_headers(request.headers(), self.settings.max_length) {
            Ok(id) => id,
            Err(fault) => {
                let answer = (self.settings.render)(request.headers(), &fault);
                return Box::pin(ready(Ok(request.into_response(answer))));
            }
        };
        request.extensions_mut().insert(id.clone());
        let log = RequestLog::new(id.as_str(), None);
        RequestNotes::of(request.request()).set_log(log.clone());
        let service = Rc::clone(&self.service);
        Box::pin(logging::scope(log, async move {
            match service.call(request).await {
                Ok(mut response) => {
                    mark(response.headers_mut(), id.as_str());
                    Ok(response)
                }
                Err(error) => {
                    let mut response = error.error_response();
                    mark(response.headers_mut(), id.as_str());
                    Err(faults::into_error(error.to_string(), response))
                }
            }
        }))
    }
}

/// Puts the id on an answer.
pub fn mark(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(value.as_bytes());
        headers.insert(HEADER, value.unwrap());
        headers
    }

    #[test]
    fn an_id_keeps_or_gets_its_prefix() {
        let long = "x".repeat(100);
        let table = [("req-abc", 64, "req-abc"), ("abc", 64, "req-abc"), (&long, 0, &format!("req-{long}"))];
        for (value, max, expected) in table {
            let id = RequestId::from_headers(&asked(value), max);
            assert_eq!(id.map(|id| id.to_string()), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn an_absent_empty_or_unreadable_id_is_made() {
        for headers in [HeaderMap::new(), asked(""), asked("é")] {
            let id = RequestId::from_headers(&headers, 64).map(|id| id.to_string());
            assert!(id.is_ok_and(|id| id.starts_with("req-") && id.len() == 40));
        }
    }

    #[test]
    fn an_overlong_id_is_refused() {
        assert!(RequestId::from_headers(&asked(&"x".repeat(64)), 64).is_ok());
        let refused = RequestId::from_headers(&asked(&"x".repeat(65)), 64);
        assert_eq!(refused.map_err(|fault| fault.status()), Err(431));
    }
}
