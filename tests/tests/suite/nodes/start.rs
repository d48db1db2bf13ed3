//! Starting the whole, and its parts one by one.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use glance_tests::http::Address;
use glance_tests::keystone::secret_of;
use glance_tests::process::{Process, program};
use glance_tests::tls::Certificates;
use glance_tests::{Caller, Client, Database, Engine, Keystone, Must, Scope, eventually};
use tempfile::TempDir;

use crate::shipped::deploy;

/// Ports that one set takes.
const PORTS: u16 = 8;
/// Time the whole gets to become ready, and to end.
const LIMIT: Duration = Duration::from_secs(90);

/// A user and administrator of the same project.
pub(super) const MEMBER: &str = "blue-member";
pub(super) const ADMIN: &str = "blue-admin";

/// The running set; dropping it stops everything.
pub(super) struct Nodes {
    /// Users with their tokens, or with the headers that a lab believes.
    callers: [(&'static str, Caller); 2],
    folder: Option<TempDir>,
    path: PathBuf,
    port: u16,
    script: Process,
    _database: Database,
}

impl Nodes {
    /// Starts everything as it ships, on an empty database and beside a Keystone.
    pub(super) fn start() -> Self {
        Self::beside(Some(Keystone::shared()))
    }

    /// The same as a lab, without a Keystone.
    pub(super) fn start_lab() -> Self {
        Self::beside(None)
    }

    fn beside(keystone: Option<&'static Keystone>) -> Self {
        require_tools();
        let folder = TempDir::with_prefix("glance-nodes-").must("a temporary folder");
        let path = folder.path().to_owned();
        let database = Database::create(Engine::Postgres, &path);
        let port = free_ports();
        let callers = [MEMBER, ADMIN].map(|user| match keystone {
            Some(keystone) => (user, keystone.caller(user, Scope::Project("blue"))),
            None => (user, Caller::with_roles("member,reader", "blue")),
        });
        let programs = program("glance-api");
        let mut texts = vec![
            ("--database", database.url.clone()),
            ("--folder", path.to_string_lossy().into_owned()),
            ("--port", port.to_string()),
            ("--programs", programs.parent().must("a folder").to_string_lossy().into_owned()),
        ];
        if let Some(keystone) = keystone {
            texts.extend([("--keystone", keystone.url()), ("--password", secret_of("glance"))]);
        }
        let arguments: Vec<&str> = texts.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
        let log = path.join("start.log");
        let mut script =
            Process::spawn(&deploy().join("nodes/start"), &arguments, &[], &log).must("deploy/nodes/start");
        eventually(LIMIT, "node pairs that are ready", || {
            if let Some(status) = script.ended() {
                panic!("deploy/nodes/start ended ({status}):\n{}", script.log());
            }
            script.log().contains("Ctrl-C stops everything").then_some(())
        });
        Self { callers, folder: Some(folder), path, port, script, _database: database }
    }

    /// The folder with everything.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where services come in.
    pub(super) fn internal(&self) -> Address {
        Address::loopback(self.port)
    }

    /// Where users come in.
    pub(super) fn public(&self) -> Address {
        self.tls(self.port + 1)
    }

    /// A public node itself.
    pub(super) fn public_node(&self) -> Address {
        self.tls(self.port + 6)
    }

    fn tls(&self, port: u16) -> Address {
        let folder = self.path.join("etc/glance/tls");
        let files = ["ca.crt", "public.crt", "public.key"].map(|name| folder.join(name));
        let [authority, certificate, key] = files;
        let certificates = Certificates { authority, certificate, key };
        Address { tls: Some(certificates.client()), ..Address::loopback(port) }
    }

    /// A user of the project `blue` on the internal nodes.
    pub(super) fn inside(&self, user: &str) -> Client {
        Client { address: self.internal(), caller: self.caller(user) }
    }

    /// The same user on the public nodes.
    pub(super) fn outside(&self, user: &str) -> Client {
        Client { address: self.public(), caller: self.caller(user) }
    }

    fn caller(&self, user: &str) -> Caller {
        let found = self.callers.iter().find(|(name, _)| *name == user);
        found.must(format!("no user {user}")).1.clone()
    }

    /// Sends a signal to one part, such as `registry-1`, and gives its process id.
    pub(super) fn signal(&self, part: &str, signal: &str) -> String {
        let id = self.process_of(part);
        let status = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().must("sh");
        assert!(status.success(), "kill -{signal} {id} ({part}): {status}");
        id
    }

    /// The process id of one part.
    pub(super) fn process_of(&self, part: &str) -> String {
        let file = self.path.join(format!("run/{part}.pid"));
        std::fs::read_to_string(&file).must(file.display()).trim().to_owned()
    }

    /// What one part has printed.
    pub(super) fn log(&self, part: &str) -> String {
        let raw = std::fs::read(self.path.join("logs").join(part)).unwrap_or_default();
        String::from_utf8_lossy(&raw).into_owned()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            report(&format!("the folder of the nodes is kept: {}", folder.keep().display()));
        }
        self.script.signal(glance_tests::process::Signal::Terminate);
        self.script.wait(LIMIT);
    }
}

/// What the script starts or uses must be there: without it nothing is tested, and that is a failure.
fn require_tools() {
    for tool in ["haproxy", "openssl", "curl"] {
        let found = Command::new("sh").args(["-c", &format!("PATH=$PATH:/usr/sbin command -v {tool}")]).output();
        let found = found.is_ok_and(|output| output.status.success());
        assert!(found, "{tool} is not installed; `cargo xtask test` installs it");
    }
}

#[expect(clippy::print_stderr, reason = "the test runner shows it beside the failure")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// The first of eight ports that are free now, below those that the system gives to clients.
fn free_ports() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 100).unwrap_or_default() * 120;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let candidates = std::iter::repeat_with(|| {
        let count = TAKEN.fetch_add(1, Ordering::Relaxed);
        20_000 + (own + count * PORTS) % 12_000
    });
    let found = candidates.take(200).find(|first| (*first..first + PORTS).all(is_free));
    found.must("eight free ports in a row")
}
