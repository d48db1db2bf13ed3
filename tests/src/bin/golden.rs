//! Records and accepts golden files. `cargo xtask golden` is its everyday door: it starts what
//! the commands here need.
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use glance_tests::database::{Database, Engine};
use glance_tests::golden::{self, Golden};
use glance_tests::http::Address;
use glance_tests::must::Must;
use glance_tests::{Cloud, scenario, schema};

/// Golden files: answers of the reference, and schemas that it made.
#[derive(Parser)]
enum Command {
    /// Run scenarios against the reference and keep its answers.
    Record {
        /// Its URL.
        #[arg(long)]
        url: String,
        /// The folder that it keeps its files in.
        #[arg(long)]
        data: PathBuf,
        /// What to write down as its name.
        #[arg(long, default_value = "Glance 33.0.0")]
        reference: String,
        /// Write one scenario's answers under another name.
        #[arg(long)]
        into: Option<String>,
        /// Scenarios; all of them when none is named.
        names: Vec<String>,
    },
    /// Run a scenario against a service without keeping anything.
    Run {
        /// Its URL.
        #[arg(long)]
        url: String,
        /// The scenario.
        name: String,
    },
    /// Run scenarios against our servers and print where they differ from the golden answers.
    Compare {
        /// Scenarios; all of them when none is named.
        names: Vec<String>,
    },
    /// Keep our answers to the steps that differ as meant.
    Accept {
        /// The scenario.
        name: String,
        /// The step's number; all that differ when none is given.
        #[arg(long)]
        step: Option<usize>,
        /// Key of the reason in tests/compatibility.md.
        #[arg(long)]
        because: String,
    },
    /// Keep a database's schema.
    Schema {
        /// The engine.
        #[arg(long)]
        engine: EngineName,
        /// The database's URL.
        #[arg(long)]
        url: String,
    },
}

/// An engine's name.
#[derive(Clone, Copy, ValueEnum)]
enum EngineName {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgresql,
    /// MariaDB.
    Mariadb,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Sqlite => Self::Sqlite,
            EngineName::Postgresql => Self::Postgres,
            EngineName::Mariadb => Self::MariaDb,
        }
    }
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Record { url, data, reference, into, names } => {
            let address = Address::from_url(&url);
            for name in all_unless(names) {
                let scenario = scenario::load(&name);
                let answers = scenario::run(&scenario, &address, &data);
                let target = into.as_ref().unwrap_or(&name);
                let earlier = golden::path(target).is_file().then(|| golden::load(target));
                golden::save(target, &golden::recorded(&scenario, answers, &reference, earlier.as_ref()));
                println!("{target}: {} answers", scenario.steps.len());
            }
        }
        Command::Run { url, name } => {
            let scenario = scenario::load(&name);
            let answers = scenario::run(&scenario, &Address::from_url(&url), &PathBuf::from("/nowhere"));
            for (step, answer) in scenario.steps.iter().zip(answers) {
                println!("{} {}", answer.status, step.what);
            }
        }
        Command::Compare { names } => return compare(names),
        Command::Accept { name, step, because } => accept(&name, step, &because),
        Command::Schema { engine, url } => keep_schema(engine.into(), &url),
    }
    ExitCode::SUCCESS
}

fn all_unless(names: Vec<String>) -> Vec<String> {
    if names.is_empty() { scenario::names() } else { names }
}

fn ours(name: &str) -> (scenario::Scenario, Golden, Vec<glance_tests::normal::Normal>) {
    // what is recorded on a filled database is named after the scenario and the engine
    let filled =
        Engine::ALL.into_iter().find_map(|engine| Some((name.strip_suffix(&format!(".{}", engine.name()))?, engine)));
    let (scenario, builder) = match filled {
        Some((scenario, engine)) => (scenario, Cloud::builder().database(engine).filled()),
        None => (name, Cloud::builder()),
    };
    let cloud = builder.like_the_reference_for(scenario).start();
    let scenario = scenario::load(scenario);
    let answers = scenario::run(&scenario, &cloud.api_address(), cloud.path());
    (scenario, golden::load(name), answers)
}

fn compare(names: Vec<String>) -> ExitCode {
    let mut differing = 0;
    for name in all_unless(names) {
        let (scenario, golden, answers) = ours(&name);
        let texts = golden::compare(&scenario, &golden, &answers);
        texts.iter().for_each(|text| println!("{text}"));
        println!("{name}: {} steps, {} differ", scenario.steps.len(), texts.len());
        differing += texts.len();
    }
    ExitCode::from(u8::from(differing > 0))
}

fn accept(name: &str, step: Option<usize>, because: &str) {
    let (_, mut golden, answers) = ours(name);
    for (at, (entry, answer)) in golden.answers.iter_mut().zip(&answers).enumerate() {
        let asked = step.is_none_or(|number| number == at + 1);
        if asked && entry.wanted() != *answer {
            entry.accept(answer, because);
            println!("accepted: step {} {}", at + 1, entry.step);
        }
    }
    golden::save(name, &golden);
}

fn keep_schema(engine: Engine, url: &str) {
    let schema = schema::dump(&Database::borrowed(engine, url));
    let path = golden::folder().join(format!("schema/{}.json", engine.name()));
    let text = serde_json::to_string_pretty(&schema).must("a schema as JSON") + "\n";
    std::fs::write(&path, text).must(path.display());
    println!("{}: {} tables", path.display(), schema.len());
}
