//! The reference service, for the commands that need it: it is installed from PyPI into a
//! virtual environment below `target`, once.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::Outcome;
use crate::databases::{Databases, Engines};
use crate::shell::{self, ALL_ENGINES, Scratch, cargo, must_succeed};

/// Options of `cargo xtask reference-check`.
#[derive(Args)]
pub(crate) struct Options {
    /// Databases to check on: all, or a comma list of sqlite, postgres, mariadb.
    #[arg(long, default_value = "all")]
    db: String,
}

/// Where its Python packages are kept.
pub(crate) fn venv() -> PathBuf {
    std::env::var_os("REFERENCE_VENV").map_or_else(|| shell::target().join("reference-venv"), PathBuf::from)
}

/// A running reference; dropping this stops it and removes its data.
pub(crate) struct Reference {
    scratch: Scratch,
    /// Where it answers.
    pub(crate) url: String,
}

impl Reference {
    /// Starts one on a new SQLite database, with what lies beside the scenario if it wants a configuration of its own.
    pub(crate) fn start_for(scenario: Option<&Path>) -> Result<Self, String> {
        let scratch = Scratch::new("reference")?;
        let mut command = shell::tool("reference", &["start".as_ref(), scratch.path()]);
        command.env("REFERENCE_VENV", venv());
        if let Some(scenario) = scenario {
            command.env("REFERENCE_SCENARIO", scenario);
        }
        let url = shell::output_of("starting the reference", &mut command)?.trim().to_owned();
        Ok(Self { scratch, url })
    }

    /// Where it keeps its files.
    pub(crate) fn folder(&self) -> PathBuf {
        self.scratch.path().to_owned()
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let mut command = shell::tool("reference", &["stop".as_ref(), self.scratch.path()]);
        if let Err(text) = shell::output_of("stopping the reference", &mut command) {
            eprintln!("xtask: {text}");
        }
    }
}

/// Runs the tests that start the reference on databases that we made and wrote.
pub(crate) fn check(options: &Options) -> Outcome {
    let engines = Engines::parse(&options.db)?;
    shell::install(&["libpq-dev", "libmariadb-dev", "pkg-config"])?;
    let databases = Databases::start(engines)?;
    must_succeed("building", &mut cargo(&["build", "--workspace", "--features", ALL_ENGINES]))?;
    let features = shell::all_features();
    let mut arguments = vec!["test", "--workspace", "--features", &features, "--test", "reference", "--"];
    arguments.push("--test-threads=1");
    arguments.extend(engines.skips());
    let mut command = cargo(&arguments);
    command.envs(databases.variables.clone()).env("REFERENCE_VENV", venv());
    must_succeed("reference check", &mut command)
}
