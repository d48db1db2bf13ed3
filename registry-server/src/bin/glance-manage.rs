//! `glance-manage`: the database of the registry, from the command line (operations §12).

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use glance_common::config::{Cli, Config, ConfigError};
use glance_common::logging::{LogError, Logger};
use glance_registry::db::{DatabaseOptions, DbConnection, connect};
use glance_registry::manage::{self, ACTIONS, Action, ManageError, PROGRAM, PurgeLimits};
use thiserror::Error;

/// Exit code of a command line that cannot be understood.
const USAGE: u8 = 2;

/// Manages the database of the registry.
#[derive(Debug, Parser)]
#[command(name = "glance-manage", version)]
struct Arguments {
    #[command(flatten)]
    common: Cli,
    #[command(subcommand)]
    category: Option<Category>,
}

#[derive(Debug, Subcommand)]
enum Category {
    /// The database
    Db {
        #[command(subcommand)]
        action: Option<DbAction>,
    },
    /// Same as "db version"
    #[command(name = "db_version")]
    DbVersion,
    /// Same as "db check"
    #[command(name = "db_check")]
    DbCheck,
    /// Same as "db upgrade"
    #[command(name = "db_upgrade")]
    DbUpgrade {
        /// Revision to upgrade to
        version: Option<String>,
    },
    /// Same as "db sync"
    #[command(name = "db_sync")]
    DbSync {
        /// Ignored
        version: Option<String>,
    },
    /// Same as "db expand"
    #[command(name = "db_expand")]
    DbExpand,
    /// Same as "db migrate"
    #[command(name = "db_migrate")]
    DbMigrate,
    /// Same as "db contract"
    #[command(name = "db_contract")]
    DbContract,
    /// Same as "db purge"
    #[command(name = "db_purge")]
    DbPurge(PurgeArguments),
    /// Same as "db purge_images_table"
    #[command(name = "db_purge_images_table")]
    DbPurgeImagesTable(PurgeArguments),
}

#[derive(Debug, Subcommand)]
enum DbAction {
    /// Report any pending database upgrades: exit code 3 expand, 4 migrate, 5 contract
    Check,
    /// Run the contraction phase of a database migration
    Contract,
    /// Run the expansion phase of a database migration
    Expand,
    /// Run the data migration phase of a database migration
    Migrate,
    /// Purge deleted rows older than a given age from glance tables
    Purge(PurgeArguments),
    /// Purge deleted rows older than a given age from images table
    #[command(name = "purge_images_table")]
    PurgeImagesTable(PurgeArguments),
    /// Perform a complete (offline) database migration
    Sync(VersionArguments),
    /// Upgrade the database's migration level
    Upgrade(VersionArguments),
    /// Print database's current migration level
    Version,
}

#[derive(Debug, Args)]
struct VersionArguments {
    /// Database version
    #[arg(long = "version", value_name = "VERSION")]
    named: Option<String>,
    /// Database version
    #[arg(value_name = "VERSION")]
    version: Option<String>,
}

#[derive(Debug, Args)]
struct PurgeArguments {
    /// Purge deleted rows older than age in days
    #[arg(long = "age_in_days", value_name = "DAYS", allow_negative_numbers = true)]
    age_in_days: Option<i64>,
    /// Limit number of records to delete; all deleted rows will be purged if equals -1
    #[arg(long = "max_rows", value_name = "ROWS", allow_negative_numbers = true)]
    max_rows: Option<i64>,
    /// The same without names: DAYS, then ROWS
    #[arg(value_name = "DAYS ROWS", num_args = 0..=2, allow_negative_numbers = true)]
    values: Vec<String>,
}

impl PurgeArguments {
    /// What was given by name, then what was given by position, then the defaults.
    fn limits(self, default_age: i64) -> PurgeLimits {
        let mut values = self.values.into_iter();
        let mut next = |named: Option<i64>, default: i64| match named {
            Some(number) => number.to_string(),
            None => values.next().unwrap_or_else(|| default.to_string()),
        };
        PurgeLimits { age_in_days: next(self.age_in_days, default_age), max_rows: next(self.max_rows, 100) }
    }
}

/// Days for which rows, and ids of images, are kept unless something else is asked for.
const ROWS_AGE: i64 = 30;
const IMAGES_AGE: i64 = 180;

impl DbAction {
    fn into_action(self) -> Action {
        match self {
            Self::Check => Action::Check,
            Self::Contract => Action::Contract,
            Self::Expand => Action::Expand,
            Self::Migrate => Action::Migrate,
            Self::Purge(arguments) => Action::Purge(arguments.limits(ROWS_AGE)),
            Self::PurgeImagesTable(arguments) => Action::PurgeImagesTable(arguments.limits(IMAGES_AGE)),
            Self::Sync(_) => Action::Sync,
            Self::Upgrade(arguments) => Action::Upgrade(arguments.named.or(arguments.version)),
            Self::Version => Action::Version,
        }
    }
}

impl Category {
    /// The command; none when the category stands alone.
    fn into_action(self) -> Option<Action> {
        Some(match self {
            Self::Db { action } => action?.into_action(),
            Self::DbVersion => Action::Version,
            Self::DbCheck => Action::Check,
            Self::DbUpgrade { version } => Action::Upgrade(version),
            Self::DbSync { .. } => Action::Sync,
            Self::DbExpand => Action::Expand,
            Self::DbMigrate => Action::Migrate,
            Self::DbContract => Action::Contract,
            Self::DbPurge(arguments) => Action::Purge(arguments.limits(ROWS_AGE)),
            Self::DbPurgeImagesTable(arguments) => Action::PurgeImagesTable(arguments.limits(IMAGES_AGE)),
        })
    }
}

/// Why the program ends with another code than 0.
#[derive(Debug, Error)]
enum ProgramError {
    #[error("ERROR: {0}")]
    Config(#[from] ConfigError),
    #[error("ERROR: {0}")]
    Log(#[from] LogError),
    #[error("ERROR: [database] connection is not set")]
    NoDatabase,
    #[error("ERROR: no connection to the database: {0}")]
    Connection(#[from] diesel::ConnectionError),
    #[error(transparent)]
    Manage(#[from] ManageError),
}

fn main() -> ExitCode {
    let Arguments { common, category } = Arguments::parse();
    let Some(category) = category else { return say(&categories(), USAGE) };
    let Some(action) = category.into_action() else { return say(&actions(), USAGE) };
    match run(&common, &action) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ProgramError::Manage(ManageError::Pending { text, code })) => say(&format!("{text}\n"), code),
        Err(error) => {
            // Nobody is left to tell when the error output is closed.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(common: &Cli, action: &Action) -> Result<(), ProgramError> {
    let config = Config::load_for(&manage::CONFIGURATIONS, common)?;
    Logger::init(PROGRAM, &config.section()?)?;
    let mut connection = open(&config)?;
    Ok(manage::run(action, &mut connection, &mut io::stdout().lock())?)
}

fn open(config: &Config) -> Result<DbConnection, ProgramError> {
    let options: DatabaseOptions = config.section()?;
    let url = options.connection.ok_or(ProgramError::NoDatabase)?;
    Ok(connect(&url, &options.mysql_sql_mode)?)
}

/// Writes a text to the standard output; the exit code with it.
fn say(text: &str, code: u8) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn categories() -> String {
    format!("{PROGRAM} category action [<args>]\nAvailable categories:\n\tdb\n")
}

fn actions() -> String {
    let mut text = "Available actions for 'db':\n".to_owned();
    for (action, description) in ACTIONS {
        text.push_str(&format!("\t{action} - {description}\n"));
    }
    text
}
