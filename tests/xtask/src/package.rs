//! `cargo xtask package`.

use std::path::PathBuf;
use std::process::Command;

use clap::{Args, ValueEnum};

use crate::Outcome;
use crate::shell::{self, cargo, must_succeed};

/// Cargo features that give the servers all three database engines.
pub(crate) const SERVER_ENGINES: &str = "glance-registry/postgres,glance-registry/mysql";

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// What to make.
    kind: Kind,
    /// Folder for the package.
    #[arg(long, default_value = "target/package")]
    output: PathBuf,
    /// From programs without optimisation: sooner ready, for trying the package out.
    #[arg(long)]
    dev: bool,
}

/// A kind of package.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// A Debian package.
    Deb,
}

/// Builds the programs with all database engines, packs them and has the package judged.
pub(crate) fn package(options: &Options) -> Outcome {
    match options.kind {
        Kind::Deb => deb(options),
    }
}

fn deb(options: &Options) -> Outcome {
    shell::install(&["dpkg-dev", "binutils", "libpq-dev", "libmariadb-dev", "pkg-config"])?;
    let mut build =
        vec!["build", "--locked", "-p", "glance-api", "-p", "glance-registry", "--features", SERVER_ENGINES];
    if !options.dev {
        build.push("--release");
    }
    must_succeed("building the servers", &mut cargo(&build))?;
    let programs = shell::target().join(if options.dev { "debug" } else { "release" });
    let mut pack = Command::new(shell::root().join("deploy/debian/build"));
    pack.arg(programs).arg(shell::root().join(&options.output));
    let printed = shell::output_of("packing", &mut pack)?;
    let path = printed.trim();
    must_succeed("what the package says", Command::new("dpkg-deb").args(["--info", path]))?;
    if shell::is_there("lintian") {
        must_succeed("lintian", Command::new("lintian").args(["--fail-on", "error,warning", path]))?;
    } else {
        println!("lintian is not installed and has not judged the package");
    }
    println!("{path}");
    Ok(())
}
