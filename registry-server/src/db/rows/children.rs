//! Rows of the tables that belong to an image.

use diesel::{Queryable, Selectable};
use glance_common::model::{ImageId, Location, MemberStatus, Membership, Timestamp};
use glance_common::registry_api::Member;

use crate::db::schema::{image_locations, image_members, image_properties, image_tags};
use crate::db::text::read_metadata;
use crate::db::time::DbTime;
use crate::db::{DbError, LocationCipher};

/// A row of any of these tables, as an image is put together from them (`queries::children`).
#[derive(Debug, Queryable)]
pub(crate) struct ChildRow {
    /// The number of its [`Kind`].
    kind: i32,
    pub(crate) image_id: String,
    /// The row's id; of a version, the version.
    pub(crate) number: i64,
    /// Its URL, name, tag or project.
    pub(crate) text: Option<String>,
    /// The metadata of a location, the value of a property.
    pub(crate) more: Option<String>,
    status: Option<String>,
    can_share: bool,
    deleted: bool,
    deleted_at: Option<DbTime>,
}

/// What a [`ChildRow`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Location,
    Property,
    Tag,
    Version,
    Member,
}

impl ChildRow {
    /// What the row is.
    pub(crate) fn kind(&self) -> Result<Kind, DbError> {
        let kinds = [Kind::Location, Kind::Property, Kind::Tag, Kind::Version, Kind::Member];
        let place = usize::try_from(self.kind - 1).unwrap_or(usize::MAX);
        kinds.get(place).copied().ok_or_else(|| DbError::internal("a row of no known table"))
    }

    /// Does the row belong to the image as it is, or, where that is deleted, as it was last?
    ///
    /// The rows that lived until the end carry the time at which the image was deleted (database §4).
    pub(crate) fn belongs(&self, deleted_at: Option<Timestamp>) -> bool {
        self.is_live() || (deleted_at.is_some() && self.deleted_at.map(Timestamp::from) == deleted_at)
    }

    /// Is the row not deleted?
    pub(crate) fn is_live(&self) -> bool {
        !self.deleted
    }

    /// The location, its URL in plain text.
    pub(crate) fn into_location(self, cipher: &LocationCipher) -> Result<Location, DbError> {
        let url = self.text.unwrap_or_default();
        location(self.number, url, self.more.as_deref(), self.status.as_deref(), cipher)
    }

    /// What the member is to the image.
    pub(crate) fn membership(&self) -> Result<Membership, DbError> {
        let status: MemberStatus = self.status.as_deref().unwrap_or_default().parse().map_err(DbError::internal)?;
        Ok(Membership { status, can_share: self.can_share })
    }
}

/// A location as it is stored, made readable.
fn location(
    id: i64,
    stored_url: String,
    metadata: Option<&str>,
    status: Option<&str>,
    cipher: &LocationCipher,
) -> Result<Location, DbError> {
    Ok(Location {
        id,
        status: status.unwrap_or_default().parse().map_err(DbError::internal)?,
        metadata: read_metadata(metadata),
        url: cipher.open(stored_url),
    })
}

/// A custom property.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_properties)]
pub(crate) struct PropertyRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) deleted: bool,
}

/// A tag.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_tags)]
pub(crate) struct TagRow {
    pub(crate) id: i32,
    pub(crate) value: String,
    pub(crate) deleted: bool,
}

/// A location.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = image_locations)]
pub(crate) struct LocationRow {
    pub(crate) id: i32,
    pub(crate) value: String,
    pub(crate) deleted: bool,
    pub(crate) meta_data: Option<String>,
    pub(crate) status: String,
}

impl LocationRow {
    /// The location, its URL in plain text.
    pub(crate) fn into_location(self, cipher: &LocationCipher) -> Result<Location, DbError> {
        location(self.id.into(), self.value, self.meta_data.as_deref(), Some(&self.status), cipher)
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
