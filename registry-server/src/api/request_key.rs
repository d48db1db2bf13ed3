//! Request keys: a change that is repeated with the same key has one effect.

use actix_web::http::header::HeaderMap;
use glance_common::context::RequestContext;
use glance_common::registry_api::headers;
use ring::digest::{Context, SHA256};

use crate::auth::Head;
use crate::error::ApiError;

/// Longest key in characters.
const MAX_KEY: usize = 64;

/// The key of a request, with a digest of what it is a key for.
#[derive(Debug, Clone)]
pub(crate) struct RequestKey {
    pub(crate) text: String,
    /// Of method, path, caller and body: an answer is given again only to the same caller for the same request.
    pub(crate) digest: String,
}

impl RequestKey {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for a key that is empty, too long, or not printable ASCII.
    pub(crate) fn read(head: &Head<'_>, context: &RequestContext, body: &[u8]) -> Result<Option<Self>, ApiError> {
        let Some(text) = text(head.headers)? else { return Ok(None) };
        let mut digest = Context::new(&SHA256);
        let mut feed = |part: &[u8]| {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        feed(head.method.as_bytes());
        feed(head.target.as_bytes());
        for id in [&context.user_id, &context.project_id] {
            feed(id.as_deref().unwrap_or_default().as_bytes());
        }
        feed(&[u8::from(context.is_admin)]);
        feed(body);
        Ok(Some(Self { text, digest: hex::encode(digest.finish()) }))
    }
}

fn text(map: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = map.get_all(headers::REQUEST_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    let good = value
        .to_str()
        .ok()
        .filter(|text| (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    match (good, values.next()) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        _ => Err(ApiError::Invalid(format!("{} must be one word of 1 to {MAX_KEY} characters", headers::REQUEST_KEY))),
    }
}
