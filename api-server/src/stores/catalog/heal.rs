//! Healing of locations whose store id is missing or no longer configured (spec/stores.md §1.4).

use super::super::Location;

/// What healing needs to know of a configured store.
#[derive(Debug, Clone)]
pub struct StorePrefixes<'a> {
    /// Its id.
    pub id: &'a str,
    /// Beginnings of the URLs it writes.
    pub prefixes: Vec<String>,
}

/// Gives every location whose metadata names no configured store the id of the first store, in the order given,
/// that has a prefix its URL starts with. Returns whether a location was changed and should be saved.
pub fn heal(locations: &mut [Location], stores: &[StorePrefixes<'_>]) -> bool {
    let mut changed = false;
    for location in locations {
        let known = location.store_id().is_some_and(|id| stores.iter().any(|store| store.id == id));
        if known {
            continue;
        }
        if let Some(owner) = owner(&location.url, stores) {
            location.set_store_id(owner);
            changed = true;
        }
    }
    changed
}

/// Id of the first store that has a prefix which the URL starts with.
pub(super) fn owner<'a>(url: &str, stores: &[StorePrefixes<'a>]) -> Option<&'a str> {
    let is_owner = |store: &&StorePrefixes<'_>| store.prefixes.iter().any(|prefix| url.starts_with(prefix));
    stores.iter().find(is_owner).map(|store| store.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stores() -> Vec<StorePrefixes<'static>> {
        vec![
            StorePrefixes { id: "fast", prefixes: vec!["file:///fast/".to_owned(), "file:///fast2/".to_owned()] },
            StorePrefixes { id: "all", prefixes: vec!["file:///".to_owned()] },
            StorePrefixes { id: "web", prefixes: vec!["http".to_owned()] },
        ]
    }

    #[test]
    fn the_first_store_with_a_fitting_prefix_owns_the_location() {
        let cases = [
            ("file:///fast/a", None, Some("fast"), true),
            ("file:///fast2/a", Some("gone"), Some("fast"), true),
            ("file:///slow/a", None, Some("all"), true),
            ("file:///fast/a", Some("all"), Some("all"), false),
            ("https://host/a", None, Some("web"), true),
            ("rbd://a", Some("gone"), Some("gone"), false),
            ("rbd://a", None, None, false),
        ];
        for (url, before, after, changed) in cases {
            let mut location = Location::new(url);
            if let Some(id) = before {
                location.set_store_id(id);
            }
            let mut locations = [location];
            assert_eq!(heal(&mut locations, &stores()), changed, "{url}");
            assert_eq!(locations[0].store_id(), after, "{url}");
        }
    }
}
