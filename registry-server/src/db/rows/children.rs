//! Rows of the tables that belong to an image.

use diesel::{Queryable, Selectable};
use glance_common::model::{ImageId, Location, MemberStatus, Membership, Timestamp};
use glance_common::registry_api::Member;

use crate::db::schema::{image_locations, image_members, image_properties, image_tags};
use crate::db::text::read_metadata;
use crate::db::time::DbTime;
use crate::db::{DbError, LocationCipher};

/// Declares what all child rows have in common: of which image they are, and whether they are part of it.
macro_rules! child_row {
    ($row:ident) => {
        impl $row {
            /// Does the row belong to the image as it is, or, where that is deleted, as it was last?
            ///
            /// The rows that lived until the end carry the time at which the image was deleted (database §4).
            pub(crate) fn belongs(&self, deleted_at: Option<Timestamp>) -> bool {
                !self.deleted || (deleted_at.is_some() && self.deleted_at.map(Timestamp::from) == deleted_at)
            }
        }
    };
}

/// A custom property.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_properties)]
pub(crate) struct PropertyRow {
    pub(crate) id: i32,
    pub(crate) image_id: String,
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) deleted_at: Option<DbTime>,
    pub(crate) deleted: bool,
}
child_row!(PropertyRow);

/// A tag.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_tags)]
pub(crate) struct TagRow {
    pub(crate) id: i32,
    pub(crate) image_id: String,
    pub(crate) value: String,
    pub(crate) deleted_at: Option<DbTime>,
    pub(crate) deleted: bool,
}
child_row!(TagRow);

/// A location.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_locations)]
pub(crate) struct LocationRow {
    pub(crate) id: i32,
    pub(crate) image_id: String,
    pub(crate) value: String,
    pub(crate) deleted_at: Option<DbTime>,
    pub(crate) deleted: bool,
    pub(crate) meta_data: Option<String>,
    pub(crate) status: String,
}
child_row!(LocationRow);

impl LocationRow {
    /// The location, its URL in plain text.
    pub(crate) fn into_location(self, cipher: &LocationCipher) -> Result<Location, DbError> {
        Ok(Location {
            id: self.id.into(),
            status: self.status.parse().map_err(DbError::internal)?,
            metadata: read_metadata(self.meta_data.as_deref()),
            url: cipher.open(self.value),
        })
    }
}

/// A member.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_members)]
pub(crate) struct MemberRow {
    pub(crate) id: i32,
    pub(crate) image_id: String,
    pub(crate) member: String,
    pub(crate) can_share: bool,
    pub(crate) created_at: DbTime,
    pub(crate) updated_at: Option<DbTime>,
    pub(crate) deleted: bool,
    pub(crate) status: String,
}

impl MemberRow {
    /// What the member is to the image.
    pub(crate) fn membership(&self) -> Result<Membership, DbError> {
        let status: MemberStatus = self.status.parse().map_err(DbError::internal)?;
        Ok(Membership { status, can_share: self.can_share })
    }

    /// The member as peers see it.
    pub(crate) fn into_member(self) -> Result<Member, DbError> {
        Ok(Member {
            image_id: ImageId::parse(&self.image_id).map_err(DbError::internal)?,
            status: self.status.parse().map_err(DbError::internal)?,
            member: self.member,
            can_share: self.can_share,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.unwrap_or(self.created_at).into(),
        })
    }
}
