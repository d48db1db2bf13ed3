//! Changing where the data of an image is (images-v2 §8.8).
//!
//! What is added is judged first: the store has to find data there. Then all operations of a request are saved at once,
//! with the version of the image that they were judged by, so of two at the same time both happen, one after the other.
//!
//! A location that is removed takes its data with it. To lose and to leak nothing when the node dies in between:
//!
//! 1. The registry saves the change, marks the location as one whose data is to go, and gives a lease with its row.
//!    From here on nobody reads it any more.
//! 2. The data is removed from its store. When the store refuses, the location is put back.
//! 3. The location is marked as gone, and the lease ends.
//!
//! Whoever finds the lease expired goes on from step 2. Data that another location of the image names too stays. With
//! `delayed_delete` step 1 is all; the scrubber does the rest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, Location, LocationStatus};
use glance_common::registry_api::{
    ImageFields, ImageUpdate, LocationRemove, LocationsChange, NewLease, NewLocation, Patch, QuotaClaim,
};
use glance_registry_client::RegistryError;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::{lease, limits, spawn_for_request};
use crate::domain::change::{GivenLocation, LocationsOperation};
use crate::domain::draft::{Draft, Located};
use crate::domain::lifecycle::Step;
use crate::domain::locations::{self, DigestRule, NEW};
use crate::domain::{Operation, Quotas};
use crate::error::{ApiError, Situation};
use crate::state::AppState;
use crate::stores::catalog::StoreCatalog;
use crate::stores::{self, StoreError, StoreErrorKind};

/// How long all new locations of a request may take to be judged.
const JUDGING: Duration = Duration::from_secs(30);
/// How long the end of a removal is told to a registry that is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a successor needs to know of a removal: the rows whose data is to go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct RemovalNotes {
    rows: Vec<i64>,
}

/// A location as the stores know it.
pub(super) fn place(at: &Location) -> stores::Location {
    stores::Location { url: at.url.clone(), metadata: at.metadata.clone() }
}

/// The image with its locations in the order of reading, healed, as the positions in a change count them.
pub(super) fn arranged(app: &AppState, mut image: Image) -> Image {
    for location in &mut image.locations {
        let mut healed = [place(location)];
        if app.stores.heal(&mut healed) {
            let [healed] = healed;
            location.metadata = healed.metadata;
        }
    }
    image.locations.sort_by_cached_key(|at| app.stores.rank(&place(at)));
    image
}

/// The operations on locations of one request, and what was found out for them.
#[derive(Debug)]
pub(super) struct Judge {
    /// Sizes in bytes by URL: a change that is made anew does not ask again.
    sizes: HashMap<(String, Option<String>), i64>,
    /// Bytes at the new places of the present attempt.
    added: i64,
    deadline: Instant,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self { sizes: HashMap::new(), added: 0, deadline: Instant::now() + JUDGING }
    }

    /// The change is made, or made anew, from its beginning.
    pub(super) fn begin(&mut self) {
        self.added = 0;
    }

    /// The limits that the new places have to keep, if there are any.
    ///
    /// # Errors
    /// 503 when they cannot be found out.
    pub(super) async fn limits(
        &self,
        context: &RequestContext,
        app: &AppState,
    ) -> Result<Option<QuotaClaim>, ApiError> {
        if self.added == 0 {
            return Ok(None);
        }
        limits::for_locations(context, app, self.added).await
    }

    /// Apply one operation to a draft.
    ///
    /// # Errors
    /// What the rules say, and 400 for a place that cannot be a location.
    pub(super) async fn apply(
        &mut self,
        app: &AppState,
        draft: &mut Draft,
        operation: &LocationsOperation,
        quotas: &Quotas,
    ) -> Result<(), ApiError> {
        let algorithm = app.options.api.hashing_algorithm;
        let rule = DigestRule { algorithm: algorithm.as_str(), bytes: algorithm.digest_bytes() };
        let promised = locations::begin(draft.image(), operation, rule, quotas)?;
        match operation {
            LocationsOperation::Add { at, location } => {
                let location = assigned(&app.stores, location);
                let size = self.size_of(app, &location).await?;
                draft.change_locations(promised, |image| locations::add(image, *at, &location, size))?;
                self.added = self.added.saturating_add(size);
            }
            LocationsOperation::Replace(list) => {
                let list: Vec<_> = list.iter().map(|location| assigned(&app.stores, location)).collect();
                let mut sizes = Vec::new();
                if !locations::same_urls(&draft.image().locations, &list) {
                    for location in &list {
                        sizes.push(self.size_of(app, location).await?);
                    }
                }
                draft.change_locations(promised, |image| locations::replace(image, &list, &sizes))?;
                self.added = sizes.iter().fold(self.added, |sum, size| sum.saturating_add(*size));
            }
            LocationsOperation::Remove { at } => draft.remove_location(*at)?,
        }
        Ok(())
    }

    /// Size of the data at a new location. A place that is refused is told from an empty one by nobody (D8).
    async fn size_of(&mut self, app: &AppState, location: &GivenLocation) -> Result<i64, ApiError> {
        let at = stores::Location { url: location.url.clone(), metadata: location.metadata.clone() };
        let key = (at.url.clone(), at.store_id().map(str::to_owned));
        if let Some(size) = self.sizes.get(&key) {
            return Ok(*size);
        }
        let invalid = || ApiError::bad_request("Invalid location");
        let judged = timeout_at(self.deadline, app.stores.judge_client_location(&at)).await;
        let size = judged.map_err(|late| invalid().caused_by(late))?.map_err(|why| invalid().caused_by(why))?;
        locations::check_metadata(&location.metadata)?;
        let size = i64::try_from(size).map_err(|_| invalid())?;
        self.sizes.insert(key, size);
        Ok(size)
    }
}

/// The URL decides which store a location belongs to.
fn assigned(catalog: &StoreCatalog, location: &GivenLocation) -> GivenLocation {
    let mut at = stores::Location { url: location.url.clone(), metadata: location.metadata.clone() };
    catalog.assign(&mut at);
    GivenLocation { metadata: at.metadata, ..location.clone() }
}

/// Does a change touch locations?
pub(super) fn are_touched(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| matches!(operation, Operation::Locations(_)))
}

/// Adds the changed locations, and what came with them, to the update that saves a change. Returns those whose data is
/// to go.
pub(super) fn add_to_update(app: &AppState, id: &ImageId, located: Located, update: &mut ImageUpdate) -> Vec<Location> {
    let still_named = |at: &Location| located.locations.iter().chain(&located.others).any(|other| other.url == at.url);
    let (kept, to_go): (Vec<_>, Vec<_>) =
        located.removed.iter().filter(|at| at.id != NEW).partition(|at| still_named(at));
    let mut list: Vec<NewLocation> = located.others.iter().map(|at| row(at, at.id, at.status)).collect();
    list.extend(kept.iter().map(|at| row(at, at.id, LocationStatus::Deleted)));
    list.extend(to_go.iter().map(|at| row(at, at.id, LocationStatus::PendingDelete)));
    list.extend(in_order(&app.stores, &located.locations));
    update.locations = Some(LocationsChange::Replace(list));
    if let Some(size) = located.size {
        update.set.size = Patch::Set(Some(size));
    }
    if located.becomes_active {
        become_active(located.promised, &mut update.set);
    }
    let to_go: Vec<Location> = to_go.into_iter().cloned().collect();
    if !to_go.is_empty() && !app.options.api.delayed_delete {
        update.take_lease = Some(removal_lease(app, id, &to_go));
    }
    to_go
}

fn become_active(promised: locations::Promised, set: &mut ImageFields) {
    let given = |value: Option<String>| value.map_or(Patch::Keep, |value| Patch::Set(Some(value)));
    set.status = Patch::Set(Step::FIRST_LOCATION.to);
    set.checksum = given(promised.checksum);
    set.os_hash_algo = given(promised.os_hash_algo);
    set.os_hash_value = given(promised.os_hash_value);
}

/// The rows that make the registry tell the locations in this order. It tells them in the order in which they were
/// added; a location that is to come behind a younger one of the same rank is added anew.
fn in_order(catalog: &StoreCatalog, locations: &[Location]) -> Vec<NewLocation> {
    let mut youngest: HashMap<i64, i64> = HashMap::new();
    let rows = locations.iter().map(|at| {
        let last = youngest.entry(catalog.rank(&place(at))).or_default();
        let id = if at.id > *last { at.id } else { NEW };
        *last = if id == NEW { i64::MAX } else { id };
        row(at, id, LocationStatus::Active)
    });
    rows.collect()
}

fn row(at: &Location, id: i64, status: LocationStatus) -> NewLocation {
    NewLocation { id: (id != NEW).then_some(id), url: at.url.clone(), metadata: at.metadata.clone(), status }
}

fn removal_lease(app: &AppState, id: &ImageId, to_go: &[Location]) -> NewLease {
    let notes = RemovalNotes { rows: to_go.iter().map(|at| at.id).collect() };
    let detail = serde_json::to_value(notes).unwrap_or_default();
    lease::on_image(app, lease::REMOVE_LOCATIONS, id, detail)
}

/// Steps 2 and 3 of a removal, as a task of their own, so that a client that goes away does not stop them half-way.
///
/// # Errors
/// 500 in the words of a store that refuses; the location is back then.
pub(super) async fn finish_removal(
    context: &RequestContext,
    app: &Arc<AppState>,
    id: &ImageId,
    to_go: Vec<Location>,
    lease: String,
) -> Result<(), ApiError> {
    let service = RequestContext::service(context.request_id.clone());
    let (app, id) = (Arc::clone(app), id.clone());
    let work = spawn_for_request(async move { remove_all(&service, &app, &id, &to_go, &lease).await });
    let refused = work.await.map_err(ApiError::internal)?;
    refused.map_err(|error| {
        let text = error.to_string();
        ApiError::stock(Situation::Internal).explained(text).caused_by(error)
    })
}

/// Removes the data at these locations. What a store refuses to remove is put back; what cannot be told to the registry
/// is left, with the lease, to the recovery.
async fn remove_all(
    service: &RequestContext,
    app: &AppState,
    id: &ImageId,
    to_go: &[Location],
    lease: &str,
) -> Result<(), StoreError> {
    let (mut outcome, mut is_told) = (Ok(()), true);
    for location in to_go {
        let told = match remove_data(app, id, location).await {
            Ok(()) => mark_gone(service, app, id, location.id).await,
            Err(error) => {
                outcome = Err(error);
                put_back(service, app, id, location).await
            }
        };
        if let Err(error) = told {
            log::error!("image {id}: the removal of a location is to be finished later: {error}");
            is_told = false;
        }
    }
    if is_told {
        lease::end(service, app, lease).await;
    }
    outcome
}

async fn mark_gone(service: &RequestContext, app: &AppState, id: &ImageId, row: i64) -> Result<(), RegistryError> {
    let remove = LocationRemove { status: LocationStatus::Deleted };
    match app.registry.patient(PATIENCE).remove_location(service, id, row, &remove).await {
        Err(RegistryError::NotFound(_)) => Ok(()),
        outcome => outcome,
    }
}

async fn put_back(
    service: &RequestContext,
    app: &AppState,
    id: &ImageId,
    location: &Location,
) -> Result<(), RegistryError> {
    let again = NewLocation { id: None, ..row(location, NEW, LocationStatus::Active) };
    match app.registry.patient(PATIENCE).update_location(service, id, location.id, &again).await {
        Ok(_) | Err(RegistryError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Goes on with a removal whose node died.
pub(super) async fn take_over(
    service: &RequestContext,
    app: &AppState,
    id: &ImageId,
    lease: &str,
    notes: &RemovalNotes,
) -> Result<(), RegistryError> {
    let waiting = match app.registry.waiting_locations(service, id).await {
        Err(RegistryError::NotFound(_)) => Vec::new(),
        found => found?.locations,
    };
    let to_go: Vec<Location> = waiting.into_iter().filter(|at| notes.rows.contains(&at.id)).collect();
    if let Err(error) = remove_all(service, app, id, &to_go, lease).await {
        log::error!("image {id}: a location is back, since its store does not remove it: {error}");
    }
    Ok(())
}

/// Removes the data at one location. Data that is gone already, and stores that do not delete or are not configured any
/// more, do not keep anything from being deleted.
///
/// # Errors
/// What the store says against it.
pub(super) async fn remove_data(app: &AppState, id: &ImageId, location: &Location) -> Result<(), StoreError> {
    let mut healed = [place(location)];
    app.stores.heal(&mut healed);
    let [at] = healed;
    match app.stores.delete(&at).await {
        Err(error) if is_as_good_as_removed(error.kind()) => {
            log::info!("image {id}: {} is not removed: {error}", at.redacted());
            Ok(())
        }
        outcome => outcome,
    }
}

fn is_as_good_as_removed(kind: &StoreErrorKind) -> bool {
    use StoreErrorKind as Kind;
    matches!(kind, Kind::NotFound | Kind::StoreDeleteNotSupported | Kind::UnknownScheme { .. })
}
