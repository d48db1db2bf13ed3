//! The sample file in `etc/`, and the sample files of the reference.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use glance_api::state::AppState;
use glance_common::config::known::SAMPLES;
use glance_common::config::{Config, Section, sample};
use glance_common::logging::LoggingOptions;

#[test]
fn the_sample_file_shows_every_option() {
    let mut tables = AppState::option_tables(&Config::from_text("").unwrap()).unwrap();
    tables.push(LoggingOptions::spec());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/glance-api.conf.sample");
    sample::keep(&file, &sample::render("glance-api", &tables)).unwrap();
}

#[test]
fn the_sample_file_of_the_policy_shows_every_rule() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/policy.yaml.sample");
    sample::keep(&file, &glance_api::policy::sample()).unwrap();
}

/// Every option of the reference's sample files, uncommented, at its default. Only what a test cannot have (the usual
/// port and folders, an identity service) is changed by a second file.
#[test]
fn the_reference_s_own_sample_files_start_the_server() {
    for (program, text) in SAMPLES {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(place("sample.conf"), text).unwrap();
        let moved = format!(
            "[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\nworkers = 1\n\
             [glance_store]\nfilesystem_store_datadir = {}\n[paste_deploy]\nflavor = trusted-auth\n",
            place("images")
        );
        std::fs::write(place("moved.conf"), moved).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_glance-api"))
            .args(["--config-file", "sample.conf", "--config-file", "moved.conf"])
            .current_dir(folder.path())
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = Vec::new();
        let started = lines.inspect(|line| seen.push(line.clone())).any(|line| line.contains("listening on "));
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(started, "{program}: {}", seen.join("\n"));
        assert!(!seen.iter().any(|line| line.contains(" ERROR ")), "{program}: {}", seen.join("\n"));
    }
}
