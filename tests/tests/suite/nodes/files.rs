//! The shipped files, each judged by the program that reads it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use glance_tests::process::{Process, program};
use glance_tests::tls::Certificates;
use glance_tests::{Must, eventually};

use super::start::deploy;

const SOON: Duration = Duration::from_secs(30);

/// A set of configuration files: what it is, the program, and the arguments that name the files below `/etc/glance`.
type Set = (&'static str, &'static str, &'static [&'static str]);

const NODES: [Set; 3] = [
    ("nodes/etc", "glance-registry", &["--config-file=/etc/glance/glance-registry.conf"]),
    (
        "nodes/etc",
        "glance-api",
        &["--config-file=/etc/glance/cloud.conf", "--config-file=/etc/glance/internal/glance-api.conf"],
    ),
    (
        "nodes/etc",
        "glance-api",
        &["--config-file=/etc/glance/cloud.conf", "--config-file=/etc/glance/public/glance-api.conf"],
    ),
];

/// The files of a folder and of those in it, relative to it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).must(current.display()).flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push(path.strip_prefix(folder).must("a file of the folder").to_owned()),
            }
        }
    }
    found
}

/// Copies the files of a set, with folders of this test's own in place of the system's.
fn adapt(source: &Path, scratch: &Path) {
    for file in files_below(source) {
        let text = std::fs::read_to_string(source.join(&file)).must(file.display());
        let own = |name: &str| scratch.join(name).to_string_lossy().into_owned();
        let text = text.replace("/etc/glance", &own("etc")).replace("/var/lib/glance", &own("lib"));
        let target = scratch.join("etc").join(&file);
        std::fs::create_dir_all(target.parent().must("a folder")).must(target.display());
        std::fs::write(&target, text).must(target.display());
    }
}

/// Starts a program on a set and gives what it says about it.
fn started_on((source, name, arguments): Set) -> String {
    let scratch = tempfile::tempdir().must("a temporary folder");
    adapt(&deploy().join(source), scratch.path());
    let tls = scratch.path().join("etc/tls");
    std::fs::create_dir_all(&tls).must("a folder");
    let certificates = Certificates::create(&tls);
    std::fs::copy(&certificates.certificate, tls.join("public.crt")).must("a certificate");
    std::fs::copy(&certificates.key, tls.join("public.key")).must("a key");

    let etc = scratch.path().join("etc").to_string_lossy().into_owned();
    let arguments: Vec<String> = arguments.iter().map(|word| word.replace("/etc/glance", &etc)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let database = format!("sqlite:///{}", scratch.path().join("glance.sqlite").display());
    let environment = [
        ("OS_DEFAULT__BIND_HOST", "127.0.0.1"),
        ("OS_DEFAULT__BIND_PORT", "0"),
        ("OS_DEFAULT__DRAIN_DELAY", "0"),
        ("OS_DEFAULT__REGISTRY_AUTH_SECRET", "sixteen letters and more"),
        ("OS_DATABASE__CONNECTION", &database),
        ("OS_PASTE_DEPLOY__FLAVOR", "trusted-auth"),
    ];
    let log = scratch.path().join("log");
    let mut process = Process::spawn(&program(name), &arguments, &environment, &log).must(name);
    eventually(SOON, "a listening server", || {
        let log = process.log();
        assert!(process.ended().is_none(), "{name} {arguments:?}:\n{log}");
        ["listening on", "listens on"].iter().any(|words| log.contains(words)).then_some(())
    });
    process.log()
}

/// No option is unknown or spelt in an old way, and nothing else is wrong with the files.
#[test]
fn every_configuration_is_taken_without_a_complaint() {
    for set in NODES {
        let log = started_on(set);
        let complaints: Vec<&str> = log
            .lines()
            .filter(|line| ["not known", "deprecated", " ERROR "].iter().any(|word| line.contains(word)))
            .collect();
        assert!(complaints.is_empty(), "{set:?}: {complaints:#?}");
    }
}

#[test]
fn units_are_sound_and_closed() {
    let scratch = tempfile::tempdir().must("a temporary folder");
    for unit in files_below(&deploy().join("systemd")) {
        let text = std::fs::read_to_string(deploy().join("systemd").join(&unit)).must(unit.display());
        // systemd looks whether the program is there, and judges templates by their instances
        let own = scratch.path().join(unit.to_string_lossy().replace("@.", "@internal."));
        let programs = program("glance-api");
        let programs = programs.parent().must("a folder").to_string_lossy();
        std::fs::write(&own, text.replace("=/usr/bin", &format!("={programs}"))).must(own.display());
        let judge = |arguments: &[&str]| {
            let output = Command::new("systemd-analyze").args(arguments).arg(&own).output();
            let output = output.must("systemd-analyze (Debian package systemd)");
            let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(output.status.success(), "{arguments:?} {}: {text}", unit.display());
            text
        };
        let said = judge(&["verify", "--man=no"]);
        let about_us: Vec<&str> = said.lines().filter(|line| line.contains("glance")).collect();
        assert!(about_us.is_empty(), "{}: {about_us:#?}", unit.display());
        // tenths of the scale from 0, closed, to 10, open
        judge(&["security", "--offline=true", "--threshold=15"]);
    }
}
