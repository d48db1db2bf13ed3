//! Reading what came back.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use glance_common::registry_api::ErrorBody;
use reqwest::{Response, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::error::RegistryError;

/// Longest answer that is read, in bytes: a thousand images with all they may have stay far below.
const MAX_ANSWER: usize = 256 << 20;

/// A good answer's body, or the error that the answer is.
pub(crate) async fn read(response: Response) -> Result<Bytes, RegistryError> {
    let status = response.status();
    let retry_after = retry_after(&response);
    let body = body(response).await?;
    if status.is_success() { Ok(body) } else { Err(refusal(status, retry_after, &body)) }
}

/// The type in the body of a good answer.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, RegistryError> {
    serde_json::from_slice(body).map_err(|error| nonsense(format!("unexpected body: {error}")))
}

/// The failure of a request that was sent, or of an answer that broke off.
pub(crate) fn broken(error: reqwest::Error) -> RegistryError {
    let chain = chain(&error.without_url());
    let unreadable = chain.1;
    if unreadable { nonsense(chain.0) } else { RegistryError::Unreachable { cause: chain.0 } }
}

pub(crate) fn nonsense(what: String) -> RegistryError {
    RegistryError::Nonsense { what }
}

/// All messages of an error, and whether the answer was not HTTP.
fn chain(error: &(dyn std::error::Error + 'static)) -> (String, bool) {
    let mut text = error.to_string();
    let mut unreadable = false;
    let mut next = error.source();
    while let Some(cause) = next {
        unreadable |= cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    (text, unreadable)
}

/// The body in one piece. Most answers arrive as one chunk, which is not copied.
async fn body(mut response: Response) -> Result<Bytes, RegistryError> {
    let Some(first) = response.chunk().await.map_err(broken)? else { return Ok(Bytes::new()) };
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > MAX_ANSWER {
        return Err(too_long());
    }
    let Some(second) = response.chunk().await.map_err(broken)? else { return Ok(first) };
    let mut whole = BytesMut::with_capacity(announced.max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if whole.len() + chunk.len() > MAX_ANSWER {
            return Err(too_long());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn too_long() -> RegistryError {
    nonsense(format!("the answer is longer than {MAX_ANSWER} bytes"))
}

/// An answer that is no success: the registry's error, or that of a proxy before it.
fn refusal(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> RegistryError {
    if let Ok(ErrorBody { error }) = serde_json::from_slice(body) {
        return RegistryError::from_answer(error, retry_after);
    }
    match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            RegistryError::unavailable("the registry is not available".to_owned(), retry_after)
        }
        status => nonsense(format!("status {status} without an error of this protocol")),
    }
}

/// `Retry-After` in seconds; the form with a date is not used here.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
