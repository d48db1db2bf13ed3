//! Deactivating and reactivating images (images-v2 §9.7): their data stays where it is, but only administrators may
//! read it.

use glance_common::context::RequestContext;
use glance_common::registry_api::{ImageFields, ImageUpdate, Patch};
use glance_registry_client::RegistryError;

use super::access::{find_image, no_image_found};
use crate::domain::lifecycle::{Action, Step};
use crate::error::{ApiError, Situation};
use crate::policy::{Rule, require_writer};
use crate::state::AppState;

/// How often an action is begun anew because the image's status changed meanwhile.
const ATTEMPTS: usize = 5;

/// Do it, unless the image is already as wanted.
///
/// # Errors
/// 404; 403 where the caller may not, or the image is in a third status.
pub async fn act(context: &RequestContext, app: &AppState, id: &str, action: Action) -> Result<(), ApiError> {
    require_writer(context)?;
    let rule = match action {
        Action::Deactivate => Rule::Deactivate,
        Action::Reactivate => Rule::Reactivate,
    };
    for _ in 0..ATTEMPTS {
        let image = find_image(context, app, id, no_image_found).await?;
        app.policy.enforce_on_image(context, rule, &image)?;
        app.policy.require_ownership(context, image.owner.as_deref(), "You do not own this image")?;
        if !action.is_due(image.status)? {
            return Ok(());
        }
        let Step { from, to } = action.step();
        let set = ImageFields { status: Patch::Set(to), ..ImageFields::default() };
        let update = ImageUpdate { from: vec![from], set, ..ImageUpdate::default() };
        match app.registry.update_image(context, &image.id, &update).await {
            Ok(_) => {
                log::info!("image {id} is {to} now");
                return Ok(());
            }
            Err(RegistryError::Conflict { .. }) => {}
            Err(RegistryError::NotFound(_)) => return Err(ApiError::not_found(no_image_found(id))),
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::stock(Situation::Conflict).caused_by("the status changed each time while it was being changed"))
}
