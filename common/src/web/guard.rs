//! Refuses what no handler should see, and answers for handlers that panic.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use super::faults::{self, FaultRenderer};
use super::notes::RequestNotes;
use super::request_id;
use crate::http::fault::Fault;
use crate::logging;

/// What separates name and value of a header and ends its line: `: ` and CR LF.
const HEADER_OVERHEAD: usize = 4;

/// What the middleware needs; one in each worker.
#[derive(Clone)]
pub(super) struct Guard {
    /// Longest URL and longest header line in bytes.
    pub(super) max_line: usize,
    pub(super) render: FaultRenderer,
}

/// Refuses overlong lines; a panic below becomes a 500.
pub(super) async fn guard(
    guard: Guard,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(fault) = guard.refusal(&request) {
        let answer = (guard.render)(request.headers(), &fault);
        return Ok(request.into_response(answer));
    }
    // The request is gone once it has been handed on; only these headers matter for its error form.
    let form = [ACCEPT, ACCEPT_LANGUAGE].map(|name| (request.headers().get(&name).cloned(), name));
    let notes = RequestNotes::of(request.request());
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        let mut headers = HeaderMap::new();
        for (value, name) in form {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        let mut answer = (guard.render)(&headers, &Fault::new(500));
        let report = || log::error!("a handler panicked: {}", reason_of(&*panic));
        match notes.log() {
            Some(request) => {
                request_id::mark(answer.headers_mut(), request.request_id());
                logging::in_scope(request.clone(), report);
            }
            None => report(),
        }
        Err(faults::into_error("the handler panicked", answer))
    })
}

/// The text of `panic!`.
fn reason_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

impl Guard {
    fn refusal(&self, request: &ServiceRequest) -> Option<Fault> {
        let url = request.uri().path_and_query().map_or(0, |url| url.as_str().len());
        if url > self.max_line {
            return Some(Fault::new(414));
        }
        let too_long = request
            .headers()
            .iter()
            .any(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD > self.max_line);
        too_long.then(|| Fault::new(431))
    }
}
