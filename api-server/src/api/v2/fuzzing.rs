//! The ways in of the fuzz targets (`tests/fuzz`) to what no other crate sees. Only there in their builds.

use super::json_patch::{self, Dialect};
use super::query::{self, PageLimits};
use crate::domain::{FormatLists, ImageSchema};

/// Reads a body of PATCH, in the older dialect or the newer one.
pub fn json_patch(old: bool, body: &[u8]) {
    let formats = FormatLists { disk: vec!["raw".into(), "qcow2".into()], container: vec!["bare".into()] };
    let dialect = if old { Dialect::V20 } else { Dialect::V21 };
    let Ok(body) = serde_json::from_slice(body) else { return };
    if let Err(refusal) = json_patch::read(dialect, &ImageSchema::from(formats), body) {
        assert!(!refusal.text.is_empty());
    }
}

/// Reads the query string of a list.
pub fn list_query(text: &str) {
    let limits = PageLimits { default: 25, maximum: 1000 };
    let Ok(pairs) = glance_common::http::query::parse(text) else { return };
    match query::read(&pairs, limits) {
        Ok(query) => assert!(query.filters.len() <= 64 && query.limit.is_some_and(|limit| limit <= 1000)),
        Err(refusal) => assert!(!refusal.text.is_empty()),
    }
}
