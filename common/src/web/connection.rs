//! The socket under every connection, and what handlers may know of it.
//!
//! actix owns a connection from its first to its last byte. [`Io`] sits between actix and the
//! socket for three reasons: it closes connections whose client neither sends nor takes anything,
//! it counts, and while actix flushes it lets a file flow straight into the socket
//! (see [`sendfile`](super::sendfile)).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::intake::{BURST, Intake};
use super::sendfile::slot::Slot;
use crate::threads::Pool;

/// How long an HTTP/2 connection must be quiet before a draining server ends it.
const DRAIN_QUIET: Duration = Duration::from_secs(1);

/// Time limits of a connection; zero means none.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionLimits {
    /// Longest pause in which the client takes nothing of an answer or sends nothing of a body.
    pub(super) idle: Duration,
    /// Longest time for the head of a request, from its first byte on.
    pub(super) head: Duration,
}

/// One client connection, found in `HttpRequest::conn_data`. Clones mean the same connection.
#[derive(Clone)]
pub struct Connection(Arc<Shared>);

struct Shared {
    limits: ConnectionLimits,
    transfers: Arc<Pool>,
    slot: Slot,
    intake: Intake,
    requests_in_flight: AtomicUsize,
    requests_begun: AtomicUsize,
    encrypted: AtomicBool,
    http2: AtomicBool,
}

impl Connection {
    /// Whether the connection speaks TLS. A port with `ca_file` has seen a valid client certificate then.
    pub fn is_encrypted(&self) -> bool {
        self.0.encrypted.load(Ordering::Relaxed)
    }

    /// How long the client may pause while a body is on its way; zero means for ever.
    pub fn idle_limit(&self) -> Duration {
        self.0.limits.idle
    }

    pub(super) fn set_encrypted(&self, http2: bool) {
        self.0.encrypted.store(true, Ordering::Relaxed);
        self.0.http2.store(http2, Ordering::Relaxed);
    }

    /// Whether a file can flow into the socket as it is.
    pub(super) fn is_plain_http1(&self) -> bool {
        !self.is_encrypted() && !self.is_http2()
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.0.slot
    }

    pub(super) fn transfers(&self) -> &Arc<Pool> {
        &self.0.transfers
    }

    pub(super) fn intake(&self) -> &Intake {
        &self.0.intake
    }

    /// Notes that a request began; it ends with the value returned.
    pub(super) fn enter_request(&self) -> RequestInFlight {
        self.0.requests_in_flight.fetch_add(1, Ordering::Relaxed);
        self.0.requests_begun.fetch_add(1, Ordering::Relaxed);
        RequestInFlight(self.clone())
    }

    /// Whether nothing but a new request may come; HTTP/2 has other reasons to send bytes.
    fn awaits_request(&self) -> bool {
        !self.is_busy() && !self.is_http2()
    }

    fn is_busy(&self) -> bool {
        self.0.requests_in_flight.load(Ordering::Relaxed) > 0
    }

    fn is_http2(&self) -> bool {
        self.0.http2.load(Ordering::Relaxed)
    }

    fn requests_begun(&self) -> usize {
        self.0.requests_begun.load(Ordering::Relaxed)
    }
}

/// A request whose answer has not been sent completely.
pub(super) struct RequestInFlight(Connection);

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        self.0.0.requests_in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A TCP stream with time limits and a door for files.
pub(super) struct Io {
    stream: TcpStream,
    connection: Connection,
    waiting: Waiting,
    /// Number of requests begun when the wait began.
    begun_before: usize,
    read: Alarm,
    write: Alarm,
    /// Bytes of the current burst (see [`Intake`]).
    burst: usize,
    /// Ready once the server drains; gone after it was.
    drain: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// What a connection without a running request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// A request is running.
    No,
    /// The first byte of the next request, as far as it is known.
    Request,
    /// The rest of a head.
    Head,
}

impl Io {
    pub(super) fn new(
        stream: TcpStream,
        limits: ConnectionLimits,
        transfers: Arc<Pool>,
        drain: GracefulShutdownSignal,
    ) -> Self {
        let connection = Connection(Arc::new(Shared {
            limits,
            transfers,
            slot: Slot::default(),
            intake: Intake::default(),
            requests_in_flight: AtomicUsize::new(0),
            requests_begun: AtomicUsize::new(0),
            encrypted: AtomicBool::new(false),
            http2: AtomicBool::new(false),
        }));
        let (read, write) = (Alarm::default(), Alarm::default());
        let drain: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move { drain.notified().await });
        Self { stream, connection, waiting: Waiting::No, begun_before: 0, read, write, burst: 0, drain: Some(drain) }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn peer_addr(&self) -> Option<std::net::SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// Bounds the time between requests and the time for the head of the next one. actix watches only the first head
    /// and connections without any byte of another; a head that arrives in drops, or never completely, would keep the
    /// connection open.
    fn watch_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_http2() {
            return self.watch_drain(cx);
        }
        if !self.connection.awaits_request() {
            self.waiting = Waiting::No;
            return Poll::Pending;
        }
        if !self.is_waiting_for(Waiting::Head) && !self.is_waiting_for(Waiting::Request) {
            self.wait_for(Waiting::Request);
        }
        self.read.poll_expired(cx, "the client sends no complete request")
    }

    /// Ends an HTTP/2 connection when the server drains and nothing happened for a second, by pretending that the client
    /// closed it. actix does so for HTTP/1 only.
    fn watch_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(drain) = &mut self.drain {
            if drain.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.drain = None;
        }
        if !self.read.armed {
            self.read.arm(DRAIN_QUIET);
        }
        while self.read.poll_expired(cx, "the server stops").is_ready() {
            if !self.connection.is_busy() && !self.write.armed {
                return Poll::Ready(Ok(()));
            }
            self.read.arm(DRAIN_QUIET);
        }
        Poll::Pending
    }

    /// How much may be read at the moment.
    fn poll_most(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.connection.is_http2() {
            return Poll::Ready(usize::MAX);
        }
        if self.connection.intake().poll_open(cx).is_pending() {
            self.burst = 0;
            return Poll::Pending;
        }
        if self.burst < BURST {
            return Poll::Ready(BURST - self.burst);
        }
        // What was read is to be worked off first.
        self.burst = 0;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether the wait is of this kind and no request has come and gone since it began.
    fn is_waiting_for(&self, waiting: Waiting) -> bool {
        self.waiting == waiting && self.begun_before == self.connection.requests_begun()
    }

    fn wait_for(&mut self, waiting: Waiting) {
        let limits = self.connection.0.limits;
        self.read.arm(match waiting {
            Waiting::No => Duration::ZERO,
            Waiting::Request if limits.idle.is_zero() => Duration::ZERO,
            // actix closes an idle connection in time and in peace; this is for those it takes for busy.
            Waiting::Request => limits.idle + Duration::from_secs(1),
            Waiting::Head => limits.head,
        });
        self.begun_before = self.connection.requests_begun();
        self.waiting = waiting;
    }

    /// Bounds the time in which the client takes nothing.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.write.disarm();
            return outcome;
        }
        if !self.write.armed {
            self.write.arm(self.connection.0.limits.idle);
        }
        match self.write.poll_expired(cx, "the client takes nothing of the answer") {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Poll::Ready(most) = this.poll_most(cx) else { return Poll::Pending };
        let before = buffer.filled().len();
        let mut stream = (&mut this.stream).take(most as u64);
        let outcome = Pin::new(&mut stream).poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        let received = count > 0;
        this.burst = if received { this.burst + count } else { 0 };
        match outcome {
            Poll::Ready(outcome) => {
                if this.connection.is_http2() {
                    this.read.disarm();
                } else if received && this.connection.awaits_request() && !this.is_waiting_for(Waiting::Head) {
                    this.wait_for(Waiting::Head);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => this.watch_read(cx),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(cx, buffer);
        this.watch_write(cx, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(cx, buffers);
        this.watch_write(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called once everything before the body has been written: the moment for a file.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.connection.0.slot.poll_drive(cx, &this.stream, &this.connection.0.transfers) {
            Poll::Ready(()) => Pin::new(&mut this.stream).poll_flush(cx),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.connection.0.slot.cancel();
    }
}

/// A deadline that costs nothing while it is not armed.
#[derive(Default)]
struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Alarm {
    /// Sets the deadline; a limit of zero means none.
    fn arm(&mut self, limit: Duration) {
        self.armed = !limit.is_zero();
        if !self.armed {
            return;
        }
        let deadline = Instant::now() + limit;
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline),
            None => self.sleep = Some(Box::pin(tokio::time::sleep_until(deadline))),
        }
    }

    fn disarm(&mut self) {
        self.armed = false;
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>, reason: &str) -> Poll<io::Result<()>> {
        if let (true, Some(sleep)) = (self.armed, &mut self.sleep)
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, reason)));
        }
        Poll::Pending
    }
}
