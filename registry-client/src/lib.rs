//! Typed client of the registry's private protocol ([`glance_common::registry_api`]).
//!
//! A [`RegistryClient`] has one method per operation; each takes the caller's [`RequestContext`] first and makes one
//! round trip. A registry that is down, hangs or answers nonsense gives an error within `registry_request_timeout`,
//! whatever happens; where several registries are configured, another one is asked within that time. Every change
//! carries a request key, so a repeated call has one effect.
//!
//! | file | what it holds |
//! |---|---|
//! | `images.rs`, `members.rs`, `tags.rs`, `leases.rs`, `usage.rs` | the operations |
//! | `transport.rs` | one call: deadline, retries, signature |
//! | `endpoints.rs` | which registry to ask; passive health |
//! | `connections.rs` | TLS, and a connection pool per thread |
//! | `identity.rs`, `tokens.rs` | who asks, in headers; with tokens where the registry wants them |
//! | `answer.rs` | meaning of an answer |
//! | `options.rs`, `error.rs` | configuration, errors |
//!
//! The program installs a rustls crypto provider before the first client is made.

mod answer;
mod connections;
mod endpoints;
mod error;
mod identity;
mod images;
mod leases;
mod members;
mod options;
mod tags;
mod tokens;
mod transport;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use glance_common::context::RequestContext;
use glance_common::keystone::Session;
use glance_common::registry_api::{PREFIX, PROTOCOL, ServiceInfo};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::de::DeserializeOwned;

pub use error::{Excess, RegistryError, SetupError};
pub use options::{ClientOptions, Protocol};
use transport::{Call, Patience, Transport};

/// A client of one registry, or of several that share a database. Clones share everything and are cheap.
#[derive(Debug, Clone)]
pub struct RegistryClient {
    transport: Arc<Transport>,
    patience: Patience,
}

impl RegistryClient {
    /// A client for the configured registries. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupError`] for addresses, secrets and certificates that cannot be used.
    pub fn new(options: &ClientOptions) -> Result<Self, SetupError> {
        Self::with_account(options, None)
    }

    /// A client that can ask registries of the flavor `keystone`, for the server itself with this account.
    ///
    /// # Errors
    /// As [`RegistryClient::new`].
    pub fn with_account(options: &ClientOptions, account: Option<Session>) -> Result<Self, SetupError> {
        Ok(Self { transport: Arc::new(Transport::new(options, account)?), patience: Patience::Ordinary })
    }

    /// The same client for work whose result must not be lost: its calls are repeated for as long as `limit`
    /// (`registry_client_timeout` at most) while no registry can be reached or its database is away.
    #[must_use]
    pub fn patient(&self, limit: Duration) -> Self {
        Self { transport: Arc::clone(&self.transport), patience: Patience::Long(limit) }
    }

    /// What the registry is. A success means that its database answers and that it speaks this protocol.
    ///
    /// # Errors
    /// [`RegistryError::Nonsense`] when it speaks another version of the protocol; others when it is not available.
    pub async fn info(&self, context: &RequestContext) -> Result<ServiceInfo, RegistryError> {
        let info: ServiceInfo = self.ask(context, Call::read(Method::GET, PREFIX.to_owned())).await?;
        if info.protocol == PROTOCOL {
            return Ok(info);
        }
        Err(answer::nonsense(format!("protocol version {} instead of {PROTOCOL}", info.protocol)))
    }

    /// A call whose answer is a value.
    async fn ask<T: DeserializeOwned>(&self, context: &RequestContext, call: Call) -> Result<T, RegistryError> {
        answer::parse(&self.transport.ask(context, &call, self.patience).await?)
    }

    /// A call whose answer is empty.
    async fn tell(&self, context: &RequestContext, call: Call) -> Result<(), RegistryError> {
        self.transport.ask(context, &call, self.patience).await.map(drop)
    }
}

/// What needs no escape in a segment of a path or a value of a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as one segment of a path.
///
/// # Errors
/// [`RegistryError::Invalid`] for the texts that mean "here" and "above" in every path.
fn segment(text: &str) -> Result<String, RegistryError> {
    if matches!(text, "" | "." | "..") {
        return Err(RegistryError::Invalid(format!("'{text}' cannot be used as a name")));
    }
    Ok(utf8_percent_encode(text, PLAIN).to_string())
}
