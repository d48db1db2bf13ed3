//! Table `image_members`: one row for every project that an image was ever offered to (database §4, registry §16).
//!
//! Changes take the lock of the image, but are no changes of it: neither its time nor its version moves.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::access::is_mutable;
use glance_common::model::{Image, ImageId, MemberStatus, Timestamp, Visibility};
use glance_common::registry_api::{Member, MemberList, MemberUpdate, NewMember};

use super::access::{Scope, visible_image};
use super::versions;
use crate::db::rows::MemberRow;
use crate::db::schema::{image_members as members, images};
use crate::db::text::{can_be_stored, check_member};
use crate::db::time::DbTime;
use crate::db::{DbError, Session};

/// Members in a list that replaces another: more would hold up other changes for too long.
const MOST_MEMBERS: usize = 10_000;

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
    offer(session, id, known, member, status, new.can_share)?;
    live_row(session, id, member)?.into_member()
}

/// Makes a project a member as the older protocol does: a member stays one, and `can_share` stays where none is given.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`.
pub fn put_member(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    member: &str,
    can_share: Option<bool>,
) -> Result<(), DbError> {
    check_member(member)?;
    let image = hold_image(session, context, id)?;
    require_sharer(context, &image)?;
    let rows = rows_of(session, id)?;
    put_row(session, id, newest_of(&rows, member), member, can_share)
}

/// Makes the members of an image those of a list, in its order; see [`put_member`] for each. All others are removed.
///
/// # Errors
/// `NotFound`, `Forbidden`, `LimitExceeded` for a list that is too long to be one transaction, `Invalid`.
pub fn replace_members(
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &str,
    list: &[(String, Option<bool>)],
) -> Result<(), DbError> {
    if list.len() > MOST_MEMBERS {
        let [maximum, attempted] = [MOST_MEMBERS, list.len()].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        return Err(DbError::LimitExceeded { maximum, attempted });
    }
    list.iter().try_for_each(|(member, _)| check_member(member))?;
    let image = hold_image(session, context, id)?;
    require_sharer(context, &image)?;
    let rows = rows_of(session, id)?;
    let named: HashMap<&str, Option<bool>> =
        list.iter().map(|(member, can_share)| (member.as_str(), *can_share)).collect();
    let mut known: HashMap<&str, &MemberRow> = HashMap::new();
    for row in &rows {
        let place = known.entry(&row.member).or_insert(row);
        if (!row.deleted, row.id) > (!place.deleted, place.id) {
            *place = row;
        }
    }
    let mut done: HashSet<&str> = HashSet::new();
    for (member, _) in list.iter().filter(|(member, _)| done.insert(member)) {
        let can_share = named.get(member.as_str()).copied().flatten();
        put_row(session, id, known.get(member.as_str()).copied(), member, can_share)?;
    }
    for row in rows.iter().filter(|row| !row.deleted && !named.contains_key(row.member.as_str())) {
        mark_removed(session, row)?;
    }
    Ok(())
}

/// The images that are offered to a project, as far as the caller may know: administrators and the project itself know
/// all, others those of their own.
///
/// # Errors
/// Those of the database.
pub fn list_offers(
    session: &mut Session<'_>,
    context: &RequestContext,
    member: &str,
) -> Result<Vec<(ImageId, bool)>, DbError> {
    if !can_be_stored(member) {
        return Ok(Vec::new());
    }
    let live = members::table
        .inner_join(images::table.on(images::id.eq(members::image_id)))
        .filter(members::member.eq(member))
        .filter(members::deleted.eq(false))
        .filter(images::deleted.eq(false));
    let columns = (MemberRow::as_select(), images::owner, images::visibility);
    let mut rows: Vec<(MemberRow, Option<String>, String)> = live.select(columns).load(session.conn)?;
    rows.sort_unstable_by_key(|(row, ..)| row.id);
    let known = |row: &MemberRow, owner: Option<&str>, visibility: &str| {
        let own = context.is_admin || context.owns(owner);
        row.member == member && (own || (is_caller(context, member) && visibility != Visibility::Private.as_str()))
    };
    let rows = rows.into_iter().filter(|(row, owner, visibility)| known(row, owner.as_deref(), visibility));
    rows.map(|(row, ..)| Ok((ImageId::parse(&row.image_id).map_err(DbError::internal)?, row.can_share))).collect()
}

/// May the caller share an image that it sees?
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub fn check_sharer(session: &mut Session<'_>, context: &RequestContext, id: &str) -> Result<(), DbError> {
    require_sharer(context, &visible_image(session, context, id, Scope::Live)?)
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
    mark_removed(session, &row)
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

/// A live row keeps what it has, but for `can_share` where that is given; else the project becomes a member.
fn put_row(
    session: &mut Session<'_>,
    id: &str,
    known: Option<&MemberRow>,
    member: &str,
    can_share: Option<bool>,
) -> Result<(), DbError> {
    match known.filter(|row| !row.deleted) {
        None => offer(session, id, known, member, MemberStatus::Pending, can_share.unwrap_or(false)),
        Some(row) if can_share.is_none_or(|can_share| can_share == row.can_share) => Ok(()),
        Some(row) => {
            let at = Some(DbTime::from(Timestamp::now()));
            diesel::update(members::table.find(row.id))
                .set((members::can_share.eq(can_share.unwrap_or(row.can_share)), members::updated_at.eq(at)))
                .execute(session.conn)?;
            Ok(())
        }
    }
}

/// Revives the row of a project that was a member once, or makes one.
fn offer(
    session: &mut Session<'_>,
    id: &str,
    known: Option<&MemberRow>,
    member: &str,
    status: MemberStatus,
    can_share: bool,
) -> Result<(), DbError> {
    let Some(row) = known else {
        return insert(session, id, member, status, can_share);
    };
    // `created_at` and `deleted_at` stay, as Glance has it.
    diesel::update(members::table.find(row.id))
        .set((
            members::status.eq(status.as_str()),
            members::can_share.eq(can_share),
            members::deleted.eq(false),
            members::updated_at.eq(Some(DbTime::from(Timestamp::now()))),
        ))
        .execute(session.conn)?;
    Ok(())
}

/// Soft-deletes a row.
fn mark_removed(session: &mut Session<'_>, row: &MemberRow) -> Result<(), DbError> {
    let at = Some(DbTime::from(Timestamp::now()));
    // where letters of both cases are the same to the engine, a row of a name that differs in nothing else may have been
    // removed in this very second, and Glance's unique key allows one
    let same = members::table
        .filter(members::image_id.eq(&row.image_id))
        .filter(members::member.eq(&row.member))
        .filter(members::deleted_at.eq(at))
        .filter(members::deleted.eq(true))
        .filter(members::id.ne(row.id));
    diesel::delete(same).execute(session.conn)?;
    diesel::update(members::table.find(row.id))
        .set((members::deleted.eq(true), members::deleted_at.eq(at), members::updated_at.eq(at)))
        .execute(session.conn)?;
    Ok(())
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
