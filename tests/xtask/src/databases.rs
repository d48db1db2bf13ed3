//! PostgreSQL and MariaDB for one run.

use crate::Outcome;
use crate::shell::{self, Scratch};

/// A choice of engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Engines {
    /// PostgreSQL is used.
    pub(crate) postgres: bool,
    /// MariaDB is used.
    pub(crate) mariadb: bool,
}

impl Engines {
    /// All of them.
    pub(crate) const ALL: Self = Self { postgres: true, mariadb: true };

    /// Reads a comma list of `all`, `sqlite`, `postgres` and `mariadb`. SQLite is always used.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut engines = Self { postgres: false, mariadb: false };
        for name in text.split(',') {
            match name {
                "all" => engines = Self::ALL,
                "sqlite" => {}
                "postgres" | "postgresql" => engines.postgres = true,
                "mariadb" | "mysql" => engines.mariadb = true,
                other => return Err(format!("unknown database {other:?}: all, sqlite, postgres or mariadb")),
            }
        }
        Ok(engines)
    }

    /// Does it need a server?
    pub(crate) fn any_server(self) -> bool {
        self.postgres || self.mariadb
    }

    /// Arguments that keep test programs from running what needs another engine: such tests are
    /// named after it.
    pub(crate) fn skips(self) -> Vec<&'static str> {
        let mut arguments = Vec::new();
        if !self.postgres {
            arguments.extend(["--skip", "::postgres"]);
        }
        if !self.mariadb {
            arguments.extend(["--skip", "::mariadb", "--skip", "::mysql"]);
        }
        arguments
    }

    fn names(self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.postgres {
            names.push("postgres");
        }
        if self.mariadb {
            names.push("mariadb");
        }
        names
    }
}

/// Running servers; dropping this stops them and removes their data.
pub(crate) struct Databases {
    scratch: Scratch,
    /// Environment variables that name the servers.
    pub(crate) variables: Vec<(String, String)>,
}

impl Databases {
    /// Starts the chosen ones. Servers that the environment names already are used as they are.
    pub(crate) fn start(engines: Engines) -> Result<Self, String> {
        let mut wanted = engines;
        wanted.postgres &= std::env::var_os("GLANCE_TEST_POSTGRES_URL").is_none();
        wanted.mariadb &= std::env::var_os("GLANCE_TEST_MARIADB_URL").is_none();
        let scratch = Scratch::new("databases")?;
        let mut databases = Self { scratch, variables: Vec::new() };
        if !wanted.any_server() {
            return Ok(databases);
        }
        install(wanted)?;
        let folder = databases.scratch.path().to_string_lossy().into_owned();
        let mut arguments = vec!["start", &folder];
        arguments.extend(wanted.names());
        let printed = shell::output_of("starting the databases", &mut shell::tool("databases", &arguments))?;
        let pairs = printed.lines().filter_map(|line| line.split_once('='));
        databases.variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(databases)
    }

    /// The URL of a database on the PostgreSQL server.
    pub(crate) fn postgres(&self) -> Result<String, String> {
        let name = "GLANCE_TEST_POSTGRES_URL";
        let started = self.variables.iter().find(|(own, _)| own == name).map(|(_, url)| url.clone());
        started.or_else(|| std::env::var(name).ok()).ok_or_else(|| format!("{name} is not set"))
    }
}

fn install(engines: Engines) -> Outcome {
    let mut packages = Vec::new();
    if engines.postgres {
        packages.push("postgresql");
    }
    if engines.mariadb {
        packages.push("mariadb-server");
    }
    shell::install(&packages)
}

impl Drop for Databases {
    fn drop(&mut self) {
        let folder = self.scratch.path().to_string_lossy().into_owned();
        if let Err(text) = shell::output_of("stopping the databases", &mut shell::tool("databases", &["stop", &folder]))
        {
            eprintln!("xtask: {text}");
        }
    }
}
