//! Removing rows that were deleted long ago (database §5).
//!
//! Unlike the original, no statement removes a live row: a live row may carry an old `deleted_at`.

use diesel::prelude::*;
use glance_common::model::Timestamp;

use super::connection::begin_write;
use super::schema::{
    image_locations, image_members, image_properties, image_tags, images, rs_image_versions, task_info, tasks,
};
use super::time::DbTime;
use super::{DbConnection, DbError};

/// Rows removed in one transaction: few enough that others hardly wait.
const BATCH: i64 = 500;

/// Which tables to purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeTables {
    /// All with soft-deleted rows except `images`.
    AllButImages,
    /// `images` alone. What refers to them elsewhere may still name their ids; our own row of each stays, so that none
    /// is ever given out again (B6).
    Images,
}

/// Why a purge ended early.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// Rows of other tables still name a row: purge those tables first.
    #[error("rows of other tables still refer to rows of {0}")]
    Referenced(&'static str),
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Removes rows deleted before a point in time, the oldest first, `max_rows` per table at most (all without it).
/// Returns how many went from which table.
///
/// # Errors
/// [`PurgeError`]; batches done before stay done.
pub fn purge(
    connection: &mut DbConnection,
    before: Timestamp,
    max_rows: Option<u32>,
    which: PurgeTables,
) -> Result<Vec<(&'static str, usize)>, PurgeError> {
    /// Removes a batch from a table whose soft-deleted rows are picked by its own columns.
    macro_rules! batch {
        ($table:ident, $id:ident: $id_type:ty) => {
            |connection: &mut DbConnection, limit: i64| -> QueryResult<usize> {
                let ids: Vec<$id_type> = $table::table
                    .select($table::$id)
                    .filter($table::deleted.eq(true))
                    .filter($table::deleted_at.lt(DbTime::from(before)))
                    .order(($table::deleted_at, $table::$id))
                    .limit(limit)
                    .load(connection)?;
                let rows = $table::table.filter($table::$id.eq_any(ids)).filter($table::deleted.eq(true));
                diesel::delete(rows).execute(connection)
            }
        };
    }
    let mut removed = Vec::new();
    let mut run = |name: &'static str, batch: &dyn Fn(&mut DbConnection, i64) -> QueryResult<usize>| {
        let rows = in_batches(connection, name, max_rows, batch)?;
        removed.push((name, rows));
        Ok::<_, PurgeError>(())
    };
    match which {
        PurgeTables::AllButImages => {
            run("task_info", &|connection, limit| remove_task_info(connection, before, limit))?;
            run("image_properties", &batch!(image_properties, id: i32))?;
            run("image_tags", &batch!(image_tags, id: i32))?;
            run("image_locations", &batch!(image_locations, id: i32))?;
            run("image_members", &batch!(image_members, id: i32))?;
            run("tasks", &batch!(tasks, id: String))?;
        }
        PurgeTables::Images => run("images", &|connection, limit| remove_images(connection, before, limit))?,
    }
    Ok(removed)
}

/// Runs batches, each in a transaction, until nothing is left or the limit is reached.
fn in_batches(
    connection: &mut DbConnection,
    table: &'static str,
    max_rows: Option<u32>,
    batch: &dyn Fn(&mut DbConnection, i64) -> QueryResult<usize>,
) -> Result<usize, PurgeError> {
    use diesel::connection::TransactionManager;
    let mut total = 0;
    loop {
        let left = max_rows.map_or(BATCH, |max| i64::from(max).saturating_sub(total as i64));
        if left <= 0 {
            return Ok(total);
        }
        begin_write(connection).map_err(DbError::from)?;
        match batch(connection, left.min(BATCH)) {
            Ok(rows) => {
                DbConnection::commit_transaction(connection).map_err(DbError::from)?;
                total += rows;
                if rows == 0 {
                    return Ok(total);
                }
            }
            Err(error) => {
                if let Err(rollback) = DbConnection::rollback_transaction(connection) {
                    log::debug!("rolling back failed: {rollback}");
                }
                return Err(meaning(error, table));
            }
        }
    }
}

fn meaning(error: diesel::result::Error, table: &'static str) -> PurgeError {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => PurgeError::Referenced(table),
        error => PurgeError::Db(error.into()),
    }
}

/// `task_info` has no mark of its own: it goes with its task.
fn remove_task_info(connection: &mut DbConnection, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ids: Vec<String> = task_info::table
        .inner_join(tasks::table.on(tasks::id.eq(task_info::task_id)))
        .select(task_info::task_id)
        .filter(tasks::deleted.eq(true))
        .filter(tasks::deleted_at.lt(DbTime::from(before)))
        .order((tasks::deleted_at, tasks::id))
        .limit(limit)
        .load(connection)?;
    diesel::delete(task_info::table.filter(task_info::task_id.eq_any(ids))).execute(connection)
}

/// Images. Our own rows of them stay or are made, which is how their ids are known as used (B6).
fn remove_images(connection: &mut DbConnection, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ids: Vec<String> = images::table
        .select(images::id)
        .filter(images::deleted.eq(true))
        .filter(images::deleted_at.lt(DbTime::from(before)))
        .order((images::deleted_at, images::id))
        .limit(limit)
        .load(connection)?;
    for id in &ids {
        mark_as_used(connection, id)?;
    }
    let rows = images::table.filter(images::id.eq_any(ids)).filter(images::deleted.eq(true));
    diesel::delete(rows).execute(connection)
}

/// Leaves a version above that of an image that is being created.
fn mark_as_used(connection: &mut DbConnection, id: &str) -> QueryResult<usize> {
    use rs_image_versions::{image_id, version};
    let counted = diesel::update(rs_image_versions::table.find(id)).set(version.eq(version + 1)).execute(connection)?;
    if counted > 0 {
        return Ok(counted);
    }
    diesel::insert_into(rs_image_versions::table).values((image_id.eq(id), version.eq(1))).execute(connection)
}
