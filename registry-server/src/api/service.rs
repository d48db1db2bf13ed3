//! `/v3` itself: what this registry is and what it speaks.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use glance_common::registry_api::{PROTOCOL, ServiceInfo};

use super::call::{Call, answer};
use crate::db::DbError;
use crate::error::ApiError;

/// The description of the protocol for people and tools.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

pub(super) async fn info(call: Call) -> Result<HttpResponse, ApiError> {
    let info = ServiceInfo {
        protocol: PROTOCOL,
        schema_revision: call.state.db.schema_revision().await?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(answer(StatusCode::OK, serde_json::to_vec(&info).map_err(DbError::internal)?))
}

pub(super) async fn openapi(_: Call) -> HttpResponse {
    answer(StatusCode::OK, OPENAPI.as_bytes().to_vec())
}
