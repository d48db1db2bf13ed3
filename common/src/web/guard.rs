//! Refuses what no handler should see, and answers for handlers that panic.

use std::panic::AssertUnwindSafe;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use super::faults::{self, FaultRenderer};
use crate::http::fault::Fault;

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
    // The request is gone once it has been handed on; only this header matters for its error form.
    let accept = request.headers().get(ACCEPT).cloned();
    let path = request.path().to_owned();
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    outcome.unwrap_or_else(|_| {
        log::error!("the handler of {path} panicked");
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, accept);
        }
        let answer = (guard.render)(&headers, &Fault::new(500));
        Err(faults::into_error("the handler panicked", answer))
    })
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
