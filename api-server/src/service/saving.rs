//! The state of an image between the begin and the end of an upload, and how it is left again.
//!
//! `queued` → `saving` is one call of the registry, which also takes a lease with what a successor must know. From
//! there are two ways out, each again one call that ends the lease: `active` with everything that the data brought, or
//! back to `queued`, after the object is removed from the store. A process that dies in between leaves its lease to
//! expire; then [`super::recovery`] goes back to `queued` in its place.
//!
//! When the registry does not say whether it made the image `active`, nothing is undone here: the lease decides. It is
//! gone if the image is `active`, and still there, for the recovery, if it is not.

use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, LocationStatus};
use glance_common::registry_api::{ImageFields, ImageUpdate, LocationsChange, NewLocation, Patch, QuotaClaim};
use glance_registry_client::RegistryError;

use super::lease::{self, UploadNotes};
use super::metering::{Ending, Meter};
use super::{limits, spawn_for_request};
use crate::domain::lifecycle::{self, Step};
use crate::error::ApiError;
use crate::state::AppState;
use crate::stores::ingest::Ingested;
use crate::stores::{ByteStream, Location, StoreErrorKind};

/// How long the result of an upload is told to a registry that is away: shorter than a lease lasts.
const RESULT_PATIENCE: Duration = Duration::from_secs(30);
/// The same for its undoing, which nobody waits for.
const UNDO_PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer waits for the undoing, which goes on afterwards.
const UNDO_WAIT: Duration = Duration::from_secs(4);

/// An image in status `saving` that this process writes. Dropped without an end, it is undone in the background.
pub(super) struct Saving {
    app: Arc<AppState>,
    /// The service's own: the caller's token may expire meanwhile, and the work has to be finished or undone.
    service: RequestContext,
    image: Image,
    lease: String,
    is_over: bool,
}

/// What the begin of an upload says of it.
pub(super) struct Plan {
    /// For a successor.
    pub(super) notes: UploadNotes,
    /// Size in bytes that the client announced.
    pub(super) announced: Option<u64>,
    /// The limits that it must not pass.
    pub(super) quota: Option<QuotaClaim>,
}

impl Saving {
    /// `queued` to `saving`, with a lease and a reservation.
    ///
    /// # Errors
    /// 413 when a limit of the project would be passed, 409 when somebody else was faster, 410 when the image was deleted
    /// meanwhile.
    pub(super) async fn begin(
        context: &RequestContext,
        app: &Arc<AppState>,
        image: &Image,
        plan: &Plan,
    ) -> Result<Self, ApiError> {
        let detail = serde_json::to_value(&plan.notes).map_err(ApiError::internal)?;
        let take_lease = lease::on_image(app, lease::UPLOAD, &image.id, detail);
        let lease = take_lease.id.clone();
        let update = ImageUpdate {
            from: vec![Step::UPLOAD_BEGINS.from],
            set: ImageFields { status: Patch::Set(Step::UPLOAD_BEGINS.to), ..ImageFields::default() },
            take_lease: Some(take_lease),
            quota: plan.quota.clone(),
            ..ImageUpdate::default()
        };
        let image = app.registry.update_image(context, &image.id, &update).await.map_err(|error| match error {
            RegistryError::NotFound(_) => gone(&image.id),
            RegistryError::Conflict { status: Some(status), .. } => {
                ApiError::conflict(lifecycle::illegal_transition(status, Step::UPLOAD_BEGINS.to))
            }
            RegistryError::LeaseHeld(_) => {
                ApiError::conflict(lifecycle::illegal_transition(Step::UPLOAD_BEGINS.to, Step::UPLOAD_BEGINS.to))
            }
            other => limits::refused(context, plan.announced, other, Into::into),
        })?;
        let service = RequestContext::service(context.request_id.clone());
        Ok(Self { app: Arc::clone(app), service, image, lease, is_over: false })
    }

    /// The image that is being written.
    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    /// The body, ended where these limits end: for data whose size nobody announced.
    pub(super) fn meter(&self, claim: QuotaClaim, body: ByteStream) -> (ByteStream, Ending) {
        let ending = Ending::default();
        let (app, service, lease) = (Arc::clone(&self.app), self.service.clone(), self.lease.clone());
        (Meter { app, service, lease, claim, ending: ending.clone() }.watch(body), ending)
    }

    /// Waits until the work must stop; see [`lease::keep_upload`].
    pub(super) async fn must_stop(&self) {
        lease::keep_upload(&self.service, &self.app, &self.lease, &self.image).await;
    }

    /// `saving` to `active`: only what the data brought is set, so changes made meanwhile survive (images-v2 §8.6).
    ///
    /// # Errors
    /// 410 when the image was deleted meanwhile or the lease taken over: the object is removed. 503 when the registry
    /// is away.
    pub(super) async fn complete(mut self, ingested: Ingested) -> Result<(), ApiError> {
        let location = ingested.location.clone();
        let update = self.completion(ingested);
        let registry = self.app.registry.patient(RESULT_PATIENCE);
        match registry.update_image(&self.service, &self.image.id, &update).await {
            Ok(_) => {
                self.is_over = true;
                Ok(())
            }
            Err(RegistryError::NotFound(_) | RegistryError::Conflict { .. }) => {
                self.undo(Some(location)).await;
                Err(gone(&self.image.id))
            }
            Err(RegistryError::LeaseLost(_)) => {
                self.is_over = true;
                remove_forfeited(&self.service, &self.app, &self.image, &location).await;
                Err(gone(&self.image.id))
            }
            Err(error) if error.retry_after().is_some() || matches!(error, RegistryError::Nonsense { .. }) => {
                // Nobody knows whether the image is `active` now. The lease does.
                self.is_over = true;
                Err(error.into())
            }
            Err(error) => {
                self.undo(Some(location)).await;
                Err(ApiError::internal(error))
            }
        }
    }

    fn completion(&self, ingested: Ingested) -> ImageUpdate {
        let set = ImageFields {
            status: Patch::Set(Step::UPLOAD_ENDS.to),
            size: Patch::Set(i64::try_from(ingested.size).ok()),
            virtual_size: Patch::Set(ingested.virtual_size.and_then(|size| i64::try_from(size).ok())),
            checksum: Patch::Set(Some(ingested.md5_hex)),
            os_hash_algo: Patch::Set(Some(ingested.algorithm.as_str().to_owned())),
            os_hash_value: Patch::Set(Some(ingested.digest_hex)),
            ..ImageFields::default()
        };
        let Location { url, metadata } = ingested.location;
        let location = NewLocation { id: None, url, metadata, status: LocationStatus::Active };
        ImageUpdate {
            from: vec![Step::UPLOAD_ENDS.from],
            set,
            locations: Some(LocationsChange::Add(vec![location])),
            end_lease: Some(self.lease.clone()),
            ..ImageUpdate::default()
        }
    }

    /// Back to `queued`, as if the upload had never been. The answer waits a few seconds for it.
    pub(super) async fn undo(&mut self, stored: Option<Location>) {
        self.is_over = true;
        let undoing = self.undoing(stored);
        // A task of its own: it goes on when the answer does not wait any longer, or is not wanted any more.
        let _ = tokio::time::timeout(UNDO_WAIT, spawn_for_request(undoing)).await;
    }

    fn undoing(&self, stored: Option<Location>) -> impl Future<Output = ()> + Send + 'static {
        let (app, service) = (Arc::clone(&self.app), self.service.clone());
        let (id, lease) = (self.image.id.clone(), self.lease.clone());
        async move { restore(&service, &app, &id, &lease, stored.as_slice()).await }
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        log::warn!("image {}: an upload ended without a result and is undone", self.image.id);
        if tokio::runtime::Handle::try_current().is_ok() {
            spawn_for_request(self.undoing(None));
        }
    }
}

/// What is said when the image is gone at the end of an upload.
pub(super) fn gone(id: &ImageId) -> ApiError {
    ApiError::gone(format!(
        "Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up \
         the chunks uploaded."
    ))
}

/// Undoes an upload under its lease: removes the objects, then `saving` to `queued` with nothing left of the data,
/// together with the end of the lease. What cannot be done now is left, with the lease, to the recovery.
pub(super) async fn restore(service: &RequestContext, app: &AppState, id: &ImageId, lease: &str, objects: &[Location]) {
    for object in objects {
        if let Err(error) = remove(app, object).await {
            log::error!("image {id}: {} cannot be removed, to be tried again: {error}", object.redacted());
            return;
        }
    }
    let set = ImageFields {
        status: Patch::Set(Step::UPLOAD_FAILS.to),
        size: Patch::Set(None),
        virtual_size: Patch::Set(None),
        checksum: Patch::Set(None),
        os_hash_algo: Patch::Set(None),
        os_hash_value: Patch::Set(None),
        ..ImageFields::default()
    };
    let (from, end_lease) = (vec![Step::UPLOAD_FAILS.from], Some(lease.to_owned()));
    let update = ImageUpdate { from, set, end_lease, ..ImageUpdate::default() };
    match app.registry.patient(UNDO_PATIENCE).update_image(service, id, &update).await {
        Ok(_) | Err(RegistryError::LeaseLost(_)) => {}
        // Deleted meanwhile: only the lease is left.
        Err(RegistryError::NotFound(_) | RegistryError::Conflict { .. }) => lease::end(service, app, lease).await,
        Err(error) => log::error!("image {id}: left in status saving, to be tried again: {error}"),
    }
}

/// Removes an object that was stored although the lease had been taken over, unless it is another upload's by now: a
/// new lease keeps uploads away while that is found out.
async fn remove_forfeited(service: &RequestContext, app: &AppState, image: &Image, object: &Location) {
    let lease = lease::on_image(app, lease::UPLOAD, &image.id, serde_json::Value::Null);
    if let Err(error) = app.registry.take_lease(service, &lease).await {
        log::error!("image {}: {} may be left over: {error}", image.id, object.redacted());
        return;
    }
    let in_use = match app.registry.show_image(service, &image.id).await {
        Ok(now) => now.locations.iter().any(|at| at.url == object.url),
        Err(RegistryError::NotFound(_)) => false,
        Err(_) => true,
    };
    if !in_use && let Err(error) = remove(app, object).await {
        log::error!("image {}: {} may be left over: {error}", image.id, object.redacted());
    }
    lease::end(service, app, &lease.id).await;
}

/// Removes an object; one that is absent is as good.
async fn remove(app: &AppState, object: &Location) -> Result<(), crate::stores::StoreError> {
    match app.stores.delete(object).await {
        Err(error) if !matches!(error.kind(), StoreErrorKind::NotFound) => Err(error),
        _ => Ok(()),
    }
}
