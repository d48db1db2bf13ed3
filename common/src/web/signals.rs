//! From SIGHUP to SIGTERM: how a running server is told what to do.

use std::io;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::server::{ServeError, Serving};

/// Serves until signals end it.
pub(super) async fn run(mut serving: Serving) -> Result<(), ServeError> {
    let mut signals = Signals::listen()?;
    tell_systemd(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            ended = &mut serving.task => {
                ended.map_err(io::Error::other)??;
                return Ok(());
            }
            wish = signals.next() => match wish {
                Wish::Reload => reload(&serving).await,
                Wish::Stop => break,
            },
        }
    }
    tell_systemd(&[NotifyState::Stopping]);
    drain(serving, signals).await
}

async fn reload(serving: &Serving) {
    log::info!("reloading");
    let now = NotifyState::monotonic_usec_now();
    tell_systemd(&[NotifyState::Reloading, now.unwrap_or(NotifyState::Status("reloading"))]);
    serving.reload().await;
    tell_systemd(&[NotifyState::Ready]);
}

/// Ends gracefully; a second signal to stop cuts off what is still running.
async fn drain(mut serving: Serving, mut signals: Signals) -> Result<(), ServeError> {
    log::info!("stopping: finishing the requests under way; another signal stops at once");
    serving.health.start_draining();
    let delay = serving.options.drain_delay;
    let handle = serving.handle.clone();
    let stop = async move {
        tokio::time::sleep(delay).await;
        handle.stop(true).await;
    };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            wish = signals.next() => if matches!(wish, Wish::Stop) {
                log::warn!("stopping at once");
                // The program ends now, and with it every connection.
                serving.task.abort();
                return Ok(());
            },
        }
    }
    (&mut serving.task).await.map_err(io::Error::other)??;
    log::info!("stopped");
    Ok(())
}

enum Wish {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hangup.recv() => Wish::Reload,
        }
    }
}

/// Does nothing when the program was not started by systemd.
fn tell_systemd(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("systemd cannot be told: {error}");
    }
}
