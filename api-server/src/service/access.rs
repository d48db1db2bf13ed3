//! Finding an image for a caller, and the rules that several operations ask.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, Visibility};
use glance_registry_client::RegistryError;

use crate::error::ApiError;
use crate::policy::Rule;
use crate::state::AppState;

/// The words for an image that the caller's lookup does not find, on most routes.
pub(super) fn no_image_found(id: &str) -> String {
    format!("No image found with ID {id}")
}

/// The image, if the caller may know of it; hidden, missing and impossible ids are the same 404 (images-v2 §4.4).
///
/// # Errors
/// 404 in the words of the route; 503 when the registry is away.
pub(super) async fn find_image(
    context: &RequestContext,
    app: &AppState,
    id: &str,
    not_found: fn(&str) -> String,
) -> Result<Image, ApiError> {
    let Ok(parsed) = ImageId::parse(id) else {
        return Err(ApiError::not_found(not_found(id)));
    };
    app.registry.show_image(context, &parsed).await.map_err(|error| match error {
        RegistryError::NotFound(_) => ApiError::not_found(not_found(id)),
        other => other.into(),
    })
}

/// The rule that guards setting this visibility, beside the rule for the change itself (images-v2 §5.4).
pub(super) const fn rule_to_set(visibility: Visibility) -> Option<Rule> {
    match visibility {
        Visibility::Public => Some(Rule::PublicizeImage),
        Visibility::Community => Some(Rule::CommunitizeImage),
        Visibility::Private | Visibility::Shared => None,
    }
}
