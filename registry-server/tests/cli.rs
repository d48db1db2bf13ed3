//! The program as an operator runs it: real binary, real socket, real files.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_glance-registry");

/// The running program; killed when a test fails.
struct Program {
    child: Child,
    url: String,
    folder: TempDir,
    http: Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a configuration for a database in the folder; `lines` go to `[DEFAULT]`.
fn configure(folder: &Path, lines: &str) -> PathBuf {
    let path = folder.join("glance-registry.conf");
    let database = folder.join("registry.sqlite");
    let text = format!(
        "[database]\nconnection = sqlite:///{}\n\
         [DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\nworkers = 1\n{lines}\n",
        database.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

impl Program {
    /// Starts on a free port, which the program's own log tells.
    fn start(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = configure(folder.path(), lines);
        let mut child = Command::new(PROGRAM).arg("--config-file").arg(config).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let before = seen.len();
            assert!(log.read_line(&mut seen).unwrap() > 0, "the program ended: {seen}");
            if let Some((_, address)) = seen[before..].split_once("listens on ") {
                break address.trim().to_owned();
            }
        };
        // The pipe must not fill up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { child, url: format!("http://{address}"), folder, http }
    }

    /// Status and JSON of an answer.
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.url)).body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Sends SIGTERM and waits for the end.
    fn terminate(mut self) -> i32 {
        self.signal("TERM");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "the program does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn install_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[tokio::test]
async fn an_image_is_created_shown_listed_changed_and_deleted() {
    install_provider();
    let program = Program::start("");
    for path in ["/healthcheck", "/readyz", "/metrics"] {
        let answer = program.http.get(format!("{}{path}", program.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
    }
    let image = json!({"name": "n", "status": "queued", "visibility": "public", "tags": ["t"]});
    let (status, created) = program.ask(Method::POST, "/v3/images", image).await;
    assert_eq!(status, 201, "{created}");
    let path = format!("/v3/images/{}", created["id"].as_str().unwrap());
    assert_eq!(program.ask(Method::GET, &path, Value::Null).await, (200, created));
    let (_, list) = program.ask(Method::POST, "/v3/images/search", json!({})).await;
    assert_eq!(list["images"].as_array().unwrap().len(), 1);
    let (status, changed) = program.ask(Method::PATCH, &path, json!({"set": {"min_disk": 5}})).await;
    assert_eq!((status, &changed["min_disk"]), (200, &json!(5)));
    assert_eq!(program.ask(Method::DELETE, &path, json!({"status": "deleted"})).await.0, 200);
    assert_eq!(program.ask(Method::GET, &path, Value::Null).await.0, 404);
    assert!(program.folder.path().join("registry.sqlite").exists());
    assert_eq!(program.terminate(), 0);
}

/// Asks until the answer has this status.
async fn answers_with(program: &Program, status: u16) {
    let begun = Instant::now();
    while program.ask(Method::GET, "/v3", Value::Null).await.0 != status {
        assert!(begun.elapsed() < Duration::from_secs(10), "never answers {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn sighup_changes_who_is_trusted_and_keeps_serving() {
    install_provider();
    let program = Program::start("");
    answers_with(&program, 200).await;
    configure(program.folder.path(), "registry_auth_secret = known to the others");
    program.signal("HUP");
    answers_with(&program, 401).await;
    // A file that cannot be used changes nothing.
    configure(program.folder.path(), "registry_auth_secret = short");
    program.signal("HUP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    answers_with(&program, 401).await;
    configure(program.folder.path(), "");
    program.signal("HUP");
    answers_with(&program, 200).await;
    assert_eq!(program.terminate(), 0);
}

/// Runs the program to its end, which must be soon.
fn run(config: &Path) -> Output {
    let mut child = Command::new(PROGRAM).arg("--config-file").arg(config).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("the program started with {}", std::fs::read_to_string(config).unwrap());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut stderr = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status: child.wait().unwrap(), stdout: vec![], stderr }
}

#[test]
fn a_bad_configuration_ends_the_start_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        ("bind_port = many", "invalid value for option bind_port in section [DEFAULT]: \"many\""),
        ("api_limit_max = 0", "invalid value for option api_limit_max in section [DEFAULT]: \"0\""),
        ("[paste_deploy]\nflavor = keystone", "[keystone_authtoken] auth_url is not set"),
        ("[paste_deploy]\nflavor = mystery", "'mystery' is unknown"),
        ("registry_auth_secret = short", "registry_auth_secret: must have at least 16 characters"),
        ("metadata_encryption_key = 17 characters ...", "metadata_encryption_key"),
        ("ca_file = /nonexistent.pem", "ca_file: needs cert_file and key_file"),
        ("cert_file = /nonexistent.pem", "you must specify both a cert_file and key_file"),
        ("cert_file = /nonexistent.pem\nkey_file = /nonexistent.key", "/nonexistent.pem"),
    ];
    for (lines, reason) in table {
        let output = run(&configure(folder.path(), lines));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{lines}: {stderr}");
        assert!(stderr.contains("ERROR: ") && stderr.contains(reason), "{lines}: {stderr}");
    }
    let missing = run(&folder.path().join("missing.conf"));
    let stderr = String::from_utf8(missing.stderr).unwrap();
    assert!(stderr.starts_with("ERROR: Failed to find some config files: "), "{stderr}");
}

#[tokio::test]
async fn a_database_that_is_away_does_not_stop_the_start() {
    install_provider();
    let folder = tempfile::tempdir().unwrap();
    let away = folder.path().join("not yet");
    let program = Program::start(&format!("[database]\nconnection = sqlite:///{}/registry.sqlite", away.display()));
    drop(folder);
    let (status, refusal) = program.ask(Method::POST, "/v3/images/search", json!({})).await;
    assert_eq!((status, &refusal["error"]["type"]), (503, &json!("unavailable")), "{refusal}");
    let ready = program.http.get(format!("{}/readyz", program.url)).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
}
