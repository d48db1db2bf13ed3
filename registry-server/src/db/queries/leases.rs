//! Table `rs_leases`.
use glance_common::registry_api::{Lease, LeaseRenewal, NewLease};

use crate::db::{DbError, Session};

/// Takes a lease.
pub fn take_lease(_session: &mut Session, _new: &NewLease) -> Result<Lease, DbError> {
    Err(DbError::internal("not yet"))
}

/// Keeps a lease.
pub fn renew_lease(_session: &mut Session, _id: &str, _renewal: &LeaseRenewal) -> Result<Lease, DbError> {
    Err(DbError::internal("not yet"))
}

/// Takes over an expired lease.
pub fn claim_lease(_session: &mut Session, _id: &str, _renewal: &LeaseRenewal) -> Result<Lease, DbError> {
    Err(DbError::internal("not yet"))
}

/// Ends a lease.
pub fn release_lease(_session: &mut Session, _id: &str, _holder: &str) -> Result<(), DbError> {
    Err(DbError::internal("not yet"))
}

/// The oldest leases, 1000 at most.
pub fn list_leases(_session: &mut Session, _kind: Option<&str>, _expired: bool) -> Result<Vec<Lease>, DbError> {
    Err(DbError::internal("not yet"))
}
