//! Identity headers, or a token, as a request context.

use actix_web::http::header::HeaderMap;
use glance_common::context::RequestContext;
use glance_common::keystone::{Credentials, KeystoneError, Validator};
use glance_common::registry_api::headers;

use super::Flavor;
use crate::error::ApiError;

/// Headers that say something about the caller.
const IDENTITY: [&str; 7] = [
    headers::IDENTITY_STATUS,
    headers::USER_ID,
    headers::PROJECT_ID,
    headers::TENANT_ID,
    headers::ROLES,
    headers::IS_ADMIN,
    headers::READ_ONLY,
];

/// What is made of the identity headers of a peer that is believed.
#[derive(Debug, Clone)]
pub struct IdentityRules {
    /// The pipeline.
    pub flavor: Flavor,
    /// Role of administrators, where the peer does not say who is one (`admin_role`).
    pub admin_role: String,
    /// Callers without identity may read what is public (`allow_anonymous_access`).
    pub allow_anonymous: bool,
}

impl IdentityRules {
    /// The context of a request.
    ///
    /// A status other than `Confirmed` is no identity; half an identity never becomes the administrator that a
    /// request without any is in the flavor without authentication.
    pub(super) fn context(&self, headers: &HeaderMap, request_id: &str) -> Result<RequestContext, ApiError> {
        if text(headers, headers::IDENTITY_STATUS)? == Some("Confirmed") {
            return self.confirmed(headers, request_id);
        }
        let silent = IDENTITY.iter().all(|name| !headers.contains_key(*name));
        match self.flavor {
            Flavor::Open if silent => Ok(RequestContext::unauthenticated(request_id)),
            Flavor::TrustedAuth if self.allow_anonymous => Ok(RequestContext::anonymous(request_id)),
            Flavor::Open | Flavor::TrustedAuth | Flavor::Keystone => {
                Err(ApiError::Unauthenticated("the identity is not confirmed"))
            }
        }
    }

    /// The context of a request that carries a token, whose identity headers mean nothing.
    ///
    /// Whether the caller is an administrator follows from the roles of the token. A peer that has proved to be one of
    /// the cloud's own may say otherwise, since its policy may know other administrators; any peer may say less. The
    /// account of the registry itself is the one that API servers use for work of their own.
    pub(super) async fn by_token(
        &self,
        validator: &Validator,
        headers: &HeaderMap,
        request_id: &str,
        has_proof: bool,
    ) -> Result<RequestContext, ApiError> {
        let token = text(headers, headers::AUTH_TOKEN)?.filter(|token| !token.is_empty());
        if token.is_none() && self.allow_anonymous {
            return Ok(RequestContext::anonymous(request_id));
        }
        let credentials = Credentials { token, is_judged: has_proof, ..Credentials::default() };
        let caller = validator.judge(&credentials).await.map_err(away)?;
        let mut context = caller.ok_or(ApiError::TokenRefused)?;
        let told = flag(headers, headers::IS_ADMIN)?;
        let by_role = context.has_role(&self.admin_role);
        let is_admin = if has_proof { told.unwrap_or(by_role) } else { by_role && told != Some(false) };
        context.is_admin = is_admin || validator.is_own(&context).await.map_err(away)?;
        context.read_only = flag(headers, headers::READ_ONLY)?.unwrap_or(false);
        context.request_id = request_id.to_owned();
        Ok(context)
    }

    fn confirmed(&self, headers: &HeaderMap, request_id: &str) -> Result<RequestContext, ApiError> {
        let owned = |name| text(headers, name).map(|text| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned));
        let roles = roles(text(headers, headers::ROLES)?.unwrap_or_default());
        let project_id = match owned(headers::PROJECT_ID)? {
            None => owned(headers::TENANT_ID)?,
            project => project,
        };
        let mut context = RequestContext {
            user_id: owned(headers::USER_ID)?,
            project_id,
            roles,
            read_only: flag(headers, headers::READ_ONLY)?.unwrap_or(false),
            is_admin_project: true,
            request_id: request_id.to_owned(),
            ..RequestContext::default()
        };
        let told = flag(headers, headers::IS_ADMIN)?;
        context.is_admin = told.unwrap_or_else(|| context.has_role(&self.admin_role));
        Ok(context)
    }
}

fn away(error: KeystoneError) -> ApiError {
    log::error!("a token cannot be validated: {error}");
    ApiError::IdentityAway
}

/// A header as text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::Invalid(format!("{name} is given twice")));
    }
    let text = std::str::from_utf8(value.as_bytes());
    text.map(|text| Some(text.trim())).map_err(|_| ApiError::Invalid(format!("{name} is not UTF-8")))
}

fn flag(headers: &HeaderMap, name: &str) -> Result<Option<bool>, ApiError> {
    match text(headers, name)? {
        None => Ok(None),
        Some(word) if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(word) if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(ApiError::Invalid(format!("{name} must be true or false"))),
    }
}

/// A comma-separated list, in lower case.
fn roles(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|role| !role.is_empty()).map(str::to_lowercase).collect()
}
