//! Our answers to the recorded scenarios.

use std::collections::BTreeSet;

use glance_tests::{Cloud, Engine, golden, scenario};

/// Recorded with the property protections, the schema or the options that lie beside them.
const CONFIGURED: [&str; 6] = [
    "configured/delayed_delete",
    "configured/locations",
    "configured/locations_hidden",
    "configured/operator_schema",
    "configured/protections",
    "configured/quotas",
];

/// Runs a scenario on a new cloud with the reference's settings and compares every answer.
fn check(name: &str) {
    let cloud = Cloud::builder().like_the_reference_for(name).start();
    let scenario = scenario::load(name);
    let answers = scenario::run(&scenario, &cloud.api_address(), cloud.path());
    let differences = golden::compare(&scenario, &golden::load(name), &answers);
    assert!(
        differences.is_empty(),
        "{}\n{} of {} answers differ (- wanted, + ours)",
        differences.join("\n"),
        differences.len(),
        answers.len()
    );
}

macro_rules! scenarios {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })+

        #[test]
        fn every_scenario_is_run() {
            assert_eq!(scenario::names(), [$(stringify!($name)),+]);
        }
    };
}

scenarios!(access actions create data errors list members patch router show_delete tags versions);

#[test]
fn property_protections() {
    check("configured/protections");
}

#[test]
fn locations() {
    check("configured/locations");
}

#[test]
fn hidden_locations() {
    check("configured/locations_hidden");
}

#[test]
fn delayed_delete() {
    check("configured/delayed_delete");
}

#[test]
fn declared_properties() {
    check("configured/operator_schema");
}

#[test]
fn quotas() {
    check("configured/quotas");
}

#[test]
fn every_difference_has_a_reason_in_the_ledger_and_no_reason_is_left_over() {
    let ledger = include_str!("../../compatibility.md");
    let filled = Engine::ALL.map(|engine| format!("database/read.{}", engine.name()));
    let goldens = scenario::names().into_iter().chain(filled).chain(CONFIGURED.map(str::to_owned));
    let entries = goldens.flat_map(|name| golden::load(&name).answers);
    let used: BTreeSet<String> = entries.filter_map(|entry| entry.ours.map(|ours| ours.because)).collect();
    let rows = ledger.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let told: BTreeSet<String> = rows.filter(|(key, _)| !key.contains(' ')).map(|(key, _)| key.to_owned()).collect();
    let headers: BTreeSet<String> = told.iter().filter(|key| key.starts_with(char::is_uppercase)).cloned().collect();
    assert_eq!(used, &told - &headers, "keys that are used, and rows of compatibility.md");
}
