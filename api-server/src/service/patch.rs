//! One operation of a change: who may do it, and how what it touched is told to the registry.

use glance_common::context::RequestContext;
use glance_common::model::{Image, Location};
use glance_common::registry_api::{ImageFields, ImageUpdate, Patch, PropertiesChange};

use super::access::rule_to_set;
use super::locations;
use crate::domain::change::LocationsOperation;
use crate::domain::draft::Changes;
use crate::domain::{Attribute, Operation};
use crate::error::ApiError;
use crate::policy::Rule;
use crate::state::AppState;

/// May the caller do this to the image, as it is after the operations before (images-v2 §8.3)?
///
/// # Errors
/// 403, or 404 where the caller may not know of the image.
pub(super) fn authorise(
    context: &RequestContext,
    app: &AppState,
    image: &Image,
    operation: &Operation,
) -> Result<(), ApiError> {
    match operation {
        Operation::Locations(operation) => return authorise_locations(context, app, image, operation),
        Operation::Add(Attribute::Owner(_)) | Operation::Replace(Attribute::Owner(_)) if !context.is_admin => {
            return Err(ApiError::forbidden_detail("Owner can't be updated by non admin."));
        }
        Operation::Add(Attribute::Visibility(to)) | Operation::Replace(Attribute::Visibility(to)) => {
            if let Some(rule) = rule_to_set(*to) {
                app.policy.enforce_on_image(context, rule, image)?;
            }
        }
        Operation::Add(_) | Operation::Replace(_) | Operation::Remove(_) => {}
    }
    app.policy.enforce_on_image(context, Rule::ModifyImage, image)?;
    app.policy.require_ownership(context, image.owner.as_deref(), "You do not own this image")
}

/// Whoever passes the rules and does not see locations here does not change them either (images-v2 §8.8).
fn authorise_locations(
    context: &RequestContext,
    app: &AppState,
    image: &Image,
    operation: &LocationsOperation,
) -> Result<(), ApiError> {
    let (rule, verb) = match operation {
        LocationsOperation::Replace(list) if list.is_empty() => {
            return Err(ApiError::forbidden_detail("Cannot set locations to empty list."));
        }
        LocationsOperation::Replace(_) => (Rule::SetImageLocation, "update"),
        LocationsOperation::Add { .. } => (Rule::SetImageLocation, "add"),
        LocationsOperation::Remove { .. } => (Rule::DeleteImageLocation, "remove"),
    };
    app.policy.enforce_on_image(context, rule, image)?;
    if app.options.api.show_multiple_locations {
        return app.policy.require_ownership(context, image.owner.as_deref(), "You do not own this image");
    }
    Err(ApiError::forbidden(format!("It's not allowed to {verb} locations if locations are invisible.")))
}

/// The update that saves a finished change, if nobody changed the image meanwhile; and the locations whose data is to
/// go afterwards.
pub(super) fn registry_update(app: &AppState, changes: Changes, read: &Image) -> (ImageUpdate, Vec<Location>) {
    let mut set = ImageFields::default();
    let mut tags = None;
    for attribute in changes.attributes {
        match attribute {
            Attribute::Name(name) => set.name = Patch::Set(name),
            Attribute::Visibility(visibility) => set.visibility = Patch::Set(visibility),
            Attribute::Owner(owner) => set.owner = Patch::Set(owner.filter(|owner| !owner.is_empty())),
            Attribute::Protected(protected) => set.protected = Patch::Set(protected),
            Attribute::OsHidden(hidden) => set.os_hidden = Patch::Set(hidden),
            Attribute::DiskFormat(format) => set.disk_format = Patch::Set(format),
            Attribute::ContainerFormat(format) => set.container_format = Patch::Set(format),
            Attribute::MinRam(value) => set.min_ram = Patch::Set(column(value)),
            Attribute::MinDisk(value) => set.min_disk = Patch::Set(column(value)),
            Attribute::Tags(all) => tags = Some(all),
            Attribute::Custom { .. } => {}
        }
    }
    let properties = PropertiesChange {
        remove: changes.removed_properties,
        set: changes.set_properties.into_iter().collect(),
        ..PropertiesChange::default()
    };
    let mut update = ImageUpdate { if_version: Some(read.version), set, properties, tags, ..ImageUpdate::default() };
    let to_go = changes.located.map(|located| locations::add_to_update(app, &read.id, located, &mut update));
    (update, to_go.unwrap_or_default())
}

/// The rules have seen that it fits.
fn column(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
