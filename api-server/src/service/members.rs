//! Members of shared images (images-v2 §10.1).
//!
//! The registry's list brings the image along, so one call is enough to judge the caller and to find the row. It
//! shows callers only the rows that they may know of; a change is then one more call, in which the registry checks
//! limits and its own rules again.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, MemberStatus, Visibility};
use glance_common::registry_api::{Member, MemberList, MemberUpdate, NewMember};
use glance_registry_client::RegistryError;

use super::access::find_image;
use crate::domain::quota::{self, Quotas};
use crate::error::ApiError;
use crate::policy::{Rule, require_writer};
use crate::state::AppState;

const ONLY_SHARED: &str = "Only shared images have members.";

/// List the members that the caller may see.
///
/// # Errors
/// 404, 403 (images-v2 §10.1, "GET list").
pub async fn list_members(context: &RequestContext, app: &AppState, id: &str) -> Result<Vec<Member>, ApiError> {
    let MemberList { image, members } = find_members(context, app, id).await?;
    if image.visibility != Visibility::Shared {
        return Err(ApiError::forbidden(format!("Not allowed to list members for image {id}: {ONLY_SHARED}")));
    }
    require(context, app, Rule::GetMembers, &image)?;
    let sees_members = app.policy.enforce_on_image(context, Rule::GetMember, &image).is_ok();
    Ok(if sees_members { members } else { Vec::new() })
}

/// Show one member.
///
/// # Errors
/// 404 for all that others answer with 403, so that nothing can be learned here.
pub async fn show_member(context: &RequestContext, app: &AppState, id: &str, member: &str) -> Result<Member, ApiError> {
    let list = find_members(context, app, id).await?;
    if list.image.visibility != Visibility::Shared {
        return Err(ApiError::not_found(ONLY_SHARED));
    }
    find_row(context, app, &list, member).cloned().map_err(|refusal| match refusal.explanation() {
        Some(text) if !refusal.is_not_found() => ApiError::not_found(text.to_owned()),
        _ => refusal,
    })
}

/// Offer an image to a project.
///
/// # Errors
/// 404, 403, 413, 409, 400 (images-v2 §10.1, "POST").
pub async fn add_member(context: &RequestContext, app: &AppState, id: &str, member: &str) -> Result<Member, ApiError> {
    require_writer(context)?;
    let image = find_image(context, app, id, image_not_found).await?;
    require_shared(&image, "create")?;
    app.policy.require_ownership(context, image.owner.as_deref(), not_allowed("create", id))?;
    require(context, app, Rule::AddMember, &image)?;
    let maximum = quota::maximum(Quotas::from(&app.options.api).members);
    let new = NewMember { status: Some(MemberStatus::Pending), can_share: false, maximum };
    app.registry.add_member(context, &image.id, member, &new).await.map_err(|error| match error {
        RegistryError::NotFound(_) => ApiError::not_found(image_not_found(id)),
        RegistryError::Duplicate(_) => ApiError::conflict(format!("Member {member} is duplicated for image {id}")),
        RegistryError::LimitExceeded { maximum: Some(maximum), attempted: Some(attempted), .. } => {
            let reason = quota::exceeded("members for this image", attempted, maximum);
            ApiError::too_large(format!("Image member limit exceeded for image {id}: {reason}:"))
        }
        other => other.into(),
    })
}

/// Accept or reject an offer, or leave it open. `status` is none for a word that does not exist, which is said only to
/// those who may change the member.
///
/// # Errors
/// 404, 403, 400 (images-v2 §10.1, "PUT").
pub async fn update_member(
    context: &RequestContext,
    app: &AppState,
    id: &str,
    member: &str,
    status: Option<MemberStatus>,
) -> Result<Member, ApiError> {
    require_writer(context)?;
    let list = find_members(context, app, id).await?;
    require_shared(&list.image, "update")?;
    if !app.policy.enforces_new_defaults() && !context.is_admin && context.owns(list.image.owner.as_deref()) {
        return Err(ApiError::forbidden(not_allowed("update", id)));
    }
    find_row(context, app, &list, member)?;
    require(context, app, Rule::ModifyMember, &list.image)?;
    let Some(status) = status else {
        let text = r#"Incorrect request: Status must be "pending", "accepted" or "rejected"."#;
        return Err(ApiError::bad_request(text));
    };
    let update = MemberUpdate { status: Some(status), can_share: None };
    let updated = app.registry.update_member(context, &list.image.id, member, &update).await;
    updated.map_err(|error| gone_meanwhile(error, &list.image.id, member))
}

/// Withdraw an offer.
///
/// # Errors
/// 404, 403 (images-v2 §10.1, "DELETE").
pub async fn remove_member(context: &RequestContext, app: &AppState, id: &str, member: &str) -> Result<(), ApiError> {
    require_writer(context)?;
    let list = find_members(context, app, id).await?;
    require_shared(&list.image, "delete")?;
    app.policy.require_ownership(context, list.image.owner.as_deref(), not_allowed("delete", id))?;
    find_row(context, app, &list, member)?;
    require(context, app, Rule::DeleteMember, &list.image)?;
    let removed = app.registry.remove_member(context, &list.image.id, member).await;
    removed.map_err(|error| gone_meanwhile(error, &list.image.id, member))
}

/// The image and the members that the caller may know of.
async fn find_members(context: &RequestContext, app: &AppState, id: &str) -> Result<MemberList, ApiError> {
    let Ok(parsed) = ImageId::parse(id) else {
        return Err(ApiError::not_found(image_not_found(id)));
    };
    app.registry.list_members(context, &parsed).await.map_err(|error| match error {
        RegistryError::NotFound(_) => ApiError::not_found(image_not_found(id)),
        other => other.into(),
    })
}

/// One of the members, if the policy lets the caller look for it.
fn find_row<'a>(
    context: &RequestContext,
    app: &AppState,
    list: &'a MemberList,
    member: &str,
) -> Result<&'a Member, ApiError> {
    require(context, app, Rule::GetMember, &list.image)?;
    let row = list.members.iter().find(|row| row.member == member);
    row.ok_or_else(|| member_not_found(&list.image.id, member))
}

/// Rules about members hold for those who may see the image at all (images-v2 §4.4, point 3).
fn require(context: &RequestContext, app: &AppState, rule: Rule, image: &Image) -> Result<(), ApiError> {
    app.policy.enforce_on_image(context, Rule::GetImage, image)?;
    app.policy.enforce_on_image(context, rule, image)
}

fn require_shared(image: &Image, verb: &str) -> Result<(), ApiError> {
    if image.visibility == Visibility::Shared {
        return Ok(());
    }
    Err(ApiError::forbidden(not_allowed(verb, image.id.as_str())))
}

fn not_allowed(verb: &str, id: &str) -> String {
    format!("Not allowed to {verb} members for image {id}.")
}

fn image_not_found(id: &str) -> String {
    format!("Image {id} not found.")
}

fn member_not_found(id: &ImageId, member: &str) -> ApiError {
    ApiError::not_found(format!("{member} not found in the member list of the image {id}."))
}

/// The row or the image went away after the caller was judged.
fn gone_meanwhile(error: RegistryError, id: &ImageId, member: &str) -> ApiError {
    match error {
        RegistryError::NotFound(_) => member_not_found(id, member),
        other => other.into(),
    }
}
