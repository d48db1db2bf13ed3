//! `cargo xtask test`.

use clap::Args;

use crate::Outcome;
use crate::check;
use crate::databases::{Databases, Engines};
use crate::shell::{self, ALL_ENGINES, cargo, must_succeed};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Databases to test on: all, or a comma list of sqlite, postgres, mariadb. SQLite is always
    /// among them.
    #[arg(long, default_value = "all")]
    db: String,
    /// Leave format, clippy and documentation out.
    #[arg(long)]
    no_check: bool,
    /// Arguments for the test programs, such as a part of a test's name.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Checks, installs and starts what the tests need, runs them, stops it.
pub(crate) fn test(options: &Options) -> Outcome {
    let engines = Engines::parse(&options.db)?;
    shell::install(&["ipxe", "grub-rescue-pc", "qemu-utils", "memcached", "python3-venv"])?;
    if !options.no_check {
        check::check()?;
    }
    if engines.any_server() {
        shell::install(&["libpq-dev", "libmariadb-dev", "pkg-config"])?;
    }
    // what the tests of deploy/ judge and start
    shell::install(&["haproxy", "openssl", "curl", "systemd", "dpkg-dev", "binutils"])?;
    if !shell::is_there("kubectl") {
        shell::install(&["kubernetes-client"])?;
    }
    let databases = Databases::start(engines)?;
    let mut arguments = vec!["test", "--workspace", "--no-fail-fast"];
    if engines.any_server() {
        arguments.extend(["--features", ALL_ENGINES]);
    }
    arguments.push("--");
    arguments.extend(engines.skips());
    arguments.extend(options.rest.iter().map(String::as_str));
    must_succeed("tests", cargo(&arguments).envs(databases.variables.clone()))
}
