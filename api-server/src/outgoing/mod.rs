//! The judge of every web address that the service talks to for a user (security requirements D1–D6).
//!
//! ```text
//! text ─► UrlJudge::check ─► Url ─► client ─► UrlJudge as resolver ─► connection
//!         scheme, host, port         each name is resolved when it is connected to, and only addresses that pass
//! ```
//!
//! Whoever fetches builds his client with [`UrlJudge::guard`] and has every hop checked. A name that leads elsewhere
//! later changes nothing: the addresses that are judged are those that are connected to (D4).
//! [`UrlJudge::judge`] does all of it without a fetch, for those who answer before they fetch.

mod address;
mod options;
mod resolver;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use thiserror::Error;
use url::{Host, Url};

use address::{Kind, is_own, kind_of, unwrapped};
pub use options::ImportFilteringOptions;

/// The address is not for users. Which rule says so is for the log only (D8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refused(&'static str);

/// A list of what is allowed, or else of what is not.
#[derive(Debug)]
enum List<T> {
    Only(Vec<T>),
    AllBut(Vec<T>),
}

impl<T: PartialEq> List<T> {
    fn new(allowed: Vec<T>, refused: Vec<T>) -> Self {
        if allowed.is_empty() { Self::AllBut(refused) } else { Self::Only(allowed) }
    }

    fn admits(&self, item: &T) -> bool {
        match self {
            Self::Only(list) => list.contains(item),
            Self::AllBut(list) => !list.contains(item),
        }
    }

    fn names(&self, item: &T) -> bool {
        matches!(self, Self::Only(list) if list.contains(item))
    }

    fn refuses(&self, item: &T) -> bool {
        matches!(self, Self::AllBut(list) if list.contains(item))
    }
}

/// The rules of `[import_filtering_opts]`.
#[derive(Debug)]
pub struct UrlJudge {
    schemes: List<String>,
    hosts: List<String>,
    ports: List<u16>,
    allow_private: bool,
}

impl UrlJudge {
    /// A judge with these rules.
    #[must_use]
    pub fn new(options: &ImportFilteringOptions) -> Self {
        let lower = |list: &[String]| list.iter().map(|item| item.to_ascii_lowercase()).collect();
        let hosts = |list: &[String]| list.iter().map(|host| plain_host(host)).collect();
        Self {
            schemes: List::new(lower(&options.allowed_schemes), lower(&options.disallowed_schemes)),
            hosts: List::new(hosts(&options.allowed_hosts), hosts(&options.disallowed_hosts)),
            ports: List::new(options.allowed_ports.clone(), options.disallowed_ports.clone()),
            allow_private: options.allow_private_addresses,
        }
    }

    /// Judges the text of an address as far as that goes without asking anybody: its scheme, host and port, and where
    /// the host is an address, that.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, text: &str) -> Result<Url, Refused> {
        let has_blanks = text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
        let has_host = text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with('/'));
        let url = Url::parse(text).ok().filter(|_| has_host && !has_blanks).ok_or(Refused("it is no address"))?;
        if !matches!(url.scheme(), "http" | "https") || !self.schemes.admits(&url.scheme().to_owned()) {
            return Err(Refused("its scheme is not allowed"));
        }
        let port = url.port_or_known_default().ok_or(Refused("it has no port"))?;
        if !self.ports.admits(&port) {
            return Err(Refused("its port is not allowed"));
        }
        let host = match url.host().ok_or(Refused("it has no host"))? {
            Host::Domain(name) => plain_host(name),
            Host::Ipv4(v4) if !is_written_out(text, &v4.to_string()) => {
                return Err(Refused("its host is a number in an unusual form"));
            }
            Host::Ipv4(v4) => return self.check_literal(v4.into()).map(|()| url),
            Host::Ipv6(v6) => return self.check_literal(v6.into()).map(|()| url),
        };
        if host.is_empty() || !self.hosts.admits(&host) {
            return Err(Refused("its host is not allowed"));
        }
        Ok(url)
    }

    fn check_literal(&self, address: IpAddr) -> Result<(), Refused> {
        let host = address.to_string();
        if !self.hosts.admits(&host) {
            return Err(Refused("its host is not allowed"));
        }
        if self.admits_address(&host, address) { Ok(()) } else { Err(Refused("its address is not allowed")) }
    }

    /// Those of a host's addresses that may be connected to. Asks the kernel, not the network.
    fn admitted(&self, host: &str, addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
        let host = plain_host(host);
        addresses.filter(|address| self.admits_address(&host, address.ip())).collect()
    }

    /// May this address of a host be connected to? All addresses of a host that the operator names may (D5).
    fn admits_address(&self, host: &str, address: IpAddr) -> bool {
        let address = unwrapped(address);
        if self.hosts.names(&host.to_owned()) {
            return true;
        }
        let by_kind = match kind_of(address) {
            Kind::Public => true,
            Kind::Private => self.allow_private,
            Kind::Special => false,
        };
        by_kind && !self.hosts.refuses(&address.to_string()) && !is_own(address)
    }

    /// Judges an address completely: [`UrlJudge::check`], and a name must lead to at least one address that passes.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn judge(&self, text: &str) -> Result<Url, Refused> {
        let url = self.check(text)?;
        if let Some(Host::Domain(name)) = url.host() {
            let found = resolver::look_up(name).await.map_err(|_| Refused("its host has no address"))?;
            if self.admitted(name, found).is_empty() {
                return Err(Refused("none of its addresses is allowed"));
            }
        }
        Ok(url)
    }

    /// Makes the clients of this builder connect to addresses that pass and to no others. `trusted` are hosts that the
    /// operator named elsewhere, such as proxies.
    pub fn guard(self: &Arc<Self>, builder: reqwest::ClientBuilder, trusted: Vec<String>) -> reqwest::ClientBuilder {
        builder.dns_resolver(resolver::Judging::new(Arc::clone(self), trusted))
    }
}

/// A host in the form in which hosts are compared: lower case, without brackets and the dot at the end.
fn plain_host(host: &str) -> String {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    host.parse::<IpAddr>().map_or(host, |address| address.to_string())
}

/// Is the address in the text as it is, and not as a decimal, octal, hexadecimal or short number (D3)?
fn is_written_out(text: &str, address: &str) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(':').next() == Some(address)
}

#[cfg(test)]
mod tests;
