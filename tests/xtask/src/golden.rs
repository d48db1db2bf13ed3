//! `cargo xtask golden`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::Outcome;
use crate::reference::{self, Reference};
use crate::shell::{self, ALL_ENGINES, Scratch, cargo, must_succeed};

/// Scenarios that want a reference of their own.
const CONFIGURED: &str = "configured/";

/// Options of the command. Without any it compares our answers with the golden ones.
#[derive(Args)]
pub(crate) struct Options {
    /// Record the scenarios from the reference.
    #[arg(long)]
    record: bool,
    /// Record the schemas and filled databases, and what the reference says about these.
    #[arg(long, conflicts_with = "record")]
    databases: bool,
    /// Keep our answer as meant.
    #[arg(long, conflicts_with_all = ["record", "databases"], requires = "because")]
    accept: bool,
    /// With --accept: only this step.
    #[arg(long)]
    step: Option<usize>,
    /// With --accept: key of the reason in tests/compatibility.md.
    #[arg(long)]
    because: Option<String>,
    /// With --record: a reference that runs already (needs --data too).
    #[arg(long, requires = "data")]
    url: Option<String>,
    /// With --url: the folder where that reference keeps its files.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Scenarios; all of them when none is named.
    names: Vec<String>,
}

/// Does what the options say.
pub(crate) fn golden(options: &Options) -> Outcome {
    shell::install(&["libpq-dev", "libmariadb-dev", "pkg-config"])?;
    let build = ["build", "--workspace", "--features", ALL_ENGINES];
    must_succeed("building", &mut cargo(&build))?;
    if options.databases {
        let scratch = Scratch::new("golden")?;
        let mut command = shell::tool("record-databases", &[scratch.path()]);
        command.env("REFERENCE_VENV", reference::venv()).env("GLANCE_GOLDEN", program());
        return must_succeed("recording databases", &mut command);
    }
    if options.record {
        return record(options);
    }
    let mut arguments = Vec::new();
    match &options.because {
        Some(because) if options.accept => {
            let name = options.names.first().ok_or("name the scenario to accept")?;
            arguments.extend(["accept".to_owned(), name.clone(), "--because".into(), because.clone()]);
            arguments.extend(options.step.map(|step| format!("--step={step}")));
        }
        _ => {
            arguments.push("compare".to_owned());
            arguments.extend(options.names.iter().cloned());
        }
    }
    must_succeed("golden answers", std::process::Command::new(program()).args(arguments))
}

fn record(options: &Options) -> Outcome {
    if let (Some(url), Some(data)) = (&options.url, &options.data) {
        return record_from(url, data, &options.names);
    }
    let (configured, plain): (Vec<String>, Vec<String>) =
        options.names.iter().cloned().partition(|name| name.starts_with(CONFIGURED));
    if !plain.is_empty() || configured.is_empty() {
        let reference = Reference::start_for(None)?;
        record_from(&reference.url, &reference.folder(), &plain)?;
    }
    for name in configured {
        let reference = Reference::start_for(Some(&shell::root().join("tests/scenarios").join(&name)))?;
        record_from(&reference.url, &reference.folder(), &[name])?;
    }
    Ok(())
}

fn record_from(url: &str, data: &Path, names: &[String]) -> Outcome {
    let mut command = std::process::Command::new(program());
    command.args(["record", "--url", url, "--data"]).arg(data).args(names);
    must_succeed("recording", &mut command)
}

fn program() -> PathBuf {
    shell::target().join("debug/glance-golden")
}
