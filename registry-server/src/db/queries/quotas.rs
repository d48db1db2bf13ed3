//! Limits of projects: checked, and space reserved, in the transaction of the change itself.
//!
//! Whoever checks locks the project first (`rs_quota_locks`), and so does whoever turns a reservation into data. What
//! was summed up under the lock therefore holds until the end of the transaction, on every engine.
//!
//! A reservation (`rs_reservations`) lives as long as its lease. A node that dies leaves both; whoever takes the lease
//! over removes the data and ends it, and with it the reservation goes: never before the bytes are gone.

use diesel::prelude::*;
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus};
use glance_common::registry_api::{ImageUpdate, QuotaClaim, Reservation, ReservationGrowth, Resource};

use super::leases;
use super::usage::{Except, Space, amount, require_own};
use crate::db::schema::{rs_quota_locks as locks, rs_reservations as reservations};
use crate::db::text::check_column;
use crate::db::{DbError, Session};

/// Checks the limits for an image that is about to be created.
///
/// # Errors
/// `OverQuota`, `Forbidden`, `Invalid`.
pub(super) fn check_creation(
    session: &mut Session<'_>,
    context: &RequestContext,
    claim: &QuotaClaim,
) -> Result<(), DbError> {
    let project = claim.project.as_deref();
    require_own(context, project)?;
    lock(session, &[project])?;
    for (&resource, &maximum) in &claim.limits {
        let adds = if resource == Resource::CountTotal { 1 } else { added(resource, claim.bytes) };
        check(session, project, (resource, maximum), (0, adds), Except::default())?;
    }
    Ok(())
}

/// Checks the limits for a change of an image, before it is written. What the change will bring later, under the lease
/// that it takes, is reserved.
///
/// # Errors
/// `OverQuota`, `Forbidden`, `Invalid`.
pub(super) fn check_change(
    session: &mut Session<'_>,
    context: &RequestContext,
    claim: &QuotaClaim,
    before: &Image,
    change: &ImageUpdate,
) -> Result<(), DbError> {
    let (project, owner) = (claim.project.as_deref(), before.owner.as_deref());
    require_own(context, project)?;
    lock(session, &[project, owner])?;
    let except = Except { image: claim.replaces.then_some(before.id.as_str()), lease: None };
    let begins = change.set.status.as_set().is_some_and(|to| is_on_its_way(*to)) && !is_on_its_way(before.status);
    for (&resource, &maximum) in &claim.limits {
        // an image that begins to be written counts as used, not as added (images-v2 §11.3)
        let itself = i64::from(resource == Resource::CountUploading && begins && project == owner);
        check(session, project, (resource, maximum), (itself, added(resource, claim.bytes)), except)?;
    }
    let lease = change.take_lease.as_ref().filter(|_| change.locations.is_none());
    match (lease, claim.limits.keys().find_map(|resource| Space::of(*resource))) {
        (Some(lease), Some(space)) => reserve(session, &lease.id, owner, space, claim.bytes.unwrap_or(0)),
        _ => Ok(()),
    }
}

/// Makes a reservation larger: by what is wished if that much is left, by what is left otherwise, as long as that is
/// enough.
///
/// # Errors
/// `OverQuota`, `LeaseLost`, `Forbidden`, `Invalid`.
pub fn grow_reservation(
    session: &mut Session<'_>,
    context: &RequestContext,
    lease: &str,
    growth: &ReservationGrowth,
) -> Result<Reservation, DbError> {
    let project = growth.project.as_deref();
    require_own(context, project)?;
    let owner = owner_of(session, lease)?.ok_or(DbError::LeaseLost)?;
    lock(session, &[project, Some(&owner)])?;
    if !leases::is_held(session, lease, &growth.holder)? {
        return Err(DbError::LeaseLost);
    }
    let except = Except { image: None, lease: Some(lease) };
    let mut bytes = growth.wish.max(growth.at_least);
    for (&resource, &maximum) in &growth.limits {
        let adds = added(resource, Some(growth.at_least));
        let used = check(session, project, (resource, maximum), (0, adds), except)?;
        bytes = bytes.min(resource.most_bytes(maximum.saturating_sub(used)));
    }
    let bytes = bytes.max(growth.at_least);
    let own = reservations::table.find(lease);
    let written = diesel::update(own).set(reservations::bytes.eq(bytes)).execute(session.conn)?;
    if written == 0 { Err(DbError::LeaseLost) } else { Ok(Reservation { bytes }) }
}

/// Ends the reservation of a lease that ends. The data that it was for counts from now on.
pub(super) fn release(session: &mut Session<'_>, lease: &str) -> Result<(), DbError> {
    if let Some(owner) = owner_of(session, lease)? {
        lock(session, &[Some(&owner)])?;
        diesel::delete(reservations::table.find(lease)).execute(session.conn)?;
    }
    Ok(())
}

/// What `bytes` are in the unit of a limit. Where it is not known how many will come, something has to be left.
const fn added(resource: Resource, bytes: Option<i64>) -> i64 {
    match (bytes, resource) {
        (Some(bytes), _) => resource.units(bytes),
        (None, Resource::UserStorage) => 1,
        (None, _) => 0,
    }
}

/// Compares what would be used with a limit; what is used now, in its unit. Of what a change brings a part may count as
/// used already.
fn check(
    session: &mut Session<'_>,
    project: Option<&str>,
    (resource, maximum): (Resource, i64),
    (already, delta): (i64, i64),
    except: Except<'_>,
) -> Result<i64, DbError> {
    let amount = amount(session, project, resource, except)?;
    let usage = already + if Space::of(resource).is_some() { resource.units(amount) } else { amount };
    if usage.saturating_add(delta) > maximum {
        return Err(DbError::OverQuota { resource, maximum, usage, delta });
    }
    Ok(usage)
}

/// Statuses of an image whose data is being written.
const fn is_on_its_way(status: ImageStatus) -> bool {
    matches!(status, ImageStatus::Saving | ImageStatus::Uploading | ImageStatus::Importing)
}

fn reserve(
    session: &mut Session<'_>,
    lease: &str,
    owner: Option<&str>,
    space: Space,
    bytes: i64,
) -> Result<(), DbError> {
    diesel::insert_into(reservations::table)
        .values((
            reservations::lease_id.eq(lease),
            reservations::project.eq(owner.unwrap_or_default()),
            reservations::kind.eq(space.as_str()),
            reservations::bytes.eq(bytes.max(0)),
        ))
        .execute(session.conn)?;
    Ok(())
}

/// For whom a lease reserves something, if it does.
fn owner_of(session: &mut Session<'_>, lease: &str) -> Result<Option<String>, DbError> {
    let row = reservations::table.find(lease).select(reservations::project);
    Ok(row.first(session.conn).optional()?)
}

/// Makes others who use limits of these projects wait until the end of the transaction. Always in the same order, so
/// that nobody waits for each other.
fn lock(session: &mut Session<'_>, projects: &[Option<&str>]) -> Result<(), DbError> {
    let mut names: Vec<&str> = projects.iter().map(|project| project.unwrap_or_default()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        check_column("project", Some(name), 255)?;
        let row = locks::table.find(name);
        let locked = diesel::update(row).set(locks::changes.eq(locks::changes + 1)).execute(session.conn)?;
        if locked == 0 {
            diesel::insert_into(locks::table)
                .values((locks::project.eq(name), locks::changes.eq(1)))
                .execute(session.conn)?;
        }
    }
    Ok(())
}
