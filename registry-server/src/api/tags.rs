//! `/v3/images/{id}/tags/{tag}`: one tag by itself.

use actix_web::HttpResponse;
use actix_web::web::Path;
use glance_common::registry_api::TagAdd;

use super::call::{Call, NO_CONTENT};
use super::images::image_id;
use crate::db::queries::tags;
use crate::error::ApiError;

pub(super) async fn add(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, tag) = path.into_inner();
    let (id, add): (_, TagAdd) = (image_id(&id)?, call.input()?);
    call.change(NO_CONTENT, move |session, context| tags::add_tag(session, context, id.as_str(), &tag, add)).await
}

pub(super) async fn remove(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, tag) = path.into_inner();
    let id = image_id(&id)?;
    call.change(NO_CONTENT, move |session, context| tags::remove_tag(session, context, id.as_str(), &tag)).await
}
