//! TLS of the listening port: certificates that can be replaced while connections stay open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::options::TlsOptions;

/// Why a TLS port cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Only one of certificate and key is configured.
    #[error(
        "When running server in SSL mode, you must specify both a cert_file and key_file option \
         value in your configuration file"
    )]
    Incomplete,
    /// `ca_file` without the files that turn TLS on: clients would be trusted that show nothing.
    #[error("ca_file: needs cert_file and key_file")]
    AuthorityAlone,
    /// A file is missing, unreadable or not PEM.
    #[error("cannot read {what} {}: {reason}", path.display())]
    File {
        /// Which of the three files.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// The files do not fit together.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(String),
}

/// Makes ring the process's TLS implementation. Every `main` and every test set-up that speaks TLS,
/// as server or as client, calls it first; further calls do nothing.
pub fn install_provider() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The current TLS configuration of a port; new connections use the newest one.
pub(super) struct TlsState {
    options: TlsOptions,
    config: ArcSwap<ServerConfig>,
}

impl TlsState {
    /// Reads the files for the first time.
    pub(super) fn load(options: TlsOptions) -> Result<Self, TlsError> {
        let config = ArcSwap::from_pointee(server_config(&options)?);
        Ok(Self { options, config })
    }

    /// Reads the files again; on an error the old certificates stay in use.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        self.config.store(Arc::new(server_config(&self.options)?));
        Ok(())
    }

    /// The configuration for a connection that begins now.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }
}

fn server_config(options: &TlsOptions) -> Result<ServerConfig, TlsError> {
    install_provider();
    let chain = certificates("certificate file", &options.cert_file)?;
    let key = PrivateKeyDer::from_pem_file(&options.key_file)
        .map_err(|error| file_error("key file", &options.key_file, error))?;
    let builder = ServerConfig::builder();
    let builder = match &options.ca_file {
        Some(path) => builder.with_client_cert_verifier(client_verifier(path)?),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| TlsError::Unusable(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn client_verifier(path: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("authorities file", path)? {
        roots.add(certificate).map_err(|error| file_error("authorities file", path, error))?;
    }
    WebPkiClientVerifier::builder(Arc::new(roots)).build().map_err(|error| TlsError::Unusable(error.to_string()))
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| file_error(what, path, error))?.collect();
    let found = found.map_err(|error| file_error(what, path, error))?;
    if found.is_empty() {
        return Err(file_error(what, path, "no certificate in it"));
    }
    Ok(found)
}

fn file_error(what: &'static str, path: &Path, reason: impl ToString) -> TlsError {
    TlsError::File { what, path: path.to_owned(), reason: reason.to_string() }
}
