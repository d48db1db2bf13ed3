//! Where an answer's body and the socket below it meet.
//!
//! The body puts a transfer in ([`Slot::queue`]). actix writes the head and flushes; the flush takes
//! the transfer to a thread ([`Slot::poll_drive`]). When the thread is done the connection's task
//! wakes and the body fetches the result ([`Slot::poll_finished`]).

use std::io;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::task::AtomicWaker;
use socket2::SockRef;
use tokio::io::Interest;

use super::sys;
use super::transfer::{Outcome, Transfer};
use crate::threads::Pool;

/// The transfer of one connection; clones mean the same one.
#[derive(Clone, Default)]
pub(in crate::web) struct Slot(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    waker: AtomicWaker,
}

#[derive(Default)]
enum State {
    #[default]
    Empty,
    /// Waits for the head to be written, or for its next slice.
    Ready(Transfer),
    /// Waits until the client has taken some of what is in the socket.
    Stalled(Transfer),
    /// A thread has it.
    Running(Arc<OwnedFd>),
    Finished(Transfer, io::Result<()>),
}

impl Slot {
    /// Leaves a transfer for the next flush.
    pub(super) fn queue(&self, transfer: Transfer) -> io::Result<()> {
        let mut state = self.0.lock();
        if !matches!(*state, State::Empty) {
            return Err(io::Error::other("the connection is busy with another file"));
        }
        *state = State::Ready(transfer);
        Ok(())
    }

    /// The transfer and how it ended, once it did.
    pub(super) fn poll_finished(&self, cx: &mut Context<'_>) -> Poll<(Transfer, io::Result<()>)> {
        let mut state = self.0.lock();
        match mem::take(&mut *state) {
            State::Finished(transfer, result) => Poll::Ready((transfer, result)),
            other => {
                self.0.waker.register(cx.waker());
                *state = other;
                Poll::Pending
            }
        }
    }

    /// Moves the transfer along; ready when none is under way.
    pub(in crate::web) fn poll_drive(&self, cx: &mut Context<'_>, stream: &TcpStream, pool: &Arc<Pool>) -> Poll<()> {
        let mut state = self.0.lock();
        let transfer = match mem::take(&mut *state) {
            State::Ready(transfer) => transfer,
            State::Stalled(transfer) if is_writable(cx, stream) => transfer,
            other => {
                let idle = matches!(other, State::Empty | State::Finished(..));
                *state = other;
                self.0.waker.register(cx.waker());
                return if idle { Poll::Ready(()) } else { Poll::Pending };
            }
        };
        self.0.waker.register(cx.waker());
        self.start(&mut state, transfer, stream, pool);
        Poll::Pending
    }

    fn start(&self, state: &mut State, mut transfer: Transfer, stream: &TcpStream, pool: &Arc<Pool>) {
        let socket = match socket_of(&mut transfer, stream) {
            Ok(socket) => socket,
            Err(error) => {
                *state = State::Finished(transfer, Err(error));
                self.0.waker.wake();
                return;
            }
        };
        *state = State::Running(socket);
        let job = Job { slot: Arc::clone(&self.0), transfer: Some(transfer) };
        pool.submit(move || job.run());
    }

    /// Ends whatever is under way. A thread in the middle of it notices because the socket is shut
    /// down under it.
    pub(in crate::web) fn cancel(&self) {
        let socket = match mem::take(&mut *self.0.lock()) {
            State::Running(socket) => Some(socket),
            State::Ready(transfer) | State::Stalled(transfer) => transfer.socket,
            State::Empty | State::Finished(..) => None,
        };
        if let Some(socket) = socket {
            // A socket that is closed already needs no second end.
            let _ = SockRef::from(&*socket).shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transfer back from its thread, unless it was cancelled meanwhile.
    fn settle(&self, transfer: Transfer, outcome: Outcome) {
        let mut state = self.lock();
        let mine = match (&*state, &transfer.socket) {
            (State::Running(running), Some(socket)) => Arc::ptr_eq(running, socket),
            _ => false,
        };
        if mine {
            *state = match outcome {
                Outcome::Done(result) => State::Finished(transfer, result),
                Outcome::Stalled => State::Stalled(transfer),
                Outcome::SliceOver => State::Ready(transfer),
            };
            drop(state);
            self.waker.wake();
        }
    }
}

/// A transfer in the hands of a thread; however the thread ends, the connection hears of it.
struct Job {
    slot: Arc<Inner>,
    transfer: Option<Transfer>,
}

impl Job {
    fn run(mut self) {
        if let Some(transfer) = &mut self.transfer {
            let outcome = transfer.run_slice();
            if let Some(transfer) = self.transfer.take() {
                self.slot.settle(transfer, outcome);
            }
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(transfer) = self.transfer.take() {
            let lost = io::Error::other("no thread could send the file");
            self.slot.settle(transfer, Outcome::Done(Err(lost)));
        }
    }
}

fn socket_of(transfer: &mut Transfer, stream: &TcpStream) -> io::Result<Arc<OwnedFd>> {
    if let Some(socket) = &transfer.socket {
        return Ok(Arc::clone(socket));
    }
    let socket = Arc::new(stream.as_fd().try_clone_to_owned()?);
    transfer.socket = Some(Arc::clone(&socket));
    Ok(socket)
}

/// Whether the socket has room; if not, the task wakes when it has.
///
/// tokio believes a socket writable until one of its own writes failed. The threads write behind
/// its back, so it is told first.
fn is_writable(cx: &mut Context<'_>, stream: &TcpStream) -> bool {
    loop {
        let asked = stream.try_io(Interest::WRITABLE, || match sys::wait_writable(stream.as_fd(), Duration::ZERO)? {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        });
        match asked {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // An error shows again, and is reported, when the thread writes.
            _ => return true,
        }
        if stream.poll_write_ready(cx).is_pending() {
            return false;
        }
    }
}
