//! Names of objects.

use std::fmt;
use std::str::FromStr;

/// Longest object id in bytes: a UUID with hyphens.
const MAX_LENGTH: usize = 36;

/// Name of an object within a store: 1 to 36 ASCII letters, digits and hyphens, as image ids are.
///
/// The alphabet has neither dots nor slashes, so an id is safe as a file name (C3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectId(String);

impl ObjectId {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidObjectId`] for an empty or too long name, or one with other characters.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidObjectId> {
        let name = name.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || name.len() > MAX_LENGTH || !name.bytes().all(allowed) {
            return Err(InvalidObjectId);
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

/// A text that is no [`ObjectId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("object ids have 1 to 36 letters, digits and hyphens")]
pub struct InvalidObjectId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_letters_digits_and_hyphens_are_accepted() {
        let long = "a".repeat(37);
        let cases = [
            ("71c675ab-d94f-49cd-a114-e12490b328d9", true),
            ("ABC", true),
            ("", false),
            (long.as_str(), false),
            ("..", false),
            ("a/b", false),
            ("a.b", false),
            ("a\0", false),
            ("é", false),
        ];
        for (name, valid) in cases {
            assert_eq!(ObjectId::new(name).is_ok(), valid, "{name:?}");
        }
    }
}
