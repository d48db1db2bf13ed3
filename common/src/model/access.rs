//! Who may see and who may change an image: the rules that the registry enforces for every caller (database §7).

use super::{Image, Visibility};
use crate::context::RequestContext;

/// May the caller know of this image? Administrators, owners, everybody for ownerless, public and community images,
/// and for shared ones the members, whatever they answered. `image.membership` is the caller's own row.
#[must_use]
pub fn is_visible(context: &RequestContext, image: &Image) -> bool {
    if context.is_admin || image.owner.is_none() || context.owns(image.owner.as_deref()) {
        return true;
    }
    match image.visibility {
        Visibility::Public | Visibility::Community => true,
        Visibility::Shared => image.membership.is_some(),
        Visibility::Private => false,
    }
}

/// May the caller change an image of this owner? Only administrators may change ownerless ones.
#[must_use]
pub fn is_mutable(context: &RequestContext, owner: Option<&str>) -> bool {
    !context.read_only && (context.is_admin || context.owns(owner))
}
