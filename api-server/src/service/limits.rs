//! What a project may use: which limits bind a request, and the words of their refusals (images-v2 §11.2, §11.3).
//!
//! The limits are the operator's `user_storage_quota`, or those of the identity service with `use_keystone_limits`.
//! They travel with the call of the registry that uses them up, which checks them and reserves what is needed in the
//! same transaction.

use std::collections::BTreeMap;

use glance_common::context::RequestContext;
use glance_common::registry_api::{QuotaClaim, Resource};
use glance_registry_client::{Excess, RegistryError};

use crate::error::{ApiError, Situation};
use crate::state::AppState;
use crate::unified_limits::{Limits, LimitsError};

/// What an upload uses: space, and a place among those who upload.
const UPLOAD: [Resource; 3] = [Resource::UserStorage, Resource::SizeTotal, Resource::CountUploading];

/// How much of a limit is used, and the limit; a negative one is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Used, in the unit of the limit.
    pub usage: i64,
    /// The limit.
    pub limit: i64,
}

/// What the caller's project uses of the limits of the identity service, by name; nothing where it sets none.
///
/// # Errors
/// 503 when the identity service is away, 500 when it cannot be asked.
pub async fn usage(context: &RequestContext, app: &AppState) -> Result<BTreeMap<&'static str, Used>, ApiError> {
    let Some(unified) = &app.unified_limits else { return Ok(BTreeMap::new()) };
    let project = context.project_id.as_deref();
    let limits = unified.of_project(project).await?;
    let usage = app.registry.usage(context, project).await?;
    let row = |(resource, limit): (Resource, i64)| (resource.as_str(), Used { usage: usage.of(resource), limit });
    Ok(limits.into_iter().map(row).collect())
}

/// The limits for the data of an image; none where there are none.
///
/// # Errors
/// As [`usage`].
pub(super) async fn for_upload(
    context: &RequestContext,
    app: &AppState,
    announced: Option<u64>,
) -> Result<Option<QuotaClaim>, ApiError> {
    let bytes = announced.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
    Ok(claim(context, app, &UPLOAD).await?.map(|claim| QuotaClaim { bytes, replaces: true, ..claim }))
}

/// The limits for one more image; none where there are none.
///
/// # Errors
/// As [`usage`].
pub(super) async fn for_creation(context: &RequestContext, app: &AppState) -> Result<Option<QuotaClaim>, ApiError> {
    claim(context, app, &[Resource::CountTotal]).await
}

/// The limits for data that lies elsewhere already and becomes that of an image. The identity service sets none.
///
/// # Errors
/// As [`usage`].
pub(super) async fn for_locations(
    context: &RequestContext,
    app: &AppState,
    bytes: i64,
) -> Result<Option<QuotaClaim>, ApiError> {
    let claim = claim(context, app, &[Resource::UserStorage]).await?;
    Ok(claim.map(|claim| QuotaClaim { bytes: Some(bytes), ..claim }))
}

/// The limits of these resources that bind the caller. They are his project's, whoever owns the image.
async fn claim(
    context: &RequestContext,
    app: &AppState,
    resources: &[Resource],
) -> Result<Option<QuotaClaim>, ApiError> {
    let project = context.project_id.clone();
    let limits = match &app.unified_limits {
        Some(unified) => unified.of_project(project.as_deref()).await?,
        None => storage_quota(app),
    };
    let limits: Limits =
        limits.into_iter().filter(|(resource, limit)| resources.contains(resource) && *limit >= 0).collect();
    Ok((!limits.is_empty()).then(|| QuotaClaim { project, limits, ..QuotaClaim::default() }))
}

fn storage_quota(app: &AppState) -> Limits {
    let quota = i64::try_from(app.options.api.user_storage_quota.bytes()).unwrap_or(i64::MAX);
    Limits::from_iter((quota > 0).then_some((Resource::UserStorage, quota)))
}

/// What clients read when a limit would be passed.
pub(super) fn refusal(context: &RequestContext, announced: Option<u64>, excess: Excess) -> ApiError {
    let Excess { resource, maximum, usage, delta } = excess;
    if resource == Resource::UserStorage {
        let size = announced.map_or_else(|| "None".to_owned(), |size| size.to_string());
        return ApiError::too_large(format!("Image exceeds the storage quota: {}", no_room(&size, &excess)));
    }
    let (project, name) = (context.project_id.as_deref().unwrap_or("None"), resource.as_str());
    ApiError::too_large(format!(
        "The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota \
         threshold was breached.\n\nThe response body:\nProject {project} is over a limit for [Resource {name} is over \
         limit of {maximum} due to current usage {usage} and delta {delta}]"
    ))
}

/// What clients read when the data at new locations would pass a limit (images-v2 §8.5).
pub(super) fn location_refusal(excess: &Excess) -> ApiError {
    let text = no_room(&excess.delta.to_string(), excess);
    ApiError::too_large(format!("Denying attempt to upload image because it exceeds the quota: {text}"))
}

fn no_room(size: &str, excess: &Excess) -> String {
    let remaining = excess.maximum.saturating_sub(excess.usage);
    format!("The size of the data {size} will exceed the limit. {remaining} bytes remaining.")
}

/// The refusal of a call of the registry: a limit in its own words, everything else as `other` has it.
pub(super) fn refused(
    context: &RequestContext,
    announced: Option<u64>,
    error: RegistryError,
    other: impl FnOnce(RegistryError) -> ApiError,
) -> ApiError {
    match error {
        RegistryError::OverQuota { excess: Some(excess), .. } => refusal(context, announced, excess),
        error => other(error),
    }
}

/// Limits of the identity service are told before what else is wrong with a request (images-v2 §9.1, row 4): when it is
/// refused for `error`, the refusal for this limit, if it is passed, takes its place.
pub(super) async fn precede(
    context: &RequestContext,
    app: &AppState,
    resource: Resource,
    delta: i64,
    error: ApiError,
) -> ApiError {
    let waits = matches!(error.situation(), Situation::Unavailable { .. } | Situation::Internal);
    if app.unified_limits.is_none() || waits {
        return error;
    }
    match usage(context, app).await {
        Err(unknown) => unknown,
        Ok(all) => match all.get(resource.as_str()) {
            Some(&Used { usage, limit }) if limit >= 0 && usage.saturating_add(delta) > limit => {
                refusal(context, None, Excess { resource, maximum: limit, usage, delta })
            }
            _ => error,
        },
    }
}

impl From<LimitsError> for ApiError {
    /// An identity service that is away is a 503 that passes; limits that cannot be asked for are the operator's fault.
    fn from(error: LimitsError) -> Self {
        if error.passes() {
            return Self::stock(Situation::Unavailable { retry_after: Some(crate::error::RETRY_AFTER) })
                .caused_by(error);
        }
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_known_words() {
        let context = RequestContext { project_id: Some("p1".to_owned()), ..RequestContext::default() };
        let excess = |resource| Excess { resource, maximum: 5, usage: 7, delta: 2 };
        let told =
            |announced, resource| refusal(&context, announced, excess(resource)).explanation().map(str::to_owned);
        let size = "The size of the data 2 will exceed the limit. -2 bytes remaining.";
        assert_eq!(told(Some(2), Resource::UserStorage), Some(format!("Image exceeds the storage quota: {size}")));
        assert!(told(None, Resource::UserStorage).is_some_and(|text| text.contains("the data None will exceed")));
        let unified = told(None, Resource::SizeTotal).unwrap();
        let end = "The response body:\nProject p1 is over a limit for [Resource image_size_total is over limit of 5 due \
                   to current usage 7 and delta 2]";
        assert!(unified.ends_with(end), "{unified}");
    }
}
