//! Who is asking: the identity of a caller as every service method receives it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Secret;
use crate::keystone::Catalog;

/// The identity of a caller and what follows from it. Values, not headers: how it was established (token, trusted
/// headers, no authentication at all) is decided once at the edge (images-v2 §3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestContext {
    /// User id.
    pub user_id: Option<String>,
    /// Project id: owner of what the caller creates, and the key of every visibility rule.
    pub project_id: Option<String>,
    /// Roles, lower case.
    pub roles: Vec<String>,
    /// The policy rule `context_is_admin` holds for the caller.
    pub is_admin: bool,
    /// Anonymous callers may read only.
    pub read_only: bool,
    /// Domain the user belongs to.
    pub user_domain_id: Option<String>,
    /// Domain the project belongs to.
    pub project_domain_id: Option<String>,
    /// Set when the token has domain scope: such tokens pass no scoped rule (images-v2 §3.4).
    pub domain_id: Option<String>,
    /// Set when the token has system scope: such tokens pass no scoped rule.
    pub system_scope: Option<String>,
    /// Roles of the service that forwards the request; letter case kept (images-v2 §3.5).
    pub service_roles: Vec<String>,
    /// User id of that service.
    pub service_user_id: Option<String>,
    /// Project id of that service.
    pub service_project_id: Option<String>,
    /// The project is the cloud's administrative project.
    pub is_admin_project: bool,
    /// The caller's token, where there is one: for services that are asked on the caller's behalf. Never written anywhere.
    #[serde(skip)]
    pub token: Option<Secret>,
    /// The services that the token can be used with.
    #[serde(skip)]
    pub service_catalog: Option<Arc<Catalog>>,
    /// The server itself asks, with its own account where one is needed.
    pub is_server: bool,
    /// `req-…`, logged and passed on to everything that is asked on behalf of this request.
    pub request_id: String,
}

impl RequestContext {
    /// The context of a service without authentication: an administrator of no project (images-v2 §3.2).
    #[must_use]
    pub fn unauthenticated(request_id: impl Into<String>) -> Self {
        Self { is_admin: true, is_admin_project: true, request_id: request_id.into(), ..Self::default() }
    }

    /// The service's own identity, for work that outlives a caller's token: finishing an upload, cleaning up.
    #[must_use]
    pub fn service(request_id: impl Into<String>) -> Self {
        let roles = vec!["admin".into(), "service".into()];
        Self { roles, is_server: true, ..Self::unauthenticated(request_id) }
    }

    /// Nobody: sees what is public, changes nothing (`allow_anonymous_access`).
    #[must_use]
    pub fn anonymous(request_id: impl Into<String>) -> Self {
        Self { read_only: true, is_admin_project: true, request_id: request_id.into(), ..Self::default() }
    }

    /// Has the caller this role? Names are compared without regard to case.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own.eq_ignore_ascii_case(role))
    }

    /// Is the caller's project the owner? Ownerless images and callers without project match nobody.
    #[must_use]
    pub fn owns(&self, owner: Option<&str>) -> bool {
        matches!((owner, self.project_id.as_deref()), (Some(owner), Some(project)) if owner == project)
    }
}
