//! Both servers on free ports in a temporary folder, with a database of their own.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::caller::{Caller, Client};
use crate::database::{Database, Engine};
use crate::golden;
use crate::http::{Address, Request};
use crate::keystone::Keystone;
use crate::must::Must;
use crate::process::{Process, Signal, program};
use crate::scenario;
use crate::tls::Certificates;

/// Time a server gets to become ready; debug builds on a busy machine are slow.
const START: Duration = Duration::from_secs(30);

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `glance-registry`.
    Registry,
    /// `glance-api`.
    Api,
}

impl Service {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Self::Registry => "glance-registry",
            Self::Api => "glance-api",
        }
    }
}

/// Options of a configuration file: section, key, value.
type Options = Vec<(String, String, String)>;

/// What a cloud is to be like.
#[derive(Debug)]
pub struct Builder {
    engine: Engine,
    database: Option<Database>,
    stores: Vec<(String, String)>,
    api: Options,
    registry: Options,
    tls: bool,
    filled: bool,
    wait: bool,
    wrapper: Vec<String>,
    files: Vec<(String, String)>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            engine: Engine::Sqlite,
            database: None,
            stores: Vec::new(),
            api: Vec::new(),
            registry: Vec::new(),
            tls: false,
            filled: false,
            wait: true,
            wrapper: Vec::new(),
            files: Vec::new(),
        }
    }
}

impl Builder {
    /// The engine of the new database; SQLite unless said otherwise.
    #[must_use]
    pub fn database(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// A database that exists.
    #[must_use]
    pub fn on(mut self, database: Database) -> Self {
        self.engine = database.engine;
        self.database = Some(database);
        self
    }

    /// The database that the reference made and filled (`golden/database`), with its data.
    #[must_use]
    pub fn filled(mut self) -> Self {
        self.filled = true;
        self
    }

    /// One more store; the first is the default. Without any there are `fast` and `slow`
    /// (files) and `web` (http).
    #[must_use]
    pub fn store(mut self, name: &str, driver: &str) -> Self {
        self.stores.push((name.into(), driver.into()));
        self
    }

    /// The older form of store options: one file store and the http store, without names.
    #[must_use]
    pub fn single_store(self) -> Self {
        self.api_option("DEFAULT", "enabled_backends", "")
            .api_option("glance_store", "default_backend", "")
            .api_option("glance_store", "stores", "file,http")
            .api_option("glance_store", "default_store", "file")
            .api_option("glance_store", "filesystem_store_datadir", "@DATA@/fast")
    }

    /// The pipeline of the API server; `trusted-auth` unless said otherwise.
    #[must_use]
    pub fn flavor(self, flavor: &str) -> Self {
        self.api_option("paste_deploy", "flavor", flavor)
    }

    /// The API server asks this Keystone who its callers are. Give `flavor` again afterwards for a variant.
    #[must_use]
    pub fn keystone(self, keystone: &Keystone) -> Self {
        // on a busy machine a Keystone that has just started takes longer than operators would wait
        let with = self
            .flavor("keystone")
            .api_option("keystone_authtoken", "www_authenticate_uri", &keystone.url())
            .api_option("keystone_authtoken", "http_connect_timeout", "20");
        keystone.account().iter().fold(with, |with, (key, value)| with.api_option("keystone_authtoken", key, value))
    }

    /// The registry asks it too.
    #[must_use]
    pub fn registry_keystone(self, keystone: &Keystone) -> Self {
        let with = self
            .registry_option("paste_deploy", "flavor", "keystone")
            .registry_option("keystone_authtoken", "http_connect_timeout", "20")
            .api_option("DEFAULT", "registry_request_timeout", "25");
        keystone
            .account()
            .iter()
            .fold(with, |with, (key, value)| with.registry_option("keystone_authtoken", key, value))
    }

    /// An option of the API server. A later value replaces an earlier one, unless the key ends in
    /// `+`: all values of such a key are written.
    #[must_use]
    pub fn api_option(mut self, section: &str, key: &str, value: &str) -> Self {
        self.api.push((section.into(), key.into(), value.into()));
        self
    }

    /// Options of the API server in the form of its configuration file.
    fn api_options(mut self, text: &str) -> Self {
        let mut section = "DEFAULT";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((key, value)) = line.split_once('=') {
                self = self.api_option(section, key.trim(), value.trim());
            }
        }
        self
    }

    /// An option of the registry.
    #[must_use]
    pub fn registry_option(mut self, section: &str, key: &str, value: &str) -> Self {
        self.registry.push((section.into(), key.into(), value.into()));
        self
    }

    /// The API server speaks TLS.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Has the API server started by another program: `wrapper` is put before its command line.
    #[must_use]
    pub fn api_under(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Does not wait for the API server to become ready.
    #[must_use]
    pub fn unready(mut self) -> Self {
        self.wait = false;
        self
    }

    /// The settings that the golden answers were recorded with.
    #[must_use]
    pub fn like_the_reference(self) -> Self {
        let methods = "[glance-direct,web-download,copy-image,glance-download]";
        self.api_option("DEFAULT", "enabled_import_methods", methods)
            .api_option("DEFAULT", "image_cache_dir", "@DATA@/cache")
            .api_option("DEFAULT", "show_image_direct_url", "True")
            .api_option("DEFAULT", "show_multiple_locations", "True")
            .api_option("fast", "weight", "10")
    }

    /// A file beside the configuration files.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// The settings that the golden answers to this scenario were recorded with: a file of property protections
    /// (`.conf`), a schema of images (`.schema.json`), a policy (`.policy.yaml`) or further options (`.ini`) that lies
    /// beside the scenario is in force.
    #[must_use]
    pub fn like_the_reference_for(self, scenario: &str) -> Self {
        let beside = |ending: &str| std::fs::read_to_string(scenario::folder().join(format!("{scenario}.{ending}")));
        let mut like = self.like_the_reference();
        if let Ok(rules) = beside("conf") {
            let rules_file = "property-protections.conf";
            like = like.file(rules_file, &rules).api_option("DEFAULT", "property_protection_file", rules_file);
        }
        if let Ok(options) = beside("ini") {
            like = like.api_options(&options);
        }
        if let Ok(policy) = beside("policy.yaml") {
            like = like.file("policy.yaml", &policy);
        }
        match beside("schema.json") {
            Ok(schema) => like.file("schema-image.json", &schema),
            Err(_) => like,
        }
    }

    /// Starts both servers and waits until they are ready.
    ///
    /// # Panics
    /// When they do not become ready; the text shows their logs.
    #[track_caller]
    pub fn start(self) -> Cloud {
        let folder = TempDir::with_prefix("glance-test-").must("a temporary folder");
        let path = folder.path().to_owned();
        for (name, text) in &self.files {
            std::fs::write(path.join(name), text).must(name);
        }
        let database = self.database.unwrap_or_else(|| Database::create(self.engine, &path));
        if self.filled {
            fill(&database, &path);
        }
        let certificates = self.tls.then(|| Certificates::create(&path));
        let stores = if self.stores.is_empty() { default_stores() } else { self.stores };
        let mut cloud = Cloud {
            folder: Some(folder),
            path,
            database,
            certificates,
            registry_port: 0,
            api_port: 0,
            stores,
            options: (self.registry, self.api),
            registry: None,
            api: None,
            wrapper: self.wrapper,
        };
        cloud.start(Service::Registry);
        if self.wait {
            cloud.start(Service::Api)
        } else {
            cloud.launch(Service::Api)
        }
        cloud
    }
}

fn default_stores() -> Vec<(String, String)> {
    [("fast", "file"), ("slow", "file"), ("web", "http")].map(|(name, driver)| (name.into(), driver.into())).to_vec()
}

/// Loads the database that the reference filled, and writes the data that it speaks of.
fn fill(database: &Database, folder: &Path) {
    let path = golden::folder().join(format!("database/filled.{}.sql", database.engine.name()));
    let sql = std::fs::read_to_string(&path).must(path.display());
    let mut session = database.session();
    session.batch(&sql.replace("@DATA@", &folder.to_string_lossy())).must(path.display());
    // the images carry their own data in a property
    let locations = session.rows(
        "SELECT '' AS kind, l.value AS place, l.image_id AS name, p.value AS detail FROM image_locations l \
         JOIN image_properties p ON p.image_id = l.image_id AND p.name = 'content' WHERE l.status = 'active'",
    );
    for row in locations {
        let Some(file) = row.place.strip_prefix("file://") else { continue };
        let file = Path::new(file);
        std::fs::create_dir_all(file.parent().must("a folder")).must(file.display());
        std::fs::write(file, row.detail).must(file.display());
    }
}

/// Running servers. Dropping it stops them; after a failed test the folder with the
/// configuration and the logs is kept and named.
#[derive(Debug)]
pub struct Cloud {
    folder: Option<TempDir>,
    path: PathBuf,
    /// The database.
    pub database: Database,
    certificates: Option<Certificates>,
    registry_port: u16,
    api_port: u16,
    stores: Vec<(String, String)>,
    options: (Options, Options),
    registry: Option<Process>,
    api: Option<Process>,
    wrapper: Vec<String>,
}

impl Cloud {
    /// Describes a cloud.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The folder with everything.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The data folder of a file store.
    pub fn store_folder(&self, store: &str) -> PathBuf {
        self.path.join(store)
    }

    /// The names of all files below a store's folder, those of partial data included.
    pub fn stored_files(&self, store: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.store_folder(store)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => names.push(path.to_string_lossy().into_owned()),
                }
            }
        }
        names.sort();
        names
    }

    /// Where the API server listens.
    pub fn api_address(&self) -> Address {
        let mut address = Address::loopback(self.api_port);
        address.tls = self.certificates.as_ref().map(Certificates::client);
        address
    }

    /// Where the registry listens.
    pub fn registry_address(&self) -> Address {
        Address::loopback(self.registry_port)
    }

    /// A caller of the API.
    pub fn caller(&self, caller: Caller) -> Client {
        Client { address: self.api_address(), caller }
    }

    /// A user with these roles (comma separated) in a project.
    pub fn as_roles(&self, roles: &str, project: &str) -> Client {
        self.caller(Caller::with_roles(roles, project))
    }

    /// An ordinary user of a project.
    pub fn as_member(&self, project: &str) -> Client {
        self.as_roles("member,reader", project)
    }

    /// An administrator.
    pub fn as_admin(&self) -> Client {
        self.as_roles("admin,member,reader", "admin-project")
    }

    /// Somebody without identity.
    pub fn as_nobody(&self) -> Client {
        self.caller(Caller::Nobody)
    }

    /// A caller of the registry.
    pub fn registry(&self, caller: Caller) -> Client {
        Client { address: self.registry_address(), caller }
    }

    /// A running server.
    ///
    /// # Panics
    /// When it is not running.
    pub fn process(&mut self, service: Service) -> &mut Process {
        self.slot(service).as_mut().must(format!("{} is not running", service.program()))
    }

    /// The path of a server's configuration file.
    pub fn conf(&self, service: Service) -> PathBuf {
        self.path.join(format!("{}.conf", service.program()))
    }

    /// Changes an option of a server's configuration; it takes effect at its next start or reload.
    pub fn set_option(&mut self, service: Service, section: &str, key: &str, value: &str) {
        let options = match service {
            Service::Registry => &mut self.options.0,
            Service::Api => &mut self.options.1,
        };
        options.push((section.into(), key.into(), value.into()));
        self.write_conf(service);
    }

    /// Kills a server without warning.
    pub fn kill(&mut self, service: Service) {
        if let Some(mut process) = self.slot(service).take() {
            process.signal(Signal::Kill);
            process.wait(Duration::from_secs(5));
        }
    }

    /// Starts a server (again) and waits until it is ready. It keeps its port.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn start(&mut self, service: Service) {
        // another program may take the free port before the server does
        for attempt in 0..4 {
            self.launch(service);
            if self.wait_ready(service, attempt < 3) {
                return;
            }
            *self.slot(service) = None;
            *self.port(service) = 0;
        }
    }

    /// Starts a server without waiting for it.
    pub fn launch(&mut self, service: Service) {
        if *self.port(service) == 0 {
            *self.port(service) = free_port();
        }
        self.write_conf(service);
        let server = program(service.program());
        let mut line = if service == Service::Api { self.wrapper.clone() } else { Vec::new() };
        line = line.iter().map(|word| word.replace("@DATA@", &self.path.to_string_lossy())).collect();
        line.push(server.to_string_lossy().into_owned());
        line.extend(["--config-file".to_owned(), self.conf(service).to_string_lossy().into_owned()]);
        let arguments: Vec<&str> = line[1..].iter().map(String::as_str).collect();
        let environment = [("RUST_BACKTRACE", "1")];
        let process = Process::spawn(Path::new(&line[0]), &arguments, &environment, &self.log_path(service));
        *self.slot(service) = Some(process.must(service.program()));
    }

    /// What a server has printed.
    pub fn log(&self, service: Service) -> String {
        let raw = std::fs::read(self.log_path(service)).unwrap_or_default();
        String::from_utf8_lossy(&raw).into_owned()
    }

    /// Is a server ready now?
    pub fn is_ready(&self, service: Service) -> bool {
        let address = match service {
            Service::Registry => self.registry_address(),
            Service::Api => self.api_address(),
        };
        Request::new("GET", "/readyz").send_to(&address).is_ok_and(|answer| answer.status == 200)
    }

    /// Waits for readiness; false when the port was taken by somebody else and that `may_retry`.
    fn wait_ready(&mut self, service: Service, may_retry: bool) -> bool {
        let end = Instant::now() + START;
        loop {
            let ended = self.process(service).ended();
            // a stranger on our port would answer too, but then our server has ended
            if ended.is_none() && self.is_ready(service) {
                return true;
            }
            if let Some(status) = ended {
                let log = tail(&self.log(service));
                if may_retry && log.to_lowercase().contains("in use") {
                    return false;
                }
                panic!("{} ended at start ({status}):\n{log}", service.program());
            }
            let late = Instant::now() > end;
            assert!(!late, "{} is not ready:\n{}", service.program(), tail(&self.log(service)));
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    fn slot(&mut self, service: Service) -> &mut Option<Process> {
        match service {
            Service::Registry => &mut self.registry,
            Service::Api => &mut self.api,
        }
    }

    fn port(&mut self, service: Service) -> &mut u16 {
        match service {
            Service::Registry => &mut self.registry_port,
            Service::Api => &mut self.api_port,
        }
    }

    fn log_path(&self, service: Service) -> PathBuf {
        self.path.join(format!("{}.log", service.program()))
    }

    fn write_conf(&self, service: Service) {
        let (mut options, own) = match service {
            Service::Registry => (self.registry_options(), &self.options.0),
            Service::Api => (self.api_options(), &self.options.1),
        };
        options.extend(own.iter().cloned());
        let text = render(&options).replace("@DATA@", &self.path.to_string_lossy());
        let path = self.conf(service);
        std::fs::write(&path, text).must(path.display());
    }

    fn registry_options(&self) -> Options {
        options(&[
            ("DEFAULT", "bind_host", "127.0.0.1"),
            ("DEFAULT", "bind_port", &self.registry_port.to_string()),
            ("DEFAULT", "workers", "2"),
            ("database", "connection", &self.database.url),
            ("paste_deploy", "flavor", "trusted-auth"),
        ])
    }

    fn api_options(&self) -> Options {
        let mut all = options(&[
            ("DEFAULT", "bind_host", "127.0.0.1"),
            ("DEFAULT", "bind_port", &self.api_port.to_string()),
            ("DEFAULT", "workers", "2"),
            ("DEFAULT", "registry_host", "127.0.0.1"),
            ("DEFAULT", "registry_port", &self.registry_port.to_string()),
            ("paste_deploy", "flavor", "trusted-auth"),
            ("os_glance_staging_store", "filesystem_store_datadir", "@DATA@/staging"),
            ("os_glance_tasks_store", "filesystem_store_datadir", "@DATA@/tasks"),
        ]);
        let backends: Vec<String> = self.stores.iter().map(|(name, driver)| format!("{name}:{driver}")).collect();
        all.extend(options(&[
            ("DEFAULT", "enabled_backends", &backends.join(",")),
            ("glance_store", "default_backend", &self.stores[0].0),
        ]));
        for (name, _) in self.stores.iter().filter(|(_, driver)| driver == "file") {
            all.extend(options(&[(name, "filesystem_store_datadir", &format!("@DATA@/{name}"))]));
        }
        if let Some(files) = &self.certificates {
            all.extend(options(&[
                ("DEFAULT", "cert_file", &files.certificate.to_string_lossy()),
                ("DEFAULT", "key_file", &files.key.to_string_lossy()),
            ]));
        }
        all
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        self.api = None;
        self.registry = None;
        if failed && let Some(folder) = self.folder.take() {
            let kept = folder.keep();
            let mut text = format!("the servers' folder is kept: {}\n", kept.display());
            for service in [Service::Registry, Service::Api] {
                text += &format!("--- end of {}.log\n{}\n", service.program(), tail(&self.log(service)));
            }
            report(&text);
        }
    }
}

#[expect(clippy::print_stderr, reason = "the test runner shows it beside the failure")]
fn report(text: &str) {
    eprintln!("{text}");
}

fn options(list: &[(&str, &str, &str)]) -> Options {
    list.iter().map(|(section, key, value)| ((*section).into(), (*key).into(), (*value).into())).collect()
}

/// An INI file; of several values of a key the last one counts.
fn render(options: &Options) -> String {
    let mut sections: Vec<&String> = Vec::new();
    for (section, _, _) in options {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    let mut text = String::new();
    for name in sections {
        let _ = writeln!(text, "[{name}]");
        let own: Vec<_> = options.iter().filter(|(section, _, _)| section == name).collect();
        for (at, (_, key, value)) in own.iter().enumerate() {
            let repeated = key.strip_suffix('+');
            let replaced = own[at + 1..].iter().any(|(_, later, _)| later == key);
            if repeated.is_some() || !replaced {
                let _ = writeln!(text, "{} = {value}", repeated.unwrap_or(key));
            }
        }
    }
    text
}

/// A loopback port that nobody listens on at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").must("a free port");
    listener.local_addr().must("the address of a socket").port()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
        let text = render(&options(&[("a", "x", "1"), ("b", "y", "2"), ("a", "x", "3")]));
        assert_eq!(text, "[a]\nx = 3\n[b]\ny = 2\n");
        let text = render(&options(&[("a", "x+", "1"), ("a", "x+", "2")]));
        assert_eq!(text, "[a]\nx = 1\nx = 2\n");
    }
}
