//! What an image may look like at this site: the accepted formats, and the custom properties that the operator declares
//! in `schema-image.json` (images-v2 §5.5).
//!
//! The file has the definitions of properties by name, either as they are or below `properties`, with the names of those
//! that an image must have below `required`.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{FormatLists, Refusal};

/// Name of the file in the folders of configuration.
pub const FILE: &str = "schema-image.json";

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is not JSON of the expected form.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// A definition is no JSON schema.
    #[error("the definition of {name} is no JSON schema: {reason}")]
    Definition {
        /// The property.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A key of the image itself is declared otherwise than it is.
    #[error("{name} belongs to every image and cannot be declared anew")]
    Base {
        /// The key.
        name: String,
    },
}

/// The schema of this site's images. Validators are compiled once, since that costs far more than a check.
#[derive(Debug)]
pub struct ImageSchema {
    /// The accepted formats.
    pub formats: FormatLists,
    declared: Map<String, Value>,
    required: Option<Vec<String>>,
    validators: BTreeMap<String, Validator>,
}

impl ImageSchema {
    /// The schema without an operator's file.
    #[must_use]
    pub fn plain(formats: FormatLists) -> Self {
        Self { formats, declared: Map::new(), required: None, validators: BTreeMap::new() }
    }

    /// The schema with the text of an operator's file. `base` has the definitions of the keys that every image has.
    ///
    /// # Errors
    /// [`SchemaError`]: the server must not start.
    pub fn read(formats: FormatLists, base: &Map<String, Value>, text: &str) -> Result<Self, SchemaError> {
        let Declarations { definitions, required } = Declarations::read(text)?;
        let mut schema = Self { required, ..Self::plain(formats) };
        for (name, definition) in definitions {
            if let Some(own) = base.get(&name) {
                if without_words(own) == without_words(&definition) {
                    continue;
                }
                return Err(SchemaError::Base { name });
            }
            schema.declare(name, definition)?;
        }
        Ok(schema)
    }

    fn declare(&mut self, name: String, mut definition: Value) -> Result<(), SchemaError> {
        let refuse = |reason: String| SchemaError::Definition { name: name.clone(), reason };
        let validator = jsonschema::validator_for(&definition).map_err(|error| refuse(error.to_string()))?;
        let members = definition.as_object_mut().ok_or_else(|| refuse("it is no object".to_owned()))?;
        members.insert("is_base".to_owned(), json!(false));
        self.validators.insert(name.clone(), validator);
        self.declared.insert(name, definition);
        Ok(())
    }

    /// The definitions of the declared properties as they are published, in file order.
    #[must_use]
    pub fn declared(&self) -> &Map<String, Value> {
        &self.declared
    }

    /// Is the property declared, so that null is one of its values where its definition allows it?
    #[must_use]
    pub fn is_declared(&self, name: &str) -> bool {
        self.validators.contains_key(name)
    }

    /// The names that an image must have; none when the file has no such list.
    #[must_use]
    pub fn required(&self) -> Option<&[String]> {
        self.required.as_deref()
    }

    /// Definition and validator of a declared property.
    #[must_use]
    pub fn validator(&self, name: &str) -> Option<(&Value, &Validator)> {
        Some((self.declared.get(name)?, self.validators.get(name)?))
    }

    /// An image has every name that it must have.
    ///
    /// # Errors
    /// 400 that tells the first one that is missing.
    pub fn check_required(&self, has: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        match self.required.iter().flatten().find(|name| !has(name)) {
            Some(missing) => Err(violation(&format!("'{missing}' is a required property"))),
            None => Ok(()),
        }
    }
}

impl From<FormatLists> for ImageSchema {
    fn from(formats: FormatLists) -> Self {
        Self::plain(formats)
    }
}

/// What is said of an image that breaks the schema (images-v2 §2.4).
#[must_use]
pub fn violation(reason: &str) -> Refusal {
    Refusal::invalid(format!("Provided object does not match schema 'image': {reason}"))
}

/// What a file says.
struct Declarations {
    definitions: Map<String, Value>,
    required: Option<Vec<String>>,
}

impl Declarations {
    /// Reads either form of the file.
    fn read(text: &str) -> Result<Self, SchemaError> {
        let malformed = |reason: &str| SchemaError::Malformed(reason.to_owned());
        let file = serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
        let Value::Object(mut file) = file else {
            return Err(malformed("it is no object"));
        };
        let Some(definitions) = file.remove("properties") else {
            return Ok(Self { definitions: file, required: None });
        };
        let Value::Object(definitions) = definitions else {
            return Err(malformed("properties is no object"));
        };
        let required = file.remove("required").map(serde_json::from_value).transpose();
        Ok(Self { definitions, required: required.map_err(|_| malformed("required is no list of names"))? })
    }
}

/// A definition without what does not change its meaning.
fn without_words(definition: &Value) -> Value {
    let mut definition = definition.clone();
    if let Some(members) = definition.as_object_mut() {
        members.retain(|key, _| key != "description" && key != "is_base");
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ImageSchema, SchemaError> {
        let formats = FormatLists { disk: Vec::new(), container: Vec::new() };
        let base = json!({"min_ram": {"type": "integer", "description": "ours"}});
        ImageSchema::read(formats, base.as_object().unwrap(), text)
    }

    #[test]
    fn both_forms_are_read() {
        let flat = read(r#"{"b": {"type": "string"}, "a": {"type": ["null", "string"]}}"#).unwrap();
        assert_eq!(flat.declared().keys().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(flat.declared()["b"], json!({"type": "string", "is_base": false}));
        assert_eq!((flat.required(), flat.is_declared("a"), flat.is_declared("c")), (None, true, false));
        let extended = read(r#"{"properties": {"a": {"type": "string"}}, "required": ["a", "name"]}"#).unwrap();
        assert_eq!(extended.required(), Some(&["a".to_owned(), "name".to_owned()][..]));
        assert_eq!(extended.check_required(|_| true), Ok(()));
        let missing = extended.check_required(|name| name == "name").unwrap_err();
        assert_eq!(missing.text, "Provided object does not match schema 'image': 'a' is a required property");
    }

    #[test]
    fn values_are_judged_by_their_definition() {
        let schema = read(r#"{"a": {"type": ["null", "string"], "enum": ["x", null]}}"#).unwrap();
        let judge = |value: Value| schema.validator("a").map(|(_, validator)| validator.is_valid(&value));
        assert_eq!([judge(json!("x")), judge(json!(null)), judge(json!("y"))], [Some(true), Some(true), Some(false)]);
        assert!(schema.validator("b").is_none());
    }

    #[test]
    fn a_base_key_keeps_its_meaning() {
        let same = read(r#"{"min_ram": {"type": "integer", "description": "other words"}}"#).unwrap();
        assert!(same.declared().is_empty());
        assert!(
            matches!(read(r#"{"min_ram": {"type": "string"}}"#), Err(SchemaError::Base { name }) if name == "min_ram")
        );
    }

    #[test]
    fn unusable_files_are_told() {
        let table = [
            ("{", "malformed"),
            ("[]", "it is no object"),
            (r#"{"properties": []}"#, "properties is no object"),
            (r#"{"properties": {}, "required": "a"}"#, "required is no list of names"),
            (r#"{"a": {"type": "frobnicate"}}"#, "definition of a"),
            (r#"{"a": {"pattern": "("}}"#, "definition of a"),
            (r#"{"a": true}"#, "definition of a is no JSON schema: it is no object"),
            (r#"{"a": {"$ref": "http://localhost/schema"}}"#, "definition of a"),
        ];
        for (text, part) in table {
            let said = read(text).map(|_| ()).unwrap_err().to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
