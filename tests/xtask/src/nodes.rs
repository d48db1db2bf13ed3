//! `cargo xtask nodes`: the node pairs of `deploy/` on this machine.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::Args;

use crate::Outcome;
use crate::databases::{Databases, Engines};
use crate::package::SERVER_ENGINES;
use crate::shell::{self, cargo, must_succeed};
use crate::signals::{self, Endings};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder for configuration, images and logs; a new one in the folder for such things when not given.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// First of eight ports: internal, public, two registries, four nodes.
    #[arg(long, default_value_t = 9292)]
    port: u16,
    /// A Keystone that knows the user glance; without it identity headers of clients are believed.
    #[arg(long, requires = "password")]
    keystone: Option<String>,
    /// That user's password.
    #[arg(long, requires = "keystone")]
    password: Option<String>,
    /// Build without optimisation: sooner ready, slower afterwards.
    #[arg(long)]
    dev: bool,
}

/// Builds the servers, starts PostgreSQL and all nodes, and waits for Ctrl-C.
pub(crate) fn nodes(options: &Options) -> Outcome {
    shell::install(&["haproxy", "openssl", "curl", "libpq-dev", "libmariadb-dev", "pkg-config"])?;
    let mut build = vec!["build", "-p", "glance-api", "-p", "glance-registry", "--features", SERVER_ENGINES];
    if !options.dev {
        build.push("--release");
    }
    must_succeed("building the servers", &mut cargo(&build))?;
    let endings = Endings::hold();
    let databases = Databases::start(Engines { postgres: true, mariadb: false })?;
    let mut command = Command::new(shell::root().join("deploy/nodes/start"));
    command.args(["--database", &databases.postgres()?, "--port", &options.port.to_string(), "--programs"]);
    command.arg(shell::target().join(if options.dev { "debug" } else { "release" }));
    if let Some(folder) = &options.folder {
        command.arg("--folder").arg(folder);
    }
    if let (Some(url), Some(password)) = (&options.keystone, &options.password) {
        command.args(["--keystone", url, "--password", password]);
    }
    // Ctrl-C is for this program, which then ends the others in order
    command.process_group(0);
    signals::release(&mut command);
    let mut script = command.spawn().map_err(|error| format!("deploy/nodes/start: {error}"))?;
    loop {
        match script.try_wait() {
            Ok(None) if endings.arrived(Duration::from_millis(300)) => signals::terminate(&script),
            Ok(None) => {}
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("deploy/nodes/start failed ({status})")),
            Err(error) => return Err(format!("deploy/nodes/start: {error}")),
        }
    }
}
