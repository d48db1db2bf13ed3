//! One request as a handler receives it.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use glance_common::context::RequestContext;

use super::pipeline::Origin;
use crate::state::AppState;

/// A request that passed negotiation, authentication and the route table.
pub struct Call {
    /// Everything that is shared: options, policy, stores, registry.
    pub app: Arc<AppState>,
    /// Who is asking.
    pub context: RequestContext,
    /// Where the client thinks the service is, for links that are absolute.
    pub origin: Origin,
    /// The request itself, for headers and the connection.
    pub http: HttpRequest,
    /// The values of the `{names}` in the route's path.
    pub params: Params,
    /// The query string: decoded pairs in the order given, repeated keys included.
    pub query: Vec<(String, String)>,
    /// The body, unread. Always empty for routes that reject a body.
    pub payload: Payload,
}

impl Call {
    /// The value of a `{name}` in the route's path, percent-decoded.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    /// A request header as text; none where it is absent or not printable ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.http.headers().get(name)?.to_str().ok()
    }
}

/// Values taken from the path by the route's `{names}`. A route has at most two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(pub(super) Vec<(&'static str, String)>);

impl Params {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }
}
