//! The shipped files, each judged by the program that reads it.

use std::process::Command;

use glance_tests::Must;
use glance_tests::process::program;

use crate::shipped::{deploy, files_below, is_taken};

#[test]
fn every_configuration_is_taken_without_a_complaint() {
    let folder = deploy().join("nodes/etc");
    let read = |file: &std::path::PathBuf| std::fs::read_to_string(folder.join(file)).must(file.display());
    let files: Vec<_> = files_below(&folder).into_iter().map(|file| (file.clone(), read(&file))).collect();
    let cloud = "--config-file=/etc/glance/cloud.conf";
    is_taken("glance-registry", &["--config-file=/etc/glance/glance-registry.conf"], &files);
    is_taken("glance-api", &[cloud, "--config-file=/etc/glance/internal/glance-api.conf"], &files);
    is_taken("glance-api", &[cloud, "--config-file=/etc/glance/public/glance-api.conf"], &files);
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
