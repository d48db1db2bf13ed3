//! The program as an operator meets it: arguments, messages, exit codes, signals.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program in an empty world: no home, no environment, its own folder.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glance-api"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder with this configuration beside a store.
fn folder(options: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("images");
    let text = format!(
        "[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\nworkers = 1\n{options}\n[glance_store]\n\
         filesystem_store_datadir = {}\n",
        store.display()
    );
    fs::write(folder.path().join("mine.conf"), text).unwrap();
    folder
}

/// A start that fails: exit code and what it says.
fn refused(options: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = folder(options);
    let Output { status, stderr, .. } = program(folder.path(), arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap().replace(&*folder.path().to_string_lossy(), "FOLDER");
    (status.code(), said)
}

/// A running server; it is killed when dropped.
struct Running {
    process: Child,
    log: Receiver<String>,
    address: SocketAddr,
    folder: TempDir,
}

impl Running {
    fn start(options: &str) -> Self {
        let folder = folder(options);
        let mut process = program(folder.path(), &["--config-file", "mine.conf"]).spawn().unwrap();
        let (lines, log) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        let mut running = Self { process, log, address: ([127, 0, 0, 1], 0).into(), folder };
        let line = running.wait_for("listening on ");
        running.address = line.rsplit(' ').next().unwrap().parse().unwrap();
        running
    }

    /// The next line of the log with this text.
    fn wait_for(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.log.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("the log never says {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Status and body of an answer.
    fn get(&self, path: &str, headers: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: glance\r\nconnection: close\r\n{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn rewrite(&self, from: &str, to: &str) {
        let file = self.folder.path().join("mine.conf");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace(from, to)).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_answers_without_a_registry() {
    let server = Running::start("");
    assert_eq!(server.get("/healthcheck", ""), (200, "OK".to_owned()));
    let (status, body) = server.get("/", "");
    assert_eq!(status, 300);
    assert!(body.contains(r#""href":"http://glance/v2/""#), "{body}");
    assert_eq!(server.get("/versions", "").0, 200);
    let (status, body) = server.get("/readyz", "");
    assert_eq!(status, 503);
    assert!(body.contains(r#""registry":"failed""#) && body.contains(r#""stores":"ok""#), "{body}");
    let (status, body) = server.get("/metrics", "");
    assert!(status == 200 && body.contains("glance_api_"), "{body}");
}

#[test]
fn the_first_answer_comes_at_once() {
    let folder = folder("");
    let began = Instant::now();
    let mut process = program(folder.path(), &["--config-file", "mine.conf"]).spawn().unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let listening = lines.map_while(Result::ok).find(|line| line.contains("listening on "));
    let took = began.elapsed();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(listening.is_some());
    // An unoptimised build on a busy machine; what must never happen is a wait for the registry.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn starts_that_cannot_be_are_refused_in_words() {
    let table: &[(&str, &[&str], i32, &[&str])] = &[
        ("", &[], 1, &["ERROR: Unable to locate any configuration file. Cannot load application glance-api"]),
        ("", &["--config-file", "other.conf"], 1, &["ERROR: Failed to find some config files: other.conf"]),
        ("", &["--frobnicate"], 2, &["--frobnicate"]),
        (
            "workers = many",
            &["--config-file", "mine.conf"],
            4,
            &["ERROR: mine.conf:5: ", "workers", "[DEFAULT]", "many"],
        ),
        ("[paste_deploy]\nflavor = keystone", &["mine.conf"], 1, &["ERROR: [keystone_authtoken] auth_url is not set"]),
        ("[paste_deploy]\nflavor = steam", &["mine.conf"], 1, &["Unable to load glance-api-steam", "no such pipeline"]),
        ("cert_file = a.pem", &["mine.conf"], 1, &["ERROR: When running server in SSL mode, you must specify both"]),
        ("[oslo_policy]\npolicy_file = absent.yaml", &["mine.conf"], 1, &["ERROR: ", "absent.yaml", "does not exist"]),
        ("enabled_backends = a:file", &["mine.conf"], 3, &["ERROR: [glance_store] default_backend is not set"]),
        (
            "bind_host = 0.0.0.0\n[paste_deploy]\nflavor = trusted-auth",
            &["mine.conf"],
            1,
            &["ERROR: ", "must not listen on 0.0.0.0", "trusted_auth_allow_public"],
        ),
    ];
    for (options, arguments, code, parts) in table {
        let (exit, said) = refused(options, arguments);
        assert_eq!(exit, Some(*code), "{options} {arguments:?}: {said}");
        for part in *parts {
            assert!(said.contains(part), "{options} {arguments:?}: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_broken_policy_stops_the_start() {
    for (text, part) in [("get_images: [", "malformed"), ("get_images: 'frob nicate'", "rule get_images")] {
        let folder = folder("");
        fs::write(folder.path().join("policy.yaml"), text).unwrap();
        let output = program(folder.path(), &["mine.conf"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(part), "{said}");
    }
}

#[test]
fn unknown_options_are_told_once() {
    let (_, said) = refused("frobnication = 7\n[paste_deploy]\nflavor = steam\nconfig_file = x", &["mine.conf"]);
    let told: Vec<_> = said.lines().filter(|line| line.contains("frobnication")).collect();
    assert_eq!(told.len(), 1, "{said}");
    assert!(told[0].contains("WARNING") && told[0].contains("mine.conf:5"), "{said}");
    assert!(!said.contains("config_file"), "known, though without effect: {said}");
}

#[test]
fn policy_files_are_followed_and_signals_obeyed() {
    let server = Running::start("[paste_deploy]\nflavor = trusted-auth");
    let caller = "x-identity-status: Confirmed\r\nx-project-id: p\r\nx-roles: nobody\r\n";
    assert_eq!(server.get("/v2/images", caller).0, 403);
    fs::write(server.folder.path().join("policy.yaml"), "get_images: '@'\n").unwrap();
    server.wait_for("the policy files changed and were read again");
    assert_eq!(server.get("/v2/images", caller).0, 503, "allowed, but there is no registry");
    fs::write(server.folder.path().join("policy.yaml"), "get_images: [\n").unwrap();
    server.wait_for("the old rules stay in force");
    assert_eq!(server.get("/v2/images", caller).0, 503);
    server.rewrite("flavor = trusted-auth", "flavor = steam");
    server.signal("HUP");
    server.wait_for("reload failed, going on as before");
    assert_eq!(server.get("/v2/images", "").0, 401);
    server.rewrite("flavor = steam", "flavor =");
    server.signal("HUP");
    server.wait_for("the configuration was read again");
    assert_ne!(server.get("/v2/images", "").0, 401);
}

#[test]
fn sigterm_ends_it_with_success() {
    let mut server = Running::start("");
    server.signal("TERM");
    server.wait_for("stopped");
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = server.process.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}
