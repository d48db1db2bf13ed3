//! Who is asking, as headers say it: those of a trusted proxy, or tokens (images-v2 §3.1).

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use glance_common::config::Secret;
use glance_common::context::RequestContext;
use glance_common::keystone::{Catalog, Credentials};

use crate::error::{ApiError, Situation};

/// Headers that carry the caller's token.
const TOKEN: [&str; 2] = ["x-auth-token", "x-storage-token"];

/// The one value that makes the other headers count.
const CONFIRMED: &str = "Confirmed";

/// The identity in the headers; none where it is not confirmed. Neither `is_admin` nor the request id are set.
///
/// # Errors
/// 401 when a header is there twice or cannot be read: a proxy that adds to what the client sent, in place of replacing
/// it, must not let the client choose who it is (A10). 500 for a service catalog that is no JSON.
pub fn from_headers(headers: &HeaderMap) -> Result<Option<RequestContext>, ApiError> {
    let identity = Identity(headers);
    if identity.first(&["x-identity-status"])? != Some(CONFIRMED) {
        return Ok(None);
    }
    let catalog = identity.first(&["x-service-catalog"])?.map(Catalog::from_header).transpose();
    let catalog =
        catalog.map_err(|_| ApiError::stock(Situation::Internal).detailed("Invalid service catalog json."))?;
    let is_service = identity.first(&["x-service-identity-status"])? == Some(CONFIRMED);
    let of_service = |names: &[&str]| if is_service { identity.text(names) } else { Ok(None) };
    let service_roles = if is_service { identity.first(&["x-service-roles"])? } else { None };
    let roles = identity.first(&["x-roles", "x-role"])?;
    Ok(Some(RequestContext {
        user_id: identity.text(&["x-user-id", "x-user"])?,
        project_id: identity.text(&["x-project-id", "x-tenant-id", "x-tenant"])?,
        roles: list(roles.unwrap_or_default(), |role| role.to_lowercase()),
        user_domain_id: identity.text(&["x-user-domain-id"])?,
        project_domain_id: identity.text(&["x-project-domain-id"])?,
        domain_id: identity.text(&["x-domain-id"])?,
        system_scope: identity.text(&["openstack-system-scope"])?,
        service_roles: list(service_roles.unwrap_or_default(), str::to_owned),
        service_user_id: of_service(&["x-service-user-id"])?,
        service_project_id: of_service(&["x-service-project-id"])?,
        is_admin_project: identity.first(&["x-is-admin-project"])?.is_none_or(|text| text.eq_ignore_ascii_case("true")),
        token: identity.text(&TOKEN)?.map(Secret::from),
        service_catalog: catalog.filter(|catalog| !catalog.is_empty()).map(Arc::new),
        ..RequestContext::default()
    }))
}

/// The tokens that a request brought. No other header says who asks where tokens do: what a client claims of itself is
/// never looked at (A10).
///
/// # Errors
/// 401 when a token is there twice or cannot be read.
pub fn credentials(headers: &HeaderMap) -> Result<Credentials<'_>, ApiError> {
    let identity = Identity(headers);
    let token = identity.first(&TOKEN)?.filter(|token| !token.is_empty());
    let service_token = identity.first(&["x-service-token"])?.filter(|token| !token.is_empty());
    Ok(Credentials { token, service_token, ..Credentials::default() })
}

/// The items of a comma separated list, empty ones left out.
fn list(text: &str, item: impl Fn(&str) -> String) -> Vec<String> {
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(item).collect()
}

/// Headers that say who somebody is.
struct Identity<'a>(&'a HeaderMap);

impl<'a> Identity<'a> {
    /// The value of the first of these headers that is there.
    fn first(&self, names: &[&str]) -> Result<Option<&'a str>, ApiError> {
        for name in names {
            let mut values = self.0.get_all(*name);
            let Some(value) = values.next() else { continue };
            let text = std::str::from_utf8(value.as_bytes()).ok().filter(|_| values.next().is_none());
            let unclear = || ApiError::stock(Situation::Unauthorized).caused_by(format!("header {name} is not clear"));
            return text.map(|text| Some(text.trim())).ok_or_else(unclear);
        }
        Ok(None)
    }

    /// The same as a value, where an empty one is none.
    fn text(&self, names: &[&str]) -> Result<Option<String>, ApiError> {
        Ok(self.first(names)?.filter(|text| !text.is_empty()).map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Result<Option<RequestContext>, ApiError> {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        from_headers(request.to_http_request().headers())
    }

    #[test]
    fn nobody_is_who_is_not_confirmed() {
        for status in ["Invalid", "confirmed", ""] {
            assert_eq!(read(&[("x-identity-status", status), ("x-user-id", "u")]).unwrap(), None, "{status}");
        }
        assert_eq!(read(&[("x-user-id", "u"), ("x-roles", "admin")]).unwrap(), None);
    }

    #[test]
    fn the_first_spelling_wins() {
        let caller = read(&[
            ("x-identity-status", "Confirmed"),
            ("x-tenant", "t1"),
            ("x-tenant-id", "t2"),
            ("x-user", "u"),
            ("x-roles", " Admin, MEMBER ,,"),
            ("x-role", "other"),
            ("openstack-system-scope", "all"),
            ("x-domain-id", ""),
        ]);
        let caller = caller.unwrap().unwrap();
        assert_eq!((caller.project_id.as_deref(), caller.user_id.as_deref()), (Some("t2"), Some("u")));
        assert_eq!(caller.roles, ["admin", "member"]);
        assert_eq!((caller.system_scope.as_deref(), caller.domain_id), (Some("all"), None));
        assert!(caller.is_admin_project && !caller.is_admin && !caller.read_only);
    }

    #[test]
    fn services_need_their_own_confirmation() {
        let roles = ("x-service-roles", "Service, x");
        let confirmed = ("x-identity-status", "Confirmed");
        assert!(read(&[confirmed, roles]).unwrap().unwrap().service_roles.is_empty());
        let caller = read(&[confirmed, roles, ("x-service-identity-status", "Confirmed")]).unwrap().unwrap();
        assert_eq!(caller.service_roles, ["Service", "x"]);
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        let confirmed = ("x-identity-status", "Confirmed");
        for twice in [[("x-roles", "admin"), ("x-roles", "member")], [("x-project-id", "a"), ("x-project-id", "a")]] {
            let error = read(&[confirmed, twice[0], twice[1]]).unwrap_err();
            assert_eq!(*error.situation(), Situation::Unauthorized);
        }
        let error = read(&[confirmed, ("x-service-catalog", "[")]).unwrap_err();
        assert_eq!(error.detail(), Some("Invalid service catalog json."));
    }
}
