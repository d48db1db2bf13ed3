//! Writing the data of an image (images-v2 §9.1). All or nothing: whatever fails, and when the client goes away, the
//! image is `queued` again and nothing is stored; see the module `saving`.
//!
//! The transfer runs as a task of its own. A handler that is dropped with its connection ends the body, which is a
//! failure like any other; so there is one way to undo.

use std::sync::Arc;

use glance_common::context::RequestContext;
use glance_common::model::Image;
use glance_common::registry_api::{QuotaClaim, Resource};
use glance_registry_client::RegistryError;

use super::access::{find_image, no_image_found};
use super::lease::UploadNotes;
use super::metering::Ending;
use super::saving::{Plan, Saving};
use super::{limits, spawn_for_request};
use crate::domain::lifecycle;
use crate::error::{ApiError, Situation};
use crate::formats::ContentJudge;
use crate::policy::{Rule, require_writer};
use crate::state::AppState;
use crate::stores::catalog::ConfiguredStore;
use crate::stores::ingest::{Ingested, Inspector, Limits, Upload};
use crate::stores::{BodyError, ByteStream, ObjectId, StoreError, StoreErrorKind};

/// Data for an image.
pub struct DataUpload {
    /// Size in bytes that the client announced.
    pub announced: Option<u64>,
    /// Id of the store to write to; none takes the default.
    pub store: Option<String>,
    /// The request's type of content, which the refusal of what it holds names.
    pub content_type: Option<String>,
    /// The bytes.
    pub body: ByteStream,
}

/// Store the data of an image and make it `active`. Three calls of the registry; more where limits hold for data of
/// unknown size.
///
/// # Errors
/// The table of images-v2 §9.1, from row 3 on.
pub async fn upload_data(
    context: &RequestContext,
    app: &Arc<AppState>,
    id: &str,
    upload: DataUpload,
) -> Result<(), ApiError> {
    require_writer(context)?;
    let announced = i64::try_from(upload.announced.unwrap_or(0)).unwrap_or(i64::MAX);
    match begin_upload(context, app, id, &upload).await {
        Ok((saving, store, quota)) => {
            let transfer = Transfer { caller: context.clone(), store, quota, upload };
            let transfer = spawn_for_request(transfer.run(Arc::clone(app), saving));
            transfer.await.map_err(ApiError::internal)?
        }
        Err(error) => {
            let delta = Resource::SizeTotal.units(announced);
            Err(limits::precede(context, app, Resource::SizeTotal, delta, error).await)
        }
    }
}

/// Everything up to the first byte: the image is `saving`, and what is known of its size is reserved. Also the store,
/// and the limits for what is not known.
async fn begin_upload(
    context: &RequestContext,
    app: &Arc<AppState>,
    id: &str,
    upload: &DataUpload,
) -> Result<(Saving, String, Option<QuotaClaim>), ApiError> {
    let store = choose_store(app, upload.store.as_deref())?.id.clone();
    let image = find_image(context, app, id, no_image_found).await?;
    app.policy.enforce_on_image(context, Rule::UploadImage, &image)?;
    let refusal = format!("Not allowed to upload image data for image {id}");
    app.policy.require_ownership(context, image.owner.as_deref(), refusal)?;
    lifecycle::check_upload(image.status, image.disk_format.as_deref(), image.container_format.as_deref())?;

    let quota = limits::for_upload(context, app, upload.announced).await?;
    let notes = UploadNotes { store: store.clone(), object: image.id.to_string() };
    let plan = Plan { notes, announced: upload.announced, quota };
    let saving = Saving::begin(context, app, &image, &plan).await?;
    Ok((saving, store, plan.quota.filter(|_| upload.announced.is_none())))
}

/// The store to write to. Ids mean something only where several stores are configured.
fn choose_store<'a>(app: &'a AppState, wished: Option<&str>) -> Result<&'a ConfiguredStore, ApiError> {
    match wished.filter(|_| app.stores.is_multi_store()) {
        None => Ok(app.stores.default_store()),
        Some(id) => {
            let unknown = || ApiError::bad_request(format!("Store for identifier {id} not found"));
            app.stores.find(id).ok_or_else(unknown)
        }
    }
}

/// The bytes on their way.
struct Transfer {
    caller: RequestContext,
    store: String,
    /// The limits, where the size is not known.
    quota: Option<QuotaClaim>,
    upload: DataUpload,
}

impl Transfer {
    async fn run(self, app: Arc<AppState>, mut saving: Saving) -> Result<(), ApiError> {
        let Self { caller, store, quota, upload: DataUpload { announced, content_type, body, .. } } = self;
        let (body, ending) = match quota {
            Some(quota) => saving.meter(quota, body),
            None => (body, Ending::default()),
        };
        let ingested = tokio::select! {
            ingested = ingest(&app, &saving, &store, announced, body) => ingested,
            () = saving.must_stop() => Err(StoreErrorKind::NotFound.into()),
        };
        match ingested {
            Ok(ingested) => saving.complete(ingested).await,
            Err(error) => {
                log::info!("image {}: the upload failed: {error}", saving.image().id);
                saving.undo(None).await;
                Err(match ending.take() {
                    Some(RegistryError::LeaseLost(_)) => super::saving::gone(&saving.image().id),
                    Some(limit) => limits::refused(&caller, announced, limit, Into::into),
                    None => refusal(saving.image(), content_type.as_deref(), error),
                })
            }
        }
    }
}

async fn ingest(
    app: &AppState,
    saving: &Saving,
    store: &str,
    announced: Option<u64>,
    body: ByteStream,
) -> Result<Ingested, StoreError> {
    let options = &app.options;
    let object = ObjectId::new(saving.image().id.as_str())
        .map_err(|error| StoreError::from(StoreErrorKind::Backend).caused_by(error))?;
    let store = app.stores.find(store).unwrap_or_else(|| app.stores.default_store());
    let idle = options.socket.client_socket_timeout.duration();
    let limits = Limits { size_cap: Some(options.api.image_size_cap.bytes()), ..Limits::default() };
    let limits = if idle.is_zero() { limits } else { Limits { idle, ..limits } };
    let upload = Upload {
        object,
        announced,
        limits,
        algorithm: options.api.hashing_algorithm,
        expected_md5: None,
        expected_digest: None,
        inspector: inspector(app, saving.image()),
    };
    app.ingestor.ingest(store.store.as_ref(), upload, body).await
}

/// Bare content is judged by the declared disk format; what is wrapped in a container is not looked into (§9.3).
fn inspector(app: &AppState, image: &Image) -> Option<Box<dyn Inspector>> {
    let declared = image.disk_format.as_deref().filter(|_| image.container_format.as_deref() == Some("bare"))?;
    Some(Box::new(ContentJudge::new(app.options.formats.content_rules(), declared)))
}

/// What clients read where the table differs from the usual words of stores.
fn refusal(image: &Image, content_type: Option<&str>, error: StoreError) -> ApiError {
    match error.kind() {
        StoreErrorKind::Body(BodyError::Refused(reason)) => ApiError::unsupported_media(content_type, reason.clone()),
        StoreErrorKind::NotFound => super::saving::gone(&image.id).caused_by(error),
        StoreErrorKind::Duplicate => ApiError::stock(Situation::Internal).caused_by(error),
        _ => error.into(),
    }
}
