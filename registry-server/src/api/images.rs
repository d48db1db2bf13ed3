//! `/v3/images`: whole images.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use glance_common::model::ImageId;
use glance_common::registry_api::{ImageDelete, ImageList, ImageQuery, ImageUpdate, NewImage};
use serde::Deserialize;

use super::call::Call;
use crate::db::queries::images;
use crate::error::ApiError;

/// Query of a show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowQuery {
    /// Show soft-deleted images too, to administrators.
    #[serde(default)]
    deleted: bool,
}

/// The id in a path. What is no id names no image.
pub(super) fn image_id(text: &str) -> Result<ImageId, ApiError> {
    ImageId::parse(text).map_err(|_| ApiError::NotFound)
}

pub(super) async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let image: NewImage = call.input()?;
    call.change(StatusCode::CREATED, move |session, context| images::create_image(session, context, &image)).await
}

pub(super) async fn search(call: Call) -> Result<HttpResponse, ApiError> {
    let query: ImageQuery = call.input()?;
    let max = call.terms.max_images;
    call.read(move |session, context| {
        let images = images::list_images(session, context, &query, max)?;
        Ok(ImageList { images })
    })
    .await
}

pub(super) async fn show(call: Call, id: Path<String>, query: Query<ShowQuery>) -> Result<HttpResponse, ApiError> {
    let (id, deleted) = (image_id(&id)?, query.deleted);
    call.read(move |session, context| images::get_image(session, context, id.as_str(), deleted)).await
}

pub(super) async fn update(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let (id, update): (_, ImageUpdate) = (image_id(&id)?, call.input()?);
    call.change(StatusCode::OK, move |session, context| images::update_image(session, context, id.as_str(), &update))
        .await
}

pub(super) async fn remove(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let (id, delete): (_, ImageDelete) = (image_id(&id)?, call.input()?);
    call.change(StatusCode::OK, move |session, context| images::delete_image(session, context, id.as_str(), &delete))
        .await
}
