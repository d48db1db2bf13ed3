//! The JSON schema of an image as code (images-v2 §5.5): the one place that knows type, length and words of every key.
//!
//! A violation is told as the first line of what a JSON schema validator says, since clients read no further
//! (images-v2 §2.4). `crate::api::v2::schemas` publishes the same rules as a document.

use glance_common::model::{ImageId, ImageStatus, Visibility};
use serde_json::Value;

use super::declared;
use crate::domain::image_schema::violation;
use crate::domain::{ImageSchema, Refusal};
use crate::python_repr::{repr, repr_text};

/// What an id looks like.
pub(super) const ID_PATTERN: &str =
    "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";

/// The keys of an image in the order of the schema. Where several are wrong, the first one is told.
pub(super) const KEYS: [&str; 25] = [
    "id",
    "name",
    "status",
    "visibility",
    "protected",
    "os_hidden",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
    "owner",
    "size",
    "virtual_size",
    "container_format",
    "disk_format",
    "created_at",
    "updated_at",
    "tags",
    "direct_url",
    "min_ram",
    "min_disk",
    "self",
    "file",
    "stores",
    "schema",
    "locations",
];

/// Check a whole object: its base keys in the order of the schema, all others, then what is missing.
///
/// # Errors
/// 400 that tells the first violation.
pub(super) fn check_image(schema: &ImageSchema, image: &serde_json::Map<String, Value>) -> Result<(), Refusal> {
    let base = KEYS.iter().filter_map(|key| image.get_key_value(*key));
    let custom = image.iter().filter(|(key, _)| !KEYS.contains(&key.as_str()));
    for (key, value) in base.chain(custom) {
        check_key(schema, key, value)?;
    }
    schema.check_required(|name| image.contains_key(name))
}

/// The members of an image's object.
///
/// # Errors
/// 400 for a list.
pub(super) fn object(image: Value) -> Result<serde_json::Map<String, Value>, Refusal> {
    match image {
        Value::Object(members) => Ok(members),
        other => Err(violation(&wrong_type(&other, &["object"]))),
    }
}

/// Check the value of one key.
///
/// # Errors
/// 400 that tells the violation.
pub(super) fn check_key(schema: &ImageSchema, key: &str, value: &Value) -> Result<(), Refusal> {
    let formats = &schema.formats;
    match key {
        "id" => is_text(value).and_then(matches_id_pattern),
        "name" | "owner" => is_text_or_null(value, 255),
        "checksum" => is_text_or_null(value, 32),
        "os_hash_algo" => is_text_or_null(value, 64),
        "os_hash_value" => is_text_or_null(value, 128),
        "status" => is_text(value).and_then(|word| is_word(word, &words(ImageStatus::ALL, ImageStatus::as_str))),
        "visibility" => is_text(value).and_then(|word| is_word(word, &words(Visibility::ALL, Visibility::as_str))),
        "protected" | "os_hidden" => is_flag(value),
        "size" | "virtual_size" => is_integer_or_null(value),
        "min_ram" | "min_disk" => is_integer(value),
        "container_format" => is_format(value, &formats.container),
        "disk_format" => is_format(value, &formats.disk),
        "tags" => are_tags(value),
        "locations" => are_locations(value),
        // The view-only keys and times are texts, and so is every custom property that is not declared.
        _ => declared::check(schema, key, value).unwrap_or_else(|| is_text(value).map(|_| ())),
    }
    .map_err(|reason| violation(&reason))
}

type Checked<T = ()> = Result<T, String>;

/// The value as an integer, where JSON schema calls it one: not a boolean, and `1.0` is one. Numbers beyond 64 bits
/// become the nearest number with 64.
pub(super) fn integer(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    if let Some(exact) = number.as_i64() {
        return Some(exact);
    }
    if number.is_u64() {
        return Some(i64::MAX);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "casts from floats saturate, which is what is wanted")]
    Some(float as i64)
}

fn is_text(value: &Value) -> Checked<&str> {
    value.as_str().ok_or_else(|| wrong_type(value, &["string"]))
}

fn is_flag(value: &Value) -> Checked {
    if value.is_boolean() { Ok(()) } else { Err(wrong_type(value, &["boolean"])) }
}

fn is_integer(value: &Value) -> Checked {
    integer(value).map(|_| ()).ok_or_else(|| wrong_type(value, &["integer"]))
}

fn is_integer_or_null(value: &Value) -> Checked {
    if value.is_null() || integer(value).is_some() { Ok(()) } else { Err(wrong_type(value, &["null", "integer"])) }
}

fn is_text_or_null(value: &Value, longest: usize) -> Checked {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => is_short(text, longest),
        _ => Err(wrong_type(value, &["null", "string"])),
    }
}

fn is_short(text: &str, longest: usize) -> Checked {
    if text.chars().count() <= longest { Ok(()) } else { Err(format!("{} is too long", repr_text(text))) }
}

fn matches_id_pattern(text: &str) -> Checked {
    if ImageId::parse_canonical(text).is_ok() {
        return Ok(());
    }
    Err(format!("{} does not match {}", repr_text(text), repr_text(ID_PATTERN)))
}

fn is_word(text: &str, words: &[&str]) -> Checked {
    if words.contains(&text) { Ok(()) } else { Err(not_one_of(text, words, "")) }
}

fn is_format(value: &Value, accepted: &[String]) -> Checked {
    match value {
        Value::Null => Ok(()),
        Value::String(text) if accepted.contains(text) => Ok(()),
        Value::String(text) => {
            let words: Vec<&str> = accepted.iter().map(String::as_str).collect();
            Err(not_one_of(text, &words, "None, "))
        }
        _ => Err(wrong_type(value, &["null", "string"])),
    }
}

fn are_tags(value: &Value) -> Checked {
    let tags = value.as_array().ok_or_else(|| wrong_type(value, &["array"]))?;
    tags.iter().try_for_each(|tag| is_short(is_text(tag)?, 255))
}

fn are_locations(value: &Value) -> Checked {
    let locations = value.as_array().ok_or_else(|| wrong_type(value, &["array"]))?;
    for location in locations {
        let members = location.as_object().ok_or_else(|| wrong_type(location, &["object"]))?;
        for key in ["url", "metadata"] {
            if !members.contains_key(key) {
                return Err(format!("{} is a required property", repr_text(key)));
            }
        }
        is_short(is_text(&members["url"])?, 255)?;
        if !members["metadata"].is_object() {
            return Err(wrong_type(&members["metadata"], &["object"]));
        }
        members.get("validation_data").map_or(Ok(()), is_validation_data)?;
    }
    Ok(())
}

/// What a client says of the data at a location.
fn is_validation_data(value: &Value) -> Checked {
    const KEYS: [(&str, usize); 3] = [("checksum", 32), ("os_hash_algo", 64), ("os_hash_value", 128)];
    let members = value.as_object().ok_or_else(|| wrong_type(value, &["object"]))?;
    if let Some(key) = members.keys().find(|key| !KEYS.iter().any(|(known, _)| known == key)) {
        return Err(format!("Additional properties are not allowed ({} was unexpected)", repr_text(key)));
    }
    for (key, longest) in KEYS {
        match members.get(key) {
            Some(value) => is_short(is_text(value)?, longest)?,
            None if key != "checksum" => return Err(format!("{} is a required property", repr_text(key))),
            None => {}
        }
    }
    match members.get("checksum").and_then(Value::as_str) {
        Some(text) if text.chars().count() < 32 => Err(format!("{} is too short", repr_text(text))),
        _ => Ok(()),
    }
}

fn wrong_type(value: &Value, types: &[&str]) -> String {
    let types: Vec<String> = types.iter().map(|name| repr_text(name)).collect();
    format!("{} is not of type {}", repr(value), types.join(", "))
}

fn not_one_of(text: &str, words: &[&str], first: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| repr_text(word)).collect();
    format!("{} is not one of [{first}{}]", repr_text(text), words.join(", "))
}

fn words<T: Copy>(all: &[T], as_str: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|word| as_str(*word)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::FormatLists;

    fn formats() -> ImageSchema {
        FormatLists { disk: vec!["raw".into(), "qcow2".into()], container: vec!["bare".into()] }.into()
    }

    #[test]
    fn violations_are_told_as_validators_do() {
        let long = "x".repeat(256);
        let table = [
            ("name", json!(5), "5 is not of type 'null', 'string'".to_owned()),
            ("name", json!(long), format!("'{long}' is too long")),
            ("foo", json!(null), "None is not of type 'string'".into()),
            ("foo", json!(5), "5 is not of type 'string'".into()),
            ("min_ram", json!(true), "True is not of type 'integer'".into()),
            ("min_ram", json!(1.5), "1.5 is not of type 'integer'".into()),
            ("size", json!("1"), "'1' is not of type 'null', 'integer'".into()),
            ("protected", json!("true"), "'true' is not of type 'boolean'".into()),
            ("visibility", json!("x"), "'x' is not one of ['community', 'public', 'private', 'shared']".into()),
            ("disk_format", json!("x"), "'x' is not one of [None, 'raw', 'qcow2']".into()),
            ("disk_format", json!(1), "1 is not of type 'null', 'string'".into()),
            ("tags", json!("a"), "'a' is not of type 'array'".into()),
            ("tags", json!([1]), "1 is not of type 'string'".into()),
            ("tags", json!([long]), format!("'{long}' is too long")),
            ("id", json!("nope"), format!("'nope' does not match '{ID_PATTERN}'")),
            ("self", json!({}), "{} is not of type 'string'".into()),
            ("locations", json!([{"url": "x"}]), "'metadata' is a required property".into()),
            ("locations", json!([5]), "5 is not of type 'object'".into()),
        ];
        for (key, value, reason) in table {
            let wanted = Refusal::invalid(format!("Provided object does not match schema 'image': {reason}"));
            assert_eq!(check_key(&formats(), key, &value), Err(wanted), "{key}");
        }
    }

    #[test]
    fn what_the_schema_allows_passes() {
        let table = [
            ("min_ram", json!(1.0)),
            ("min_ram", json!(-1)),
            ("name", json!("")),
            ("disk_format", json!(null)),
            ("size", json!(null)),
            ("tags", json!([])),
            ("tags", json!(["a", "a"])),
            ("id", json!("0D4A9A5B-1C2D-4E5F-8A9B-0C1D2E3F4A5B")),
            ("foo", json!("x".repeat(100_000))),
            ("locations", json!([{"url": "x", "metadata": {}}])),
        ];
        for (key, value) in table {
            assert_eq!(check_key(&formats(), key, &value), Ok(()), "{key}");
        }
    }

    #[test]
    fn numbers_are_read_as_json_schema_means_them() {
        let table = [(json!(3), Some(3)), (json!(3.0), Some(3)), (json!(1e30), Some(i64::MAX)), (json!(true), None)];
        for (value, wanted) in table {
            assert_eq!(integer(&value), wanted, "{value}");
        }
        assert_eq!(integer(&json!(u64::MAX)), Some(i64::MAX));
    }

    #[test]
    fn the_first_wrong_key_of_the_schema_is_told() {
        let image = json!({"foo": 1, "min_ram": "a", "name": 3});
        let refusal = image.as_object().and_then(|image| check_image(&formats(), image).err());
        assert!(refusal.is_some_and(|refusal| refusal.text.ends_with("3 is not of type 'null', 'string'")));
    }
}
