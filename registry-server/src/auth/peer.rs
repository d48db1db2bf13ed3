//! Which peers may speak for others.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use actix_web::http::header::HeaderValue;
use glance_common::registry_api::headers;
use glance_common::registry_auth::{self, Proof, SharedKey, Signed};

use super::Head;
use super::nonces::{Nonces, Seen};
use crate::error::ApiError;

/// How a peer is known. Exactly one way is in force; a request that does not pass it is refused whatever it asks,
/// also when it carries no identity at all.
#[derive(Debug)]
pub enum PeerTrust {
    /// By a signature made with `registry_auth_secret`.
    Secret(Box<SecretTrust>),
    /// By the client certificate that the TLS port has demanded (`ca_file`).
    Certificate,
    /// By its address: loopback or a private network.
    PrivateNetwork,
    /// Not at all: the token of a request says who asks, whoever brings it.
    Anyone,
}

/// The secret, and the signatures that were used already.
#[derive(Debug)]
pub struct SecretTrust {
    key: SharedKey,
    nonces: Mutex<Nonces>,
}

impl PeerTrust {
    /// Peers that know the secret.
    #[must_use]
    pub fn secret(key: SharedKey) -> Self {
        Self::Secret(Box::new(SecretTrust { key, nonces: Mutex::new(Nonces::default()) }))
    }

    /// Let the peer in, or not.
    pub(super) fn admit(&self, head: &Head<'_>) -> Result<Option<Proof>, ApiError> {
        match self {
            Self::Secret(trust) => trust.admit(head, registry_auth::unix_now()).map(Some),
            Self::Certificate | Self::Anyone => Ok(None),
            Self::PrivateNetwork if head.peer.is_some_and(is_private) => Ok(None),
            Self::PrivateNetwork => Err(ApiError::Unauthenticated("the peer is not on a private network")),
        }
    }
}

impl PeerTrust {
    /// Has a peer that was let in proved to be one of the cloud's own?
    pub(super) const fn is_proof(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::Certificate)
    }
}

impl SecretTrust {
    fn admit(&self, head: &Head<'_>, now: u64) -> Result<Proof, ApiError> {
        let refused = ApiError::Unauthenticated("the request is not signed by a peer of this registry");
        let header = head.headers.get(headers::SIGNATURE).and_then(|value| value.to_str().ok());
        let Some(header) = header else { return Err(refused) };
        let signed = Signed {
            method: head.method,
            target: head.target,
            header: |name: &str| head.headers.get(name).map(HeaderValue::as_bytes),
        };
        let proof = match self.key.check(&signed, header, now) {
            Ok(proof) => proof,
            Err(error) => {
                log::warn!("a request of {} was not let in: {error}", shown(head.peer));
                return Err(refused);
            }
        };
        let mut nonces = self.nonces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match nonces.see(proof.stamp) {
            Seen::First => Ok(proof),
            Seen::Again => {
                log::warn!("a request of {} was not let in: its signature was used before", shown(head.peer));
                Err(refused)
            }
            Seen::TooMany => Err(ApiError::Overloaded),
        }
    }
}

fn shown(peer: Option<IpAddr>) -> String {
    peer.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string())
}

/// Loopback, private (RFC 1918, RFC 4193) and link-local addresses, in IPv6 form too.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_private(IpAddr::V4(v4)),
            None => v6 == Ipv6Addr::LOCALHOST || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known() {
        let table = [
            ("127.0.0.1", true),
            ("127.255.0.9", true),
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("192.168.3.4", true),
            ("192.169.0.1", false),
            ("169.254.1.1", true),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("8.8.8.8", false),
            ("::1", true),
            ("::", false),
            ("fd12::1", true),
            ("fc00::1", true),
            ("fe80::1", true),
            ("fec0::1", false),
            ("2001:db8::1", false),
            ("::ffff:10.0.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("::10.0.0.1", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_private(text.parse().unwrap()), expected, "{text}");
        }
    }
}
