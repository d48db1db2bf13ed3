//! Table `rs_leases`: who works on what, and until when others must wait. All times are the registry's own clock.

use chrono::DateTime;
use diesel::prelude::*;
use glance_common::model::{ImageId, Timestamp};
use glance_common::registry_api::{Lease, LeaseRenewal, NewLease};
use serde_json::Value;

use super::quotas;
use crate::db::schema::rs_leases as leases;
use crate::db::text::{check_column, check_long, to_json};
use crate::db::{DbError, Session};

/// The longest list of leases.
const LIST_AT_MOST: i64 = 1000;
/// The longest time that a lease can run, in seconds.
const LONGEST: u32 = 86_400;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = leases)]
struct LeaseRow {
    id: String,
    kind: String,
    resource: String,
    image_id: Option<String>,
    holder: String,
    created_at: i64,
    expires_at: i64,
    detail: String,
}

impl LeaseRow {
    fn into_lease(self) -> Result<Lease, DbError> {
        let image_id = self.image_id.as_deref().map(ImageId::parse).transpose().map_err(DbError::internal)?;
        Ok(Lease {
            id: self.id,
            kind: self.kind,
            resource: self.resource,
            image_id,
            holder: self.holder,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            detail: serde_json::from_str(&self.detail).map_err(DbError::internal)?,
        })
    }
}

/// Takes a lease. Taking one's own again (a repeated call) gives it anew; an expired one of somebody else on the same
/// resource is replaced.
///
/// # Errors
/// `LeaseHeld` while another one on the same resource runs, `Invalid`.
pub fn take_lease(session: &mut Session<'_>, new: &NewLease) -> Result<Lease, DbError> {
    check_new(new)?;
    let now = micros(Timestamp::now());
    let held: Option<LeaseRow> = leases::table
        .filter(leases::resource.eq(&new.resource))
        .select(LeaseRow::as_select())
        .first(session.conn)
        .optional()?;
    if let Some(held) = held {
        if held.id != new.id && held.expires_at > now {
            return Err(DbError::LeaseHeld);
        }
        diesel::delete(leases::table.find(&held.id)).execute(session.conn)?;
        quotas::release(session, &held.id)?;
    }
    let row = LeaseRow {
        id: new.id.clone(),
        kind: new.kind.clone(),
        resource: new.resource.clone(),
        image_id: new.image_id.as_ref().map(ToString::to_string),
        holder: new.holder.clone(),
        created_at: now,
        expires_at: now + length(new.seconds)?,
        detail: detail(&new.detail)?,
    };
    diesel::insert_into(leases::table).values(&row).execute(session.conn)?;
    row.into_lease()
}

/// Keeps a lease, also one that has expired and that nobody has taken over.
///
/// # Errors
/// `LeaseLost` when it is gone or held by another, `Invalid`.
pub fn renew_lease(session: &mut Session<'_>, id: &str, renewal: &LeaseRenewal) -> Result<Lease, DbError> {
    let row = find(session, id)?.filter(|row| row.holder == renewal.holder).ok_or(DbError::LeaseLost)?;
    hold(session, row, renewal)
}

/// Takes over an expired lease with what it knows.
///
/// # Errors
/// `LeaseLost` when it is gone, or another took it over at the same moment; `LeaseHeld` while it runs; `Invalid`.
pub fn claim_lease(session: &mut Session<'_>, id: &str, renewal: &LeaseRenewal) -> Result<Lease, DbError> {
    let row = find(session, id)?.ok_or(DbError::LeaseLost)?;
    if row.holder != renewal.holder && row.expires_at > micros(Timestamp::now()) {
        return Err(DbError::LeaseHeld);
    }
    hold(session, row, renewal)
}

/// Ends a lease of one's own.
///
/// # Errors
/// `LeaseLost` when it is gone or held by another.
pub fn release_lease(session: &mut Session<'_>, id: &str, holder: &str) -> Result<(), DbError> {
    let mine = leases::table.filter(leases::id.eq(id)).filter(leases::holder.eq(holder));
    let ended = diesel::delete(mine).execute(session.conn)?;
    if ended == 0 { Err(DbError::LeaseLost) } else { quotas::release(session, id) }
}

/// The oldest leases, 1000 at most; of one kind, or expired ones only, where that is asked.
///
/// # Errors
/// Those of the database only.
pub fn list_leases(session: &mut Session<'_>, kind: Option<&str>, expired: bool) -> Result<Vec<Lease>, DbError> {
    let mut query = leases::table.select(LeaseRow::as_select()).into_boxed();
    if let Some(kind) = kind {
        query = query.filter(leases::kind.eq(kind));
    }
    if expired {
        query = query.filter(leases::expires_at.le(micros(Timestamp::now())));
    }
    let rows = query.order((leases::created_at, leases::id)).limit(LIST_AT_MOST).load(session.conn)?;
    rows.into_iter().map(LeaseRow::into_lease).collect()
}

/// Ends a lease together with a change of its image.
pub(super) fn end(session: &mut Session<'_>, id: &str) -> Result<(), DbError> {
    let ended = diesel::delete(leases::table.find(id)).execute(session.conn)?;
    if ended == 0 { Err(DbError::LeaseLost) } else { quotas::release(session, id) }
}

/// Writes a renewed lease, provided that it still is what was read.
fn hold(session: &mut Session<'_>, row: LeaseRow, renewal: &LeaseRenewal) -> Result<Lease, DbError> {
    check_column("holder", Some(&renewal.holder), 255)?;
    let known = leases::table
        .filter(leases::id.eq(&row.id))
        .filter(leases::holder.eq(&row.holder))
        .filter(leases::expires_at.eq(row.expires_at));
    let held = LeaseRow {
        holder: renewal.holder.clone(),
        expires_at: micros(Timestamp::now()) + length(renewal.seconds)?,
        detail: match &renewal.detail {
            Some(notes) => detail(notes)?,
            None => row.detail.clone(),
        },
        id: row.id.clone(),
        kind: row.kind.clone(),
        resource: row.resource.clone(),
        ..row
    };
    let written = diesel::update(known)
        .set((leases::holder.eq(&held.holder), leases::expires_at.eq(held.expires_at), leases::detail.eq(&held.detail)))
        .execute(session.conn)?;
    if written == 0 { Err(DbError::LeaseLost) } else { held.into_lease() }
}

/// Is this a lease of the holder's?
pub(super) fn is_held(session: &mut Session<'_>, id: &str, holder: &str) -> Result<bool, DbError> {
    Ok(find(session, id)?.is_some_and(|row| row.holder == holder))
}

fn find(session: &mut Session<'_>, id: &str) -> Result<Option<LeaseRow>, DbError> {
    Ok(leases::table.find(id).select(LeaseRow::as_select()).first(session.conn).optional()?)
}

fn check_new(new: &NewLease) -> Result<(), DbError> {
    check_column("id", Some(&new.id), 64)?;
    check_column("kind", Some(&new.kind), 32)?;
    check_column("resource", Some(&new.resource), 255)?;
    check_column("holder", Some(&new.holder), 255)
}

/// The length of a lease in microseconds.
fn length(seconds: u32) -> Result<i64, DbError> {
    if (1..=LONGEST).contains(&seconds) {
        return Ok(i64::from(seconds) * 1_000_000);
    }
    Err(DbError::Invalid(format!("a lease runs for 1 to {LONGEST} seconds")))
}

fn detail(notes: &Value) -> Result<String, DbError> {
    let text = to_json(notes)?;
    check_long("the detail of a lease", &text)?;
    Ok(text)
}

/// Microseconds since 1970.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.naive().and_utc().timestamp_micros()
}

fn time(micros: i64) -> Result<Timestamp, DbError> {
    let time = DateTime::from_timestamp_micros(micros).ok_or_else(|| DbError::internal("a time is out of range"))?;
    Ok(Timestamp::from_naive(time.naive_utc()))
}
