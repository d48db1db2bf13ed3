//! Creating, judging and upgrading the tables (database §1).
//!
//! Glance's tables are exactly Glance's, whoever makes them. What we need beyond them is in tables of our own, named
//! `rs_*`, which are made beside, also in a database that Glance made.

mod ddl;
mod revision;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::connection::begin_write;
use super::schema::{alembic_version, rs_schema};
use super::{DbConnection, DbError, Engine};
pub use revision::{CONTRACTED, EXPANDED, Standing};

/// What was found in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tables {
    /// None at all, but perhaps our own.
    Empty,
    /// Glance's, with the rows of `alembic_version` and what they mean.
    Glance(Vec<String>, Standing),
    /// Somebody's, without `alembic_version`: Glance before Alembic, or another service.
    Foreign,
}

/// Makes a database fit for this program, or says why it is not (the start rule of database §1): the newest tables
/// are accepted, also when the last contraction is missing; an empty database gets them; anything else is refused.
/// Returns the revision.
///
/// # Errors
/// [`DbError::WrongSchema`] with a text for the operator; [`DbError::Unavailable`].
pub fn prepare(connection: &mut DbConnection) -> Result<String, DbError> {
    let found = inspect(connection)?;
    if matches!(found, Tables::Glance(_, Standing::Contracted | Standing::Expanded))
        && own_version(connection)? == ddl::OWN_VERSION
    {
        return Ok(revision_of(&found).to_owned());
    }
    locked(connection, |connection| {
        let found = match inspect(connection)? {
            Tables::Empty => {
                log::info!("the database is empty: creating the tables of revision {CONTRACTED}");
                connection.batch_execute(ddl::glance(connection.engine()))?;
                inspect(connection)?
            }
            found => found,
        };
        accept(&found)?;
        ensure_own_tables(connection)?;
        Ok(revision_of(&found).to_owned())
    })
}

/// Refuses tables that this program must not work with.
fn accept(found: &Tables) -> Result<(), DbError> {
    let refusal = match found {
        Tables::Empty | Tables::Glance(_, Standing::Contracted | Standing::Expanded) => return Ok(()),
        Tables::Glance(rows, Standing::Older(_)) => format!(
            "the database is at revision {}; run \"glance-manage db sync\" to bring it to {CONTRACTED}",
            rows.join(", ")
        ),
        Tables::Glance(rows, Standing::TooOld) => too_old(&rows.join(", ")),
        Tables::Foreign => too_old("none"),
        Tables::Glance(_, Standing::Unknown(row)) => {
            format!(
                "the database is at revision {row}, which this program does not know; the newest it knows is {CONTRACTED}"
            )
        }
    };
    Err(DbError::WrongSchema(refusal))
}

fn too_old(revision: &str) -> String {
    format!(
        "the database is at revision {revision}; databases before pike_contract01 must first be upgraded by a release \
         of Glance that still does that"
    )
}

fn revision_of(found: &Tables) -> &'static str {
    match found {
        Tables::Glance(_, Standing::Expanded) => EXPANDED,
        _ => CONTRACTED,
    }
}

/// Looks what is in a database.
///
/// # Errors
/// [`DbError::Unavailable`].
pub fn inspect(connection: &mut DbConnection) -> Result<Tables, DbError> {
    let tables = table_names(connection)?;
    if tables.iter().any(|table| table == "alembic_version") {
        let rows = revisions(connection)?;
        // Another program may have made the table just now and not written its row yet.
        if !rows.is_empty() || tables.iter().any(|table| table == "images") {
            let standing = revision::judge(&rows);
            return Ok(Tables::Glance(rows, standing));
        }
    }
    let foreign = tables.iter().any(|table| !table.starts_with("rs_") && table != "alembic_version");
    Ok(if foreign { Tables::Foreign } else { Tables::Empty })
}

/// The rows of `alembic_version`, sorted; none where the table is missing.
///
/// # Errors
/// [`DbError::Unavailable`].
pub fn revisions(connection: &mut DbConnection) -> Result<Vec<String>, DbError> {
    if !table_names(connection)?.iter().any(|table| table == "alembic_version") {
        return Ok(Vec::new());
    }
    let mut rows: Vec<String> = alembic_version::table.select(alembic_version::version_num).load(connection)?;
    rows.sort_unstable();
    Ok(rows)
}

/// Brings Glance's tables to the newest form: all of them into an empty database, what is missing into an older one.
/// Afterwards the row [`EXPANDED`] is there, beside the contract row of an older database.
///
/// # Errors
/// [`DbError::WrongSchema`] for a database that cannot be upgraded.
pub fn expand(connection: &mut DbConnection) -> Result<(), DbError> {
    locked(connection, |connection| {
        let engine = connection.engine();
        match inspect(connection)? {
            Tables::Empty => {
                connection.batch_execute(ddl::glance(engine))?;
                set_revisions(connection, &[EXPANDED])?;
            }
            Tables::Glance(rows, Standing::Older(place)) => {
                for (release, statements) in ddl::steps(engine) {
                    if revision::is_missing(release, place) {
                        connection.batch_execute(statements)?;
                    }
                }
                let contract = rows.iter().filter(|row| !row.contains("_expand")).map(String::as_str);
                set_revisions(connection, &contract.chain([EXPANDED]).collect::<Vec<_>>())?;
            }
            found => accept(&found)?,
        }
        ensure_own_tables(connection)
    })
}

/// Marks the tables as fully migrated: contracting changes nothing in any revision since Pike.
///
/// # Errors
/// [`DbError::WrongSchema`] unless the database was expanded.
pub fn contract(connection: &mut DbConnection) -> Result<(), DbError> {
    locked(connection, |connection| match inspect(connection)? {
        Tables::Glance(_, Standing::Expanded) => set_revisions(connection, &[CONTRACTED]),
        found => accept(&found),
    })
}

fn set_revisions(connection: &mut DbConnection, rows: &[&str]) -> Result<(), DbError> {
    diesel::delete(alembic_version::table).execute(connection)?;
    for row in rows {
        diesel::insert_into(alembic_version::table)
            .values(alembic_version::version_num.eq(*row))
            .execute(connection)?;
    }
    Ok(())
}

/// Makes our own tables where they are missing, and completes those of an older version.
fn ensure_own_tables(connection: &mut DbConnection) -> Result<(), DbError> {
    let found = own_version(connection)?;
    if found > ddl::OWN_VERSION {
        return Err(DbError::WrongSchema(format!(
            "the tables rs_* have version {found}, which this program does not know: a newer one has used this database"
        )));
    }
    for (version, statements) in ddl::own(connection.engine()) {
        if version > found {
            connection.batch_execute(statements)?;
        }
    }
    Ok(())
}

/// The version of our own tables; 0 where there are none.
fn own_version(connection: &mut DbConnection) -> Result<i32, DbError> {
    if !table_names(connection)?.iter().any(|table| table == "rs_schema") {
        return Ok(0);
    }
    let newest = rs_schema::table.select(rs_schema::version).order(rs_schema::version.desc()).first(connection);
    Ok(newest.optional()?.unwrap_or_default())
}

#[derive(QueryableByName)]
struct TableName {
    #[diesel(sql_type = Text)]
    name: String,
}

fn table_names(connection: &mut DbConnection) -> Result<Vec<String>, DbError> {
    let query = match connection.engine() {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Engine::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
        Engine::Mysql => "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()",
    };
    let rows: Vec<TableName> = diesel::sql_query(query).load(connection)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

#[derive(QueryableByName)]
struct LockAnswer {
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

/// Runs work on the tables while no other registry does. In one transaction, where the engine has that for DDL.
fn locked<T>(
    connection: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    if connection.engine() == Engine::Mysql {
        return mysql_locked(connection, work);
    }
    begin_write(connection)?;
    let result = lock_postgres(connection).and_then(|()| work(connection));
    match result {
        Ok(value) => {
            DbConnection::commit_transaction(connection)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = DbConnection::rollback_transaction(connection) {
                log::debug!("rolling back failed: {rollback}");
            }
            Err(error)
        }
    }
}

/// A lock that ends with the transaction. SQLite's write lock needs no help.
fn lock_postgres(connection: &mut DbConnection) -> Result<(), DbError> {
    if connection.engine() == Engine::Postgres {
        connection.batch_execute("SET LOCAL lock_timeout = '4s'; SELECT pg_advisory_xact_lock(7163361)")?;
    }
    Ok(())
}

/// MySQL commits at every DDL statement, so a named lock of the session stands in for a transaction.
fn mysql_locked<T>(
    connection: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let name = "concat('glance-rs ', database())";
    let take = format!("SELECT CAST(GET_LOCK({name}, 4) AS CHAR) AS answer");
    let answers: Vec<LockAnswer> = diesel::sql_query(take).load(connection)?;
    if answers.first().and_then(|row| row.answer.as_deref()) != Some("1") {
        return Err(DbError::Contended { cause: "another program works on the tables".to_owned() });
    }
    let result = work(connection);
    let release: QueryResult<Vec<LockAnswer>> =
        diesel::sql_query(format!("SELECT CAST(RELEASE_LOCK({name}) AS CHAR) AS answer")).load(connection);
    if let Err(error) = release {
        log::debug!("giving the lock back failed: {error}");
    }
    result
}
