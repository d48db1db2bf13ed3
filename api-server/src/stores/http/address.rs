//! Addresses of images on web servers: locations and the targets of redirects go through the same parser.

use std::fmt;

use url::Url;

use super::super::{StoreError, StoreErrorKind};

/// Where a request goes, with the credentials for this address only.
#[derive(Clone, PartialEq)]
pub(super) struct Address {
    /// Without credentials and fragment.
    pub(super) url: Url,
    /// User and password for Basic authentication, as they are written.
    pub(super) credentials: Option<(String, String)>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, credentials: {})", self.url.origin().ascii_serialization(), self.credentials.is_some())
    }
}

fn bad_uri(reason: &str) -> StoreError {
    StoreErrorKind::BadStoreUri { reason: reason.to_owned() }.into()
}

impl Address {
    /// Reads `http[s]://[USER:PASS@]HOST[:PORT]/PATH[?QUERY]`.
    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad_uri("not an HTTP URL"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(bad_uri("the scheme is neither http nor https"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(split_credentials(credentials)?), host),
            None => (None, authority),
        };
        check_host(host)?;
        let mut url = Url::parse(&format!("{scheme}://{host}{path}")).map_err(|_| bad_uri("not a valid URL"))?;
        url.set_fragment(None);
        Ok(Self { url, credentials })
    }

    /// The address that a redirect from here leads to.
    ///
    /// Only http and https are followed, and never from https down to http (D2). Credentials are those of the target
    /// itself: the ones of this address stay with it.
    pub(super) fn redirected(&self, target: &str) -> Result<Self, StoreError> {
        let joined = self.url.join(target).map_err(|_| bad_uri("a redirect leads to an invalid URL"))?;
        let next = Self::parse(joined.as_str())?;
        if self.url.scheme() == "https" && next.url.scheme() != "https" {
            return Err(bad_uri("a redirect leads from https to http"));
        }
        Ok(next)
    }
}

fn split_credentials(text: &str) -> Result<(String, String), StoreError> {
    match text.split(':').collect::<Vec<_>>().as_slice() {
        [user, password] => Ok(((*user).to_owned(), (*password).to_owned())),
        _ => Err(bad_uri("Credentials are not well-formatted.")),
    }
}

/// A host, perhaps with a port of digits; IPv6 in brackets.
fn check_host(text: &str) -> Result<(), StoreError> {
    let after_address = text.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match text[after_address..].find(':') {
        Some(colon) => (&text[..after_address + colon], Some(&text[after_address + colon + 1..])),
        None => (text, None),
    };
    if host.is_empty() {
        return Err(bad_uri("the URL has no host"));
    }
    match port {
        Some(port) if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(bad_uri("the port is not a number"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("http://host/path", "http://host/path", None),
            ("https://host", "https://host/", None),
            ("http://u:p@host:81/a?b=c#d", "http://host:81/a?b=c", Some(("u", "p"))),
            ("http://u%40x:p%3A@host/a", "http://host/a", Some(("u%40x", "p%3A"))),
            ("http://[::1]:8080/a", "http://[::1]:8080/a", None),
            ("http://host/a@b:c", "http://host/a@b:c", None),
            ("http://host?x=u:p@y", "http://host/?x=u:p@y", None),
        ];
        for (text, url, credentials) in cases {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.url.as_str(), url);
            let pair = address.credentials.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
            assert_eq!(pair, credentials, "{text}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        let bad = [
            "",
            "host",
            "ftp://host/",
            "HTTP://host/",
            "file:///etc/passwd",
            "http://",
            "http:///path",
            "http://:80/",
            "http://host:/",
            "http://host:8x/",
            "http://host:99999/",
            "http://u@host/",
            "http://u:p:q@host/",
            "http://[::1/",
            "http://[]/",
            "http://a b/",
        ];
        for text in bad {
            let error = Address::parse(text).unwrap_err();
            assert!(matches!(error.kind(), StoreErrorKind::BadStoreUri { .. }), "{text}");
        }
    }

    #[test]
    fn redirects_are_judged_by_where_they_lead() {
        let from = |text: &str| Address::parse(text).unwrap();
        let next = from("http://u:p@host/a/b").redirected("../c").unwrap();
        assert_eq!((next.url.as_str(), next.credentials), ("http://host/c", None));
        assert!(from("http://host/").redirected("https://other/").is_ok());
        assert!(from("https://host/").redirected("//other/x").is_ok());
        for target in ["http://host/", "ftp://host/", "file:///etc/passwd", "gopher://x/", "http://"] {
            assert!(from("https://host/").redirected(target).is_err(), "{target}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Address::parse("http://u:secret@host/a?token=secret").unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
