//! Values of the properties that the operator declares: what is said where they break their definition
//! (images-v2 §2.4).

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use crate::domain::ImageSchema;
use crate::python_repr::repr;

/// Check the value of a declared property; none if it is not declared.
///
/// # Errors
/// The first line of what a validator says.
pub(super) fn check(schema: &ImageSchema, name: &str, value: &Value) -> Option<Result<(), String>> {
    let (definition, validator) = schema.validator(name)?;
    Some(validator.validate(value).map_err(|error| words(definition, &error)))
}

fn words(definition: &Value, error: &ValidationError<'_>) -> String {
    let value = repr(error.instance());
    // What the definition demands, as its author wrote it.
    let demand = definition.pointer(error.schema_path().as_str()).unwrap_or(&Value::Null);
    match error.kind() {
        Kind::Type { .. } => {
            let types = demand.as_array().map_or_else(|| vec![repr(demand)], |types| types.iter().map(repr).collect());
            format!("{value} is not of type {}", types.join(", "))
        }
        Kind::Enum { .. } => format!("{value} is not one of {}", repr(demand)),
        Kind::Pattern { .. } => format!("{value} does not match {}", repr(demand)),
        Kind::MaxLength { .. } => format!("{value} is too long"),
        Kind::MinLength { .. } => format!("{value} is too short"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::domain::FormatLists;

    #[test]
    fn violations_are_told_as_for_other_keys() {
        let text = r#"{"properties": {
            "kind": {"type": "string", "enum": ["a", "b"]}, "id": {"type": ["null", "string"], "pattern": "^[0-9]{2}$"},
            "word": {"type": "string", "minLength": 2, "maxLength": 3}, "count": {"type": "integer", "minimum": 5}
        }}"#;
        let formats = FormatLists { disk: Vec::new(), container: Vec::new() };
        let schema = ImageSchema::read(formats, &Map::new(), text).unwrap();
        let table = [
            ("kind", json!("a"), Ok(())),
            ("kind", json!("c"), Err("'c' is not one of ['a', 'b']")),
            ("kind", json!(null), Err("None is not of type 'string'")),
            ("id", json!(null), Ok(())),
            ("id", json!("12"), Ok(())),
            ("id", json!("123"), Err("'123' does not match '^[0-9]{2}$'")),
            ("id", json!(5), Err("5 is not of type 'null', 'string'")),
            ("word", json!("a"), Err("'a' is too short")),
            ("word", json!("äöüß"), Err("'äöüß' is too long")),
            ("count", json!(4), Err("4 is less than the minimum of 5")),
            ("count", json!(true), Err("True is not of type 'integer'")),
        ];
        for (name, value, wanted) in table {
            let said = check(&schema, name, &value).unwrap();
            assert_eq!(said, wanted.map_err(str::to_owned), "{name} {value}");
        }
        assert_eq!(check(&schema, "other", &json!(5)), None);
    }
}
