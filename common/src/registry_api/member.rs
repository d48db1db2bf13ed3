//! Members of an image: the projects that it is offered to.

use serde::{Deserialize, Serialize};

use crate::model::{Image, ImageId, MemberStatus, Timestamp};

/// A project that an image is offered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The image.
    pub image_id: ImageId,
    /// The project's id. Nobody checks that it exists.
    pub member: String,
    /// What the project said to the offer.
    pub status: MemberStatus,
    /// The project may share the image on (API v1).
    pub can_share: bool,
    /// When the project was first made a member.
    pub created_at: Timestamp,
    /// When the membership last changed.
    pub updated_at: Timestamp,
}

/// Answer to a list of members: with the image, so that a caller can be judged without another call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberList {
    /// The image, as the caller sees it.
    pub image: Image,
    /// Its members in the order in which their rows were made: all for the owner and administrators, for others their
    /// own row.
    pub members: Vec<Member>,
}

/// Make a project a member. A removed membership comes back, with its time of creation; the image's `updated_at` stays.
///
/// Errors: `not_found`, `forbidden` (only the owner, administrators and members with `can_share` share an image),
/// `limit_exceeded` before `duplicate` (it is a member already), `invalid` for ids that no database can hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewMember {
    /// What the project said to the offer; `pending` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MemberStatus>,
    /// The project may share the image on.
    pub can_share: bool,
    /// Refuse when the image would have more members than this; none sets no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
}

/// Change a membership. Fields that are absent stay as they are; the image's `updated_at` stays.
///
/// Errors: `not_found`, `forbidden` (the status is the member's own to change, `can_share` is not).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberUpdate {
    /// What the project says to the offer: the member itself, or an administrator (security requirement A9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MemberStatus>,
    /// The project may share the image on: those who may add members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_share: Option<bool>,
}
