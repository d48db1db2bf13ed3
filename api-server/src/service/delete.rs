//! Deleting an image (images-v2 §7.3).
//!
//! Data first, then the row: a store may refuse (in use, snapshots, permissions), and then the image has to stay. To
//! lose and to leak nothing when the node dies between the two, an image with data is deleted under a lease:
//!
//! 1. The registry judges the caller and gives the lease, provided that the image is still as it was read.
//! 2. The data is removed from every store. When one refuses, the locations that are gone are taken from the image, the
//!    lease ends, and the image stays.
//! 3. The row is deleted and the lease ends, by the service itself: what was decided in step 1 is finished, whatever
//!    changed since.
//!
//! Whoever finds the lease expired goes on from step 2, also when the client was told 503 because the registry did not
//! answer: the deletion was decided. An image without data needs one call that demands the status it
//! was read with; when an upload began or ended meanwhile, everything is judged anew. An image that is being written
//! loses its row at once, and the writer removes what it wrote. With `delayed_delete` the row alone is marked.

use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, Location, LocationStatus};
use glance_common::registry_api::{ImageDelete, ImageUpdate, LocationRemove};
use glance_registry_client::RegistryError;

use super::access::find_image;
use super::locations::remove_data;
use super::{lease, spawn_for_request};
use crate::domain::lifecycle;
use crate::error::{ApiError, Situation};
use crate::policy::{Rule, require_writer};
use crate::state::AppState;
use crate::stores::{StoreError, StoreErrorKind};

/// How often a deletion is begun anew because the image changed meanwhile or somebody else works on it.
const ATTEMPTS: u32 = 10;
/// How long to wait for somebody else, each time.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the end of a deletion is told to a registry that is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// Delete an image and its data.
///
/// # Errors
/// 404, 403, 409 when a store needs the data, 400 for a step that the status does not have.
pub async fn delete_image(context: &RequestContext, app: &Arc<AppState>, id: &str) -> Result<(), ApiError> {
    require_writer(context)?;
    for _ in 0..ATTEMPTS {
        let image = find_image(context, app, id, not_found).await?;
        authorise(context, app, &image)?;
        let image = with_hidden_locations(context, app, image).await?;
        let has_data = live_locations(&image).next().is_some();
        let target = lifecycle::deletion_target(image.status, app.options.api.delayed_delete, has_data)?;
        let outcome = if has_data && target == ImageStatus::Deleted {
            match take_lease(context, app, &image).await {
                Ok(lease) => return finish_as_service(context, app, &image, &lease).await,
                Err(error) => Err(error),
            }
        } else {
            let (from, ignore_protection, end_lease) = (vec![image.status], false, None);
            let delete = ImageDelete { status: target, from, ignore_protection, end_lease };
            app.registry.delete_image(context, &image.id, &delete).await.map(drop)
        };
        match outcome {
            Ok(()) => return Ok(()),
            Err(RegistryError::Stale(_) | RegistryError::Conflict { .. }) => {}
            Err(RegistryError::LeaseHeld(_)) => tokio::time::sleep(PAUSE).await,
            Err(RegistryError::NotFound(_)) => return Err(ApiError::not_found(not_found(id))),
            Err(RegistryError::Protected(_)) => return Err(protected(id)),
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::stock(Situation::Conflict).caused_by("somebody else works on the image"))
}

fn not_found(id: &str) -> String {
    format!("Failed to find image {id} to delete")
}

fn protected(id: &str) -> ApiError {
    ApiError::forbidden(format!("Image {id} is protected and cannot be deleted."))
}

fn authorise(context: &RequestContext, app: &AppState, image: &Image) -> Result<(), ApiError> {
    app.policy.enforce_on_image(context, Rule::DeleteImage, image)?;
    app.policy.require_ownership(context, image.owner.as_deref(), "You do not own this image")?;
    if image.protected { Err(protected(image.id.as_str())) } else { Ok(()) }
}

/// The registry tells the places of a deactivated image to administrators only. Whoever may delete it deletes its data
/// too, so the service asks for them; the version stays the one by which the caller was judged.
async fn with_hidden_locations(context: &RequestContext, app: &AppState, image: Image) -> Result<Image, ApiError> {
    if image.status != ImageStatus::Deactivated || context.is_admin {
        return Ok(image);
    }
    let service = RequestContext::service(context.request_id.clone());
    match app.registry.show_image(&service, &image.id).await {
        Ok(whole) => Ok(Image { locations: whole.locations, ..image }),
        Err(RegistryError::NotFound(_)) => Err(ApiError::not_found(not_found(image.id.as_str()))),
        Err(other) => Err(other.into()),
    }
}

/// All places where there may be data, hidden ones and such in the making included.
fn live_locations(image: &Image) -> impl Iterator<Item = &Location> {
    image.locations.iter().filter(|location| location.status != LocationStatus::Deleted)
}

/// Step 1: the registry judges the caller by the image as it was read.
async fn take_lease(context: &RequestContext, app: &AppState, image: &Image) -> Result<String, RegistryError> {
    let take_lease = lease::on_image(app, lease::DELETE, &image.id, serde_json::Value::Null);
    let lease = take_lease.id.clone();
    let update = ImageUpdate {
        from: vec![image.status],
        if_version: Some(image.version),
        take_lease: Some(take_lease),
        ..ImageUpdate::default()
    };
    app.registry.update_image(context, &image.id, &update).await?;
    Ok(lease)
}

/// The other steps as a task of their own, so that a client that goes away does not stop them half-way.
async fn finish_as_service(
    context: &RequestContext,
    app: &Arc<AppState>,
    image: &Image,
    lease: &str,
) -> Result<(), ApiError> {
    let service = RequestContext::service(context.request_id.clone());
    let (app, image, lease) = (Arc::clone(app), image.clone(), lease.to_owned());
    let work = spawn_for_request(async move { finish(&service, &app, &image, &lease).await });
    work.await.map_err(ApiError::internal)?
}

/// Steps 2 and 3.
///
/// # Errors
/// What the store says against it: the image stays. Or what the registry says: the lease stays, and with it the
/// decision.
pub(super) async fn finish(
    service: &RequestContext,
    app: &Arc<AppState>,
    image: &Image,
    lease: &str,
) -> Result<(), ApiError> {
    let mut removed = Vec::new();
    for location in live_locations(image) {
        match remove_data(app, &image.id, location).await {
            Ok(()) => removed.push(location.id),
            Err(error) => {
                forget(service, app, image, &removed).await;
                lease::end(service, app, lease).await;
                return Err(refusal(image, error));
            }
        }
    }
    let (from, end_lease) = (Vec::new(), Some(lease.to_owned()));
    let delete = ImageDelete { status: ImageStatus::Deleted, from, ignore_protection: true, end_lease };
    match app.registry.patient(PATIENCE).delete_image(service, &image.id, &delete).await {
        Ok(_) | Err(RegistryError::LeaseLost(_)) => Ok(()),
        Err(RegistryError::NotFound(_)) => {
            lease::end(service, app, lease).await;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// The image stays, without the places whose data is gone.
async fn forget(service: &RequestContext, app: &AppState, image: &Image, rows: &[i64]) {
    for row in rows {
        let remove = LocationRemove { status: LocationStatus::Deleted };
        if let Err(error) = app.registry.patient(PATIENCE).remove_location(service, &image.id, *row, &remove).await {
            log::error!("image {}: keeps a location whose data is gone: {error}", image.id);
        }
    }
}

fn refusal(image: &Image, error: StoreError) -> ApiError {
    use StoreErrorKind as Kind;
    let text = error.to_string();
    let refusal = match error.kind() {
        Kind::InUseByStore => {
            ApiError::conflict(format!("Image {} could not be deleted because it is in use: {text}", image.id))
        }
        Kind::HasSnapshot | Kind::Forbidden | Kind::Timeout { .. } | Kind::Busy | Kind::RemoteServiceUnavailable => {
            return error.into();
        }
        _ => ApiError::stock(Situation::Internal),
    };
    refusal.caused_by(error)
}
