//! Work without a request: preparing a database that was away at the start, forgetting old answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use glance_common::model::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::db::queries::request_keys;
use crate::db::{Db, DbError};

/// Pause between two attempts to prepare the database.
const PREPARE_PAUSE: Duration = Duration::from_secs(2);

/// Pause between two rounds of forgetting.
const EXPIRY_PAUSE: Duration = Duration::from_secs(600);

/// How long the answer to a request key is kept: far longer than anybody repeats a call.
const ANSWER_LIFE: TimeDelta = TimeDelta::hours(24);

/// Whether the tables were found to be the right ones. Clones share the knowledge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prepared(Arc<AtomicBool>);

impl Prepared {
    /// Prepare the database, unless it is away.
    ///
    /// # Errors
    /// What waiting does not heal, such as tables of another program.
    pub(crate) async fn try_now(db: &Db) -> Result<Self, DbError> {
        let prepared = Self::default();
        match prepared.attempt(db).await {
            Err(error @ (DbError::Unavailable { .. } | DbError::Contended { .. })) => {
                log::warn!("{error}, going on without it: {}", error.cause().unwrap_or_default());
            }
            result => result?,
        }
        Ok(prepared)
    }

    /// # Errors
    /// [`DbError::Unavailable`] as long as the database was not seen.
    pub(crate) fn check(&self) -> Result<(), DbError> {
        if self.0.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(DbError::Unavailable { cause: "it was not reached since the start".to_owned() })
    }

    async fn attempt(&self, db: &Db) -> Result<(), DbError> {
        db.prepare().await?;
        self.0.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// The running work; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Chores(JoinHandle<()>);

impl Chores {
    /// Start it on the present runtime.
    pub(crate) fn start(db: Db, prepared: Prepared) -> Self {
        Self(tokio::spawn(async move {
            prepare(&db, &prepared).await;
            loop {
                forget_answers(&db).await;
                sleep(EXPIRY_PAUSE).await;
            }
        }))
    }
}

impl Drop for Chores {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tries until the database is there. Each kind of failure is logged once, not at every attempt.
async fn prepare(db: &Db, prepared: &Prepared) {
    let mut last = String::new();
    while prepared.check().is_err() {
        sleep(PREPARE_PAUSE).await;
        match prepared.attempt(db).await {
            Ok(()) => log::info!("the database is there"),
            Err(error) if error.to_string() != last => {
                last = error.to_string();
                log::error!("cannot use the database yet: {last} {}", error.cause().unwrap_or_default());
            }
            Err(_) => {}
        }
    }
}

async fn forget_answers(db: &Db) {
    let now = Timestamp::now().naive();
    let Some(before) = now.checked_sub_signed(ANSWER_LIFE).map(Timestamp::from_naive) else { return };
    match db.write(move |session| request_keys::expire_answers(session, before)).await {
        Ok(0) => {}
        Ok(count) => log::debug!("forgot {count} answers of repeated requests"),
        Err(error) => log::warn!("cannot forget old answers: {error}: {}", error.cause().unwrap_or_default()),
    }
}
