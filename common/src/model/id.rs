//! The id of an image.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The id of an image: a UUID as the client wrote it, at most 36 characters.
///
/// Ids are stored and compared as they were written (images-v2 §5.1), so the letter case is kept. Old services also
/// accepted UUIDs without dashes; rows that hold one stay reachable. Because the text holds only hexadecimal digits
/// and dashes, it is safe as a file name (security requirement C3).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageId(Box<str>);

/// The text is not an image id: no UUID, or longer than 36 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an image id")]
pub struct InvalidImageId;

impl ImageId {
    /// A new random id (UUID version 4).
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::new_v4().to_string().into_boxed_str())
    }

    /// Accept any text that could be the id of a stored image.
    ///
    /// # Errors
    /// [`InvalidImageId`] when no row can have this id, so that the caller answers "not found" without asking.
    pub fn parse(text: &str) -> Result<Self, InvalidImageId> {
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        let only_uuid_characters = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if digits == 32 && text.len() <= 36 && only_uuid_characters {
            Ok(Self(text.into()))
        } else {
            Err(InvalidImageId)
        }
    }

    /// Accept only the form that new images may be given: 8-4-4-4-12 hexadecimal digits (images-v2 §5.1).
    ///
    /// # Errors
    /// [`InvalidImageId`] for every other text.
    pub fn parse_canonical(text: &str) -> Result<Self, InvalidImageId> {
        let id = Self::parse(text)?;
        let dashes: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(i, _)| i).collect();
        if dashes == [8, 13, 18, 23] { Ok(id) } else { Err(InvalidImageId) }
    }

    /// The id as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageId({})", self.0)
    }
}

impl FromStr for ImageId {
    type Err = InvalidImageId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ImageId {
    type Error = InvalidImageId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ImageId> for String {
    fn from(id: ImageId) -> Self {
        id.0.into_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_as_written() {
        let table = [
            ("0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b", true, true),
            ("0D4A9A5B-1C2D-4E5F-8A9B-0C1D2E3F4A5B", true, true),
            ("0d4a9a5b1c2d4e5f8a9b0c1d2e3f4a5b", true, false),
            ("0d4a9a5b1c2d4e5f8a9b0c1d2e3f4a5b----", true, false),
            ("0d4a9a5b1c2d4e5f8a9b0c1d2e3f4a5b-----", false, false),
            ("0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5", false, false),
            ("../../etc/passwd", false, false),
            ("zd4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b", false, false),
            ("", false, false),
        ];
        for (text, known, canonical) in table {
            assert_eq!(ImageId::parse(text).is_ok(), known, "{text}");
            assert_eq!(ImageId::parse_canonical(text).is_ok(), canonical, "{text}");
        }
    }

    #[test]
    fn generated_ids_are_canonical() {
        assert!(ImageId::parse_canonical(ImageId::generate().as_str()).is_ok());
    }
}
