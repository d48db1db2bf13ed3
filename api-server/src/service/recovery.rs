//! Finishing or undoing what a dead node began. Every node does it for all nodes.
//!
//! Whoever works on the data of an image holds a lease. When a lease expires its holder is dead, hangs, or could not
//! reach the registry; one other node claims it and
//!
//! - for an upload: removes what was stored, sets the image back from `saving` to `queued`, ends the lease;
//! - for a deletion: deletes what is left, and ends the lease;
//! - for the removal of locations: removes their data, and ends the lease.
//!
//! A holder that comes back finds its lease gone and stops. Partial files, which no lease names, are removed by the
//! stores themselves ([`StoreCatalog::recover`](crate::stores::catalog::StoreCatalog::recover)).

use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::logging::{self, RequestLog};
use glance_common::model::{Image, ImageId};
use glance_common::registry_api::Lease;
use glance_registry_client::RegistryError;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::lease::{self, UploadNotes};
use super::{delete, locations, saving};
use crate::state::AppState;
use crate::stores::{Location, ObjectId};

/// How often the stores look for partial files.
const STORES_PERIOD: Duration = Duration::from_secs(600);

/// Runs until it is dropped. `current` gives the state of the moment, since a reload replaces it.
pub async fn run(current: impl Fn() -> Arc<AppState>) {
    let mut stores_due = Instant::now();
    let period = current().options.api.worker_recovery_interval.duration().max(Duration::from_secs(1));
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let app = current();
        if Instant::now() >= stores_due {
            let removed = app.stores.recover().await;
            if removed > 0 {
                log::info!("removed {removed} leavings of unfinished uploads from the stores");
            }
            stores_due = Instant::now() + STORES_PERIOD;
        }
        pass(&app).await;
    }
}

/// One look at the expired leases. Says how many were dealt with.
pub async fn pass(app: &Arc<AppState>) -> usize {
    let service = RequestContext::service(format!("req-{}", Uuid::new_v4()));
    let request = RequestLog::new(service.request_id.clone(), None);
    logging::scope(request, take_over_expired(&service, app)).await
}

async fn take_over_expired(service: &RequestContext, app: &Arc<AppState>) -> usize {
    let mut done = 0;
    for kind in [lease::UPLOAD, lease::DELETE, lease::REMOVE_LOCATIONS] {
        match app.registry.list_leases(service, kind, true).await {
            Ok(expired) => {
                for lease in expired.leases {
                    done += usize::from(take_over(service, app, &lease).await);
                }
            }
            Err(error) => log::debug!("cannot look for expired leases: {error}"),
        }
    }
    done
}

/// Claims a lease and does what its holder left. Another node may be faster.
async fn take_over(service: &RequestContext, app: &Arc<AppState>, lease: &Lease) -> bool {
    let Some(id) = lease.image_id.as_ref() else {
        return false;
    };
    if app.registry.claim_lease(service, &lease.id, &lease::renewal(app)).await.is_err() {
        return false;
    }
    log::warn!("image {id}: taking over the {} that {} left", lease.kind, lease.holder);
    if lease.kind == lease::REMOVE_LOCATIONS {
        return finish_removal(service, app, lease, id).await;
    }
    let image = match app.registry.show_image(service, id).await {
        Ok(image) => Some(image),
        Err(RegistryError::NotFound(_)) => None,
        Err(error) => {
            log::error!("image {id}: to be tried again: {error}");
            return false;
        }
    };
    match image {
        Some(image) if lease.kind == lease::DELETE => {
            if let Err(error) = delete::finish(service, app, &image, &lease.id).await {
                log::error!("image {id}: the deletion cannot be finished: {error}");
            }
        }
        _ if lease.kind == lease::DELETE => lease::end(service, app, &lease.id).await,
        image => undo_upload(service, app, lease, id, image.as_ref()).await,
    }
    true
}

async fn finish_removal(service: &RequestContext, app: &AppState, lease: &Lease, id: &ImageId) -> bool {
    let notes = serde_json::from_value(lease.detail.clone()).unwrap_or_default();
    let finished = locations::take_over(service, app, id, &lease.id, &notes).await;
    if let Err(error) = &finished {
        log::error!("image {id}: to be tried again: {error}");
    }
    finished.is_ok()
}

async fn undo_upload(service: &RequestContext, app: &AppState, lease: &Lease, id: &ImageId, image: Option<&Image>) {
    let notes = serde_json::from_value::<UploadNotes>(lease.detail.clone()).ok();
    let places = notes.map_or_else(|| Some(Vec::new()), |notes| places_of(app, &notes));
    let Some(mut places) = places else {
        log::warn!("image {id}: the upload was to a store that this node does not have; left to other nodes");
        return;
    };
    if let Some(image) = image {
        // Never what the image itself refers to.
        places.retain(|place| !image.locations.iter().any(|at| at.url == place.url));
    }
    saving::restore(service, app, id, &lease.id, &places).await;
}

/// Where an upload may have put its object. None for an unknown store.
fn places_of(app: &AppState, notes: &UploadNotes) -> Option<Vec<Location>> {
    let store = app.stores.find(&notes.store)?;
    Some(ObjectId::new(&notes.object).map(|object| store.store.places(&object)).unwrap_or_default())
}
