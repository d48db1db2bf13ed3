//! A validated token as a request context (images-v2 §3.1).

use std::sync::Arc;

use super::{TokenInfo, TokenScope};
use crate::config::Secret;
use crate::context::RequestContext;

/// Who asks, by the token of the caller and of the service that passes the request on.
pub(super) fn context(user: &TokenInfo, token: Secret, service: Option<&TokenInfo>) -> RequestContext {
    let mut context = RequestContext {
        user_id: Some(user.user.id.clone()),
        user_domain_id: user.user.domain_id.clone(),
        roles: user.roles.iter().map(|role| role.to_lowercase()).collect(),
        service_roles: service.map(|service| service.roles.clone()).unwrap_or_default(),
        service_user_id: service.map(|service| service.user.id.clone()),
        service_project_id: service.and_then(project_id),
        is_admin_project: user.is_admin_project,
        token: Some(token),
        service_catalog: (!user.catalog.is_empty()).then(|| Arc::clone(&user.catalog)),
        ..RequestContext::default()
    };
    match &user.scope {
        TokenScope::Project(project) => {
            context.project_id = Some(project.id.clone());
            context.project_domain_id = project.domain_id.clone();
        }
        TokenScope::Domain(domain) => context.domain_id = Some(domain.id.clone()),
        TokenScope::System => context.system_scope = Some("all".to_owned()),
        TokenScope::Unscoped => {}
    }
    context
}

fn project_id(token: &TokenInfo) -> Option<String> {
    match &token.scope {
        TokenScope::Project(project) => Some(project.id.clone()),
        TokenScope::Domain(_) | TokenScope::System | TokenScope::Unscoped => None,
    }
}
