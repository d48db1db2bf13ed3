//! Where an object is: a URL that only its store understands, with the location's metadata.

use std::fmt;

use serde_json::{Map, Value};

/// Key of the location metadata that names the store.
const STORE_KEY: &str = "store";

/// A stored object's address, as kept in the registry.
///
/// The URL may hold credentials; `Debug` and [`Location::redacted`] hide them.
#[derive(Clone, PartialEq)]
pub struct Location {
    /// `scheme://…`, byte for byte as the original's drivers write it (spec/stores.md §1.1).
    pub url: String,
    /// JSON object with strings, lists and objects; `store` names the store in a multi-store set-up.
    pub metadata: Map<String, Value>,
}

impl Location {
    /// A location without metadata.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), metadata: Map::new() }
    }

    /// The URL's scheme as it is written, without `://`; empty for a text that has none.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The store that the metadata names, if any.
    #[must_use]
    pub fn store_id(&self) -> Option<&str> {
        self.metadata.get(STORE_KEY).and_then(Value::as_str)
    }

    /// Notes in the metadata which store keeps the object.
    pub fn set_store_id(&mut self, id: &str) {
        self.metadata.insert(STORE_KEY.to_owned(), Value::from(id));
    }

    /// The URL with user, password and query replaced by stars, for logs.
    #[must_use]
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else {
            return "***".to_owned();
        };
        let bare = rest.split_once('?').map_or(rest, |(path, _)| path);
        // The last at sign ends the credentials: keys may hold at signs and slashes themselves.
        let (secret, place) = bare.rsplit_once('@').map_or(("", bare), |(_, place)| ("***@", place));
        let query = if bare.len() < rest.len() { "?***" } else { "" };
        format!("{scheme}://{secret}{place}{query}")
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location").field("url", &self.redacted()).field("metadata", &self.metadata).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_queries_never_show() {
        let cases = [
            ("file:///a/b", "file:///a/b"),
            ("http://u:p@host/x", "http://***@host/x"),
            ("swift+https://t%3Au:k/e@y@host/c/o", "swift+https://***@host/c/o"),
            ("https://host/x?sig=1", "https://host/x?***"),
            ("https://host/x?u=a@b", "https://host/x?***"),
            ("secret", "***"),
        ];
        for (url, shown) in cases {
            assert_eq!(Location::new(url).redacted(), shown);
            assert!(format!("{:?}", Location::new(url)).contains(shown));
        }
    }
}
