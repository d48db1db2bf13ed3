//! Our answers to the recorded scenarios.

use glance_tests::{Cloud, golden, scenario};

/// Runs a scenario on a new cloud with the reference's settings and compares every answer.
fn check(name: &str) {
    let cloud = Cloud::builder().like_the_reference().start();
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

scenarios!(create data errors list patch router show_delete versions);

#[test]
fn every_difference_has_a_reason_in_the_ledger() {
    let ledger = include_str!("../../compatibility.md");
    for name in scenario::names() {
        for (at, entry) in golden::load(&name).answers.iter().enumerate() {
            let Some(ours) = &entry.ours else { continue };
            let row = format!("| `{}` |", ours.because);
            assert!(ledger.contains(&row), "{name} step {}: no row {row} in compatibility.md", at + 1);
        }
    }
}
