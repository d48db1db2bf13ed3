//! The project's own commands: `cargo xtask COMMAND`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

mod bench;
mod check;
mod databases;
mod fuzz;
mod golden;
mod nodes;
mod package;
mod reference;
mod run;
mod samples;
mod shell;
mod signals;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the commands answer with: nothing, or a sentence for the user.
pub(crate) type Outcome = Result<(), String>;

/// Everyday commands of this project.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start registry and API on SQLite and a folder; Ctrl-C stops both.
    Run(run::Options),
    /// Start two internal and two public nodes over two registries and PostgreSQL, behind HAProxy; Ctrl-C stops them.
    Nodes(nodes::Options),
    /// Make a package to install.
    Package(package::Options),
    /// Everything that must pass: the checks, then all tests on all three databases.
    Test(test::Options),
    /// Format, clippy, documentation and the dependency rules.
    Check,
    /// Record golden files from the reference, compare with them, accept differences.
    Golden(golden::Options),
    /// Write the sample configuration files in etc/ anew.
    Samples(samples::Options),
    /// Measure the data path and the hot calls against their physical limits.
    Bench(bench::Options),
    /// Feed hostile input to what reads it, and keep what makes it fail (slow).
    Fuzz(fuzz::Options),
    /// Start the reference on databases that we made and wrote (slow; installs it from PyPI).
    ReferenceCheck(reference::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Nodes(options) => nodes::nodes(&options),
        Command::Package(options) => package::package(&options),
        Command::Test(options) => test::test(&options),
        Command::Check => check::check(),
        Command::Golden(options) => golden::golden(&options),
        Command::Samples(options) => samples::samples(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options),
        Command::ReferenceCheck(options) => reference::check(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask: {text}");
            ExitCode::FAILURE
        }
    }
}
