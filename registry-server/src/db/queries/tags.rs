//! Table `image_tags`: a new row each time a tag is added (database §4).

use std::collections::HashSet;

use diesel::prelude::*;
use glance_common::model::Timestamp;

use crate::db::rows::TagRow;
use crate::db::schema::image_tags as tags;
use crate::db::text::check_tag;
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Makes the live tags of an image those of the list: removes what is not in it, adds what is missing, in its order.
pub(super) fn replace(session: &mut Session<'_>, id: &str, list: &[String], now: Timestamp) -> Result<(), DbError> {
    let rows: Vec<TagRow> = tags::table.filter(tags::image_id.eq(id)).select(TagRow::as_select()).load(session.conn)?;
    let wanted: HashSet<&str> = list.iter().map(String::as_str).collect();
    let mut present = HashSet::new();
    let at = DbTime::from(now);
    for row in rows.iter().filter(|row| !row.deleted) {
        if wanted.contains(row.value.as_str()) {
            present.insert(row.value.as_str());
            continue;
        }
        diesel::update(tags::table.find(row.id))
            .set((tags::deleted.eq(true), tags::deleted_at.eq(Some(at)), tags::updated_at.eq(Some(at))))
            .execute(session.conn)?;
    }
    for tag in list {
        if present.insert(tag) {
            insert(session, id, tag, at)?;
        }
    }
    Ok(())
}

/// Soft-deletes the live tags of a deleted image.
pub(super) fn delete_all(session: &mut Session<'_>, id: &str, now: Timestamp) -> Result<(), DbError> {
    diesel::update(tags::table.filter(tags::image_id.eq(id)))
        .filter(tags::deleted.eq(false))
        .set((tags::deleted.eq(true), tags::deleted_at.eq(Some(DbTime::from(now)))))
        .execute(session.conn)?;
    Ok(())
}

fn insert(session: &mut Session<'_>, id: &str, tag: &str, at: DbTime) -> Result<(), DbError> {
    check_tag(tag)?;
    diesel::insert_into(tags::table)
        .values((
            tags::image_id.eq(id),
            tags::value.eq(tag),
            tags::created_at.eq(at),
            tags::updated_at.eq(Some(at)),
            tags::deleted.eq(false),
        ))
        .execute(session.conn)?;
    Ok(())
}
