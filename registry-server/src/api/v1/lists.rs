//! `/`, `/images` and `/images/detail`: lists (registry §6).

use actix_web::{HttpRequest, HttpResponse};
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus};
use glance_common::registry_api::{DeletedFilter, ImageQuery};
use serde::Serialize;

use super::error::V1Error;
use super::query;
use super::wire::{Many, WireBrief, WireImage};
use crate::api::call::Call;
use crate::db::queries::{images, locations};
use crate::db::{DbError, Session};
use crate::error::ApiError;

pub(super) async fn brief(call: Call, request: HttpRequest) -> Result<HttpResponse, V1Error> {
    list(call, &request, |session, context, query, max| {
        let images = found(session, context, query, max)?;
        Ok(Many { images: images.into_iter().map(WireBrief::from).collect() })
    })
    .await
}

pub(super) async fn detailed(call: Call, request: HttpRequest) -> Result<HttpResponse, V1Error> {
    list(call, &request, |session, context, query, max| {
        let mut images = found(session, context, query, max)?;
        if query.deleted != DeletedFilter::Live {
            add_removed_locations(session, context, &mut images)?;
        }
        Ok(Many { images: images.into_iter().map(WireImage::with_locations).collect() })
    })
    .await
}

async fn list<T, F>(call: Call, request: &HttpRequest, find: F) -> Result<HttpResponse, V1Error>
where
    T: Serialize,
    F: Fn(&mut Session<'_>, &RequestContext, &ImageQuery, u32) -> Result<Many<T>, DbError> + Send + 'static,
{
    let (default, max) = (call.terms.default_images, call.terms.max_images);
    let query = query::read(request.query_string(), call.context.is_admin, default, max)?;
    let answer = call.read(move |session, context| find(&mut session.as_stored(), context, &query, max));
    answer.await.map_err(|error| match error {
        ApiError::Db(DbError::MarkerNotFound) => V1Error::invalid("Invalid marker. Image could not be found."),
        other => other.into(),
    })
}

fn found(
    session: &mut Session<'_>,
    context: &RequestContext,
    query: &ImageQuery,
    max: u32,
) -> Result<Vec<Image>, DbError> {
    match query.deleted {
        DeletedFilter::Live => images::list_images(session, context, query, max),
        _ => images::list_with_deleted(session, context, query, max),
    }
}

/// Where deleted images are listed, removed locations are shown too: scrubbers look for them.
fn add_removed_locations(
    session: &mut Session<'_>,
    context: &RequestContext,
    images: &mut [Image],
) -> Result<(), DbError> {
    let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut all = locations::list_all(session, &ids)?;
    for image in images.iter_mut().filter(|image| context.is_admin || image.status != ImageStatus::Deactivated) {
        image.locations = all.remove(image.id.as_str()).unwrap_or_default();
    }
    Ok(())
}
