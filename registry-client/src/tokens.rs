//! Tokens for registries that ask the identity service themselves.
//!
//! A token is given only to a registry that has refused a call for want of one: others need none, and tokens travel no
//! further than they must.

use std::sync::atomic::{AtomicBool, Ordering};

use glance_common::config::Secret;
use glance_common::context::RequestContext;
use glance_common::keystone::Session;

use crate::error::RegistryError;

/// The tokens that calls may carry.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The operator allows it.
    allowed: bool,
    /// The account of the server itself.
    account: Option<Session>,
    /// A registry wanted one.
    wanted: AtomicBool,
}

impl Tokens {
    pub(crate) fn new(allowed: bool, account: Option<Session>) -> Self {
        Self { allowed, account, wanted: AtomicBool::new(false) }
    }

    /// Should calls carry tokens from the start?
    pub(crate) fn are_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// A registry was satisfied by one.
    pub(crate) fn note_wanted(&self) {
        if !self.wanted.swap(true, Ordering::Relaxed) {
            log::info!("the registry wants tokens and gets them");
        }
    }

    /// The token for a call of this caller: its own, or for the server itself one of the server's account, and another
    /// one than `refused`. None where there is none to give.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] when the identity service gives this server none.
    pub(crate) async fn of(
        &self,
        context: &RequestContext,
        refused: Option<&Secret>,
    ) -> Result<Option<Secret>, RegistryError> {
        if !self.allowed {
            return Ok(None);
        }
        if !context.is_server {
            return Ok(context.token.clone().filter(|token| Some(token) != refused));
        }
        let Some(account) = &self.account else { return Ok(None) };
        let token = match refused {
            None => account.token().await,
            Some(refused) => account.token_after(refused).await,
        };
        let away = |error| RegistryError::Unreachable { cause: format!("no token for this server: {error}") };
        token.map(Some).map_err(away)
    }
}
