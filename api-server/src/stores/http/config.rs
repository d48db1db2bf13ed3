//! Options of the http driver, and the client they make.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use glance_common::config::Dict;
use reqwest::{Certificate, Client, Proxy, redirect};
use url::Url;

use crate::outgoing::UrlJudge;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may send nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

glance_common::options! {
    /// A store of type http.
    pub struct HttpOptions in "glance_store" {
        /// File with the certificates of the authorities that servers are verified with, in PEM form. If set,
        /// https_insecure is ignored.
        pub https_ca_certificates_file: Option<PathBuf> = None;
        /// Do not verify the certificates of servers. Glance's own default is true; here verification is on unless it is
        /// switched off.
        pub https_insecure: bool = false;
        /// Proxies by scheme, such as `http:10.0.0.1:3128, https:10.0.0.1:3128`.
        pub http_proxy_information: Dict = Dict::default();
    }
}

/// The client for all requests of a store.
pub(super) fn client(options: &HttpOptions, judge: &Arc<UrlJudge>) -> Result<Client, String> {
    // The TLS library needs a provider of its algorithms, once in a process; it may well be there already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = judge
        .guard(Client::builder(), proxy_hosts(options))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .no_proxy();
    for (scheme, address) in options.http_proxy_information.iter() {
        builder = builder.proxy(proxy(scheme, address)?);
    }
    builder = match &options.https_ca_certificates_file {
        Some(file) => builder.tls_certs_only(certificates(file)?),
        None if options.https_insecure => {
            log::warn!("an http store does not verify the certificates of servers: https_insecure is set");
            builder.tls_danger_accept_invalid_certs(true)
        }
        None => builder,
    };
    builder.build().map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let complain = |reason: String| format!("https_ca_certificates_file {}: {reason}", file.display());
    let text = std::fs::read(file).map_err(|error| complain(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&text).map_err(|error| complain(error.to_string()))?;
    if certificates.is_empty() {
        return Err(complain("holds no certificate".to_owned()));
    }
    Ok(certificates)
}

/// The hosts of the proxies. They are the operator's choice and may be anywhere.
fn proxy_hosts(options: &HttpOptions) -> Vec<String> {
    let host = |(_, address): (&str, &str)| {
        Url::parse(&proxy_url(address)).ok().and_then(|url| url.host_str().map(str::to_owned))
    };
    options.http_proxy_information.iter().filter_map(host).collect()
}

fn proxy_url(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

fn proxy(scheme: &str, address: &str) -> Result<Proxy, String> {
    let url = proxy_url(address);
    let proxy = match scheme {
        "http" => Proxy::http(url),
        "https" => Proxy::https(url),
        _ => return Err(format!("http_proxy_information: {scheme:?} is neither http nor https")),
    };
    proxy.map_err(|_| format!("http_proxy_information: the proxy for {scheme} is not an address"))
}
