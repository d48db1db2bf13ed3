//! `/v3/images/{id}/locations`: where the data is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use glance_common::model::ImageId;
use glance_common::registry_api::{LocationList, LocationRemove, NewLocation};

use super::call::{Call, NO_CONTENT};
use super::images::image_id;
use crate::db::queries::locations;
use crate::error::ApiError;

pub(super) async fn add(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let (id, location): (_, NewLocation) = (image_id(&id)?, call.input()?);
    call.change(StatusCode::CREATED, move |session, context| {
        locations::add_location(session, context, id.as_str(), &location)
    })
    .await
}

pub(super) async fn list_waiting(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    call.needs_admin()?;
    let id = image_id(&id)?;
    call.read(move |session, context| {
        let locations = locations::list_waiting(session, context, id.as_str())?;
        Ok(LocationList { locations })
    })
    .await
}

pub(super) async fn update(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let ((id, row), location): (_, NewLocation) = (image_and_row(&path)?, call.input()?);
    call.change(StatusCode::OK, move |session, context| {
        locations::update_location(session, context, id.as_str(), row, &location)
    })
    .await
}

pub(super) async fn remove(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let ((id, row), LocationRemove { status }) = (image_and_row(&path)?, call.input()?);
    call.change(NO_CONTENT, move |session, context| {
        locations::remove_location(session, context, id.as_str(), row, status)
    })
    .await
}

/// The two ids in a path.
fn image_and_row(path: &(String, String)) -> Result<(ImageId, i64), ApiError> {
    let (id, row) = path;
    Ok((image_id(id)?, row.parse().map_err(|_| ApiError::NotFound)?))
}
