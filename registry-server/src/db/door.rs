//! The doors: every unit of work goes through one of them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::TransactionManager;
use diesel::r2d2::R2D2Connection;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{begin_read, begin_write};
use super::pool::Connections;
use super::queries::page_plan::Crowds;
use super::{DatabaseOptions, DbConnection, DbError, Engine, LocationCipher, migrate};

/// The caller gets an answer within this time, whatever the database does.
const ANSWER_WITHIN: Duration = Duration::from_millis(4500);
/// The longest wait for a connection, whatever `pool_timeout` says: less than [`ANSWER_WITHIN`].
const WAIT_AT_MOST: Duration = Duration::from_secs(4);
/// The first pause before work is repeated; it doubles up to [`PAUSE_AT_MOST`].
const FIRST_PAUSE: Duration = Duration::from_millis(4);
/// The longest pause before work is repeated.
const PAUSE_AT_MOST: Duration = Duration::from_millis(250);

/// A connection inside a transaction, as the functions of [`super::queries`] take it.
pub struct Session<'a> {
    /// The connection.
    pub(crate) conn: &'a mut DbConnection,
    /// What location URLs are encrypted with.
    pub(crate) cipher: &'a LocationCipher,
    /// What was counted a moment ago, where sessions share it.
    pub(crate) crowds: Option<&'a Crowds>,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl<'a> Session<'a> {
    /// A session on a connection of one's own, for tools; the caller sees to transactions.
    pub fn new(conn: &'a mut DbConnection, cipher: &'a LocationCipher) -> Self {
        Self { conn, cipher, crowds: None }
    }

    /// The same transaction for callers that encrypt and decrypt URLs of locations themselves: they read and write the
    /// columns as they are.
    pub(crate) fn as_stored(&mut self) -> Session<'_> {
        static UNTOUCHED: LocationCipher = LocationCipher::none();
        Session { conn: self.conn, cipher: &UNTOUCHED, crowds: self.crowds }
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }
}

/// The database. Cheap to clone; all clones share one pool.
#[derive(Debug, Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connections: Connections,
    cipher: LocationCipher,
    crowds: Crowds,
    /// As many as there are connections, so that nobody waits on a blocking thread for a busy pool.
    permits: Arc<Semaphore>,
    /// SQLite has one writer at a time. Waiting here is fair and wakes at once; waiting in SQLite is neither.
    writer: Option<Arc<Semaphore>>,
    wait: Duration,
    max_repeats: u32,
    /// The revision of the tables, once they were found good.
    revision: OnceLock<String>,
    /// Held while the tables are judged or created.
    judging: Mutex<()>,
}

/// What a unit of work may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl Db {
    /// Opens the pool. Never blocks: a database that is away is found out by the first unit of work.
    ///
    /// # Errors
    /// [`DbError::Invalid`] when `[database] connection` is not set.
    pub fn open(options: &DatabaseOptions, cipher: LocationCipher) -> Result<Self, DbError> {
        let url = options.connection.clone();
        let url = url.ok_or_else(|| DbError::Invalid("[database] connection is not set".to_owned()))?;
        if options.slave_connection.is_some() {
            log::warn!("[database] slave_connection is ignored: reads must see what was just written");
        }
        let one_writer = url.engine() == "sqlite";
        let connections = Connections::open(options, url);
        let permits = connections.max() as usize;
        Ok(Self {
            shared: Arc::new(Shared {
                connections,
                cipher,
                crowds: Crowds::default(),
                permits: Arc::new(Semaphore::new(permits)),
                writer: one_writer.then(|| Arc::new(Semaphore::new(1))),
                wait: options.pool_timeout.map_or(WAIT_AT_MOST, |wait| wait.duration().min(WAIT_AT_MOST)),
                max_repeats: options.db_max_retries,
                revision: OnceLock::new(),
                judging: Mutex::new(()),
            }),
        })
    }

    /// Judges the tables; creates them in an empty database, and our own where they are missing (database §1).
    ///
    /// # Errors
    /// [`DbError::WrongSchema`] when this program must not work with them, [`DbError::Unavailable`] when the database
    /// is away; then every later unit of work tries again first.
    pub async fn prepare(&self) -> Result<(), DbError> {
        self.run(Kind::Read, |_| Ok(())).await
    }

    /// Does the database answer, with the right tables?
    ///
    /// # Errors
    /// As [`Db::prepare`].
    pub async fn ping(&self) -> Result<(), DbError> {
        self.run(Kind::Read, |session| Ok(session.conn.ping()?)).await
    }

    /// The revision of the schema, for instance `2024_1_contract01`.
    ///
    /// # Errors
    /// As [`Db::prepare`].
    pub async fn schema_revision(&self) -> Result<String, DbError> {
        if self.shared.revision.get().is_none() {
            self.prepare().await?;
        }
        Ok(self.shared.revision.get().cloned().unwrap_or_default())
    }

    /// Runs work that only reads, on one snapshot.
    ///
    /// # Errors
    /// What the work says; [`DbError::Unavailable`] within 5 s when the database does not answer.
    pub async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut Session<'_>) -> Result<T, DbError> + Send + 'static,
    {
        self.run(Kind::Read, work).await
    }

    /// Runs work in one transaction. It is repeated when others got in the way, so it must have no other effects.
    ///
    /// # Errors
    /// What the work says, and then nothing has happened; [`DbError::Unavailable`] within 5 s when the database does
    /// not answer, and then it is not known whether the work happened: repeat it with the same request key.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut Session<'_>) -> Result<T, DbError> + Send + 'static,
    {
        self.run(Kind::Write, work).await
    }

    async fn run<T, F>(&self, kind: Kind, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut Session<'_>) -> Result<T, DbError> + Send + 'static,
    {
        let deadline = Instant::now() + ANSWER_WITHIN;
        let permits = self.permits(kind).await?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            // Given back when the work is over, also when nobody waits for it any more.
            let _permits = permits;
            shared.repeat(kind, &work, deadline)
        });
        match timeout(deadline.saturating_duration_since(Instant::now()), task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DbError::internal("the work panicked")),
            Err(_) => Err(DbError::Unavailable { cause: "no answer in time".to_owned() }),
        }
    }

    /// The right to use a connection, and on SQLite the right to write.
    async fn permits(&self, kind: Kind) -> Result<Vec<OwnedSemaphorePermit>, DbError> {
        let writer = self.shared.writer.iter().filter(|_| kind == Kind::Write);
        let mut held = Vec::with_capacity(2);
        for semaphore in writer.chain([&self.shared.permits]) {
            let permit = timeout(self.shared.wait, Arc::clone(semaphore).acquire_owned()).await;
            match permit {
                Ok(Ok(permit)) => held.push(permit),
                _ => return Err(DbError::Unavailable { cause: "all connections are busy".to_owned() }),
            }
        }
        Ok(held)
    }
}

impl Shared {
    /// Runs work, again and again while others get in its way.
    fn repeat<T>(
        &self,
        kind: Kind,
        work: &impl Fn(&mut Session<'_>) -> Result<T, DbError>,
        deadline: Instant,
    ) -> Result<T, DbError> {
        let mut connection = self.connections.checkout(deadline.min(Instant::now() + self.wait))?;
        self.judge(&mut connection)?;
        let mut pause = FIRST_PAUSE;
        for _ in 0..self.max_repeats {
            match self.once(&mut connection, kind, work) {
                Err(error) if error.is_contention() && Instant::now() + pause < deadline => {
                    log::debug!("work is repeated: {}", error.cause().unwrap_or_default());
                    std::thread::sleep(jittered(pause));
                    pause = (pause * 2).min(PAUSE_AT_MOST);
                }
                result => return result,
            }
        }
        self.once(&mut connection, kind, work)
    }

    /// Runs work in a transaction.
    fn once<T>(
        &self,
        connection: &mut DbConnection,
        kind: Kind,
        work: &impl Fn(&mut Session<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match kind {
            Kind::Read => begin_read(connection)?,
            Kind::Write => begin_write(connection)?,
        }
        let result = work(&mut Session { conn: connection, cipher: &self.cipher, crowds: Some(&self.crowds) });
        if result.is_ok() {
            DbConnection::commit_transaction(connection)?;
        } else if let Err(error) = DbConnection::rollback_transaction(connection) {
            // The pool throws a connection away that is still inside a transaction.
            log::debug!("rolling back failed: {error}");
        }
        result
    }

    /// Makes sure, once, that the tables are the right ones.
    fn judge(&self, connection: &mut DbConnection) -> Result<(), DbError> {
        if self.revision.get().is_some() {
            return Ok(());
        }
        let _one_at_a_time = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        if self.revision.get().is_none() {
            let revision = migrate::prepare(connection)?;
            log::info!("the tables of the database are at revision {revision}");
            self.revision.get_or_init(|| revision);
        }
        Ok(())
    }
}

/// Between half of a pause and all of it, so that two transactions do not meet again.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0; 1];
    if SystemRandom::new().fill(&mut byte).is_err() {
        return pause;
    }
    pause / 2 + pause * u32::from(byte[0]) / 512
}
