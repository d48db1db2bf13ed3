//! `/v3/images/{id}/properties/{name}`: one property by itself, for locks.

use actix_web::HttpResponse;
use actix_web::web::Path;
use glance_common::registry_api::{PropertyRemove, PropertyWrite};

use super::call::{Call, NO_CONTENT};
use super::images::image_id;
use crate::db::queries::properties;
use crate::error::ApiError;

pub(super) async fn write(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let (id, write): (_, PropertyWrite) = (image_id(&id)?, call.input()?);
    call.change(NO_CONTENT, move |session, context| {
        properties::set_property(session, context, id.as_str(), &name, &write)
    })
    .await
}

pub(super) async fn remove(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let (id, remove): (_, PropertyRemove) = (image_id(&id)?, call.input()?);
    call.change(NO_CONTENT, move |session, context| {
        properties::remove_property(session, context, id.as_str(), &name, &remove)
    })
    .await
}
