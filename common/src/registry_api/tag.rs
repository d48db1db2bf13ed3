//! Tags of an image, one by one.

use serde::{Deserialize, Serialize};

/// Add a tag by itself. One that is there already stays where it is.
///
/// Errors: `not_found`, `forbidden`, `limit_exceeded`, `invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TagAdd {
    /// Refuse when the image would have more tags than this; none sets no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
}
