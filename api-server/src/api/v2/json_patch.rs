//! The body of `PATCH /v2/images/{id}`, in both dialects of JSON patch, read into a change (images-v2 §8.1, §8.2).
//!
//! All operations are validated before any is applied; the first mistake of the first wrong operation is told.

use serde_json::{Map, Value};

use super::create_input::{custom, text, texts};
use super::schema;
use crate::domain::change::{GivenLocation, LocationsOperation, Position};
use crate::domain::{Attribute, ImageChange, ImageSchema, Operation, Refusal, properties};

/// The media types that are taken, as the refusal lists them.
pub(super) const ACCEPTED: &str =
    "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";

/// How operations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"replace": "/name", "value": …}`
    V20,
    /// `{"op": "replace", "path": "/name", "value": …}`
    V21,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

const OPS: [(&str, Op); 3] = [("add", Op::Add), ("replace", Op::Replace), ("remove", Op::Remove)];

impl Dialect {
    /// The dialect of a `Content-Type`, in the very letters of the original; parameters do not matter.
    pub(super) fn of(content_type: Option<&str>) -> Option<Self> {
        match content_type?.split(';').next()?.trim() {
            "application/openstack-images-v2.0-json-patch" => Some(Self::V20),
            "application/openstack-images-v2.1-json-patch" => Some(Self::V21),
            _ => None,
        }
    }
}

/// Read a patch document.
///
/// # Errors
/// 400 for what is malformed or breaks the schema, 403 for attributes that callers may not change.
pub(super) fn read(dialect: Dialect, image_schema: &ImageSchema, body: Value) -> Result<ImageChange, Refusal> {
    let Value::Array(elements) = body else {
        return Err(Refusal::invalid("Request body must be a JSON array of operation objects."));
    };
    let operations = elements.into_iter().map(|element| read_operation(dialect, image_schema, element));
    let operations = operations.collect::<Result<Vec<_>, _>>()?;
    Ok(ImageChange { operations, add_overwrites: dialect == Dialect::V21 })
}

fn read_operation(dialect: Dialect, image_schema: &ImageSchema, element: Value) -> Result<Operation, Refusal> {
    let Value::Object(mut element) = element else {
        return Err(Refusal::invalid("Operations must be JSON objects."));
    };
    let (op, word, pointer) = match dialect {
        Dialect::V20 => op_and_pointer_v20(&element)?,
        Dialect::V21 => op_and_pointer_v21(&element)?,
    };
    let path = read_pointer(pointer)?;
    check_depth(op, &path)?;
    let value = element.remove("value");
    if op != Op::Remove && value.is_none() {
        return Err(Refusal::invalid(format!("Operation \"{word}\" requires a member named \"value\".")));
    }
    let mut path = path.into_iter();
    let root = path.next().unwrap_or_default();
    check_root(&root)?;
    match value {
        Some(value) if op != Op::Remove && root == "locations" => {
            read_locations(op, image_schema, &path.next().unwrap_or_default(), value)
        }
        Some(value) if op != Op::Remove => read_value(op, image_schema, root, value),
        _ if root == "locations" => {
            let at = position(&path.next().unwrap_or_default());
            Ok(Operation::Locations(LocationsOperation::Remove { at }))
        }
        _ => Ok(Operation::Remove(root)),
    }
}

fn op_and_pointer_v21(element: &Map<String, Value>) -> Result<(Op, &'static str, &Value), Refusal> {
    const ONE_OF: &str = "It must be one of the following: add, remove, replace.";
    let Some(given) = element.get("op") else {
        return Err(Refusal::invalid(format!("Unable to find `op` in JSON Schema change. {ONE_OF}")));
    };
    let known = OPS.iter().find(|(word, _)| given.as_str() == Some(word));
    let Some((word, op)) = known else {
        let given = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        return Err(Refusal::invalid(format!("Invalid operation: `{given}`. {ONE_OF}")));
    };
    let pointer = element.get("path").ok_or_else(|| Refusal::invalid("Unable to find 'path' in JSON Schema change"))?;
    Ok((*op, word, pointer))
}

fn op_and_pointer_v20(element: &Map<String, Value>) -> Result<(Op, &'static str, &Value), Refusal> {
    let mut given = OPS.iter().filter_map(|(word, op)| Some((*op, *word, element.get(*word)?)));
    match (given.next(), given.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Refusal::invalid(
            "Operation objects must contain only one member named \"add\", \"remove\", or \"replace\".",
        )),
        (None, _) => Err(Refusal::invalid(
            "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".",
        )),
    }
}

/// The tokens of a JSON pointer, unescaped and without blanks around them.
fn read_pointer(pointer: &Value) -> Result<Vec<String>, Refusal> {
    let Value::String(pointer) = pointer else {
        return Err(Refusal::invalid(format!("Pointer `{pointer}` is not a string.")));
    };
    let wrong = |what: &str| Err(Refusal::invalid(format!("Pointer `{pointer}` {what}.")));
    let Some(rest) = pointer.strip_prefix('/') else {
        return wrong("does not start with \"/\"");
    };
    // The first token has no slash before it, the last one none behind it.
    let tokens: Vec<&str> = rest.split('/').collect();
    if tokens.len() > 2 && tokens[1..tokens.len() - 1].iter().any(|token| token.trim().is_empty()) {
        return wrong("contains adjacent \"/\"");
    }
    if pointer.len() > 1 && pointer.ends_with('/') {
        return wrong("end with \"/\"");
    }
    let is_escape = |(at, _): (usize, &str)| matches!(pointer.as_bytes().get(at + 1), Some(b'0' | b'1'));
    if !pointer.match_indices('~').all(is_escape) {
        return wrong("contains \"~\" not part of a recognized escape sequence");
    }
    let tokens = pointer.trim_start_matches('/').split('/');
    Ok(tokens.map(|token| token.replace("~1", "/").replace("~0", "~").trim().to_owned()).collect())
}

/// Attributes are one token deep, single locations two.
fn check_depth(op: Op, path: &[String]) -> Result<(), Refusal> {
    let is_locations = path.first().is_some_and(|root| root == "locations");
    let wanted = if is_locations && op != Op::Replace { 2 } else { 1 };
    if path.len() == wanted {
        return Ok(());
    }
    Err(Refusal::invalid(format!("Invalid JSON pointer for this resource: '/{}'", path.join("/"))))
}

fn check_root(root: &str) -> Result<(), Refusal> {
    let read_only = properties::is_view_only(root) || properties::is_server_owned(root) || root == "id";
    if read_only {
        return Err(Refusal::forbidden(properties::read_only_text(root)));
    }
    if properties::is_reserved(root) {
        return Err(Refusal::forbidden(properties::reserved_text(root)));
    }
    Ok(())
}

fn read_value(op: Op, image_schema: &ImageSchema, root: String, value: Value) -> Result<Operation, Refusal> {
    schema::check_key(image_schema, &root, &value)?;
    let attribute = attribute(root, value)?;
    Ok(if op == Op::Add { Operation::Add(attribute) } else { Operation::Replace(attribute) })
}

fn read_locations(op: Op, image_schema: &ImageSchema, token: &str, value: Value) -> Result<Operation, Refusal> {
    let list = if op == Op::Add { Value::Array(vec![value]) } else { value };
    schema::check_key(image_schema, "locations", &list)?;
    let Value::Array(list) = list else { return Err(Refusal::invalid("Invalid locations")) };
    let mut list: Vec<GivenLocation> = list.into_iter().map(given_location).collect();
    Ok(Operation::Locations(match list.pop() {
        Some(location) if op == Op::Add => LocationsOperation::Add { at: position(token), location },
        last => LocationsOperation::Replace(list.into_iter().chain(last).collect()),
    }))
}

/// The schema has seen it. Members that are not known are left out.
fn given_location(mut value: Value) -> GivenLocation {
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
    let promised = value.get("validation_data").and_then(Value::as_object).into_iter().flatten();
    GivenLocation {
        url: value["url"].as_str().unwrap_or_default().to_owned(),
        metadata,
        promised: promised.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
    }
}

/// The last token of a path into the list of locations.
fn position(token: &str) -> Position {
    match token {
        "-" => Position::End,
        digits if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            // More than any list is long.
            Position::At(digits.parse().unwrap_or(usize::MAX))
        }
        _ => Position::Nowhere,
    }
}

/// The schema has seen the value, so its type is right.
fn attribute(root: String, value: Value) -> Result<Attribute, Refusal> {
    Ok(match root.as_str() {
        "name" => Attribute::Name(text(value)),
        "visibility" => match value.as_str().and_then(|word| word.parse().ok()) {
            Some(visibility) => Attribute::Visibility(visibility),
            None => return Err(Refusal::invalid("Invalid visibility value")),
        },
        "owner" => Attribute::Owner(text(value)),
        "protected" => Attribute::Protected(value.as_bool().unwrap_or_default()),
        "os_hidden" => Attribute::OsHidden(value.as_bool().unwrap_or_default()),
        "disk_format" => Attribute::DiskFormat(text(value)),
        "container_format" => Attribute::ContainerFormat(text(value)),
        "min_ram" => Attribute::MinRam(schema::integer(&value).unwrap_or_default()),
        "min_disk" => Attribute::MinDisk(schema::integer(&value).unwrap_or_default()),
        "tags" => Attribute::Tags(texts(value)),
        _ => {
            properties::check_name_length(&root)?;
            Attribute::Custom { name: root, value: custom(value) }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::FormatLists;
    use crate::domain::RefusalClass;

    fn run(dialect: Dialect, body: Value) -> Result<ImageChange, Refusal> {
        let formats = FormatLists { disk: vec!["raw".into()], container: vec!["bare".into()] };
        read(dialect, &formats.into(), body)
    }

    fn custom(name: &str) -> Attribute {
        Attribute::Custom { name: name.into(), value: Some("v".into()) }
    }

    #[test]
    fn media_types_choose_the_dialect() {
        let table = [
            (Some("application/openstack-images-v2.1-json-patch"), Some(Dialect::V21)),
            (Some("application/openstack-images-v2.0-json-patch; charset=x"), Some(Dialect::V20)),
            (Some("APPLICATION/OPENSTACK-IMAGES-V2.1-JSON-PATCH"), None),
            (Some("application/json-patch+json"), None),
            (Some("application/json"), None),
            (None, None),
        ];
        for (content_type, dialect) in table {
            assert_eq!(Dialect::of(content_type), dialect, "{content_type:?}");
        }
    }

    #[test]
    fn malformed_documents_are_told_in_the_known_words() {
        const ONE_OF: &str = "It must be one of the following: add, remove, replace.";
        let pointer = |p: &str, what: &str| (json!([{"op": "remove", "path": p}]), format!("Pointer `{p}` {what}."));
        let depth = |op: &str, p: &str| {
            (json!([{"op": op, "path": p, "value": "v"}]), format!("Invalid JSON pointer for this resource: '{p}'"))
        };
        let escape = "contains \"~\" not part of a recognized escape sequence";
        let table = [
            (json!({}), "Request body must be a JSON array of operation objects.".to_owned()),
            (json!([1]), "Operations must be JSON objects.".into()),
            (json!([{}]), format!("Unable to find `op` in JSON Schema change. {ONE_OF}")),
            (json!([{"op": "move", "path": "/a"}]), format!("Invalid operation: `move`. {ONE_OF}")),
            (json!([{"op": 5, "path": "/a"}]), format!("Invalid operation: `5`. {ONE_OF}")),
            (json!([{"op": "add"}]), "Unable to find 'path' in JSON Schema change".into()),
            (json!([{"op": "add", "path": 5}]), "Pointer `5` is not a string.".into()),
            pointer("a", "does not start with \"/\""),
            pointer("/a//b", "contains adjacent \"/\""),
            pointer("/a/ /b", "contains adjacent \"/\""),
            pointer("/a/", "end with \"/\""),
            pointer("/a~2", escape),
            pointer("/a~", escape),
            depth("add", "/tags/-"),
            depth("add", "/a/b"),
            depth("add", "/locations"),
            depth("remove", "/locations"),
            depth("replace", "/locations/0"),
            (json!([{"op": "add", "path": "/a"}]), "Operation \"add\" requires a member named \"value\".".into()),
            (
                json!([{"op": "add", "path": "/name", "value": 5}]),
                "Provided object does not match schema 'image': 5 is not of type 'null', 'string'".into(),
            ),
            (
                json!([{"op": "add", "path": "/locations/-", "value": 5}]),
                "Provided object does not match schema 'image': 5 is not of type 'object'".into(),
            ),
        ];
        for (body, text) in table {
            assert_eq!(run(Dialect::V21, body), Err(Refusal::invalid(text)));
        }
        let old = [
            (
                json!([{"add": "/a", "remove": "/b", "value": 1}]),
                "Operation objects must contain only one member named \"add\", \"remove\", or \"replace\".",
            ),
            (
                json!([{"op": "add", "path": "/a", "value": "v"}]),
                "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".",
            ),
        ];
        for (body, text) in old {
            assert_eq!(run(Dialect::V20, body), Err(Refusal::invalid(text)));
        }
    }

    #[test]
    fn what_callers_may_not_change_is_refused_for_every_operation() {
        let table = [
            ("/status", "Attribute 'status' is read-only."),
            ("/id", "Attribute 'id' is read-only."),
            ("/stores", "Attribute 'stores' is read-only."),
            ("/os_hash_value", "Attribute 'os_hash_value' is read-only."),
            ("/deleted_at", "Attribute 'deleted_at' is reserved."),
            ("/os_glance_lock", "Attribute 'os_glance_lock' is reserved."),
        ];
        for (path, text) in table {
            for op in ["add", "replace", "remove"] {
                let refusal = run(Dialect::V21, json!([{"op": op, "path": path, "value": 5}])).err();
                assert!(refusal.is_some_and(|r| r.text == text && r.class == RefusalClass::Forbidden && !r.is_detail));
            }
        }
    }

    #[test]
    fn pointers_are_unescaped_and_trimmed() {
        for (pointer, name) in [("/a~1b~0c", "a/b~c"), ("//a", "a"), ("/ a ", "a"), ("/", ""), ("/~01", "~1")] {
            let change = run(Dialect::V20, json!([{"add": pointer, "value": "v"}]));
            let wanted = ImageChange { operations: vec![Operation::Add(custom(name))], add_overwrites: false };
            assert_eq!(change, Ok(wanted), "{pointer}");
        }
    }

    #[test]
    fn operations_keep_their_order() {
        let body = json!([
            {"op": "remove", "path": "/foo", "value": 5},
            {"op": "replace", "path": "/name", "value": null},
            {"op": "replace", "path": "/locations", "value": []},
            {"op": "remove", "path": "/locations/0"},
        ]);
        let wanted = vec![
            Operation::Remove("foo".into()),
            Operation::Replace(Attribute::Name(None)),
            Operation::Locations(LocationsOperation::Replace(Vec::new())),
            Operation::Locations(LocationsOperation::Remove { at: Position::At(0) }),
        ];
        assert_eq!(run(Dialect::V21, body).map(|change| change.operations), Ok(wanted));
        assert_eq!(run(Dialect::V21, json!([])), Ok(ImageChange { operations: vec![], add_overwrites: true }));
    }
}
