//! Rows of `images`.

use std::collections::BTreeMap;

use diesel::dsl::AsSelect;
use diesel::{AsChangeset, Expression, Insertable, Queryable, Selectable};
use glance_common::model::{Image, ImageId, ImageStatus, Timestamp, Visibility};
use glance_common::registry_api::{ImageFields, NewImage, Patch};

use crate::db::DbError;
use crate::db::connection::MultiBackend;
use crate::db::dialect::{Fragment, fragment};
use crate::db::schema::images;
use crate::db::time::DbTime;

/// A row that was read.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = images)]
pub(crate) struct ImageRow {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) size: Option<i64>,
    pub(crate) status: String,
    pub(crate) created_at: DbTime,
    pub(crate) updated_at: Option<DbTime>,
    pub(crate) deleted_at: Option<DbTime>,
    pub(crate) deleted: bool,
    pub(crate) disk_format: Option<String>,
    pub(crate) container_format: Option<String>,
    pub(crate) checksum: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) min_disk: i32,
    pub(crate) min_ram: i32,
    pub(crate) protected: bool,
    pub(crate) virtual_size: Option<i64>,
    pub(crate) visibility: String,
    pub(crate) os_hidden: bool,
    pub(crate) os_hash_algo: Option<String>,
    pub(crate) os_hash_value: Option<String>,
}

/// What a whole row selects.
pub(crate) type ImageRowType = <AsSelect<ImageRow, MultiBackend> as Expression>::SqlType;

/// The columns of a whole row, as `ImageRow::as_select()` lists them. Diesel writes the text of a statement several times
/// for each execution, name by name: in the statements that run all the time that is most of the work.
pub(crate) const IMAGE_COLUMNS: Fragment<ImageRowType> = fragment(
    "images.id, images.name, images.size, images.status, images.created_at, images.updated_at, images.deleted_at, \
     images.deleted, images.disk_format, images.container_format, images.checksum, images.owner, images.min_disk, \
     images.min_ram, images.protected, images.virtual_size, images.visibility, images.os_hidden, \
     images.os_hash_algo, images.os_hash_value",
);

impl ImageRow {
    /// The status as a word this program knows.
    pub(crate) fn status(&self) -> Result<ImageStatus, DbError> {
        self.status.parse().map_err(DbError::internal)
    }

    /// The visibility as a word this program knows.
    pub(crate) fn visibility(&self) -> Result<Visibility, DbError> {
        self.visibility.parse().map_err(DbError::internal)
    }

    /// The owner; an empty text counts as none.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.as_deref().filter(|owner| !owner.is_empty())
    }

    /// The image without what is in other tables.
    pub(crate) fn into_image(self) -> Result<Image, DbError> {
        let created_at = Timestamp::from(self.created_at);
        Ok(Image {
            status: self.status()?,
            visibility: self.visibility()?,
            owner: self.owner().map(str::to_owned),
            id: ImageId::parse(&self.id).map_err(DbError::internal)?,
            name: self.name,
            size: self.size,
            virtual_size: self.virtual_size,
            disk_format: self.disk_format,
            container_format: self.container_format,
            checksum: self.checksum,
            os_hash_algo: self.os_hash_algo,
            os_hash_value: self.os_hash_value,
            min_disk: self.min_disk,
            min_ram: self.min_ram,
            protected: self.protected,
            os_hidden: self.os_hidden,
            created_at,
            updated_at: self.updated_at.map_or(created_at, Timestamp::from),
            deleted_at: self.deleted_at.map(Timestamp::from),
            deleted: self.deleted,
            properties: BTreeMap::new(),
            tags: Vec::new(),
            locations: Vec::new(),
            membership: None,
            version: 0,
        })
    }
}

/// A row to insert. The visibility is not in it, see [`crate::db::dialect::visibility_literal`].
#[derive(Debug, Insertable)]
#[diesel(table_name = images)]
pub(crate) struct NewImageRow<'a> {
    id: &'a str,
    name: Option<&'a str>,
    size: Option<i64>,
    status: &'static str,
    created_at: DbTime,
    updated_at: Option<DbTime>,
    deleted: bool,
    disk_format: Option<&'a str>,
    container_format: Option<&'a str>,
    checksum: Option<&'a str>,
    owner: Option<&'a str>,
    min_disk: i32,
    min_ram: i32,
    protected: bool,
    virtual_size: Option<i64>,
    os_hidden: bool,
    os_hash_algo: Option<&'a str>,
    os_hash_value: Option<&'a str>,
}

impl<'a> NewImageRow<'a> {
    /// The row of a new image; `now` where it has no times of its own.
    pub(crate) fn new(id: &'a str, new: &'a NewImage, now: Timestamp) -> Self {
        let created_at = new.created_at.unwrap_or(now);
        Self {
            id,
            name: new.name.as_deref(),
            size: new.size,
            status: new.status.as_str(),
            created_at: created_at.into(),
            updated_at: Some(new.updated_at.unwrap_or(created_at).into()),
            deleted: false,
            disk_format: new.disk_format.as_deref(),
            container_format: new.container_format.as_deref(),
            checksum: new.checksum.as_deref(),
            owner: stored_owner(new.owner.as_deref()),
            min_disk: new.min_disk,
            min_ram: new.min_ram,
            protected: new.protected,
            virtual_size: new.virtual_size,
            os_hidden: new.os_hidden,
            os_hash_algo: new.os_hash_algo.as_deref(),
            os_hash_value: new.os_hash_value.as_deref(),
        }
    }
}

/// An empty owner is stored as NULL (database §2.1).
pub(crate) fn stored_owner(owner: Option<&str>) -> Option<&str> {
    owner.filter(|owner| !owner.is_empty())
}

/// Columns to change; none keeps a column, `Some(None)` writes NULL. The visibility is written by itself.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = images)]
pub(crate) struct ImageChanges<'a> {
    name: Option<Option<&'a str>>,
    status: Option<&'static str>,
    owner: Option<Option<&'a str>>,
    size: Option<Option<i64>>,
    virtual_size: Option<Option<i64>>,
    disk_format: Option<Option<&'a str>>,
    container_format: Option<Option<&'a str>>,
    checksum: Option<Option<&'a str>>,
    os_hash_algo: Option<Option<&'a str>>,
    os_hash_value: Option<Option<&'a str>>,
    min_disk: Option<i32>,
    min_ram: Option<i32>,
    protected: Option<bool>,
    os_hidden: Option<bool>,
    updated_at: Option<DbTime>,
}

impl<'a> ImageChanges<'a> {
    /// The columns of a change, and the time of it.
    pub(crate) fn new(set: &'a ImageFields, now: Timestamp) -> Self {
        Self {
            name: text(&set.name),
            status: set.status.as_set().map(|status| status.as_str()),
            owner: text(&set.owner).map(stored_owner),
            size: set.size.as_set().copied(),
            virtual_size: set.virtual_size.as_set().copied(),
            disk_format: text(&set.disk_format),
            container_format: text(&set.container_format),
            checksum: text(&set.checksum),
            os_hash_algo: text(&set.os_hash_algo),
            os_hash_value: text(&set.os_hash_value),
            min_disk: set.min_disk.as_set().copied(),
            min_ram: set.min_ram.as_set().copied(),
            protected: set.protected.as_set().copied(),
            os_hidden: set.os_hidden.as_set().copied(),
            updated_at: Some(now.into()),
        }
    }
}

fn text(patch: &Patch<Option<String>>) -> Option<Option<&str>> {
    patch.as_set().map(Option::as_deref)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use diesel::prelude::*;
    use diesel::sqlite::Sqlite;

    use super::*;

    #[test]
    fn the_columns_are_those_of_the_row() {
        let derived = diesel::debug_query::<Sqlite, _>(&images::table.select(ImageRow::as_select())).to_string();
        let by_hand = diesel::debug_query::<Sqlite, _>(&images::table.select(IMAGE_COLUMNS)).to_string();
        assert_eq!(derived.replace(['`', '"'], ""), by_hand.replace(['`', '"'], ""));
    }
}
