//! One request to a web server, with its redirects.

use std::time::Duration;

use futures_util::{StreamExt, future, stream};
use glance_common::logging;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, HeaderValue, LOCATION, RANGE};
use reqwest::{Client, Method, Response, StatusCode};
use tokio::time::timeout;

use super::super::{BodyError, ByteRange, ByteStream, StoreError, StoreErrorKind};
use super::address::Address;
use crate::outgoing::{Refused, UrlJudge};

/// The id of the client's request, so that the logs of both servers can be read together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Requests for one object in all: four redirects.
const MAX_REQUESTS: usize = 5;
/// How long a server may take to answer one request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Asks for an object, following redirects where the judge lets it, and returns a good answer.
pub(super) async fn request(
    client: &Client,
    judge: &UrlJudge,
    method: Method,
    mut address: Address,
    range: Option<ByteRange>,
) -> Result<Response, StoreError> {
    for _ in 0..MAX_REQUESTS {
        let response = send(client, method.clone(), &address, range).await?;
        let status = response.status();
        match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => {
                let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                let target = target.ok_or_else(|| bad_status(status, "a redirect without a target"))?;
                address = address.redirected(target)?;
                judge.check(address.url.as_str()).map_err(refused)?;
            }
            StatusCode::NOT_FOUND => return Err(StoreErrorKind::NotFound.into()),
            _ if status.is_success() => return Ok(response),
            _ => return Err(bad_status(status, "the server refused")),
        }
    }
    Err(StoreErrorKind::MaxRedirectsExceeded { limit: MAX_REQUESTS }.into())
}

/// What a client is told of an address that is not for users: nothing of why (D8).
pub(super) fn refused(why: Refused) -> StoreError {
    StoreError::from(StoreErrorKind::BadStoreUri { reason: "the address is not allowed".to_owned() }).caused_by(why)
}

async fn send(
    client: &Client,
    method: Method,
    address: &Address,
    range: Option<ByteRange>,
) -> Result<Response, StoreError> {
    let mut request = client.request(method, address.url.clone());
    if let Some(id) = logging::current().and_then(|log| HeaderValue::from_str(log.request_id()).ok()) {
        request = request.header(REQUEST_ID, id);
    }
    if let Some((user, password)) = &address.credentials {
        request = request.basic_auth(user, Some(password));
    }
    if let Some(range) = range {
        let last = range.offset.saturating_add(range.length).saturating_sub(1);
        request = request.header(RANGE, format!("bytes={}-{last}", range.offset));
    }
    let unavailable = || StoreError::from(StoreErrorKind::RemoteServiceUnavailable);
    let answer = timeout(ANSWER_TIMEOUT, request.send()).await.map_err(|late| unavailable().caused_by(late))?;
    // The URL stays out of the cause: it may hold secrets in its query.
    answer.map_err(|error| unavailable().caused_by(error.without_url()))
}

/// What a client is told of a bad answer: the status only, nothing of the body (D8).
fn bad_status(status: StatusCode, reason: &str) -> StoreError {
    StoreErrorKind::BadStoreUri { reason: format!("{reason}: status {}", status.as_u16()) }.into()
}

/// Length of the body as the server declares it, also of the body that a HEAD request would have had.
pub(super) fn declared_length(response: &Response) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Whether the answer is the part that was asked for; a whole object is fine too, another part is not.
pub(super) fn answers_range(response: &Response, range: Option<ByteRange>) -> Result<bool, StoreError> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(false);
    }
    let given = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
    if range.is_some() && given == range {
        return Ok(true);
    }
    Err(StoreError::from(StoreErrorKind::Backend).caused_by("the server answered with another range than asked for"))
}

/// Reads `bytes FIRST-LAST/SIZE`.
fn parse_range(text: &str) -> Option<ByteRange> {
    let (first, rest) = text.strip_prefix("bytes ")?.split_once('-')?;
    let (last, _) = rest.split_once('/')?;
    let (offset, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some(ByteRange { offset, length: last.checked_sub(offset)?.checked_add(1)? })
}

/// The part of a stream that is asked for; ends with an error when the stream is too short.
pub(super) fn cut(whole: ByteStream, range: ByteRange) -> ByteStream {
    let parts = whole.map(Some).chain(stream::once(future::ready(None)));
    let state = (range.offset, range.length);
    parts
        .scan(state, |(skip, left), item| {
            if *left == 0 {
                return future::ready(None);
            }
            let piece = match item {
                None => Err(BodyError::Source),
                Some(Err(error)) => Err(error),
                Some(Ok(mut bytes)) => {
                    let unwanted = usize::try_from(*skip).map_or(bytes.len(), |skip| skip.min(bytes.len()));
                    let mut wanted = bytes.split_off(unwanted);
                    wanted.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                    *skip -= unwanted as u64;
                    *left -= wanted.len() as u64;
                    Ok(wanted)
                }
            };
            future::ready(Some(piece))
        })
        .filter(|piece| future::ready(!piece.as_ref().is_ok_and(bytes::Bytes::is_empty)))
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_answers_are_read() {
        let cases = [
            ("bytes 0-0/1", Some((0, 1))),
            ("bytes 5-9/*", Some((5, 5))),
            ("bytes */9", None),
            ("bytes 9-5/20", None),
            ("bytes 0-18446744073709551615/*", None),
            ("0-1/2", None),
        ];
        for (text, wanted) in cases {
            let wanted = wanted.map(|(offset, length)| ByteRange { offset, length });
            assert_eq!(parse_range(text), wanted, "{text}");
        }
    }

    #[tokio::test]
    async fn a_stream_is_cut_wherever_its_chunks_end() {
        let data = b"0123456789";
        for size in 1..=10 {
            for (offset, length) in [(0, 10), (0, 1), (3, 4), (9, 1), (5, 5)] {
                let chunks: Vec<_> = data.chunks(size).map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk))).collect();
                let range = ByteRange { offset, length };
                let pieces: Vec<_> = cut(stream::iter(chunks).boxed(), range).collect().await;
                let bytes: Vec<u8> = pieces.into_iter().flatten().flatten().collect();
                assert_eq!(bytes, data[offset as usize..(offset + length) as usize]);
            }
        }
        let short = stream::iter([Ok(bytes::Bytes::from_static(b"01"))]).boxed();
        let pieces: Vec<_> = cut(short, ByteRange { offset: 1, length: 5 }).collect().await;
        assert_eq!(pieces.last(), Some(&Err(BodyError::Source)));
    }
}
