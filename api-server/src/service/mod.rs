//! Use cases: what the Images API does, whatever version asks.
//!
//! Each method takes the request context first and judges by itself whether the caller may: no entry point can forget.
//! It reads as the operation's story: load, authorise, check, act.
//!
//! | module | operations | calls of the registry |
//! |---|---|---|
//! | [`images`] | create, show, list, change | 1 each; a change reads before |
//! | `locations` | the part of a change that says where the data is | 2 more for each one that is removed |
//! | [`members`] | share with projects | 1 to read; a change reads before |
//! | [`tags`] | add and remove one tag | 2 |
//! | [`actions`] | deactivate, reactivate | 2; 1 where nothing is to be done |
//! | [`delete`] | delete | 2 without data; 3 with |
//! | [`download`] | read data | 1 |
//! | [`upload`] | write data | 3: read, `queued` to `saving`, `saving` to `active` |
//! | [`limits`] | what a project may use, for creation and upload | 0; 1 a step for data of unknown size |
//! | [`protection`] | which custom properties a caller may touch and see, for all of the above | 0 |
//! | [`image_schema`] | finding the operator's schema, at the start | 0 |
//! | [`recovery`] | finishing or undoing what a dead node began | in the background |

mod access;
pub mod actions;
pub mod delete;
pub mod download;
pub mod image_schema;
pub mod images;
mod lease;
pub mod limits;
mod locations;
pub mod members;
mod metering;
mod patch;
pub mod protection;
pub mod recovery;
mod saving;
pub mod tags;
pub mod upload;

use glance_common::logging;
use glance_common::model::Image;
use tokio::task::JoinHandle;

use crate::config::ApiOptions;
use crate::domain::{FormatLists, Quotas, Refusal, RefusalClass};
use crate::error::ApiError;
use crate::stores::Location;
use crate::stores::catalog::StoreCatalog;

/// Where the data of an image can be read, in the order in which to try: by weight of the store, else as added.
#[must_use]
pub fn locations_for_reading(stores: &StoreCatalog, image: &Image) -> Vec<Location> {
    let mut locations: Vec<Location> = image.active_locations().map(locations::place).collect();
    let is_known = |at: &Location| at.store_id().is_some_and(|id| stores.find(id).is_some());
    if stores.is_multi_store() && !locations.iter().all(is_known) {
        stores.heal(&mut locations);
    }
    if locations.len() > 1 {
        stores.sort_for_reading(&mut locations);
    }
    locations
}

/// Runs work that outlives its request as a task of its own; its log lines still name the request.
fn spawn_for_request<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    match logging::current() {
        Some(request) => tokio::spawn(logging::scope(request, work)),
        None => tokio::spawn(work),
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { class, text, is_detail } = refusal;
        match (class, is_detail) {
            (RefusalClass::Invalid, false) => Self::bad_request(text),
            (RefusalClass::Invalid, true) => Self::bad_request_detail(text),
            (RefusalClass::Forbidden, false) => Self::forbidden(text),
            (RefusalClass::Forbidden, true) => Self::forbidden_detail(text),
            (RefusalClass::Conflict, false) => Self::conflict(text),
            (RefusalClass::Conflict, true) => Self::conflict_detail(text),
            (RefusalClass::OverLimit, false) => Self::too_large(text),
            (RefusalClass::OverLimit, true) => Self::too_large_detail(text),
        }
    }
}

impl From<&ApiOptions> for Quotas {
    fn from(options: &ApiOptions) -> Self {
        Self {
            properties: options.image_property_quota.into(),
            tags: options.image_tag_quota.into(),
            members: options.image_member_quota.into(),
            locations: options.image_location_quota.into(),
        }
    }
}

impl From<&crate::config::ImageFormatOptions> for FormatLists {
    fn from(options: &crate::config::ImageFormatOptions) -> Self {
        Self { disk: options.disk_formats.clone(), container: options.container_formats.clone() }
    }
}

#[cfg(test)]
mod tests;
