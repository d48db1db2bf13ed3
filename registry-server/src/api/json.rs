//! Reading input, and saying what is wrong with it.

use std::borrow::Cow;

use actix_web::error::QueryPayloadError;
use glance_common::logging::mask;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Longest explanation in characters: serde quotes what it did not expect.
const MAX_EXPLANATION: usize = 300;

/// Deepest field that is named in an explanation.
const MAX_DEPTH: usize = 16;

/// The value in a JSON text. Unknown fields and values nested deeper than 128 levels are refused by serde.
///
/// # Errors
/// [`ApiError::Invalid`] that names the field.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // Serde would read a list as the fields of a struct in order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(invalid("the body is not as expected: a list instead of an object"));
    }
    serde_json::from_slice(body).map_err(|error| explained::<T>(body, &error))
}

/// Reads once more, slowly, to learn in which field it fails.
fn explained<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> ApiError {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let found: Result<T, _> = serde_path_to_error::deserialize(&mut deserializer);
    let text = match found {
        Err(found) if (1..=MAX_DEPTH).contains(&found.path().iter().count()) => {
            format!("{}: {}", found.path(), found.inner())
        }
        _ => error.to_string(),
    };
    invalid(&format!("the body is not as expected: {text}"))
}

/// A query string that cannot be read.
pub(crate) fn bad_query(error: &QueryPayloadError) -> ApiError {
    invalid(&format!("the query is not as expected: {error}"))
}

/// Explanations may quote the input: secrets are masked, and the rest is cut.
fn invalid(text: &str) -> ApiError {
    let text: Cow<'_, str> = mask(text);
    let mut kept: String = text.chars().take(MAX_EXPLANATION).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    ApiError::Invalid(kept)
}

#[cfg(test)]
mod tests {
    use glance_common::registry_api::{ImageQuery, ImageUpdate, NewImage};

    use super::*;

    fn refusal<T: DeserializeOwned>(body: &[u8]) -> String {
        match parse::<T>(body) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn refusals_name_the_field() {
        let image = |rest: &str| format!(r#"{{"status":"queued","visibility":"private"{rest}}}"#);
        let table = [
            (image(""), "accepted"),
            (image(r#","size":"big""#), "size: invalid type: string"),
            (image(r#","min_disk":2147483648"#), "min_disk: invalid value: integer `2147483648`"),
            (image(r#","tags":["a",5]"#), "tags[1]: invalid type: integer `5`, expected a string"),
            (image(r#","locations":[{"url":"u","status":"x"}]"#), "locations[0].status: unknown variant `x`"),
            (image(r#","locations":[{"status":"active"}]"#), "locations[0]: missing field `url`"),
            (image(r#","id":"../x""#), "id: not an image id"),
            (image(r#","typo":1"#), "typo: unknown field `typo`"),
            (image(r#","name":"a","name":"b""#), "duplicate field `name`"),
            (image("}"), "trailing characters"),
            (r#"{"visibility":"private"}"#.into(), "missing field `status`"),
            ("".into(), "EOF while parsing a value"),
            ("[]".into(), "a list instead of an object"),
            (" null".into(), "invalid type: null"),
            ("{".into(), "EOF while parsing an object"),
        ];
        for (body, expected) in table {
            let found = refusal::<NewImage>(body.as_bytes());
            assert!(found.contains(expected), "{body}: {found}");
        }
        let update = refusal::<ImageUpdate>(br#"{"set":{"min_ram":null}}"#);
        assert!(update.contains("set.min_ram: invalid type: null"), "{update}");
        let query = refusal::<ImageQuery>(br#"{"filters":[{"text":{"field":"mood","any_of":[]}}]}"#);
        assert!(query.contains("filters[0].text.field: unknown variant `mood`"), "{query}");
    }

    #[test]
    fn bytes_that_are_no_text_and_deep_nesting_are_refused() {
        let found = refusal::<NewImage>(b"{\"status\":\"queued\",\"visibility\":\"private\",\"name\":\"\xff\"}");
        assert!(found.contains("invalid unicode code point"), "{found}");
        let deep =
            format!(r#"{{"url":"u","status":"active","metadata":{}1{}}}"#, r#"{"a":"#.repeat(200), "}".repeat(200));
        let found = refusal::<glance_common::registry_api::NewLocation>(deep.as_bytes());
        assert!(found.contains("recursion limit exceeded"), "{found}");
    }

    #[test]
    fn explanations_are_short_and_hold_no_secrets() {
        let long = refusal::<NewImage>(format!(r#"{{"status":"{}"}}"#, "x".repeat(100_000)).as_bytes());
        assert!(long.chars().count() <= MAX_EXPLANATION + 1, "{}", long.len());
        let body = r#"{"status":"queued","visibility":"private","locations":["swift+http://user:hunter2@host/c/o"]}"#;
        let secret = refusal::<NewImage>(body.as_bytes());
        assert!(!secret.contains("hunter2"), "{secret}");
    }
}
