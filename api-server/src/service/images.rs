//! Metadata of images: create, show, list, change.

use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, Location, Visibility};
use glance_common::registry_api::{ImageQuery, ImageUpdate, NewImage, Resource};
use glance_registry_client::RegistryError;

use super::access::{find_image, no_image_found, rule_to_set};
use super::protection::Guard;
use super::{limits, locations, patch};
use crate::domain::draft::Draft;
use crate::domain::protection::Act;
use crate::domain::{ImageChange, NewImageCommand, Operation, Owner, Quotas};
use crate::error::{ApiError, Situation};
use crate::policy::{ImageTarget, NewImageTarget, ProjectTarget, Rule, require_writer};
use crate::state::AppState;

/// How often a change is made anew because somebody else changed the image meanwhile.
const CHANGE_ATTEMPTS: usize = 5;
/// How long to wait for somebody else who works on the image's data, each time.
const LEASE_PAUSE: Duration = Duration::from_millis(200);

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The images that the caller may see.
    pub images: Vec<Image>,
    /// The page is full, so another one may follow.
    pub is_full: bool,
}

/// Create an image. One call of the registry.
///
/// # Errors
/// The table of images-v2 §7.1, from row 6 on.
pub async fn create_image(
    context: &RequestContext,
    app: &AppState,
    command: NewImageCommand,
) -> Result<Image, ApiError> {
    require_writer(context)?;
    let owner = match &command.owner {
        Owner::Caller => context.project_id.clone(),
        Owner::Named(owner) => owner.clone(),
    };
    authorise_creation(context, app, owner.as_deref(), command.visibility)?;
    match create_authorised(context, app, command, owner).await {
        Err(error) => Err(limits::precede(context, app, Resource::CountTotal, 1, error).await),
        created => created,
    }
}

async fn create_authorised(
    context: &RequestContext,
    app: &AppState,
    command: NewImageCommand,
    owner: Option<String>,
) -> Result<Image, ApiError> {
    let quota = limits::for_creation(context, app).await?;
    let mut guard = Guard::new(context, app);
    command.properties.keys().try_for_each(|name| guard.require(Act::Create, name))?;
    let minimums = command.check(&Quotas::from(&app.options.api))?;
    let image = NewImage {
        id: command.id,
        name: command.name,
        status: ImageStatus::Queued,
        visibility: command.visibility.unwrap_or(Visibility::Shared),
        owner: owner.filter(|owner| !owner.is_empty()),
        size: None,
        virtual_size: None,
        disk_format: command.disk_format,
        container_format: command.container_format,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: minimums.disk,
        min_ram: minimums.ram,
        protected: command.protected,
        os_hidden: command.os_hidden,
        created_at: None,
        updated_at: None,
        properties: command.properties,
        tags: command.tags,
        locations: Vec::new(),
        quota,
    };
    let created = app.registry.create_image(context, &image).await.map_err(|error| match (error, &image) {
        (RegistryError::Duplicate(_), NewImage { id: Some(id), .. }) => {
            ApiError::conflict(format!("Image ID {id} already exists!"))
        }
        (RegistryError::Forbidden(_), NewImage { owner, .. }) => foreign_owner(owner.as_deref()),
        (other, _) => limits::refused(context, None, other, Into::into),
    })?;
    Ok(guard.conceal(created))
}

/// May the caller create an image of this owner with this visibility (images-v2 §7.1, rows 7 and 8)?
fn authorise_creation(
    context: &RequestContext,
    app: &AppState,
    owner: Option<&str>,
    visibility: Option<Visibility>,
) -> Result<(), ApiError> {
    let target = NewImageTarget { owner, visibility };
    if let Err(refusal) = app.policy.enforce(context, Rule::AddImage, &target) {
        let is_own = owner == context.project_id.as_deref();
        return Err(if is_own { refusal } else { foreign_owner(owner) });
    }
    let refusal = format!("You are not permitted to create images owned by '{}'.", owner.unwrap_or("None"));
    app.policy.require_ownership(context, owner, refusal)?;
    match visibility.and_then(rule_to_set) {
        Some(rule) => app.policy.enforce(context, rule, &target),
        None => Ok(()),
    }
}

fn foreign_owner(owner: Option<&str>) -> ApiError {
    let owner = owner.unwrap_or("None");
    ApiError::forbidden_detail(format!("You are not permitted to create images owned by '{owner}'"))
}

/// Show an image. One call of the registry.
///
/// # Errors
/// 404 (images-v2 §7.2).
pub async fn show_image(context: &RequestContext, app: &AppState, id: &str) -> Result<Image, ApiError> {
    let image = find_image(context, app, id, no_image_found).await?;
    app.policy.enforce_on_image(context, Rule::GetImage, &image)?;
    Ok(Guard::new(context, app).conceal(image))
}

/// List images. One call of the registry.
///
/// # Errors
/// 403 when the caller may not list, 400 for a marker that leads nowhere (images-v2 §7.6, §7.8).
pub async fn list_images(context: &RequestContext, app: &AppState, mut query: ImageQuery) -> Result<Page, ApiError> {
    app.policy.enforce(context, Rule::GetImages, &ProjectTarget(context.project_id.as_deref()))?;
    let mut guard = Guard::new(context, app);
    guard.restrict(&mut query);
    let found = app.registry.search_images(context, &query).await.map_err(|error| match error {
        RegistryError::MarkerNotFound(_) => {
            ApiError::bad_request(no_image_found(query.marker.as_deref().unwrap_or_default()))
        }
        other => other.into(),
    })?;
    let mut images = found.images;
    let is_full = query.limit.is_some_and(|limit| limit > 0 && images.len() >= limit as usize);
    images.retain(|image| app.policy.allows(context, Rule::GetImage, &ImageTarget::new(image, context)));
    let images = images.into_iter().map(|image| guard.conceal(image)).collect();
    Ok(Page { images, is_full })
}

/// Change an image: all operations or none, saved at once, and only what they touched (images-v2 §8.3, §8.6). Made
/// anew when somebody else changed the image in between.
///
/// # Errors
/// 404, 403, 409, 413 and 400 as the operations demand.
pub async fn update_image(
    context: &RequestContext,
    app: &Arc<AppState>,
    id: &str,
    change: &ImageChange,
) -> Result<Image, ApiError> {
    require_writer(context)?;
    let mut guard = Guard::new(context, app);
    let mut judge = locations::Judge::new();
    for _ in 0..CHANGE_ATTEMPTS {
        let mut image = find_image(context, app, id, no_image_found).await?;
        if change.operations.is_empty() {
            return Ok(guard.conceal(image));
        }
        if locations::are_touched(&change.operations) {
            image = locations::arranged(app, image);
        }
        let (update, to_go) = draft_update(context, app, (&mut guard, &mut judge), &image, change).await?;
        match app.registry.update_image(context, &image.id, &update).await {
            Err(RegistryError::Stale(_)) => {}
            Err(RegistryError::LeaseHeld(_)) => tokio::time::sleep(LEASE_PAUSE).await,
            Err(RegistryError::NotFound(_)) => return Err(ApiError::not_found(no_image_found(id))),
            Err(RegistryError::OverQuota { excess: Some(excess), .. }) => {
                return Err(limits::location_refusal(&excess));
            }
            Err(other) => return Err(other.into()),
            Ok(changed) => {
                if let Some(lease) = update.take_lease {
                    locations::finish_removal(context, app, &image.id, to_go, lease.id).await?;
                }
                return Ok(guard.conceal(changed));
            }
        }
    }
    Err(ApiError::stock(Situation::Conflict).caused_by("the image changed each time while it was being changed"))
}

/// Applies the operations to a draft of the image: the update that saves it, and the locations whose data is to go
/// afterwards.
async fn draft_update(
    context: &RequestContext,
    app: &AppState,
    (guard, judge): (&mut Guard<'_>, &mut locations::Judge),
    image: &Image,
    change: &ImageChange,
) -> Result<(ImageUpdate, Vec<Location>), ApiError> {
    let quotas = Quotas::from(&app.options.api);
    judge.begin();
    let mut draft = Draft::new(image, guard.unreadable(image));
    for operation in &change.operations {
        patch::authorise(context, app, draft.image(), operation)?;
        if let Operation::Locations(operation) = operation {
            judge.apply(app, &mut draft, operation, &quotas).await?;
            continue;
        }
        let act = draft.act_on_property(operation);
        draft.apply(operation, change.add_overwrites, &quotas)?;
        if let Some((act, property)) = act {
            guard.require(act, property)?;
        }
    }
    app.image_schema.check_required(|name| draft.has(name))?;
    let (mut update, to_go) = patch::registry_update(app, draft.finish(&quotas)?, image);
    update.quota = judge.limits(context, app).await?;
    Ok((update, to_go))
}
