//! `/v3/leases`: who works on what.
//!
//! Any caller's work may be leased; looking over the work of others, and taking it over, is for administrators.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use glance_common::registry_api::{LeaseList, LeaseRenewal, NewLease, ReservationGrowth};
use serde::Deserialize;

use super::call::{Call, NO_CONTENT};
use crate::db::queries::{leases, quotas};
use crate::error::ApiError;

/// Query of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Only this kind of work.
    kind: Option<String>,
    /// Only those that may be taken over.
    #[serde(default)]
    expired: bool,
}

/// Query of an end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndQuery {
    /// Who holds the lease.
    holder: String,
}

pub(super) async fn take(call: Call) -> Result<HttpResponse, ApiError> {
    let lease: NewLease = call.input()?;
    call.change(StatusCode::CREATED, move |session, _| leases::take_lease(session, &lease)).await
}

pub(super) async fn list(call: Call, query: Query<ListQuery>) -> Result<HttpResponse, ApiError> {
    call.needs_admin()?;
    let ListQuery { kind, expired } = query.into_inner();
    call.read(move |session, _| {
        let leases = leases::list_leases(session, kind.as_deref(), expired)?;
        Ok(LeaseList { leases })
    })
    .await
}

pub(super) async fn renew(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let renewal: LeaseRenewal = call.input()?;
    call.change(StatusCode::OK, move |session, _| leases::renew_lease(session, &id, &renewal)).await
}

pub(super) async fn claim(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    call.needs_admin()?;
    let renewal: LeaseRenewal = call.input()?;
    call.change(StatusCode::OK, move |session, _| leases::claim_lease(session, &id, &renewal)).await
}

pub(super) async fn grow_reservation(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let growth: ReservationGrowth = call.input()?;
    call.change(StatusCode::OK, move |session, context| quotas::grow_reservation(session, context, &id, &growth)).await
}

pub(super) async fn end(call: Call, id: Path<String>, query: Query<EndQuery>) -> Result<HttpResponse, ApiError> {
    let EndQuery { holder } = query.into_inner();
    call.change(NO_CONTENT, move |session, _| leases::release_lease(session, &id, &holder)).await
}
