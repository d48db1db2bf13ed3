//! Section `[paste_deploy]`: which pipeline callers go through.

use thiserror::Error;

/// How the identity of callers is established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// No `flavor`: who sends no identity is an administrator of no project.
    Open,
    /// `trusted-auth`: every request must carry a confirmed identity.
    TrustedAuth,
    /// `keystone`: every request must carry a token that the identity service knows.
    Keystone,
}

/// A flavor that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("[paste_deploy] flavor: '{0}' is unknown: leave it empty or use 'keystone' or 'trusted-auth'")]
pub struct FlavorError(String);

impl Flavor {
    /// The flavor of this name; none and the empty one are the same.
    ///
    /// # Errors
    /// [`FlavorError`] for names that stop the start.
    pub fn parse(name: Option<&str>) -> Result<Self, FlavorError> {
        match name.unwrap_or_default().trim() {
            "" => Ok(Self::Open),
            "trusted-auth" => Ok(Self::TrustedAuth),
            "keystone" => Ok(Self::Keystone),
            other => Err(FlavorError(other.to_owned())),
        }
    }
}
