//! Texts as the columns hold them: JSON in the spelling of the original, and what no database may be given.

use std::io;

use glance_common::model::LocationMetadata;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::DbError;

/// Bytes that a `TEXT` column of MySQL holds.
const TEXT_BYTES: usize = 65_535;

/// JSON with `", "` and `": "` between the items and everything but ASCII escaped (database §3).
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, DbError> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, SpacedAscii)).map_err(DbError::internal)?;
    String::from_utf8(text).map_err(DbError::internal)
}

struct SpacedAscii;

impl Formatter for SpacedAscii {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0; 2];
        for character in fragment.chars() {
            if character.is_ascii() {
                CompactFormatter.write_string_fragment(writer, character.encode_utf8(&mut [0; 4]))?;
                continue;
            }
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// The metadata of a location. NULL and everything that is no object count as empty; rows of old services name the
/// store `backend` instead of `store` (database §1).
pub(crate) fn read_metadata(stored: Option<&str>) -> LocationMetadata {
    let mut metadata = match stored.map(serde_json::from_str) {
        Some(Ok(Value::Object(metadata))) => metadata,
        _ => return LocationMetadata::new(),
    };
    if !metadata.contains_key("store") && metadata.contains_key("backend") {
        let renamed = metadata.into_iter().map(|(key, value)| match key.as_str() {
            "backend" => ("store".to_owned(), value),
            _ => (key, value),
        });
        metadata = renamed.collect();
    }
    metadata
}

/// Refuses what a column cannot hold on one of the engines: texts that are too long, NUL, and characters beyond the
/// basic plane, which Glance refuses on every engine in these words (database §3).
pub(crate) fn check_column(column: &'static str, text: Option<&str>, characters: usize) -> Result<(), DbError> {
    let Some(text) = text else { return Ok(()) };
    if has_four_byte_character(text) {
        return Err(DbError::Invalid(format!("{} can't contain 4 byte unicode characters.", title(column))));
    }
    if text.contains('\0') {
        return Err(DbError::Invalid(format!("{column} cannot contain a NUL character")));
    }
    if text.chars().count() > characters {
        return Err(DbError::Invalid(format!("{column} can have {characters} characters at most")));
    }
    Ok(())
}

/// Refuses a custom property that no column can hold.
pub(crate) fn check_property(name: &str, value: Option<&str>) -> Result<(), DbError> {
    if has_four_byte_character(name) {
        return Err(DbError::Invalid("Property names can't contain 4 byte unicode.".to_owned()));
    }
    if name.contains('\0') || name.chars().count() > 255 {
        return Err(DbError::Invalid("a property name can have 255 characters at most, and no NUL".to_owned()));
    }
    let value = value.unwrap_or_default();
    if has_four_byte_character(value) {
        return Err(DbError::Invalid(format!("{} can't contain 4 byte unicode characters.", title(name))));
    }
    check_long("the value of a property", value)
}

/// Refuses a tag that no column can hold.
pub(crate) fn check_tag(tag: &str) -> Result<(), DbError> {
    check_parameter(tag)?;
    if tag.contains('\0') || tag.chars().count() > 255 {
        return Err(DbError::Invalid("a tag can have 255 characters at most, and no NUL".to_owned()));
    }
    Ok(())
}

/// Refuses a member that no column can hold, or that names nobody.
pub(crate) fn check_member(member: &str) -> Result<(), DbError> {
    if member.is_empty() {
        return Err(DbError::Invalid("a member's id cannot be empty".to_owned()));
    }
    check_column("member", Some(member), 255)
}

/// Refuses a location that no column can hold.
pub(crate) fn check_location(url: &str, metadata: &str) -> Result<(), DbError> {
    check_parameter(url)?;
    check_long("the URL of a location", url)?;
    check_long("the metadata of a location", metadata)
}

fn check_parameter(text: &str) -> Result<(), DbError> {
    if has_four_byte_character(text) {
        return Err(DbError::Invalid("Param values can't contain 4 byte unicode.".to_owned()));
    }
    Ok(())
}

/// Refuses what a `TEXT` column cannot hold. `what` begins the sentence.
pub(crate) fn check_long(what: &str, text: &str) -> Result<(), DbError> {
    if text.contains('\0') || text.len() > TEXT_BYTES {
        return Err(DbError::Invalid(format!("{what} can have {TEXT_BYTES} bytes at most, and no NUL")));
    }
    Ok(())
}

/// Can a text be in a column at all? One that cannot is not asked for: PostgreSQL refuses a NUL even in a question,
/// and MySQL one for characters that the column does not have.
pub(crate) fn can_be_stored(text: &str) -> bool {
    !text.contains('\0') && !has_four_byte_character(text)
}

/// Is there a character that UTF-8 writes with four bytes?
fn has_four_byte_character(text: &str) -> bool {
    text.bytes().any(|byte| byte >= 0xf0)
}

/// Every letter after something that is no letter in upper case, the others in lower case.
fn title(text: &str) -> String {
    let mut inside_word = false;
    let mut titled = String::with_capacity(text.len());
    for character in text.chars() {
        if inside_word {
            titled.extend(character.to_lowercase());
        } else {
            titled.extend(character.to_uppercase());
        }
        inside_word = character.is_alphabetic();
    }
    titled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_spaced_and_escaped_like_the_originals() {
        let table = [
            (r#"{"store":"store1"}"#, r#"{"store": "store1"}"#),
            (r#"{"b":[1,"é"],"a":{}}"#, r#"{"b": [1, "\u00e9"], "a": {}}"#),
            (r#"{"a":"😀\n\"\\"}"#, r#"{"a": "\ud83d\ude00\n\"\\"}"#),
            ("{}", "{}"),
        ];
        for (given, stored) in table {
            let value: Value = serde_json::from_str(given).unwrap();
            assert_eq!(to_json(&value).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Value>(stored).unwrap(), value);
        }
    }

    #[test]
    fn location_metadata_is_an_object_whatever_is_stored() {
        let table = [
            (None, "{}"),
            (Some("null"), "{}"),
            (Some("{broken"), "{}"),
            (Some(r#"{"backend": "a", "x": 1}"#), r#"{"store": "a", "x": 1}"#),
            (Some(r#"{"backend": "a", "store": "b"}"#), r#"{"backend": "a", "store": "b"}"#),
        ];
        for (stored, read) in table {
            assert_eq!(to_json(&read_metadata(stored)).unwrap(), read);
        }
    }

    #[test]
    fn what_no_column_holds_is_refused_in_the_known_words() {
        let message = |result: Result<(), DbError>| result.unwrap_err().to_string();
        assert_eq!(
            message(check_column("os_hash_algo", Some("😀"), 64)),
            "Os_Hash_Algo can't contain 4 byte unicode characters."
        );
        assert_eq!(message(check_property("a😀", None)), "Property names can't contain 4 byte unicode.");
        assert_eq!(message(check_property("my_key", Some("😀"))), "My_Key can't contain 4 byte unicode characters.");
        assert_eq!(message(check_tag("😀")), "Param values can't contain 4 byte unicode.");
        assert!(check_column("name", Some(&"é".repeat(255)), 255).is_ok());
        assert!(check_column("name", Some(&"é".repeat(256)), 255).is_err());
        assert!(check_column("name", Some("a\0"), 255).is_err());
        assert!(check_location("file:///a", &"x".repeat(65_536)).is_err());
    }
}
