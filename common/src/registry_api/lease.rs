//! Leases for work in progress: who works on what, and until when others must wait before they take over.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{ImageId, Timestamp};

/// A lease to take.
///
/// Errors: `lease_held` while another lease on the same resource has not expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLease {
    /// Id chosen by the holder (a UUID), so that it knows it before the answer arrives.
    pub id: String,
    /// Kind of work, for instance `upload`; at most 32 characters.
    pub kind: String,
    /// What is worked on, for instance `image/<id>`; at most 255 characters. One live lease each.
    pub resource: String,
    /// The image concerned, if any.
    #[serde(default)]
    pub image_id: Option<ImageId>,
    /// Who works: names node and process; at most 255 characters.
    pub holder: String,
    /// Seconds until others may take over, 1 to 86400.
    pub seconds: u32,
    /// What a successor needs to know to finish or undo the work.
    #[serde(default)]
    pub detail: Value,
}

/// A lease as the registry holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Id.
    pub id: String,
    /// Kind of work.
    pub kind: String,
    /// What is worked on.
    pub resource: String,
    /// The image concerned, if any.
    pub image_id: Option<ImageId>,
    /// Who works.
    pub holder: String,
    /// When it was first taken.
    pub created_at: Timestamp,
    /// When others may take over, by the registry's clock.
    pub expires_at: Timestamp,
    /// What a successor needs to know.
    pub detail: Value,
}

/// Keep a lease (or, with `claim`, take over an expired one).
///
/// Errors: `lease_lost` when it is gone or held by another; `lease_held` when a claimed one has not expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseRenewal {
    /// Who works from now on.
    pub holder: String,
    /// Seconds from now until others may take over, 1 to 86400.
    pub seconds: u32,
    /// New notes for a successor; absent keeps the old ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// Answer to `GET /v3/leases`: at most 1000, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseList {
    /// The leases.
    pub leases: Vec<Lease>,
}
