//! Table `image_properties`: a row for every name that an image ever had (database §4).

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::Timestamp;
use glance_common::registry_api::{PropertiesChange, PropertyExpectation, PropertyRemove, PropertyWrite};

use super::access::{Scope, image_to_change};
use crate::db::error::on_unique;
use crate::db::rows::PropertyRow;
use crate::db::schema::image_properties as properties;
use crate::db::text::{can_be_stored, check_property};
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Writes one property by itself. `expect: absent` takes a lock such as that of an import (database §4). The time of
/// the image's last change stays.
///
/// # Errors
/// `Duplicate` when it had to be absent and is not, `WrongValue` when it had to have another value, `NotFound`,
/// `Forbidden`, `Invalid`.
pub fn set_property(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    name: &str,
    write: &PropertyWrite,
) -> Result<(), DbError> {
    check_property(name, write.value.as_deref())?;
    image_to_change(session, context, id, Scope::Live)?;
    let row = find(session, id, name)?;
    let live = row.as_ref().filter(|row| !row.deleted);
    match (&write.expect, live) {
        (PropertyExpectation::Absent, Some(_)) => {
            return Err(DbError::Duplicate(format!("the property {name} is set already")));
        }
        (PropertyExpectation::Value(wanted), found) if found.map(|row| &row.value) != Some(wanted) => {
            return Err(DbError::WrongValue);
        }
        _ => {}
    }
    let now = Timestamp::now();
    match row {
        Some(row) => revive(session, &row, write.value.as_deref(), now),
        None => insert(session, id, name, write.value.as_deref(), now),
    }
}

/// Removes one property physically, as a lock must go.
///
/// # Errors
/// `NotFound` when it is absent or has another value than expected, `Forbidden`.
pub fn remove_property(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    name: &str,
    remove: &PropertyRemove,
) -> Result<(), DbError> {
    image_to_change(session, context, id, Scope::Live)?;
    let row = find(session, id, name)?.filter(|row| !row.deleted).ok_or(DbError::NotFound)?;
    let expected = match &remove.expect {
        PropertyExpectation::Any => true,
        PropertyExpectation::Absent => false,
        PropertyExpectation::Value(wanted) => row.value == *wanted,
    };
    if !expected {
        return Err(DbError::NotFound);
    }
    diesel::delete(properties::table.find(row.id)).execute(session.conn)?;
    Ok(())
}

/// Applies a change to the properties of an image: purge, then remove, then set.
pub(super) fn apply(
    session: &mut Session<'_>,
    id: &str,
    change: &PropertiesChange,
    now: Timestamp,
) -> Result<(), DbError> {
    if !change.purge && change.remove.is_empty() && change.set.is_empty() {
        return Ok(());
    }
    let rows: HashMap<String, PropertyRow> = properties::table
        .filter(properties::image_id.eq(id))
        .select(PropertyRow::as_select())
        .load(session.conn)?
        .into_iter()
        .map(|row: PropertyRow| (row.name.clone(), row))
        .collect();
    let kept: HashSet<&String> = change.keep.iter().collect();
    for row in rows.values().filter(|row| !row.deleted && !change.set.contains_key(&row.name)) {
        if change.remove.contains(&row.name) || (change.purge && !kept.contains(&row.name)) {
            mark_deleted(session, row, now)?;
        }
    }
    for (name, value) in change.set.iter().filter(|(name, _)| !kept.contains(name)) {
        check_property(name, value.as_deref())?;
        match rows.get(name) {
            Some(row) if !row.deleted && row.value == *value => {}
            Some(row) => revive(session, row, value.as_deref(), now)?,
            None => insert(session, id, name, value.as_deref(), now)?,
        }
    }
    Ok(())
}

/// Adds the row of a name that the image never had.
pub(super) fn insert(
    session: &mut Session<'_>,
    id: &str,
    name: &str,
    value: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    check_property(name, value)?;
    let at = DbTime::from(now);
    let inserted = diesel::insert_into(properties::table)
        .values((
            properties::image_id.eq(id),
            properties::name.eq(name),
            properties::value.eq(value),
            properties::created_at.eq(at),
            properties::updated_at.eq(Some(at)),
            properties::deleted.eq(false),
        ))
        .execute(session.conn);
    // The image is locked, so this is not a race: the collation of MySQL takes another spelling for the same name.
    on_unique(inserted, || DbError::Duplicate(format!("the property {name} exists in another spelling")))?;
    Ok(())
}

/// Soft-deletes the live properties of a deleted image.
pub(super) fn delete_all(session: &mut Session<'_>, id: &str, now: Timestamp) -> Result<(), DbError> {
    diesel::update(properties::table.filter(properties::image_id.eq(id)))
        .filter(properties::deleted.eq(false))
        .set((properties::deleted.eq(true), properties::deleted_at.eq(Some(DbTime::from(now)))))
        .execute(session.conn)?;
    Ok(())
}

/// The row of a name, deleted or not. Compared here, letter by letter: MySQL would not tell case.
fn find(session: &mut Session<'_>, id: &str, name: &str) -> Result<Option<PropertyRow>, DbError> {
    if !can_be_stored(name) {
        return Ok(None);
    }
    let rows: Vec<PropertyRow> = properties::table
        .filter(properties::image_id.eq(id))
        .filter(properties::name.eq(name))
        .select(PropertyRow::as_select())
        .load(session.conn)?;
    Ok(rows.into_iter().find(|row| row.name == name))
}

/// Gives a row a value and life. `created_at` and `deleted_at` stay, as Glance has it.
fn revive(session: &mut Session<'_>, row: &PropertyRow, value: Option<&str>, now: Timestamp) -> Result<(), DbError> {
    diesel::update(properties::table.find(row.id))
        .set((
            properties::value.eq(value),
            properties::deleted.eq(false),
            properties::updated_at.eq(Some(DbTime::from(now))),
        ))
        .execute(session.conn)?;
    Ok(())
}

fn mark_deleted(session: &mut Session<'_>, row: &PropertyRow, now: Timestamp) -> Result<(), DbError> {
    let at = Some(DbTime::from(now));
    diesel::update(properties::table.find(row.id))
        .set((properties::deleted.eq(true), properties::deleted_at.eq(at), properties::updated_at.eq(at)))
        .execute(session.conn)?;
    Ok(())
}
