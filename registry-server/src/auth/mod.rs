//! Who asks: may the peer speak for others, and for whom does it speak (registry §2, §3)?
//!
//! Two questions, always in this order. First the peer: a registry trusts only API servers and tools of the same
//! cloud, known by the shared secret, by a client certificate, or by an address of a private network. Then the
//! identity headers, which such a peer is believed.
//!
//! With the flavor `keystone` the caller's token says who asks, and the identity service what it is worth. Peers then
//! need no proof, and have to give it nevertheless where a secret or client certificates are configured.

mod flavor;
mod identity;
mod nonces;
mod peer;

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use glance_common::context::RequestContext;
use glance_common::keystone::Validator;
use glance_common::registry_auth::Proof;

pub use flavor::{Flavor, FlavorError};
pub use identity::IdentityRules;
pub use peer::PeerTrust;

use crate::error::ApiError;

/// The part of a request that is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    /// Path and query as in the request line.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The address of the socket's other end; never taken from a header.
    pub(crate) peer: Option<IpAddr>,
}

impl<'a> From<&'a HttpRequest> for Head<'a> {
    fn from(request: &'a HttpRequest) -> Self {
        Self {
            method: request.method().as_str(),
            target: request.uri().path_and_query().map_or("/", |target| target.as_str()),
            headers: request.headers(),
            peer: request.peer_addr().map(|address| address.ip()),
        }
    }
}

/// A known caller.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) context: RequestContext,
    /// Set when the request was signed: the body must be the one that was signed.
    pub(crate) proof: Option<Proof>,
}

/// How callers are known.
#[derive(Debug)]
pub struct Authentication {
    /// Which peers are believed.
    pub peers: Arc<PeerTrust>,
    /// What is made of their identity headers.
    pub rules: IdentityRules,
    /// Judges tokens, with the flavor `keystone`.
    pub validator: Option<Validator>,
}

impl Authentication {
    /// Judge a request by its head.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`], [`ApiError::TokenRefused`], [`ApiError::Invalid`] for headers that mean nothing,
    /// [`ApiError::Overloaded`], [`ApiError::IdentityAway`].
    pub(crate) async fn authenticate(&self, head: &Head<'_>, request_id: &str) -> Result<Caller, ApiError> {
        let proof = self.peers.admit(head)?;
        let context = match &self.validator {
            Some(tokens) => self.rules.by_token(tokens, head.headers, request_id, self.peers.is_proof()).await?,
            None => self.rules.context(head.headers, request_id)?,
        };
        Ok(Caller { context, proof })
    }
}

#[cfg(test)]
mod tests;
