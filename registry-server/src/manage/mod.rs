//! What `glance-manage` does, with the words and exit codes of the original (operations §12, database §1, §5).
//!
//! The program itself only reads arguments and configuration. Commands write what they report to a writer.

mod migrations;
mod purging;

use std::io::{self, Write};

use thiserror::Error;

use crate::db::{DbConnection, DbError};

/// Name of the program: of its configuration file and its log.
pub const PROGRAM: &str = "glance-manage";

/// Programs whose configuration files are read, a later one winning (operations §2).
pub const CONFIGURATIONS: [&str; 3] = ["glance-registry", "glance-api", PROGRAM];

/// The commands of category `db`, with their one-line descriptions.
pub const ACTIONS: [(&str, &str); 9] = [
    ("check", "Report any pending database upgrades."),
    ("contract", "Run the contraction phase of a database migration."),
    ("expand", "Run the expansion phase of a database migration."),
    ("migrate", "Run the data migration phase of a database migration."),
    ("purge", "Purge deleted rows older than a given age from glance tables."),
    ("purge_images_table", "Purge deleted rows older than a given age from images table."),
    ("sync", "Perform a complete (offline) database migration"),
    ("upgrade", "Upgrade the database's migration level"),
    ("version", "Print database's current migration level"),
];

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Say what is pending, by text and exit code.
    Check,
    /// The last phase of an upgrade.
    Contract,
    /// The first phase of an upgrade.
    Expand,
    /// The phase between: data. Nothing is pending since Train.
    Migrate,
    /// Remove rows deleted long ago, but no images.
    Purge(PurgeLimits),
    /// Remove images deleted long ago.
    PurgeImagesTable(PurgeLimits),
    /// All phases at once.
    Sync,
    /// Up to a revision, or to the newest.
    Upgrade(Option<String>),
    /// Print the revision.
    Version,
}

/// How much to purge, as the operator wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeLimits {
    /// Days since deletion, at least.
    pub age_in_days: String,
    /// Rows per table at most; -1 for all.
    pub max_rows: String,
}

/// Why a command ends without success.
#[derive(Debug, Error)]
pub enum ManageError {
    /// A refusal, in the original's words. Exit code 1.
    #[error("{0}")]
    Refused(String),
    /// A report that is no success: the text goes to the standard output, the code says what is pending.
    #[error("{text}")]
    Pending {
        /// The report.
        text: &'static str,
        /// The exit code.
        code: u8,
    },
    /// The database. Exit code 1.
    #[error("ERROR: {}", describe(.0))]
    Db(#[from] DbError),
    /// The output is closed. Exit code 1.
    #[error("ERROR: {0}")]
    Output(#[from] io::Error),
}

/// An error for the operator, who may know what the driver said.
fn describe(error: &DbError) -> String {
    match error.cause() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Runs a command.
///
/// # Errors
/// [`ManageError`], to be shown as it is.
pub fn run(action: &Action, connection: &mut DbConnection, out: &mut impl Write) -> Result<(), ManageError> {
    match action {
        Action::Check => migrations::check(connection, out),
        Action::Contract => migrations::contract(connection, out),
        Action::Expand => migrations::expand(connection, out),
        Action::Migrate => migrations::migrate(connection, out),
        Action::Sync => migrations::sync(connection, out),
        Action::Upgrade(revision) => migrations::upgrade(connection, revision.as_deref(), out),
        Action::Version => migrations::version(connection, out),
        Action::Purge(limits) => purging::purge_tables(connection, limits),
        Action::PurgeImagesTable(limits) => purging::purge_images(connection, limits),
    }
}
