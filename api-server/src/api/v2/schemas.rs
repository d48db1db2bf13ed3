//! The schema documents of images (images-v2 §5.5): what [`super::schema`] checks, published for clients.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::schema::ID_PATTERN;
use crate::api::{Answer, Call};
use crate::domain::{FormatLists, ImageSchema};

/// `GET /v2/schemas/image`
pub(crate) async fn show_image_schema(call: Call) -> Answer {
    Ok(HttpResponse::Ok().json(image(&call.app.image_schema)))
}

/// `GET /v2/schemas/images`
pub(crate) async fn show_images_schema(call: Call) -> Answer {
    Ok(HttpResponse::Ok().json(images(&call.app.image_schema)))
}

fn image(schema: &ImageSchema) -> Value {
    let mut all = properties(&schema.formats);
    all.extend(schema.declared().clone());
    let mut document = json!({
        "name": "image",
        "properties": all,
        "additionalProperties": {"type": "string"},
        "links": [
            {"rel": "self", "href": "{self}"},
            {"rel": "enclosure", "href": "{file}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    });
    if let Some(required) = schema.required() {
        document["required"] = json!(required);
    }
    document
}

fn images(schema: &ImageSchema) -> Value {
    json!({
        "name": "images",
        "properties": {
            "images": {"type": "array", "items": image(schema)},
            "first": {"type": "string"},
            "next": {"type": "string"},
            "schema": {"type": "string"},
        },
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    })
}

/// The definitions of the keys that every image has.
pub(crate) fn properties(formats: &FormatLists) -> Map<String, Value> {
    let id = with(text("An identifier for the image"), "pattern", json!(ID_PATTERN));
    let status = json!([
        "queued",
        "saving",
        "active",
        "killed",
        "deleted",
        "uploading",
        "importing",
        "pending_delete",
        "deactivated"
    ]);
    let visibility = json!(["community", "public", "private", "shared"]);
    let entries = [
        ("id", id),
        ("name", short_or_null("Descriptive name for the image", 255)),
        ("status", with(read_only(text("Status of the image")), "enum", status)),
        ("visibility", with(text("Scope of image accessibility"), "enum", visibility)),
        ("protected", flag("If true, image will not be deletable.")),
        ("os_hidden", flag("If true, image will not appear in default image list response.")),
        ("checksum", read_only(short_or_null("MD5 digest of the image data.", 32))),
        ("os_hash_algo", read_only(short_or_null("Name of the digest in os_hash_value", 64))),
        ("os_hash_value", read_only(short_or_null("Digest of the image data, hexadecimal", 128))),
        ("owner", short_or_null("Owner of the image", 255)),
        ("size", read_only(number_or_null("Size of image file in bytes"))),
        ("virtual_size", read_only(number_or_null("Virtual size of image in bytes"))),
        ("container_format", format_of("Format of the container", &formats.container)),
        ("disk_format", format_of("Format of the disk", &formats.disk)),
        ("created_at", read_only(text("Date and time of image registration"))),
        ("updated_at", read_only(text("Date and time of the last image modification"))),
        (
            "tags",
            described(
                "List of strings related to the image",
                json!({
                    "type": "array", "items": {"type": "string", "maxLength": 255},
                }),
            ),
        ),
        ("direct_url", read_only(text("URL to access the image file kept in external store"))),
        ("min_ram", number("Amount of ram (in MB) required to boot image.")),
        ("min_disk", number("Amount of disk space (in GB) required to boot image.")),
        ("self", read_only(text("Link to this image"))),
        ("file", read_only(text("Link to the data of this image"))),
        (
            "stores",
            read_only(text(
                "Store in which image data resides. Only present when the operator has enabled \
            multiple stores. May be a comma-separated list of store identifiers.",
            )),
        ),
        ("schema", read_only(text("Link to this schema"))),
        ("locations", locations()),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn locations() -> Value {
    let validation_data = described(
        "Values to be used to populate the corresponding image properties.",
        json!({
            "type": "object",
            "writeOnly": true,
            "additionalProperties": false,
            "required": ["os_hash_algo", "os_hash_value"],
            "properties": {
                "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
                "os_hash_algo": {"type": "string", "maxLength": 64},
                "os_hash_value": {"type": "string", "maxLength": 128},
            },
        }),
    );
    described(
        "A set of URLs to access the image file kept in external store",
        json!({
            "type": "array",
            "items": {
                "type": "object",
                "required": ["url", "metadata"],
                "properties": {
                    "url": {"type": "string", "maxLength": 255},
                    "metadata": {"type": "object"},
                    "validation_data": validation_data,
                },
            },
        }),
    )
}

fn text(description: &str) -> Value {
    described(description, json!({"type": "string"}))
}

fn flag(description: &str) -> Value {
    described(description, json!({"type": "boolean"}))
}

fn number(description: &str) -> Value {
    described(description, json!({"type": "integer"}))
}

fn number_or_null(description: &str) -> Value {
    described(description, json!({"type": ["null", "integer"]}))
}

fn short_or_null(description: &str, longest: usize) -> Value {
    described(description, json!({"type": ["null", "string"], "maxLength": longest}))
}

fn format_of(description: &str, accepted: &[String]) -> Value {
    let words: Vec<Value> = std::iter::once(Value::Null).chain(accepted.iter().map(|word| json!(word))).collect();
    described(description, json!({"type": ["null", "string"], "enum": words}))
}

fn read_only(definition: Value) -> Value {
    with(definition, "readOnly", json!(true))
}

fn described(description: &str, definition: Value) -> Value {
    with(definition, "description", json!(description))
}

fn with(mut definition: Value, key: &str, value: Value) -> Value {
    definition[key] = value;
    definition
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::v2::schema;

    fn formats() -> FormatLists {
        FormatLists { disk: vec!["raw".into()], container: vec!["bare".into()] }
    }

    #[test]
    fn documents_have_the_keys_of_the_specification_in_order() {
        let image = image(&formats().into());
        let keys: Vec<_> = properties(&formats()).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, schema::KEYS);
        assert!(properties(&formats()).values().all(|definition| definition["description"].is_string()));
        assert_eq!(image["properties"]["disk_format"]["enum"], json!([null, "raw"]));
        assert_eq!(images(&formats().into())["properties"]["images"]["items"], image);
    }

    #[test]
    fn what_the_operator_declares_is_appended() {
        let text = r#"{"properties": {"arch": {"type": "string"}}, "required": ["arch"]}"#;
        let schema = ImageSchema::read(formats(), &properties(&formats()), text).unwrap();
        let document = image(&schema);
        let last = document["properties"].as_object().unwrap().iter().next_back().unwrap();
        assert_eq!(last, (&"arch".to_owned(), &json!({"type": "string", "is_base": false})));
        assert_eq!(document["required"], json!(["arch"]));
        assert_eq!(image(&formats().into()).get("required"), None);
        assert_eq!(images(&schema)["properties"]["images"]["items"], document);
    }

    #[test]
    fn what_the_document_calls_read_only_cannot_be_set() {
        for (key, definition) in properties(&formats()) {
            let refused =
                crate::domain::properties::is_view_only(&key) || crate::domain::properties::is_server_owned(&key);
            assert_eq!(definition["readOnly"] == json!(true), refused, "{key}");
        }
    }
}
