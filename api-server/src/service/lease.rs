//! Leases on images: what this process works on, so that others finish or undo it should the process die.

use std::sync::LazyLock;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId};
use glance_common::registry_api::{LeaseRenewal, NewLease};
use glance_registry_client::RegistryError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::AppState;

/// An upload is under way: the image is `saving`, and an object may lie in the store.
pub(super) const UPLOAD: &str = "upload";
/// A deletion is under way: objects may be gone while the image's row is still there.
pub(super) const DELETE: &str = "delete";

/// Locations were taken from an image, and their data is being removed.
pub(super) const REMOVE_LOCATIONS: &str = "remove-locations";

/// Longest name of a holder in the registry, in characters.
const LONGEST_HOLDER: usize = 255;

/// This process among all nodes: host, process and a random part, so that a restarted one is another holder.
pub(super) static HOLDER: LazyLock<String> = LazyLock::new(|| {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let id = format!(":{}:{}", std::process::id(), Uuid::new_v4());
    let host: String = host.trim().chars().take(LONGEST_HOLDER - id.len()).collect();
    host + &id
});

/// What a successor needs to know of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UploadNotes {
    /// Id of the store that the data goes to.
    pub(super) store: String,
    /// Name of the object.
    pub(super) object: String,
}

/// A lease on an image, to be taken. One lease an image: uploads and deletions of data exclude each other.
pub(super) fn on_image(app: &AppState, kind: &str, id: &ImageId, detail: serde_json::Value) -> NewLease {
    NewLease {
        id: Uuid::new_v4().to_string(),
        kind: kind.to_owned(),
        resource: format!("image/{id}"),
        image_id: Some(id.clone()),
        holder: HOLDER.clone(),
        seconds: app.options.api.worker_lease_seconds,
        detail,
    }
}

/// Keeps or claims a lease for another period.
pub(super) fn renewal(app: &AppState) -> LeaseRenewal {
    LeaseRenewal { holder: HOLDER.clone(), seconds: app.options.api.worker_lease_seconds, detail: None }
}

/// Gives a lease back. One that is gone already is as good; one that cannot be given back expires and is then found
/// by the recovery.
pub(super) async fn end(context: &RequestContext, app: &AppState, lease: &str) {
    match app.registry.end_lease(context, lease, &HOLDER).await {
        Ok(()) | Err(RegistryError::LeaseLost(_) | RegistryError::NotFound(_)) => {}
        Err(error) => log::warn!("lease {lease} is left to expire: {error}"),
    }
}

/// Keeps the lease of an upload for as long as it is polled. Returns when the work must stop: the lease was taken over,
/// or the image is not `saving` any more because somebody deleted it (F3).
pub(super) async fn keep_upload(context: &RequestContext, app: &AppState, lease: &str, image: &Image) {
    let period = Duration::from_secs(app.options.api.worker_lease_seconds.into()) / 3;
    loop {
        tokio::time::sleep(period).await;
        match app.registry.renew_lease(context, lease, &renewal(app)).await {
            Ok(_) => {}
            Err(RegistryError::LeaseLost(_) | RegistryError::NotFound(_)) => {
                log::warn!("image {}: the lease of the upload was taken over", image.id);
                return;
            }
            Err(error) => log::warn!("image {}: the lease of the upload cannot be renewed: {error}", image.id),
        }
        match app.registry.show_image(context, &image.id).await {
            Ok(now) if now.status == image.status => {}
            Ok(_) | Err(RegistryError::NotFound(_)) => return,
            Err(_) => {}
        }
    }
}
