//! The body of an answer that is a part of a file.

use std::fs::File;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::{Method, Version};
use actix_web::{HttpMessage, HttpRequest};
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep};

use super::read_ahead::{ReadAhead, read_ahead};
use super::slot::Slot;
use super::transfer::{SentBytes, Transfer};
use crate::web::connection::Connection;

/// Slowest average rate, in bytes a second, at which a client may take a file.
const LEAST_RATE: u64 = 4 * 1024;

/// The bytes `offset .. offset + length` of `file` as a body, by the fastest way that the request's
/// connection offers. To be used with `no_chunking(length)`, which names the length in the head.
///
/// The caller has checked the range against the size of the file. A file that turns out shorter
/// breaks the connection, so that the client notices; so does a client that pauses longer than
/// `client_socket_timeout` or stays below 4 KiB a second on average.
pub fn file_body(request: &HttpRequest, file: File, offset: u64, length: u64) -> BoxBody {
    if length == 0 || request.method() == Method::HEAD {
        return BoxBody::new(ReadAheadBody { stream: read_ahead(file, offset, 0), length });
    }
    match request.conn_data::<Connection>() {
        Some(connection) if can_send_file(request, connection) => {
            BoxBody::new(SendfileBody::new(request, connection, file, offset, length))
        }
        _ => BoxBody::new(ReadAheadBody { stream: read_ahead(file, offset, length), length }),
    }
}

fn can_send_file(request: &HttpRequest, connection: &Connection) -> bool {
    connection.is_plain_http1() && request.version() <= Version::HTTP_11 && connection.transfers().has_room()
}

/// A file that is read into memory piece by piece.
struct ReadAheadBody {
    stream: ReadAhead,
    length: u64,
}

impl MessageBody for ReadAheadBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

/// A file that flows past actix: the body itself yields nothing, it only waits.
struct SendfileBody {
    slot: Slot,
    offset: u64,
    step: Step,
    patience: Patience,
}

enum Step {
    /// Nobody has asked for the body yet.
    New(Option<Transfer>),
    /// The slot has the transfer.
    Flowing,
    /// This kind of file cannot flow.
    Reading(ReadAhead),
    Over,
}

impl SendfileBody {
    fn new(request: &HttpRequest, connection: &Connection, file: File, offset: u64, length: u64) -> Self {
        let sent = SentBytes::default();
        request.extensions_mut().insert(sent.clone());
        let patience = Patience::new(connection.idle_limit(), length, sent.clone());
        let transfer = Transfer { file, position: offset, end: offset.saturating_add(length), sent, socket: None };
        let slot = connection.slot().clone();
        Self { slot, offset, step: Step::New(Some(transfer)), patience }
    }

    fn poll_flowing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Poll::Ready((transfer, result)) = self.slot.poll_finished(cx) else {
            return self.patience.poll(cx).map(Err);
        };
        match result {
            Err(error) if transfer.position == self.offset && is_unsupported(&error) => {
                let length = transfer.end - self.offset;
                self.step = Step::Reading(read_ahead(transfer.file, self.offset, length));
                Poll::Ready(Ok(()))
            }
            result => {
                self.step = Step::Over;
                Poll::Ready(result)
            }
        }
    }
}

/// What sendfile(2) says of files on file systems that cannot do it.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

impl MessageBody for SendfileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        loop {
            match &mut this.step {
                Step::New(transfer) => {
                    if let Some(transfer) = transfer.take()
                        && let Err(error) = this.slot.queue(transfer)
                    {
                        this.step = Step::Over;
                        return Poll::Ready(Some(Err(error)));
                    }
                    this.step = Step::Flowing;
                }
                Step::Flowing => match this.poll_flowing(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                },
                Step::Reading(stream) => return Pin::new(stream).poll_next(cx),
                Step::Over => return Poll::Ready(None),
            }
        }
    }
}

impl Drop for SendfileBody {
    fn drop(&mut self) {
        if matches!(self.step, Step::Flowing) {
            self.slot.cancel();
        }
    }
}

/// Watches that the client keeps taking the file.
struct Patience {
    idle: Duration,
    sent: SentBytes,
    seen: u64,
    seen_at: Instant,
    /// End of the whole transfer at the slowest rate allowed.
    latest: Instant,
    next_look: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new(idle: Duration, length: u64, sent: SentBytes) -> Self {
        let now = Instant::now();
        let latest = now + idle + Duration::from_secs(length / LEAST_RATE);
        Self { idle, sent, seen: 0, seen_at: now, latest, next_look: None }
    }

    /// Ready with the reason once the client was too slow.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.idle.is_zero() {
            return Poll::Pending;
        }
        let pause = self.idle / 4;
        let next_look = self.next_look.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        while next_look.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let sent = self.sent.total();
            if sent != self.seen {
                (self.seen, self.seen_at) = (sent, now);
            }
            if now >= self.latest || now - self.seen_at >= self.idle {
                let reason = "the client takes the file too slowly";
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            next_look.as_mut().reset(now + pause);
        }
        Poll::Pending
    }
}
