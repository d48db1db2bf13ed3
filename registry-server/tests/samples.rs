//! The sample file in `etc/`, and the sample files of the reference.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use glance_common::config::known::SAMPLES;
use glance_common::config::{Config, Section, sample};
use glance_common::logging::LoggingOptions;
use glance_registry::config::Settings;

#[test]
fn the_sample_file_shows_every_option() {
    let mut tables = Settings::sections(&Config::from_text("").unwrap());
    tables.push(LoggingOptions::spec());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/glance-registry.conf.sample");
    sample::keep(&file, &sample::render("glance-registry", &tables)).unwrap();
}

/// Every option of the reference's sample files, uncommented, at its default, for the server and for `glance-manage`.
/// Only what a test cannot have (the usual port and folders, an identity service) is changed by a second file.
#[test]
fn the_reference_s_own_sample_files_are_read() {
    for (program, text) in SAMPLES {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(place("sample.conf"), text).unwrap();
        let moved = format!(
            "[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\nworkers = 1\n\
             [database]\nconnection = sqlite:///{}\n[paste_deploy]\nflavor = trusted-auth\n",
            place("registry.sqlite")
        );
        std::fs::write(place("moved.conf"), moved).unwrap();
        let files = ["--config-file", "sample.conf", "--config-file", "moved.conf"];

        let mut manage = Command::new(env!("CARGO_BIN_EXE_glance-manage"));
        let synced = manage.args(files).args(["db", "sync"]).current_dir(folder.path()).output().unwrap();
        assert!(synced.status.success(), "{program}: {}", String::from_utf8_lossy(&synced.stderr));

        let mut server = Command::new(env!("CARGO_BIN_EXE_glance-registry"))
            .args(files)
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = Vec::new();
        let started = lines.inspect(|line| seen.push(line.clone())).any(|line| line.contains("listens on "));
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(started, "{program}: {}", seen.join("\n"));
        assert!(!seen.iter().any(|line| line.contains(" ERROR ")), "{program}: {}", seen.join("\n"));
    }
}
