//! `cargo xtask bench`.

use clap::Args;

use crate::Outcome;
use crate::databases::{Databases, Engines};
use crate::shell::{self, ALL_ENGINES, cargo, must_succeed};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// URL of a running reference to measure beside ours.
    #[arg(long)]
    reference: Option<String>,
    /// Arguments for the bench program, such as the names of measurements.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds with optimisation, starts the databases and measures.
pub(crate) fn bench(options: &Options) -> Outcome {
    shell::install(&["nginx-light", "wrk", "openssl", "curl", "libpq-dev", "libmariadb-dev", "pkg-config"])?;
    must_succeed("building", &mut cargo(&["build", "--release", "--workspace", "--features", ALL_ENGINES]))?;
    let databases = Databases::start(Engines { postgres: true, mariadb: false })?;
    let mut command = std::process::Command::new(shell::target().join("release/glance-bench"));
    command.arg("--json").arg(shell::target().join("bench.json")).envs(databases.variables.clone());
    if let Some(url) = &options.reference {
        command.args(["--reference", url]);
    }
    must_succeed("measuring", command.args(&options.rest))
}
