//! The choice of a pipeline by `[paste_deploy] flavor`, by the names that operators know (design: pipelines are built in).

use std::net::IpAddr;

/// How callers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identification {
    /// Nobody is asked: every caller is an administrator of no project.
    Nobody,
    /// Headers of a trusted proxy.
    TrustedHeaders,
    /// Tokens, which the identity service validates.
    Tokens,
}

/// A pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flavor {
    /// How callers are told apart.
    pub identification: Identification,
}

/// A flavor that this server does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlavorError {
    /// No such name.
    #[error(
        "no such pipeline; there are: (empty), keystone and trusted-auth, each alone or with caching or cachemanagement, \
         such as keystone+caching"
    )]
    Unknown,
}

impl Flavor {
    /// The pipeline of this name.
    ///
    /// # Errors
    /// [`FlavorError`] for a name that stands for no pipeline of this server.
    pub fn named(name: Option<&str>) -> Result<Self, FlavorError> {
        let identification = match name.unwrap_or_default().trim() {
            "" | "caching" | "cachemanagement" => Identification::Nobody,
            "trusted-auth" | "trusted-auth+caching" | "trusted-auth+cachemanagement" => Identification::TrustedHeaders,
            "keystone" | "keystone+caching" | "keystone+cachemanagement" => Identification::Tokens,
            _ => return Err(FlavorError::Unknown),
        };
        Ok(Self { identification })
    }

    /// May this pipeline listen there? Who reaches a port that believes identity headers is whoever he says he is.
    #[must_use]
    pub fn may_listen_on(&self, address: IpAddr) -> bool {
        self.identification != Identification::TrustedHeaders || is_private(address)
    }
}

/// Can only this machine and private networks reach the address? All addresses at once are public.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flavors_are_known_by_their_names() {
        for (name, identification) in [
            (None, Identification::Nobody),
            (Some(""), Identification::Nobody),
            (Some("caching"), Identification::Nobody),
            (Some("trusted-auth+caching"), Identification::TrustedHeaders),
            (Some("keystone"), Identification::Tokens),
            (Some("keystone+cachemanagement"), Identification::Tokens),
        ] {
            assert_eq!(Flavor::named(name), Ok(Flavor { identification }), "{name:?}");
        }
        assert_eq!(Flavor::named(Some("caching+trusted-auth")), Err(FlavorError::Unknown));
    }

    #[test]
    fn trusted_headers_stay_in_private_networks() {
        let trusting = Flavor::named(Some("trusted-auth")).unwrap();
        for private in ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "fd00::1", "fe80::1"]
        {
            assert!(trusting.may_listen_on(private.parse().unwrap()), "{private}");
        }
        for public in ["0.0.0.0", "::", "192.0.2.1", "100.64.0.1", "2001:db8::1", "::ffff:192.0.2.1", "::ffff:0.0.0.0"]
        {
            assert!(!trusting.may_listen_on(public.parse().unwrap()), "{public}");
            for other in [None, Some("keystone")] {
                assert!(Flavor::named(other).unwrap().may_listen_on(public.parse().unwrap()), "{public}");
            }
        }
    }
}
