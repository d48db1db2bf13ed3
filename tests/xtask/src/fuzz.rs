//! `cargo xtask fuzz`: builds the fuzz targets with coverage counters and runs them.
//!
//! Everything it makes is below `target/fuzz`: the programs, `corpus/TARGET` with what is worth keeping between runs,
//! and `artifacts/TARGET` with inputs that made a target fail. Such an input is run again by handing it to the program.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::Outcome;
use crate::shell::{self, cargo, must_succeed, root};

/// What the coverage-guided fuzzer needs of the compiler. All of it is stable: the code under test is safe Rust, so no
/// sanitizer is asked for.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// One target, as in tests/fuzz/fuzz_targets; all of them otherwise.
    target: Option<String>,
    /// Seconds for each target.
    #[arg(default_value_t = 60)]
    seconds: u32,
}

/// Builds and runs; fails when a target does.
pub(crate) fn fuzz(options: &Options) -> Outcome {
    shell::install(&["g++"])?;
    let all = targets()?;
    let chosen: Vec<&String> =
        all.iter().filter(|name| options.target.as_ref().is_none_or(|one| one == *name)).collect();
    if chosen.is_empty() {
        return Err(format!("no such target; there are {}", all.join(", ")));
    }
    // flags that are given with a triple leave build scripts alone
    let triple = triple()?;
    let folder = shell::target().join("fuzz");
    let arguments = ["build", "--release", "--target", &triple];
    let mut build = cargo(&arguments);
    build.current_dir(root().join("tests/fuzz")).env("CARGO_TARGET_DIR", &folder).env("RUSTFLAGS", FLAGS);
    must_succeed("building the fuzz targets", &mut build)?;
    let programs = folder.join(&triple).join("release");
    let failed: Vec<&str> = chosen
        .into_iter()
        .filter(|name| {
            run(name, &programs, &folder, options.seconds).map_err(|text| eprintln!("xtask: {text}")).is_err()
        })
        .map(String::as_str)
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("inputs that fail were found by {}", failed.join(", "))) }
}

/// Runs one target and says how often.
fn run(name: &str, programs: &std::path::Path, folder: &std::path::Path, seconds: u32) -> Outcome {
    let (corpus, artifacts) = (folder.join("corpus").join(name), folder.join("artifacts").join(name));
    for made in [&corpus, &artifacts] {
        std::fs::create_dir_all(made).map_err(|error| format!("{}: {error}", made.display()))?;
    }
    let mut command = Command::new(programs.join(name));
    command.arg(format!("-max_total_time={seconds}")).args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096"]);
    command.arg(format!("-artifact_prefix={}/", artifacts.display())).arg(&corpus);
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{log}");
        return Err(format!("{name}: see {}", artifacts.display()));
    }
    println!("{name:16} {}", log.lines().last().unwrap_or_default());
    Ok(())
}

/// The names of all targets, in order.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("tests/fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = entries.flatten().map(|entry| PathBuf::from(entry.file_name()));
    let mut names: Vec<String> = files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// The triple that the compiler builds for.
fn triple() -> Result<String, String> {
    let printed = shell::output_of("rustc", Command::new("rustc").arg("-vV"))?;
    let line = printed.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| "rustc does not say what it builds for".to_owned())
}
