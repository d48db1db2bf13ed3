//! The caller's identity as headers.

use glance_common::context::RequestContext;
use glance_common::registry_api::headers;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::RegistryError;

/// Headers of one call: identity, length of the list as reserved.
const HEADERS_OF_A_CALL: usize = 12;

/// The headers that tell the registry who asks (registry §3).
///
/// # Errors
/// [`RegistryError::Invalid`] when an id holds characters that no header can carry.
pub(crate) fn headers(context: &RequestContext) -> Result<HeaderMap, RegistryError> {
    let mut map = HeaderMap::with_capacity(HEADERS_OF_A_CALL);
    map.insert(HeaderName::from_static(headers::IDENTITY_STATUS), HeaderValue::from_static("Confirmed"));
    map.insert(HeaderName::from_static(headers::IS_ADMIN), flag(context.is_admin));
    if context.read_only {
        map.insert(HeaderName::from_static(headers::READ_ONLY), flag(true));
    }
    let texts = [
        (headers::USER_ID, context.user_id.as_deref()),
        (headers::PROJECT_ID, context.project_id.as_deref()),
        (headers::REQUEST_ID, Some(context.request_id.as_str()).filter(|id| !id.is_empty())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            map.insert(HeaderName::from_static(name), value(name, text)?);
        }
    }
    let roles = roles(context);
    if !roles.is_empty() {
        map.insert(HeaderName::from_static(headers::ROLES), value(headers::ROLES, &roles)?);
    }
    Ok(map)
}

fn flag(on: bool) -> HeaderValue {
    HeaderValue::from_static(if on { "true" } else { "false" })
}

fn value(name: &str, text: &str) -> Result<HeaderValue, RegistryError> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| RegistryError::Invalid(format!("{name} holds control characters")))
}

/// A comma-separated list. A role whose own name holds a comma would be read as several others: it is left out.
fn roles(context: &RequestContext) -> String {
    let mut list = String::new();
    for role in context.roles.iter().filter(|role| !role.contains(',')) {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(role);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(context: &RequestContext) -> Vec<(String, String)> {
        let map = headers(context).unwrap();
        map.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    }

    #[test]
    fn identity_is_told_in_headers() {
        let context = RequestContext {
            user_id: Some("u".into()),
            project_id: Some("p".into()),
            roles: vec!["member".into(), "a,admin".into(), "reader".into()],
            request_id: "req-1".into(),
            ..RequestContext::default()
        };
        let expected = [
            ("x-identity-status", "Confirmed"),
            ("x-glance-is-admin", "false"),
            ("x-user-id", "u"),
            ("x-project-id", "p"),
            ("x-openstack-request-id", "req-1"),
            ("x-roles", "member,reader"),
        ];
        assert_eq!(shown(&context), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn absent_is_not_empty() {
        let names: Vec<String> = shown(&RequestContext::anonymous("")).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x-identity-status", "x-glance-is-admin", "x-glance-read-only"]);
    }

    #[test]
    fn control_characters_are_refused() {
        let context = RequestContext { user_id: Some("u\r\nx-roles: admin".into()), ..RequestContext::default() };
        assert!(matches!(headers(&context), Err(RegistryError::Invalid(_))));
    }
}
