//! Configuration that ships, judged by the programs that read it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use glance_tests::process::{Process, program};
use glance_tests::tls::Certificates;
use glance_tests::{Must, eventually};

/// Time a program gets to start.
const SOON: Duration = Duration::from_secs(30);

/// The folder with the operators' files.
pub(crate) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

/// The files of a folder and of those in it, relative to it.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
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
    found.sort();
    found
}

/// A program starts on these files, and finds nothing in them that it does not know. `files` are paths below `/etc/glance`
/// with their texts, `arguments` name them there; folders of this test's own take the place of the system's.
///
/// # Panics
/// When the program ends, or complains about an option.
#[track_caller]
pub(crate) fn is_taken(name: &str, arguments: &[&str], files: &[(PathBuf, String)]) {
    let scratch = tempfile::tempdir().must("a temporary folder");
    let own = |text: &str| {
        let text = text.replace("/etc/glance", &scratch.path().join("etc").to_string_lossy());
        text.replace("/var/lib/glance", &scratch.path().join("lib").to_string_lossy())
    };
    for (file, text) in files {
        let target = scratch.path().join("etc").join(file);
        std::fs::create_dir_all(target.parent().must("a folder")).must(target.display());
        std::fs::write(&target, own(text)).must(target.display());
    }
    lay_certificates(&scratch.path().join("etc/tls"));

    let arguments: Vec<String> = arguments.iter().map(|word| own(word)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let database = format!("sqlite:///{}", scratch.path().join("glance.sqlite").display());
    // what every host sets for itself, and identity without a Keystone
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
    let log = process.log();
    let is_complaint =
        |line: &&str| ["not known and", "deprecated", " ERROR "].iter().any(|words| line.contains(words));
    let complaints: Vec<&str> = log.lines().filter(is_complaint).collect();
    assert!(complaints.is_empty(), "{name} {arguments:?}: {complaints:#?}");
}

/// A certificate with its key, under the names that the shipped files use.
fn lay_certificates(folder: &Path) {
    std::fs::create_dir_all(folder).must(folder.display());
    let certificates = Certificates::create(folder);
    std::fs::copy(&certificates.certificate, folder.join("public.crt")).must("a certificate");
    std::fs::copy(&certificates.key, folder.join("public.key")).must("a key");
}
