//! Bodies of requests: counted, with a limit on pauses, and for JSON one on the size.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpMessage, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep};

use super::connection::Connection;

/// Why a whole body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body exceeds the limit, by announcement or in fact: 413.
    #[error("the request body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The client paused too long: 408.
    #[error("the client stopped sending the request body")]
    TimedOut,
    /// The client is gone, or sent broken chunks: 400, if anybody still reads it.
    #[error("the request body is incomplete")]
    Incomplete,
}

impl BodyError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge { .. } => 413,
            Self::TimedOut => 408,
            Self::Incomplete => 400,
        }
    }
}

/// Reads a body of at most `limit` bytes into memory; an announced length beyond it is refused
/// without reading.
///
/// # Errors
/// See [`BodyError`].
pub async fn read_body(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, BodyError> {
    if announced_length(request).is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLarge { limit });
    }
    let mut first: Option<Bytes> = None;
    let mut gathered = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| reason_of(&error))?;
        let so_far = first.as_ref().map_or(0, Bytes::len) + gathered.len();
        if so_far + chunk.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        // Most bodies come in one chunk, which then needs no copy.
        match (first.take(), gathered.is_empty()) {
            (None, true) => first = Some(chunk),
            (None, false) => gathered.extend_from_slice(&chunk),
            (Some(begin), _) => {
                gathered.extend_from_slice(&begin);
                gathered.extend_from_slice(&chunk);
            }
        }
    }
    Ok(first.unwrap_or_else(|| gathered.freeze()))
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

fn reason_of(error: &PayloadError) -> BodyError {
    match error {
        PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => BodyError::TimedOut,
        _ => BodyError::Incomplete,
    }
}

/// Body bytes that came from the client so far.
#[derive(Clone, Default)]
pub(super) struct ReceivedBytes(Arc<AtomicU64>);

impl ReceivedBytes {
    pub(super) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Wraps the body of a request, if it has one, so that it is counted and its pauses end.
pub(super) fn watch_payload(request: &mut ServiceRequest) -> ReceivedBytes {
    let received = ReceivedBytes::default();
    let connection = request.conn_data::<Connection>().cloned();
    let idle = connection.as_ref().map_or(Duration::ZERO, Connection::idle_limit);
    let payload = match request.take_payload() {
        Payload::None => return received,
        inner => WatchedPayload { inner, connection, idle, received: received.clone(), alarm: None },
    };
    if let Some(connection) = &payload.connection {
        connection.intake().begin();
    }
    request.set_payload(Payload::Stream { payload: Box::pin(payload) });
    received
}

struct WatchedPayload {
    inner: Payload,
    connection: Option<Connection>,
    idle: Duration,
    received: ReceivedBytes,
    /// Set while the client pauses.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Stream for WatchedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let chunk = Pin::new(&mut this.inner).poll_next(cx);
        if let Some(connection) = &this.connection {
            connection.intake().set_wanted(chunk.is_pending());
        }
        if let Poll::Ready(chunk) = chunk {
            this.alarm = None;
            if let Some(Ok(bytes)) = &chunk {
                this.received.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
            return Poll::Ready(chunk);
        }
        if this.idle.is_zero() {
            return Poll::Pending;
        }
        let deadline = Instant::now() + this.idle;
        let alarm = this.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.as_mut().poll(cx).is_ready() {
            let reason = io::Error::new(io::ErrorKind::TimedOut, "the client sends nothing");
            return Poll::Ready(Some(Err(PayloadError::Io(reason))));
        }
        Poll::Pending
    }
}

impl Drop for WatchedPayload {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.intake().end();
        }
    }
}
