//! Bodies of requests: JSON documents, and the bridge from the framework's payload to the byte streams of stores.
//!
//! The framework's payload belongs to the thread of its connection. [`with_stream`] pulls it there, copies it into pieces of
//! the transfer's own memory and hands those to whoever reads the stream, on any thread. The reader's pace is the
//! sender's: nothing is pulled while all pieces that the transfer may hold are on their way.
//!
//! A request that is refused before its body was read is not read to the end: dropping the payload makes the connection
//! drain a short rest or close in order.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use crate::config::JsonLimits;
use crate::error::{ApiError, Situation};
use crate::stores::buffers::{Buffers, Piece, Share};
use crate::stores::{BodyError, ByteStream};

/// Pieces on their way from the connection to the reader.
const DEPTH: usize = 4;

/// Reads a JSON document: an object or an array (images-v2 §2.1). Bytes beyond the limit are not kept.
///
/// # Errors
/// 400 for no body, malformed JSON and scalars, 413 beyond the limit, 408 for a client that is too slow.
pub(super) async fn read_json(payload: Payload, limits: JsonLimits) -> Result<Value, ApiError> {
    let document = whole_body(payload, limits.bytes);
    let body = match limits.time {
        Duration::ZERO => document.await?,
        time => tokio::time::timeout(time, document).await.map_err(|_| too_slow(time))??,
    };
    if body.is_empty() {
        return Err(ApiError::bad_request("Body expected in request."));
    }
    match serde_json::from_slice(&body) {
        Ok(document @ (Value::Object(_) | Value::Array(_))) => Ok(document),
        Ok(_) => Err(ApiError::bad_request("Unexpected body type. Expected list/dict.")),
        Err(error) => Err(ApiError::bad_request("Malformed JSON in request body.").caused_by(error)),
    }
}

fn too_slow(time: Duration) -> ApiError {
    let text = format!("The request body did not arrive within {} seconds.", time.as_secs());
    ApiError::stock(Situation::RequestTimeout).explained(text)
}

async fn whole_body(mut payload: Payload, limit: u64) -> Result<BytesMut, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| ApiError::from(body_error(&error)))?;
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(ApiError::too_large(format!("The request body is larger than {limit} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Runs `work` with the body as a stream, and pulls the body meanwhile. When the returned future is dropped, because
/// the client is gone, the stream ends with [`BodyError::Disconnected`].
pub(super) async fn with_stream<T, W>(payload: Payload, buffers: &Buffers, work: impl FnOnce(ByteStream) -> W) -> T
where
    W: Future<Output = T>,
{
    let (sender, receiver) = mpsc::channel(DEPTH);
    let mut work = pin!(work(stream_of(receiver)));
    let mut pump = pin!(pull(payload, buffers.share(), sender));
    let mut is_pulling = true;
    loop {
        tokio::select! {
            outcome = &mut work => return outcome,
            () = &mut pump, if is_pulling => is_pulling = false,
        }
    }
}

/// A part of the body on its way.
enum Part {
    Chunk(Bytes),
    Failed(BodyError),
    End,
}

/// Ends with the body, or when nobody reads it any more.
async fn pull(payload: Payload, share: Share, sender: mpsc::Sender<Part>) {
    let last = match gather(payload, &share, &sender).await {
        Ok(()) => Part::End,
        Err(Stop::Broken(error)) => Part::Failed(error),
        Err(Stop::Unread) => return,
    };
    // A reader that is gone needs no end.
    let _ = sender.send(last).await;
}

/// Why a body is not pulled to its end.
enum Stop {
    Broken(BodyError),
    Unread,
}

impl From<BodyError> for Stop {
    fn from(error: BodyError) -> Self {
        Self::Broken(error)
    }
}

impl<T> From<SendError<T>> for Stop {
    fn from(_: SendError<T>) -> Self {
        Self::Unread
    }
}

/// Copies the body into pieces. The framework reads on only when all that it has read was taken, so a chunk that waits for
/// a piece holds the sender up. A piece goes on its way when it is full, or when the client pauses and the reader has
/// nothing else to do.
async fn gather(mut payload: Payload, share: &Share, sender: &mpsc::Sender<Part>) -> Result<(), Stop> {
    let mut begun: Option<Piece> = None;
    loop {
        let chunk = match begun.take() {
            None => payload.next().await,
            Some(piece) => tokio::select! {
                biased;
                chunk = payload.next() => {
                    begun = Some(piece);
                    chunk
                }
                permit = sender.reserve() => {
                    permit?.send(Part::Chunk(piece.into_bytes()));
                    continue;
                }
            },
        };
        let mut chunk = match chunk {
            Some(Ok(chunk)) => chunk,
            rest => {
                flush(begun, sender).await?;
                return rest.map_or(Ok(()), |outcome| outcome.map(drop).map_err(|error| body_error(&error).into()));
            }
        };
        while !chunk.is_empty() {
            // Better a piece that is not full than one chunk in two.
            if begun.as_ref().is_some_and(|piece| piece.room() < chunk.len()) {
                flush(begun.take(), sender).await?;
            }
            let mut piece = match begun.take() {
                Some(piece) => piece,
                None => share.piece().await,
            };
            piece.fill(&mut chunk);
            begun = Some(piece);
        }
    }
}

async fn flush(piece: Option<Piece>, sender: &mpsc::Sender<Part>) -> Result<(), SendError<Part>> {
    match piece {
        Some(piece) => sender.send(Part::Chunk(piece.into_bytes())).await,
        None => Ok(()),
    }
}

/// A channel that closes without an end means that the connection is gone.
fn stream_of(receiver: mpsc::Receiver<Part>) -> ByteStream {
    Box::pin(stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Part::Chunk(chunk)) => Some((Ok(chunk), Some(receiver))),
            Some(Part::Failed(error)) => Some((Err(error), None)),
            Some(Part::End) => None,
            None => Some((Err(BodyError::Disconnected), None)),
        }
    }))
}

fn body_error(error: &PayloadError) -> BodyError {
    match error {
        PayloadError::Overflow | PayloadError::EncodingCorrupted | PayloadError::UnknownLength => {
            BodyError::Malformed(error.to_string())
        }
        _ => BodyError::Disconnected,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn limits(bytes: u64) -> JsonLimits {
        JsonLimits { bytes, time: Duration::from_millis(50) }
    }

    fn streaming(parts: impl futures_util::Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Payload {
        Payload::Stream { payload: Box::pin(parts) }
    }

    fn payload(parts: Vec<Result<&'static [u8], PayloadError>>) -> Payload {
        streaming(stream::iter(parts.into_iter().map(|part| part.map(Bytes::from_static))))
    }

    async fn collect(mut body: ByteStream) -> (Vec<u8>, Option<BodyError>) {
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                Err(error) => return (bytes, Some(error)),
            }
        }
        (bytes, None)
    }

    #[actix_web::test]
    async fn documents_are_objects_or_arrays_within_the_limit() {
        let table: [(&'static [u8], Option<&str>); 8] = [
            (b"{\"a\": 1}", None),
            (b"[]", None),
            (b"", Some("Body expected in request.")),
            (b"{", Some("Malformed JSON in request body.")),
            (b"\xff", Some("Malformed JSON in request body.")),
            (b"5", Some("Unexpected body type. Expected list/dict.")),
            (b"null", Some("Unexpected body type. Expected list/dict.")),
            (b"[1, 2, 3, 4, 5, 6]", Some("The request body is larger than 16 bytes.")),
        ];
        for (body, wanted) in table {
            let refusal = read_json(payload(vec![Ok(body)]), limits(16)).await.err();
            assert_eq!(refusal.as_ref().and_then(ApiError::explanation), wanted);
        }
        let deep: &'static [u8] = "[".repeat(100_000).leak().as_bytes();
        assert!(read_json(payload(vec![Ok(deep)]), limits(1 << 20)).await.is_err());
        let last = read_json(payload(vec![Ok(b"{\"a\": 1, "), Ok(b"\"a\": 2}")]), limits(64)).await.unwrap();
        assert_eq!(last["a"], 2);
    }

    #[actix_web::test]
    async fn documents_must_arrive_in_time() {
        let slow = || streaming(stream::iter([Ok(Bytes::from_static(b"["))]).chain(stream::pending()));
        let refusal = read_json(slow(), limits(16)).await.unwrap_err();
        assert_eq!(*refusal.situation(), Situation::RequestTimeout);
        let unlimited = JsonLimits { time: Duration::ZERO, ..limits(16) };
        let waiting = tokio::time::timeout(Duration::from_millis(100), read_json(slow(), unlimited));
        assert!(waiting.await.is_err());
    }

    #[actix_web::test]
    async fn a_body_is_streamed_to_another_thread() {
        let parts: Vec<_> = (0..100).map(|_| Ok(b"abc".as_slice())).collect();
        let read = with_stream(payload(parts), &Buffers::default(), |body| async {
            tokio::spawn(collect(body)).await.unwrap()
        })
        .await;
        assert_eq!(read, (b"abc".repeat(100), None));
    }

    #[actix_web::test]
    async fn a_broken_body_is_told() {
        let broken = payload(vec![Ok(b"abc"), Err(PayloadError::Incomplete(None))]);
        let read = with_stream(broken, &Buffers::default(), collect).await;
        assert_eq!(read, (b"abc".to_vec(), Some(BodyError::Disconnected)));
    }

    #[actix_web::test]
    async fn a_dropped_request_disconnects_the_reader() {
        let endless = streaming(stream::pending());
        let (sender, reading) = tokio::sync::oneshot::channel();
        let buffers = Buffers::default();
        let request = with_stream(endless, &buffers, |body| async {
            let _ = sender.send(tokio::spawn(collect(body)));
            std::future::pending::<()>().await;
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), request).await.is_err());
        assert_eq!(reading.await.unwrap().await.unwrap(), (Vec::new(), Some(BodyError::Disconnected)));
    }

    #[actix_web::test]
    async fn work_that_does_not_read_is_not_waited_for() {
        let endless = streaming(stream::repeat_with(|| Ok(Bytes::from_static(b"abc"))));
        assert_eq!(with_stream(endless, &Buffers::default(), |_body| async { 7 }).await, 7);
    }
}
