//! A real Keystone: installed from PyPI into `target/keystone` once, filled once, copied for every start.
//!
//! | user (domain `default`) | has |
//! |---|---|
//! | `admin` | `admin` in project `admin`, in the domain, in the system |
//! | `blue-member`, `red-member` | `member` and `reader` in project `blue` or `red` |
//! | `blue-reader` | `reader` in `blue` |
//! | `blue-admin` | `admin`, `member` and `reader` in `blue` |
//! | `both` | `member` and `reader` in `blue`, `reader` in `red` |
//! | `glance` | `service` in project `service`, `reader` in the system: the account of our servers |
//! | `nova` | `service` in project `service`: another service |
//!
//! The password of a user is `secret-of-` and the name. The catalogue has identity and image in `RegionOne`, and the
//! image service has registered limits (`tools/populate-keystone.py`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::caller::Caller;
use crate::cloud::free_port;
use crate::http::{Address, Answer, Request};
use crate::must::Must;
use crate::process::Process;

/// Seconds that tokens live unless said otherwise.
const TOKEN_SECONDS: u32 = 3600;

/// How the folders of running ones begin; the id of the program follows.
const FOLDER: &str = "glance-keystone-of-";

/// Time Keystone gets to answer for the first time.
const START: Duration = Duration::from_secs(60);

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The project of this name.
    Project(&'a str),
    /// The domain `default`.
    Domain,
    /// The whole system.
    System,
    /// Nothing yet.
    Unscoped,
}

/// A running Keystone. Dropping it stops it.
#[derive(Debug)]
pub struct Keystone {
    folder: TempDir,
    port: u16,
    ids: Value,
    dies_with_us: bool,
    process: Mutex<Option<Process>>,
}

impl Keystone {
    /// Starts one.
    ///
    /// # Panics
    /// When it cannot be installed or does not answer.
    pub fn start() -> Self {
        Self::with_tokens_of(TOKEN_SECONDS)
    }

    /// Starts one whose tokens live for so many seconds.
    ///
    /// # Panics
    /// As [`Keystone::start`].
    pub fn with_tokens_of(seconds: u32) -> Self {
        Self::launch(seconds, false)
    }

    /// The one that all tests of this program share; it ends with the program. For tests that do not stop it and do not
    /// change what others rely on.
    ///
    /// # Panics
    /// As [`Keystone::start`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Keystone> = OnceLock::new();
        SHARED.get_or_init(|| {
            // a child with a death signal gets it when the thread that made it ends: this one never does
            let (send, receive) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                if send.send(Self::launch(TOKEN_SECONDS, true)).is_ok() {
                    loop {
                        std::thread::park();
                    }
                }
            });
            receive.recv().must("the shared Keystone does not start")
        })
    }

    fn launch(seconds: u32, dies_with_us: bool) -> Self {
        run_tool(&["prepare", &home().to_string_lossy()]);
        remove_leavings();
        let folder = TempDir::with_prefix(format!("{FOLDER}{}-", std::process::id())).must("a temporary folder");
        let mut keystone = Self { folder, port: 0, ids: Value::Null, dies_with_us, process: Mutex::new(None) };
        // another program may take the free port before Keystone does
        for attempt in 0..4 {
            keystone.lay_out(free_port(), seconds);
            if keystone.run(attempt == 3) {
                break;
            }
        }
        keystone
    }

    /// Fills the folder for this port.
    fn lay_out(&mut self, port: u16, seconds: u32) {
        self.port = port;
        let folder = self.folder.path().to_string_lossy().into_owned();
        let image = "http://127.0.0.1:9292";
        run_tool(&["lay-out", &home().to_string_lossy(), &folder, &port.to_string(), &seconds.to_string(), image]);
        let ids = std::fs::read(self.folder.path().join("ids.json")).must("ids.json");
        self.ids = serde_json::from_slice(&ids).must("ids.json");
    }

    /// Starts the program and waits until it answers; false when it ended at once and that may be the port's fault.
    fn run(&self, is_last: bool) -> bool {
        let venv = home().join("venv");
        let conf = format!("--config-file {}", self.folder.path().join("keystone.conf").display());
        let port = format!("127.0.0.1:{}", self.port);
        let server = venv.join("bin/pyuwsgi");
        let server = server.to_string_lossy();
        let mut line = if self.dies_with_us { vec!["setpriv", "--pdeathsig", "KILL", &server] } else { vec![&*server] };
        let venv = venv.to_string_lossy();
        line.extend(["--home", &venv, "--http-socket", &port, "--module", "keystone.wsgi.api:application"]);
        // processes, not threads: those mix up the tokens of requests
        line.extend(["--pyargv", &conf, "--master", "--no-orphans", "--die-on-term", "--need-app", "--processes", "2"]);
        line.extend(["--buffer-size", "65535", "--disable-logging"]);
        // on a busy machine a client may need longer than the usual four seconds for its request
        line.extend(["--socket-timeout", "60"]);
        // it closes connections after an answer, and should say so
        line.extend(["--add-header", "Connection: close"]);
        let folder = self.folder.path().to_string_lossy();
        let environment = [("OS_KEYSTONE_CONFIG_DIR", &*folder)];
        let process = Process::spawn(Path::new(line[0]), &line[1..], &environment, &self.log_path());
        let mut process = process.must("Keystone's server");
        let end = Instant::now() + START;
        while !self.answers() {
            if process.ended().is_some() && !is_last {
                return false;
            }
            let hopeless = process.ended().is_some() || Instant::now() > end;
            assert!(!hopeless, "Keystone does not answer:\n{}", process.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        *self.slot() = Some(process);
        true
    }

    fn answers(&self) -> bool {
        Request::new("GET", "/v3").send_to(&self.address()).is_ok_and(|answer| answer.status == 200)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Stops it; its data stays.
    pub fn stop(&self) {
        drop(self.slot().take());
    }

    /// Starts it again on its port.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn resume(&self) {
        self.run(true);
    }

    /// Where it listens.
    pub fn address(&self) -> Address {
        Address::loopback(self.port)
    }

    /// Its URL, without a version and without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        let files = [self.folder.path().join("keystone.log"), self.log_path()];
        files.map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned()).concat()
    }

    /// An id by kind (`users`, `projects`, `roles`) and name.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn id(&self, kind: &str, name: &str) -> String {
        self.ids[kind][name].as_str().must(format!("no {name} among the {kind}")).to_owned()
    }

    /// The id of the image service's public endpoint, as `[oslo_limit] endpoint_id` wants it.
    ///
    /// # Panics
    /// When Keystone was filled by something else.
    pub fn image_endpoint(&self) -> String {
        self.ids["image_endpoint"].as_str().must("the image endpoint").to_owned()
    }

    /// A new token of a user for a scope.
    ///
    /// # Panics
    /// When Keystone refuses it.
    #[track_caller]
    pub fn token(&self, user: &str, scope: Scope<'_>) -> String {
        let domain = json!({"id": "default"});
        let password = json!({"user": {"name": user, "domain": domain, "password": secret_of(user)}});
        self.authenticate(&json!({"methods": ["password"], "password": password}), scope)
    }

    /// A new token by any method: `identity` is that part of the request.
    ///
    /// # Panics
    /// When Keystone refuses it.
    #[track_caller]
    pub fn authenticate(&self, identity: &Value, scope: Scope<'_>) -> String {
        let domain = json!({"id": "default"});
        let mut auth = json!({"identity": identity});
        match scope {
            Scope::Project(name) => auth["scope"] = json!({"project": {"name": name, "domain": domain}}),
            Scope::Domain => auth["scope"] = json!({"domain": domain}),
            Scope::System => auth["scope"] = json!({"system": {"all": true}}),
            Scope::Unscoped => {}
        }
        let request = Request::new("POST", "/v3/auth/tokens").json(&json!({"auth": auth}));
        let answer = request.send_to(&self.address()).must("Keystone").expect(201);
        answer.header("x-subject-token").must("a token").to_owned()
    }

    /// A caller with a new token.
    ///
    /// # Panics
    /// When Keystone refuses it.
    #[track_caller]
    pub fn caller(&self, user: &str, scope: Scope<'_>) -> Caller {
        Caller::Token(self.token(user, scope))
    }

    /// A caller with a token of a new application credential of a user; rules that are null are none.
    ///
    /// # Panics
    /// When Keystone refuses it.
    #[track_caller]
    pub fn application_credential(&self, user: &str, project: &str, name: &str, rules: &Value) -> Caller {
        let mut wanted = json!({ "name": name });
        if !rules.is_null() {
            wanted["access_rules"] = rules.clone();
        }
        let path = format!("/v3/users/{}/application_credentials", self.id("users", user));
        let request = Request::new("POST", &path).header("X-Auth-Token", &self.token(user, Scope::Project(project)));
        let request = request.json(&json!({ "application_credential": wanted }));
        let made = request.send_to(&self.address()).must("Keystone").expect(201).json();
        let made = &made["application_credential"];
        let method = "application_credential";
        let identity = json!({"methods": [method], method: {"id": made["id"], "secret": made["secret"]}});
        Caller::Token(self.authenticate(&identity, Scope::Unscoped))
    }

    /// Takes a token back.
    ///
    /// # Panics
    /// When Keystone refuses that.
    #[track_caller]
    pub fn revoke(&self, token: &str) {
        let request = Request::new("DELETE", "/v3/auth/tokens").header("X-Auth-Token", token);
        request.header("X-Subject-Token", token).send_to(&self.address()).must("Keystone").expect(204);
    }

    /// Any request as the administrator, with a body unless it is null; the path begins after `/v3`.
    ///
    /// # Panics
    /// When no answer comes.
    #[track_caller]
    pub fn as_admin(&self, method: &str, path: &str, body: &Value) -> Answer {
        let token = self.token("admin", Scope::Project("admin"));
        let request = Request::new(method, &format!("/v3{path}")).header("X-Auth-Token", &token);
        let request = if body.is_null() { request } else { request.json(body) };
        request.send_to(&self.address()).must("Keystone")
    }

    /// Puts the address of an image service into the catalogue, where clients look for it.
    ///
    /// # Panics
    /// When Keystone refuses that.
    #[track_caller]
    pub fn publish_image_service(&self, url: &str) {
        let service = self.ids["image_service"].as_str().must("the image service").to_owned();
        let found = self.as_admin("GET", &format!("/endpoints?service_id={service}"), &Value::Null).expect(200).json();
        for endpoint in found["endpoints"].as_array().into_iter().flatten() {
            let path = format!("/endpoints/{}", endpoint["id"].as_str().unwrap_or_default());
            self.as_admin("PATCH", &path, &json!({"endpoint": {"url": url}})).expect(200);
        }
    }

    /// Options by which a server uses this Keystone with the account `glance`, for the section `[keystone_authtoken]` or
    /// any other that holds the options of an account.
    pub fn account(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("auth_type", "password"),
            ("username", "glance"),
            ("user_domain_id", "default"),
            ("project_name", "service"),
            ("project_domain_id", "default"),
            ("region_name", "RegionOne"),
        ];
        let mut options = vec![("auth_url", self.url()), ("password", secret_of("glance"))];
        options.extend(texts.map(|(key, value)| (key, value.to_owned())));
        options
    }
}

/// The password of a user.
pub fn secret_of(user: &str) -> String {
    format!("secret-of-{user}")
}

/// Where packages and filled database are kept: in cargo's target folder.
fn home() -> PathBuf {
    let own = std::env::current_exe().must("the path of this program");
    let target = own.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_owned);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")).join("keystone")
}

/// The shared Keystone ends with its program, which leaves the folder behind: programs that are gone need theirs no more.
fn remove_leavings() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(FOLDER).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists()) {
            // another program may be removing it at this moment
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn run_tool(arguments: &[&str]) {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/keystone");
    let status = Command::new(&tool).args(arguments).status().must(tool.display());
    assert!(status.success(), "{} {} failed ({status})", tool.display(), arguments.join(" "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_tokens_takes_them_back_and_stands_up_again() {
        let keystone = Keystone::with_tokens_of(120);
        let token = keystone.token("blue-member", Scope::Project("blue"));
        let look = |subject: &str| {
            let request = Request::new("GET", "/v3/auth/tokens").header("X-Auth-Token", subject);
            request.header("X-Subject-Token", subject).send_to(&keystone.address())
        };
        let known = look(&token).must("an answer").expect(200).json();
        assert_eq!(known["token"]["project"]["id"], keystone.id("projects", "blue"));
        keystone.stop();
        assert!(look(&token).is_err());
        keystone.resume();
        look(&token).must("an answer").expect(200);
        keystone.revoke(&token);
        assert_ne!(look(&token).must("an answer").status, 200);
        keystone.publish_image_service("http://127.0.0.1:1");
    }
}
