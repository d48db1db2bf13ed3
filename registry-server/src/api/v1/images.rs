//! `/images` and `/images/{id}`: whole images (registry §7).

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use glance_common::context::RequestContext;
use glance_common::model::{ImageId, Visibility};

use super::body;
use super::error::V1Error;
use super::wire::{One, WireImage};
use crate::api::call::Call;
use crate::db::queries::images;
use crate::db::{DbError, Session};
use crate::error::ApiError;

/// `true` in this header, letter by letter, removes the properties that an update does not name.
const PURGE_PROPERTIES: &str = "x-glance-registry-purge-props";

/// The id in a path. What is no id names no image.
pub(super) fn image_id(text: &str) -> Result<ImageId, V1Error> {
    ImageId::parse(text).map_err(|_| V1Error::missing())
}

pub(super) async fn create(call: Call) -> Result<HttpResponse, V1Error> {
    let new = body::new_image(call.body(), call.context.is_admin, call.context.project_id.as_deref())?;
    let id = new.id.clone();
    let answer = call.change(StatusCode::OK, move |session, context| {
        let image = images::create_image(&mut session.as_stored(), context, &new)?;
        Ok(One { image: WireImage::new(image) })
    });
    answer.await.map_err(|error| match (error, id) {
        (ApiError::Db(DbError::Duplicate(_)), Some(id)) => {
            V1Error::detailed(409, format!("Image with identifier {id} already exists!"))
        }
        (ApiError::Db(DbError::Invalid(text)), _) => {
            V1Error::detailed(400, format!("Failed to add image metadata. Got error: {text}"))
        }
        (other, _) => other.into(),
    })
}

pub(super) async fn show(call: Call, id: Path<String>) -> Result<HttpResponse, V1Error> {
    let id = image_id(&id)?;
    let answer = call.read(move |session, context| {
        let image = images::get_image(&mut session.as_stored(), context, id.as_str(), true)?;
        Ok(One { image: WireImage::new(image) })
    });
    Ok(answer.await?)
}

pub(super) async fn update(call: Call, id: Path<String>, request: HttpRequest) -> Result<HttpResponse, V1Error> {
    let not_found = || V1Error::Plain(404, "Image not found");
    let id = ImageId::parse(&id).map_err(|_| not_found())?;
    let purge = request.headers().get(PURGE_PROPERTIES).is_some_and(|value| value.as_bytes() == b"true");
    let update = body::update(call.body(), call.context.is_admin, purge)?;
    let answer = call.change(StatusCode::OK, move |session, context| {
        let session = &mut session.as_stored();
        let changed = images::update_any_image(session, context, id.as_str(), &update);
        let image = hidden_unless_open(changed, session, context, &id)?;
        Ok(One { image: WireImage::new(image) })
    });
    answer.await.map_err(|error| match error {
        ApiError::Db(DbError::NotFound) => not_found(),
        ApiError::Db(DbError::WrongStatus { .. }) => V1Error::Plain(409, "Image operation conflicts"),
        ApiError::Db(DbError::Invalid(text)) => V1Error::detailed(400, body::failed_update(&text)),
        other => other.into(),
    })
}

pub(super) async fn remove(call: Call, id: Path<String>) -> Result<HttpResponse, V1Error> {
    let id = image_id(&id)?;
    let answer = call.change(StatusCode::OK, move |session, context| {
        let session = &mut session.as_stored();
        let deleted = images::delete_as_it_is(session, context, id.as_str());
        let image = hidden_unless_open(deleted, session, context, &id)?;
        Ok(One { image: WireImage::of_deleted(image) })
    });
    Ok(answer.await?)
}

/// Images of others that not everybody sees are missing to those who would change them, members included.
fn hidden_unless_open<T>(
    result: Result<T, DbError>,
    session: &mut Session<'_>,
    context: &RequestContext,
    id: &ImageId,
) -> Result<T, DbError> {
    let Err(DbError::Forbidden(text)) = result else { return result };
    let image = images::get_image(session, context, id.as_str(), false)?;
    match image.visibility {
        Visibility::Public | Visibility::Community => Err(DbError::Forbidden(text)),
        Visibility::Shared | Visibility::Private => Err(DbError::NotFound),
    }
}
