//! Limits on what a project uses. They are checked, and what a transfer needs is reserved, in the transaction of the
//! change itself, so that any number of callers on any number of nodes never pass them together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a project may only have so much of. In the order in which limits are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resource {
    /// Bytes of all copies of the project's images.
    #[serde(rename = "user_storage_quota")]
    UserStorage,
    /// The same in MiB, rounded down.
    #[serde(rename = "image_size_total")]
    SizeTotal,
    /// MiB of the images that are staged or being copied, rounded down.
    #[serde(rename = "image_stage_total")]
    StageTotal,
    /// Images, those without data included.
    #[serde(rename = "image_count_total")]
    CountTotal,
    /// Images whose data is on its way.
    #[serde(rename = "image_count_uploading")]
    CountUploading,
}

impl Resource {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::UserStorage, Self::SizeTotal, Self::StageTotal, Self::CountTotal, Self::CountUploading];

    /// The name that clients and operators know.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserStorage => "user_storage_quota",
            Self::SizeTotal => "image_size_total",
            Self::StageTotal => "image_stage_total",
            Self::CountTotal => "image_count_total",
            Self::CountUploading => "image_count_uploading",
        }
    }

    /// A number of bytes in the unit of the limit; 0 for limits that count images.
    #[must_use]
    pub const fn units(self, bytes: i64) -> i64 {
        match self {
            Self::UserStorage => bytes,
            Self::SizeTotal | Self::StageTotal => bytes.div_euclid(MIB),
            Self::CountTotal | Self::CountUploading => 0,
        }
    }

    /// The largest number of bytes that is as many `units` of the limit.
    #[must_use]
    pub const fn most_bytes(self, units: i64) -> i64 {
        match self {
            Self::UserStorage => units,
            Self::SizeTotal | Self::StageTotal => units.saturating_add(1).saturating_mul(MIB).saturating_sub(1),
            Self::CountTotal | Self::CountUploading => i64::MAX,
        }
    }
}

const MIB: i64 = 1024 * 1024;

/// Limits to check together with a change. A limit holds when what the project uses and what the change adds are no
/// more than it; an image that begins to be written counts already, one that is created is added.
///
/// With a lease that is taken in the same change, `bytes` are reserved, unless the change itself stores locations: the
/// project uses them until the lease ends, whoever ends it. What is reserved counts for the owner of the image.
///
/// Errors: `over_quota` with details, and then nothing has changed; `forbidden` for the limits of another project.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaClaim {
    /// Whose limits: nearly always the caller's project; none stands for what belongs to nobody.
    pub project: Option<String>,
    /// The largest amounts allowed, in the unit of each. What is not named is not limited.
    pub limits: BTreeMap<Resource, i64>,
    /// Bytes that are added; none when that is not known yet: then something has to be left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// The bytes of the image itself do not count as used: they are replaced.
    #[serde(skip_serializing_if = "is_false")]
    pub replaces: bool,
}

/// A reservation that has to become larger, by the bytes that have come already.
///
/// Errors: `over_quota` when not even `at_least` is left, and then the reservation stays as it was; `lease_lost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservationGrowth {
    /// Who holds the lease.
    pub holder: String,
    /// As in [`QuotaClaim`].
    pub project: Option<String>,
    /// As in [`QuotaClaim`].
    pub limits: BTreeMap<Resource, i64>,
    /// Bytes to be reserved in all, or the call is refused.
    pub at_least: i64,
    /// Bytes to be reserved in all if as many are left.
    pub wish: i64,
}

/// What is reserved under a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Bytes in all.
    pub bytes: i64,
}

/// What a project uses, reservations included: answer to `GET /v3/usage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes of all copies of its images, and those reserved for uploads.
    pub stored: i64,
    /// Bytes of images that are staged or being copied, and those reserved for staging.
    pub staged: i64,
    /// Images.
    pub images: i64,
    /// Images whose data is on its way.
    pub uploading: i64,
}

impl Usage {
    /// How much of a limit is used, in its unit.
    #[must_use]
    pub const fn of(&self, resource: Resource) -> i64 {
        match resource {
            Resource::UserStorage | Resource::SizeTotal => resource.units(self.stored),
            Resource::StageTotal => resource.units(self.staged),
            Resource::CountTotal => self.images,
            Resource::CountUploading => self.uploading,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for resource in Resource::ALL {
            assert_eq!(serde_json::to_value(resource).unwrap(), resource.as_str());
        }
    }

    #[test]
    fn bytes_become_units_and_back() {
        let mib = 1024 * 1024;
        for (resource, bytes, units) in [
            (Resource::UserStorage, 7, 7),
            (Resource::SizeTotal, mib - 1, 0),
            (Resource::SizeTotal, mib, 1),
            (Resource::StageTotal, 5 * mib + 3, 5),
            (Resource::CountTotal, mib, 0),
        ] {
            assert_eq!(resource.units(bytes), units, "{resource:?} {bytes}");
            assert_eq!(resource.units(resource.most_bytes(units)), units, "{resource:?}");
            if resource.units(1 << 40) > 0 {
                assert_eq!(resource.units(resource.most_bytes(units) + 1), units + 1, "{resource:?}");
            }
        }
        assert_eq!(Resource::SizeTotal.most_bytes(i64::MAX), i64::MAX - 1);
    }

    #[test]
    fn usage_is_given_in_the_unit_of_the_limit() {
        let usage = Usage { stored: 3 << 20, staged: (1 << 20) - 1, images: 4, uploading: 2 };
        let all: Vec<i64> = Resource::ALL.iter().map(|resource| usage.of(*resource)).collect();
        assert_eq!(all, [3 << 20, 3, 0, 4, 2]);
    }
}
