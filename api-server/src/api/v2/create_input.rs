//! The body of `POST /v2/images`, read into a command (images-v2 §7.1, rows 2 to 5).

use glance_common::model::ImageId;
use serde_json::{Map, Value};

use super::schema;
use crate::domain::{ImageSchema, NewImageCommand, Owner, Refusal, properties};

/// Read the object. What the caller may not set is refused here or noted for the service, as the order demands.
///
/// # Errors
/// 400 for what breaks the schema, 403 for names that callers may not use.
pub(super) fn read(image_schema: &ImageSchema, body: Map<String, Value>) -> Result<NewImageCommand, Refusal> {
    if let Some(key) = body.keys().find(|key| properties::is_view_only(key)) {
        return Err(Refusal::forbidden(properties::read_only_text(key)));
    }
    schema::check_image(image_schema, &body)?;
    let custom = || body.keys().filter(|key| !properties::is_base(key));
    custom().try_for_each(|key| properties::check_name_length(key))?;
    if let Some(key) = custom().find(|key| properties::is_reserved(key)) {
        return Err(Refusal::forbidden_detail(properties::reserved_text(key)));
    }
    let mut command = NewImageCommand::default();
    for (key, value) in body {
        set(&mut command, key, value);
    }
    Ok(command)
}

/// The schema has seen the value: what does not fit the key's type cannot occur and leaves the default.
fn set(command: &mut NewImageCommand, key: String, value: Value) {
    match key.as_str() {
        "id" => command.id = value.as_str().and_then(|id| ImageId::parse_canonical(id).ok()),
        "name" => command.name = text(value),
        "visibility" => command.visibility = value.as_str().and_then(|word| word.parse().ok()),
        "owner" => command.owner = Owner::Named(text(value)),
        "disk_format" => command.disk_format = text(value),
        "container_format" => command.container_format = text(value),
        "min_disk" => command.min_disk = schema::integer(&value).unwrap_or_default(),
        "min_ram" => command.min_ram = schema::integer(&value).unwrap_or_default(),
        "protected" => command.protected = value.as_bool().unwrap_or_default(),
        "os_hidden" => command.os_hidden = value.as_bool().unwrap_or_default(),
        "tags" => command.tags = texts(value),
        "locations" => command.has_locations = true,
        owned if properties::is_server_owned(owned) => {
            command.server_owned.get_or_insert(key);
        }
        _ => {
            command.properties.insert(key, custom(value));
        }
    }
}

/// The text, if the value is one.
pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The value of a custom property as it is stored: a text. Other values than texts and null are those of declared
/// properties, and are stored as JSON.
pub(super) fn custom(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// The texts of a list.
pub(super) fn texts(value: Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.into_iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {

    use glance_common::model::Visibility;
    use serde_json::json;

    use super::*;
    use crate::domain::FormatLists;

    fn run(body: Value) -> Result<NewImageCommand, Refusal> {
        let formats = FormatLists { disk: vec!["raw".into()], container: vec!["bare".into()] };
        read(&formats.into(), body.as_object().unwrap().clone())
    }

    #[test]
    fn an_image_is_read() {
        let command = run(json!({
            "id": "0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b", "name": "a", "visibility": "private", "owner": null,
            "disk_format": "raw", "container_format": "bare", "min_disk": 1.0, "min_ram": 2, "protected": true,
            "os_hidden": true, "tags": ["x", "x"], "foo": "bar",
        }))
        .unwrap();
        let wanted = NewImageCommand {
            id: ImageId::parse("0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b").ok(),
            name: Some("a".into()),
            visibility: Some(Visibility::Private),
            owner: Owner::Named(None),
            disk_format: Some("raw".into()),
            container_format: Some("bare".into()),
            min_disk: 1,
            min_ram: 2,
            protected: true,
            os_hidden: true,
            tags: vec!["x".into(), "x".into()],
            properties: [("foo".to_owned(), Some("bar".to_owned()))].into(),
            server_owned: None,
            has_locations: false,
        };
        assert_eq!(command, wanted);
        assert_eq!(run(json!({})), Ok(NewImageCommand::default()));
    }

    #[test]
    fn refusals_come_in_the_order_of_the_specification() {
        let read_only = |key: &str| Refusal::forbidden(format!("Attribute '{key}' is read-only."));
        let long = "x".repeat(256);
        let table = [
            (json!({"name": 1, "self": 1}), read_only("self")),
            (json!({"stores": "a"}), read_only("stores")),
            (
                json!({"status": 1, "deleted": "x"}),
                Refusal::invalid("Provided object does not match schema 'image': 1 is not of type 'string'"),
            ),
            (
                json!({long: "x", "deleted": "x"}),
                Refusal::invalid("Custom property should not be greater than 255 characters."),
            ),
            (json!({"deleted": "x"}), Refusal::forbidden_detail("Attribute 'deleted' is reserved.")),
            (json!({"os_glancefoo": "x"}), Refusal::forbidden_detail("Attribute 'os_glancefoo' is reserved.")),
        ];
        for (body, refusal) in table {
            assert_eq!(run(body), Err(refusal));
        }
    }

    #[test]
    fn what_the_service_refuses_is_noted() {
        assert_eq!(run(json!({"size": null})).unwrap().server_owned.as_deref(), Some("size"));
        assert_eq!(run(json!({"os_hash_algo": "md5"})).unwrap().server_owned.as_deref(), Some("os_hash_algo"));
        assert!(run(json!({"locations": []})).unwrap().has_locations);
    }
}
