//! `/v3/images/{id}/members`: the projects that an image is offered to.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use glance_common::registry_api::{MemberUpdate, NewMember};

use super::call::{Call, NO_CONTENT};
use super::images::image_id;
use crate::db::queries::members;
use crate::error::ApiError;

pub(super) async fn list(call: Call, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = image_id(&id)?;
    call.read(move |session, context| members::list_members(session, context, id.as_str())).await
}

pub(super) async fn add(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, member) = path.into_inner();
    let (id, new): (_, NewMember) = (image_id(&id)?, call.input()?);
    call.change(StatusCode::OK, move |session, context| {
        members::add_member(session, context, id.as_str(), &member, &new)
    })
    .await
}

pub(super) async fn update(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, member) = path.into_inner();
    let (id, update): (_, MemberUpdate) = (image_id(&id)?, call.input()?);
    call.change(StatusCode::OK, move |session, context| {
        members::update_member(session, context, id.as_str(), &member, update)
    })
    .await
}

pub(super) async fn remove(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, member) = path.into_inner();
    let id = image_id(&id)?;
    call.change(NO_CONTENT, move |session, context| members::remove_member(session, context, id.as_str(), &member))
        .await
}
