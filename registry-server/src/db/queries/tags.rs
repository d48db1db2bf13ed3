//! Table `image_tags`: a new row each time a tag is added (database §4).

use std::collections::HashSet;

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::Timestamp;
use glance_common::registry_api::TagAdd;

use super::access::{Scope, image_to_change, touch};
use crate::db::rows::TagRow;
use crate::db::schema::image_tags as tags;
use crate::db::text::check_tag;
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Adds a tag by itself; one that is there already stays. Either way the image counts as updated.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `LimitExceeded` when there would be too many different ones.
pub fn add_tag(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    tag: &str,
    add: TagAdd,
) -> Result<(), DbError> {
    check_tag(tag)?;
    let image = image_to_change(session, context, id, Scope::Live)?;
    let is_new = !image.tags.iter().any(|own| own == tag);
    let attempted = i64::try_from(image.tags.len()).unwrap_or(i64::MAX).saturating_add(is_new.into());
    if let Some(maximum) = add.maximum.filter(|maximum| attempted > *maximum) {
        return Err(DbError::LimitExceeded { maximum, attempted });
    }
    let now = Timestamp::now();
    if is_new {
        insert(session, id, tag, DbTime::from(now))?;
    }
    touch(session, id, now)
}

/// Removes a tag by itself.
///
/// # Errors
/// `NotFound` for the image or the tag, `Forbidden`.
pub fn remove_tag(session: &mut Session<'_>, context: &RequestContext, id: &str, tag: &str) -> Result<(), DbError> {
    let mut image = image_to_change(session, context, id, Scope::Live)?;
    let before = image.tags.len();
    image.tags.retain(|own| own != tag);
    if image.tags.len() == before {
        return Err(DbError::NotFound);
    }
    let now = Timestamp::now();
    replace(session, id, &image.tags, now)?;
    touch(session, id, now)
}

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
