//! TLS to memcached.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::KeystoneError;
use super::token_options::TokenOptions;

/// Where systems keep the authorities that they trust.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// Connects as the options say. Reads the files.
///
/// # Errors
/// [`KeystoneError::File`] for a file that cannot be used.
pub(super) fn connector(options: &TokenOptions) -> Result<TlsConnector, KeystoneError> {
    const CA: &str = "memcache_tls_cafile";
    const CERTIFICATE: &str = "memcache_tls_certfile";
    let system = || SYSTEM.map(PathBuf::from).into_iter().find(|path| path.is_file());
    let authorities = options.memcache_tls_cafile.clone().or_else(system);
    let authorities = authorities.ok_or_else(|| KeystoneError::Options(format!("{CA} is not set")))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(CA, &authorities)? {
        // bundles of systems hold certificates that are not understood
        if let Err(error) = roots.add(certificate) {
            log::debug!("{CA}: {error}");
        }
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match &options.memcache_tls_certfile {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let key = options.memcache_tls_keyfile.as_ref().unwrap_or(path);
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| unusable("memcache_tls_keyfile", key, &e))?;
            let chain = certificates(CERTIFICATE, path)?;
            builder.with_client_auth_cert(chain, secret).map_err(|error| unusable(CERTIFICATE, path, &error))?
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(option: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, KeystoneError> {
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|e| unusable(option, path, &e))?.collect();
    found.map_err(|error| unusable(option, path, &error))
}

fn unusable(option: &'static str, path: &Path, cause: &dyn std::fmt::Display) -> KeystoneError {
    KeystoneError::File { option, path: path.display().to_string(), cause: cause.to_string() }
}
