//! `cargo xtask samples`. The ordinary tests fail when a sample file is stale.

use clap::Args;

use crate::Outcome;
use crate::shell::{cargo, must_succeed};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Only say whether the files are as the programs would write them.
    #[arg(long)]
    check: bool,
}

/// Writes or checks the sample files, by the tests that compare them.
pub(crate) fn samples(options: &Options) -> Outcome {
    let packages = ["-p", "glance-api", "-p", "glance-registry", "--test", "samples"];
    let mut command = cargo(&["test"]);
    command.args(packages).args(["--", "the_sample_file"]);
    if !options.check {
        command.env("GLANCE_WRITE_SAMPLES", "1");
    }
    must_succeed("samples", &mut command)
}
