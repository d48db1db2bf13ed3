//! Connections to the registry: one pool for each thread that makes calls.
//!
//! A connection is driven by the runtime of the thread that opened it. In a server with a runtime per worker, a pool
//! shared by all would make calls of one worker wait for another that is busy; so each thread keeps its own.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity};

use crate::error::SetupError;
use crate::options::ClientOptions;

/// A host that does not answer a connection attempt is given up after this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Idle connections are closed after this time: sooner than servers and firewalls do it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Idle connections kept to each endpoint by each thread.
const MAX_IDLE: usize = 64;

/// How connections are made. Certificates are read once.
#[derive(Debug)]
pub(crate) struct Connections(Arc<Setup>);

#[derive(Debug)]
struct Setup {
    /// Authorities instead of the system's; an empty list where no endpoint uses TLS, which spares reading those.
    authorities: Option<Vec<Certificate>>,
    identity: Option<Identity>,
    insecure: bool,
}

thread_local! {
    /// The pools of this thread, for each client that made a call on it.
    static POOLS: RefCell<Vec<(Weak<Setup>, Client)>> = const { RefCell::new(Vec::new()) };
}

impl Connections {
    /// Read the certificates and make the pool of this thread.
    ///
    /// # Errors
    /// [`SetupError`] about files, certificates or the HTTP client.
    pub(crate) fn new(options: &ClientOptions, any_tls: bool) -> Result<Self, SetupError> {
        let authorities = if any_tls { authorities(options)? } else { Some(Vec::new()) };
        let identity = if any_tls { identity(options)? } else { None };
        let setup = Setup { authorities, identity, insecure: options.registry_client_insecure };
        let connections = Self(Arc::new(setup));
        connections.client().map_err(SetupError::Client)?;
        Ok(connections)
    }

    /// The pool of this thread.
    ///
    /// # Errors
    /// The HTTP client cannot be set up, for instance because the system's certificates are gone.
    pub(crate) fn client(&self) -> Result<Client, reqwest::Error> {
        let own = |setup: &Weak<Setup>| std::ptr::eq(setup.as_ptr(), Arc::as_ptr(&self.0));
        let known = POOLS.with_borrow(|pools| pools.iter().find(|(setup, _)| own(setup)).map(|(_, c)| c.clone()));
        if let Some(client) = known {
            return Ok(client);
        }
        let client = self.0.build()?;
        POOLS.with_borrow_mut(|pools| {
            pools.retain(|(setup, _)| setup.strong_count() > 0);
            pools.push((Arc::downgrade(&self.0), client.clone()));
        });
        Ok(client)
    }
}

impl Setup {
    fn build(&self) -> Result<Client, reqwest::Error> {
        let mut builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .tcp_nodelay(true)
            .tls_danger_accept_invalid_certs(self.insecure);
        if let Some(authorities) = &self.authorities {
            builder = builder.tls_certs_only(authorities.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        builder.build()
    }
}

/// The configured authorities; none means the system's.
fn authorities(options: &ClientOptions) -> Result<Option<Vec<Certificate>>, SetupError> {
    const OPTION: &str = "registry_client_ca_file";
    let Some(path) = or_environment(options.registry_client_ca_file.as_deref(), "GLANCE_CLIENT_CA_FILE") else {
        return Ok(None);
    };
    let pem = read(OPTION, &path)?;
    let bundle = Certificate::from_pem_bundle(&pem);
    bundle.map(Some).map_err(|cause| SetupError::Certificate { option: OPTION, cause })
}

/// The configured client certificate with its key.
fn identity(options: &ClientOptions) -> Result<Option<Identity>, SetupError> {
    const CERT: &str = "registry_client_cert_file";
    const KEY: &str = "registry_client_key_file";
    let cert = or_environment(options.registry_client_cert_file.as_deref(), "GLANCE_CLIENT_CERT_FILE");
    let key = or_environment(options.registry_client_key_file.as_deref(), "GLANCE_CLIENT_KEY_FILE");
    let (cert, key) = match (cert, key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        _ => return Err(SetupError::HalfCertificate),
    };
    let mut pem = read(KEY, &key)?;
    pem.push(b'\n');
    pem.extend(read(CERT, &cert)?);
    Identity::from_pem(&pem).map(Some).map_err(|cause| SetupError::Certificate { option: CERT, cause })
}

/// The option, else the environment variable that clients of the registry always had (registry §9).
fn or_environment(option: Option<&Path>, variable: &str) -> Option<PathBuf> {
    let found = option.map(Path::to_path_buf).or_else(|| env::var_os(variable).map(PathBuf::from));
    found.filter(|path| !path.as_os_str().is_empty())
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, SetupError> {
    fs::read(path).map_err(|cause| SetupError::File { option, path: path.display().to_string(), cause })
}
