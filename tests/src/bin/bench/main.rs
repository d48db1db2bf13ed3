//! Measures the data path, the hot calls, the size of lists, memory and start-up, each beside its
//! limit in the same run. `cargo xtask bench` builds everything with optimisation, starts the
//! databases and calls this.
#![expect(clippy::print_stdout, reason = "a command line program")]

mod calls;
mod data_path;
mod memory;
mod report;
mod scale;
mod start_up;
mod tools;

use std::path::PathBuf;

use clap::Parser;
use glance_tests::{Engine, Must};

use crate::report::Report;

/// Figures beside their limits.
#[derive(Parser)]
pub(crate) struct Options {
    /// Write the figures as JSON into this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// URL of a running reference that believes identity headers; its figures are taken too.
    #[arg(long)]
    reference: Option<String>,
    /// Size of the image that is uploaded and downloaded, in MiB.
    #[arg(long, default_value_t = 1024)]
    mebibytes: u64,
    /// Rows of the large list.
    #[arg(long, default_value_t = 1_000_000)]
    images: u64,
    /// Seconds of each measurement of calls.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Only these: upload, download, calls, tokens, lists, memory, start.
    parts: Vec<String>,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|name| name == part)
    }
}

fn main() {
    let options = Options::parse();
    let mut report = Report::default();
    if options.wants("start") {
        start_up::measure(&mut report);
    }
    if options.wants("upload") || options.wants("download") {
        data_path::measure(&options, &mut report);
    }
    if options.wants("calls") {
        calls::measure(&options, &mut report);
    }
    if options.wants("tokens") {
        calls::measure_tokens(&options, &mut report);
    }
    if options.wants("lists") {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            scale::measure(&options, engine, &mut report);
        }
    }
    if options.wants("memory") {
        memory::measure(&mut report);
    }
    println!("\n{}", report.table());
    if let Some(path) = &options.json {
        std::fs::write(path, report.json()).must(path.display());
        println!("the figures are in {}", path.display());
    }
}
