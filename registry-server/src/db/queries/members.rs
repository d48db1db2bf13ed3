//! Table `image_members`: one row for every project that an image was ever offered to (database §4, registry §16).
//!
//! Changes take the lock of the image, but are no changes of it: neither its time nor its version moves.

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::access::is_mutable;
use glance_common::model::{Image, MemberStatus, Timestamp};
use glance_common::registry_api::{Member, MemberList, MemberUpdate, NewMember};

use super::access::{Scope, visible_image};
use super::versions;
use crate::db::rows::MemberRow;
use crate::db::schema::image_members as members;
use crate::db::text::check_member;
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// The members of an image that the caller may see, with the image.
///
/// # Errors
/// `NotFound` for the image.
pub fn list_members(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<MemberList, DbError> {
    let image = visible_image(session, context, id, Scope::Live)?;
    let rows = rows_of(session, id)?.into_iter().filter(|row| !row.deleted && sees(context, &image, &row.member));
    let members = rows.map(MemberRow::into_member).collect::<Result<_, _>>()?;
    Ok(MemberList { image, members })
}

/// Makes a project a member: a new row, or the removed one revived.
///
/// # Errors
/// `NotFound`, `Forbidden`, `LimitExceeded`, `Duplicate`, `Invalid`.
pub fn add_member(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    member: &str,
    new: &NewMember,
) -> Result<Member, DbError> {
    check_member(member)?;
    let image = hold_image(session, context, id)?;
    require_sharer(context, &image)?;
    let rows = rows_of(session, id)?;
    check_number(&rows, new.maximum)?;
    let known = newest_of(&rows, member);
    if known.is_some_and(|row| !row.deleted) {
        return Err(DbError::Duplicate(format!("{member} is a member of the image already")));
    }
    let status = new.status.unwrap_or(MemberStatus::Pending);
    match known {
        Some(row) => {
            // `created_at` and `deleted_at` stay, as Glance has it.
            diesel::update(members::table.find(row.id))
                .set((
                    members::status.eq(status.as_str()),
                    members::can_share.eq(new.can_share),
                    members::deleted.eq(false),
                    members::updated_at.eq(Some(DbTime::from(Timestamp::now()))),
                ))
                .execute(session.conn)?;
        }
        None => insert(session, id, member, status, new.can_share)?,
    }
    live_row(session, id, member)?.into_member()
}

/// Changes a membership.
///
/// # Errors
/// `NotFound` for the image, or a member that is missing or hidden; `Forbidden`.
pub fn update_member(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    member: &str,
    update: MemberUpdate,
) -> Result<Member, DbError> {
    let image = hold_image(session, context, id)?;
    let row = visible_row(session, context, &image, member)?;
    if update.status.is_some() && !context.is_admin && !is_caller(context, member) {
        return Err(DbError::Forbidden("Only the member itself may change its status."));
    }
    if update.can_share.is_some() {
        require_sharer(context, &image)?;
    }
    diesel::update(members::table.find(row.id))
        .set((
            members::status.eq(update.status.map_or(row.status, |status| status.as_str().to_owned())),
            members::can_share.eq(update.can_share.unwrap_or(row.can_share)),
            members::updated_at.eq(Some(DbTime::from(Timestamp::now()))),
        ))
        .execute(session.conn)?;
    live_row(session, id, member)?.into_member()
}

/// Removes a membership; the row stays.
///
/// # Errors
/// As [`update_member`].
pub fn remove_member(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    member: &str,
) -> Result<(), DbError> {
    let image = hold_image(session, context, id)?;
    let row = visible_row(session, context, &image, member)?;
    require_sharer(context, &image)?;
    let at = Some(DbTime::from(Timestamp::now()));
    diesel::update(members::table.find(row.id))
        .set((members::deleted.eq(true), members::deleted_at.eq(at), members::updated_at.eq(at)))
        .execute(session.conn)?;
    Ok(())
}

/// Makes other changes of the image wait, and finds it.
fn hold_image(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<Image, DbError> {
    versions::hold(session, id)?;
    visible_image(session, context, id, Scope::Live)
}

/// Owners, administrators, and members who may share the image on.
fn require_sharer(context: &RequestContext, image: &Image) -> Result<(), DbError> {
    let may_share_on = image.membership.is_some_and(|own| own.can_share);
    if is_mutable(context, image.owner.as_deref()) || (may_share_on && !context.read_only) {
        return Ok(());
    }
    Err(DbError::Forbidden("No permission to share that image"))
}

/// May the caller know of this member of an image that it sees? Owners and administrators know all, others themselves.
fn sees(context: &RequestContext, image: &Image, member: &str) -> bool {
    context.is_admin || context.owns(image.owner.as_deref()) || is_caller(context, member)
}

fn is_caller(context: &RequestContext, member: &str) -> bool {
    context.project_id.as_deref() == Some(member)
}

/// A live row, where the caller sees it, or may remove and share as it likes.
fn visible_row(
    session: &mut Session<'_>,
    context: &RequestContext,
    image: &Image,
    member: &str,
) -> Result<MemberRow, DbError> {
    if !sees(context, image, member) && require_sharer(context, image).is_err() {
        return Err(DbError::NotFound);
    }
    live_row(session, image.id.as_str(), member)
}

fn check_number(rows: &[MemberRow], maximum: Option<i64>) -> Result<(), DbError> {
    let live = rows.iter().filter(|row| !row.deleted).count();
    let attempted = i64::try_from(live).unwrap_or(i64::MAX).saturating_add(1);
    match maximum {
        Some(maximum) if attempted > maximum => Err(DbError::LimitExceeded { maximum, attempted }),
        _ => Ok(()),
    }
}

/// All rows of an image, removed ones too, in the order in which they were made. Members are compared afterwards,
/// letter by letter: MySQL would not tell case.
fn rows_of(session: &mut Session<'_>, id: &str) -> Result<Vec<MemberRow>, DbError> {
    let rows = members::table.filter(members::image_id.eq(id)).select(MemberRow::as_select());
    let mut rows: Vec<MemberRow> = rows.load(session.conn)?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// The row of a member: the live one if there is one, else the one that was removed last.
fn newest_of<'a>(rows: &'a [MemberRow], member: &str) -> Option<&'a MemberRow> {
    rows.iter().filter(|row| row.member == member).max_by_key(|row| (!row.deleted, row.id))
}

fn live_row(session: &mut Session<'_>, id: &str, member: &str) -> Result<MemberRow, DbError> {
    let rows = rows_of(session, id)?;
    rows.into_iter().find(|row| !row.deleted && row.member == member).ok_or(DbError::NotFound)
}

fn insert(
    session: &mut Session<'_>,
    id: &str,
    member: &str,
    status: MemberStatus,
    can_share: bool,
) -> Result<(), DbError> {
    let at = DbTime::from(Timestamp::now());
    diesel::insert_into(members::table)
        .values((
            members::image_id.eq(id),
            members::member.eq(member),
            members::can_share.eq(can_share),
            members::status.eq(status.as_str()),
            members::created_at.eq(at),
            members::updated_at.eq(Some(at)),
            members::deleted.eq(false),
        ))
        .execute(session.conn)?;
    Ok(())
}
