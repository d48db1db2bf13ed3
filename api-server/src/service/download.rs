//! Reading the data of an image (images-v2 §9.5). One call of the registry; the decision is made before the first byte
//! and in one place, whatever the data comes from (A2).

use futures_util::{StreamExt, stream};
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus};

use super::access::{find_image, no_image_found};
use super::locations_for_reading;
use crate::error::{ApiError, Situation};
use crate::policy::Rule;
use crate::state::AppState;
use crate::stores::catalog::StoreCatalog;
use crate::stores::{BodyError, ByteRange, Location, ReadBody, Reading, StoreError, StoreErrorKind};

/// An image whose data the caller may read, with the places to try.
#[derive(Debug)]
pub struct Download {
    /// The image.
    pub image: Image,
    locations: Vec<Location>,
}

/// Find the data of an image for a caller. `prefer` names stores to try first, separated by commas.
///
/// # Errors
/// 404, 403, and 400 for stores that cannot be preferred (images-v2 §9.5).
pub async fn begin_download(
    context: &RequestContext,
    app: &AppState,
    id: &str,
    prefer: Option<&str>,
) -> Result<Download, ApiError> {
    let image = find_image(context, app, id, no_image_found).await?;
    if image.status == ImageStatus::Deactivated && !context.is_admin {
        let text = "The requested image has been deactivated. Image data download is forbidden.";
        return Err(ApiError::forbidden(text));
    }
    app.policy.enforce_on_image(context, Rule::DownloadImage, &image)?;
    let mut locations = locations_for_reading(&app.stores, &image);
    if let Some(prefer) = prefer.filter(|prefer| !prefer.is_empty()) {
        app.policy.enforce_on_image(context, Rule::DownloadFromStore, &image)?;
        prefer_stores(&app.stores, prefer, &mut locations)?;
    }
    Ok(Download { image, locations })
}

/// Brings the locations in the named stores to the front, in the order of the names.
fn prefer_stores(stores: &StoreCatalog, prefer: &str, locations: &mut [Location]) -> Result<(), ApiError> {
    if !stores.is_multi_store() {
        let text = "Store selection for download is not available when multiple backends are not enabled.";
        return Err(ApiError::bad_request(text));
    }
    let names: Vec<&str> = prefer.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = names.iter().find(|name| stores.find(name).is_none()) {
        return Err(ApiError::bad_request(format!("Store '{unknown}' is not configured.")));
    }
    let rank = |at: &Location| names.iter().position(|name| at.store_id() == Some(name)).unwrap_or(names.len());
    locations.sort_by_key(rank);
    Ok(())
}

impl Download {
    /// Is there any place to read from?
    #[must_use]
    pub fn has_locations(&self) -> bool {
        !self.locations.is_empty()
    }

    /// Opens the data, or a part of it that lies within the image's size. The places are tried in turn; none when no
    /// store has the data any more.
    ///
    /// # Errors
    /// What the last place said: 503 when its store cannot be reached, 400 when it cannot read, 403 when it refuses,
    /// else 500.
    pub async fn open(&self, app: &AppState, range: Option<ByteRange>) -> Result<Option<Reading>, ApiError> {
        let mut last = StoreError::from(StoreErrorKind::NotFound);
        for location in &self.locations {
            match begin(app.stores.get(location, range).await).await {
                Ok(reading) => return Ok(Some(reading)),
                Err(error) => {
                    log::warn!("image {}: {} cannot be read: {error}", self.image.id, location.redacted());
                    last = error;
                }
            }
        }
        if last.is_not_found() { Ok(None) } else { Err(refusal(last)) }
    }
}

/// A place that fails before its first byte is as if it had not been opened: the next one is tried.
async fn begin(opened: Result<Reading, StoreError>) -> Result<Reading, StoreError> {
    let Reading { size, body } = opened?;
    let mut stream = match body {
        ReadBody::Stream(stream) => stream,
        file @ ReadBody::File { .. } => return Ok(Reading { size, body: file }),
    };
    let first = stream.next().await.transpose()?;
    let body = stream::iter(first.map(Ok)).chain(stream).boxed();
    Ok(Reading { size, body: ReadBody::Stream(body) })
}

fn refusal(error: StoreError) -> ApiError {
    use StoreErrorKind as Kind;
    let refusal = match error.kind() {
        Kind::RemoteServiceUnavailable | Kind::Timeout { .. } | Kind::Body(BodyError::Source) => {
            ApiError::unavailable("Remote server where the image is present is unavailable.")
        }
        Kind::StoreGetNotSupported | Kind::StoreRandomGetNotSupported { .. } | Kind::Forbidden | Kind::Busy => {
            return error.into();
        }
        _ => ApiError::stock(Situation::Internal),
    };
    refusal.caused_by(error)
}
