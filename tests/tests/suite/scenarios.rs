//! Our answers to the recorded scenarios.

use std::collections::BTreeSet;

use glance_tests::{Cloud, Engine, golden, scenario};

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

scenarios!(access actions create data errors list members patch rights router show_delete tags versions);

/// Scenarios that were recorded with the rules, the schema, the policy or the options that lie beside them.
macro_rules! configured {
    ($($test:ident: $name:literal;)+) => {
        const CONFIGURED: &[&str] = &[$($name),+];

        $(#[test]
        fn $test() {
            check($name);
        })+
    };
}

configured! {
    other_origins: "configured/cors";
    all_origins: "configured/cors_wildcard";
    delayed_delete: "configured/delayed_delete";
    public_endpoint: "configured/endpoint";
    locations: "configured/locations";
    hidden_locations: "configured/locations_hidden";
    no_identity: "configured/no_identity";
    no_identity_with_old_defaults: "configured/no_identity_old_defaults";
    old_defaults: "configured/old_defaults";
    declared_properties: "configured/operator_schema";
    own_policy: "configured/policy";
    property_protections: "configured/protections";
    proxy_headers: "configured/proxies";
    quotas: "configured/quotas";
    rights_to_locations: "configured/rights_locations";
    versions_with_a_cache: "configured/versions_cache";
    versions_of_a_plain_server: "configured/versions_plain";
    versions_with_several_stores: "configured/versions_stores";
}

#[test]
fn every_difference_has_a_reason_in_the_ledger_and_no_reason_is_left_over() {
    let ledger = include_str!("../../compatibility.md");
    let filled = Engine::ALL.map(|engine| format!("database/read.{}", engine.name()));
    let goldens = scenario::names().into_iter().chain(filled).chain(CONFIGURED.iter().map(|name| (*name).to_owned()));
    let entries = goldens.flat_map(|name| golden::load(&name).answers);
    let used: BTreeSet<String> = entries.filter_map(|entry| entry.ours.map(|ours| ours.because)).collect();
    let rows = ledger.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let told: BTreeSet<String> = rows.filter(|(key, _)| !key.contains(' ')).map(|(key, _)| key.to_owned()).collect();
    let headers: BTreeSet<String> = told.iter().filter(|key| key.starts_with(char::is_uppercase)).cloned().collect();
    assert_eq!(used, &told - &headers, "keys that are used, and rows of compatibility.md");
}
