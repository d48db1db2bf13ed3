//! What a server says about its own state: `/healthcheck` and `/readyz`.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

/// How long one round of checks answers further questions.
const ROUND_LIFE: Duration = Duration::from_secs(1);

type CheckFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

struct Check {
    name: String,
    timeout: Duration,
    run: Box<dyn Fn() -> CheckFuture + Send + Sync>,
}

/// The states of one round, and when they were found.
type Round = (Instant, BTreeMap<String, CheckState>);

/// State of one readiness check, as `/readyz` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// The dependency answered.
    Ok,
    /// The dependency reported a failure; the reason is in the log.
    Failed,
    /// The dependency gave no answer in time.
    TimedOut,
}

/// The answer of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// Whether the server is on its way out.
    pub draining: bool,
    /// Every check by its name.
    pub checks: BTreeMap<String, CheckState>,
}

/// The checks of a server; cheap to clone, all clones share one state.
#[derive(Clone, Default)]
pub struct Health {
    checks: Vec<Arc<Check>>,
    disable_file: Option<Arc<Path>>,
    draining: Arc<AtomicBool>,
    round: Arc<Mutex<Option<Round>>>,
}

impl Health {
    /// A server without checks: always ready until it drains.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the file whose existence turns `/healthcheck` to 503 `DISABLED BY FILE`
    /// (`[healthcheck] disable_by_file_path`).
    #[must_use]
    pub fn disable_by_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.disable_file = Some(Arc::from(path.into()));
        self
    }

    /// Adds a readiness check. It runs when `/readyz` is asked, at most once a second, and counts as
    /// failed after `timeout`. The text of its error goes to the log, not to the client.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: impl Into<String>, timeout: Duration, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check = Check { name: name.into(), timeout, run: Box::new(move || Box::pin(run())) };
        self.checks.push(Arc::new(check));
        self
    }

    /// Marks the server as on its way out: not ready from now on.
    pub(super) fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether an operator took the server out of service with the disable file.
    pub(super) async fn is_disabled(&self) -> bool {
        match &self.disable_file {
            Some(path) => tokio::fs::try_exists(path).await.unwrap_or(false),
            None => false,
        }
    }

    /// Runs the checks, or repeats the answers of a round that is less than a second old.
    pub async fn readiness(&self) -> Readiness {
        let draining = self.is_draining();
        let checks = match self.recent_round() {
            Some(checks) => checks,
            None => self.run_round().await,
        };
        let ready = !draining && checks.values().all(|state| *state == CheckState::Ok);
        Readiness { ready, draining, checks }
    }

    fn recent_round(&self) -> Option<BTreeMap<String, CheckState>> {
        let round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, checks) = round.as_ref()?;
        (at.elapsed() < ROUND_LIFE).then(|| checks.clone())
    }

    async fn run_round(&self) -> BTreeMap<String, CheckState> {
        let states = join_all(self.checks.iter().map(|check| run_check(check))).await;
        let names = self.checks.iter().map(|check| check.name.clone());
        let checks: BTreeMap<_, _> = names.zip(states).collect();
        let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        *round = Some((Instant::now(), checks.clone()));
        checks
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|check| &check.name).collect();
        formatter.debug_struct("Health").field("checks", &names).finish_non_exhaustive()
    }
}

async fn run_check(check: &Check) -> CheckState {
    match tokio::time::timeout(check.timeout, (check.run)()).await {
        Ok(Ok(())) => CheckState::Ok,
        Ok(Err(reason)) => {
            log::warn!("readiness check {} failed: {reason}", check.name);
            CheckState::Failed
        }
        Err(_) => {
            log::warn!("readiness check {} gave no answer in {:?}", check.name, check.timeout);
            CheckState::TimedOut
        }
    }
}
