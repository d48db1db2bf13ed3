//! The commands about the tables.

use std::io::Write;

use super::ManageError;
use crate::db::migrate::{self, CONTRACTED, EXPANDED, Standing, Tables};
use crate::db::{DbConnection, DbError, Engine};

const UP_TO_DATE: &str = "Database is up to date. No migrations needed.";

/// Prints the rows of `alembic_version`.
pub(super) fn version(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    let rows = migrate::revisions(connection)?;
    for row in &rows {
        writeln!(out, "{row}")?;
    }
    if rows.is_empty() {
        writeln!(
            out,
            "Database is either not under migration control or under legacy migration control, please run \
             \"glance-manage db sync\" to place the database under alembic migration control."
        )?;
    }
    Ok(())
}

/// Says by text and exit code which phase is next: 3 expand, 5 contract. Code 4, migrate, never comes: no data
/// migration is pending on any database that can be expanded.
pub(super) fn check(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    refuse_postgres(connection)?;
    let (text, code) = match migrate::inspect(connection)? {
        Tables::Glance(_, Standing::Contracted) => {
            writeln!(out, "Database is up to date. No upgrades needed.")?;
            return Ok(());
        }
        Tables::Glance(_, Standing::Expanded) => {
            ("Your database is not up to date. Your next step is to run `glance-manage db contract`.", 5)
        }
        _ => ("Your database is not up to date. Your first step is to run `glance-manage db expand`.", 3),
    };
    Err(ManageError::Pending { text, code })
}

/// Expand, migrate and contract at once, while no service runs.
pub(super) fn sync(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    if is_contracted(connection)? {
        // A database of Glance's own gets our tables.
        migrate::prepare(connection)?;
        writeln!(out, "{UP_TO_DATE}")?;
        return Ok(());
    }
    let done = expand_tables(connection, out)
        .and_then(|()| migrate_data(connection, out))
        .and_then(|()| contract_tables(connection, out));
    match done {
        Err(ManageError::Db(DbError::WrongSchema(text))) => {
            Err(ManageError::Refused(format!("Failed to sync database: ERROR: {text}")))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(writeln!(out, "Database is synced successfully.")?),
    }
}

/// Upgrades to a revision: one of the two newest, or all.
pub(super) fn upgrade(
    connection: &mut DbConnection,
    revision: Option<&str>,
    out: &mut impl Write,
) -> Result<(), ManageError> {
    let wanted = revision.unwrap_or("heads");
    if !matches!(wanted, "heads" | "head" | CONTRACTED | EXPANDED) {
        return Err(ManageError::Refused(format!("ERROR: Can't locate revision identified by '{wanted}'")));
    }
    if !is_contracted(connection)? {
        migrate::expand(connection)?;
        if wanted != EXPANDED {
            migrate::contract(connection)?;
        }
    }
    let rows = migrate::revisions(connection)?.join(", ");
    match wanted {
        "heads" => writeln!(out, "Upgraded database, current revision(s): {rows}")?,
        wanted => writeln!(out, "Upgraded database to: {wanted}, current revision(s): {rows}")?,
    }
    Ok(())
}

/// The first phase by itself.
pub(super) fn expand(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    refuse_postgres(connection)?;
    if is_contracted(connection)? {
        return Ok(writeln!(out, "{UP_TO_DATE}")?);
    }
    expand_tables(connection, out)
}

fn expand_tables(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    if is_expanded(connection)? {
        return Ok(writeln!(out, "Database expansion is up to date. No expansion needed.")?);
    }
    migrate::expand(connection)?;
    report(connection, EXPANDED, out)
}

/// The phase between by itself.
pub(super) fn migrate(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    refuse_postgres(connection)?;
    if is_contracted(connection)? {
        return Ok(writeln!(out, "{UP_TO_DATE}")?);
    }
    migrate_data(connection, out)
}

fn migrate_data(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    if !is_expanded(connection)? {
        return Err(ManageError::Refused(
            "Data migration did not run. Data migration cannot be run before database expansion. Run database \
             expansion first using \"glance-manage db expand\""
                .to_owned(),
        ));
    }
    Ok(writeln!(out, "Database migration is up to date. No migration needed.")?)
}

/// The last phase by itself.
pub(super) fn contract(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    refuse_postgres(connection)?;
    if is_contracted(connection)? {
        return Ok(writeln!(out, "{UP_TO_DATE}")?);
    }
    contract_tables(connection, out)
}

fn contract_tables(connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    if !is_expanded(connection)? {
        return Err(ManageError::Refused(
            "Database contraction did not run. Database contraction cannot be run before database expansion. Run \
             database expansion first using \"glance-manage db expand\""
                .to_owned(),
        ));
    }
    migrate::contract(connection)?;
    report(connection, CONTRACTED, out)
}

fn report(connection: &mut DbConnection, revision: &str, out: &mut impl Write) -> Result<(), ManageError> {
    let rows = migrate::revisions(connection)?.join(", ");
    Ok(writeln!(out, "Upgraded database to: {revision}, current revision(s): {rows}")?)
}

fn is_contracted(connection: &mut DbConnection) -> Result<bool, ManageError> {
    Ok(matches!(migrate::inspect(connection)?, Tables::Glance(_, Standing::Contracted)))
}

fn is_expanded(connection: &mut DbConnection) -> Result<bool, ManageError> {
    Ok(matches!(migrate::inspect(connection)?, Tables::Glance(_, Standing::Expanded)))
}

/// The original runs single phases on MySQL and SQLite only; scripts rely on its answer.
fn refuse_postgres(connection: &DbConnection) -> Result<(), ManageError> {
    if connection.engine() == Engine::Postgres {
        let text = "Rolling upgrades are currently supported only for MySQL and Sqlite";
        return Err(ManageError::Refused(text.to_owned()));
    }
    Ok(())
}
