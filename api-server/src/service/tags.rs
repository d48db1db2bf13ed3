//! Tags, one by one (images-v2 §10.3). Two calls of the registry: the image, then the change; nothing is lost when many
//! change tags at once, since each call touches its own tag only.

use glance_common::context::RequestContext;
use glance_common::model::Image;
use glance_common::registry_api::TagAdd;
use glance_registry_client::RegistryError;

use super::access::find_image;
use crate::domain::quota::{self, Quotas};
use crate::error::ApiError;
use crate::policy::{Rule, require_writer};
use crate::state::AppState;

/// Add a tag; one that is there already stays.
///
/// # Errors
/// 404, 403, 413.
pub async fn add_tag(context: &RequestContext, app: &AppState, id: &str, tag: &str) -> Result<(), ApiError> {
    let image = image_to_tag(context, app, id, "update").await?;
    let add = TagAdd { maximum: quota::maximum(Quotas::from(&app.options.api).tags) };
    app.registry.add_tag(context, &image.id, tag, add).await.map_err(|error| match error {
        RegistryError::NotFound(_) => ApiError::not_found(image_not_found(id)),
        RegistryError::LimitExceeded { maximum: Some(maximum), attempted: Some(attempted), .. } => {
            let reason = quota::exceeded("tags", attempted, maximum);
            ApiError::too_large(format!("Image tag limit exceeded for image {id}: {reason}:"))
        }
        other => other.into(),
    })
}

/// Remove a tag.
///
/// # Errors
/// 404 for the image or the tag, 403.
pub async fn remove_tag(context: &RequestContext, app: &AppState, id: &str, tag: &str) -> Result<(), ApiError> {
    let image = image_to_tag(context, app, id, "delete").await?;
    if !image.tags.iter().any(|own| own == tag) {
        return Err(ApiError::hidden());
    }
    app.registry.remove_tag(context, &image.id, tag).await.map_err(|error| match error {
        RegistryError::NotFound(_) => ApiError::hidden(),
        other => other.into(),
    })
}

/// The image, if the caller may change its tags.
async fn image_to_tag(context: &RequestContext, app: &AppState, id: &str, verb: &str) -> Result<Image, ApiError> {
    require_writer(context)?;
    let image = find_image(context, app, id, image_not_found).await?;
    app.policy.enforce_on_image(context, Rule::ModifyImage, &image)?;
    let refusal = format!("Not allowed to {verb} tags for image {id}.");
    app.policy.require_ownership(context, image.owner.as_deref(), refusal)?;
    Ok(image)
}

fn image_not_found(id: &str) -> String {
    format!("Image {id} not found.")
}
