//! The metadata file: which share an image lies on, for services that mount it too (spec/stores.md §4.4).

use std::path::Path;

use serde_json::{Map, Value};

/// The objects of the metadata file, in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Mountpoints {
    objects: Vec<Map<String, Value>>,
    /// Whether there is a file at all, so that an image which fits no object is worth a log line.
    configured: bool,
}

impl Mountpoints {
    /// Reads the file: an object, or a list of objects, with strings `id` and `mountpoint`.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        let complain = |reason: String| format!("filesystem_store_metadata_file {}: {reason}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| complain(error.to_string()))?;
        Self::parse(&text).map_err(complain)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let items = match value {
            Value::Array(items) => items,
            single => vec![single],
        };
        let objects = items.into_iter().map(valid_object).collect::<Result<_, _>>()?;
        Ok(Self { objects, configured: true })
    }

    /// The object of the first mount point that `path` begins with; empty where none fits.
    pub(super) fn for_path(&self, path: &Path) -> Map<String, Value> {
        let fits = |object: &&Map<String, Value>| {
            object.get("mountpoint").and_then(Value::as_str).is_some_and(|mountpoint| path.starts_with(mountpoint))
        };
        match self.objects.iter().find(fits) {
            Some(object) => object.clone(),
            None => {
                if self.configured {
                    log::error!("no mountpoint of filesystem_store_metadata_file fits {}", path.display());
                }
                Map::new()
            }
        }
    }
}

fn valid_object(value: Value) -> Result<Map<String, Value>, String> {
    let Value::Object(object) = value else {
        return Err("must hold an object or a list of objects".to_owned());
    };
    for key in ["id", "mountpoint"] {
        if !object.get(key).is_some_and(Value::is_string) {
            return Err(format!("each object needs the string {key:?}"));
        }
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fitting_mountpoint_describes_the_image() {
        let text = r#"[{"id": "a", "mountpoint": "/x/y"}, {"id": "b", "mountpoint": "/x", "extra": [1]}]"#;
        let mountpoints = Mountpoints::parse(text).unwrap();
        let id = |path: &str| mountpoints.for_path(Path::new(path)).get("id").cloned();
        assert_eq!(id("/x/y/image"), Some("a".into()));
        assert_eq!(id("/x/image"), Some("b".into()));
        assert_eq!(id("/xylophone/image"), None);
        assert_eq!(Mountpoints::parse(r#"{"id": "a", "mountpoint": "/"}"#).unwrap().objects.len(), 1);
    }

    #[test]
    fn other_contents_are_refused() {
        for text in ["", "1", "[1]", "{}", r#"{"id": "a"}"#, r#"{"id": 1, "mountpoint": "/"}"#] {
            assert!(Mountpoints::parse(text).is_err(), "{text:?}");
        }
    }
}
