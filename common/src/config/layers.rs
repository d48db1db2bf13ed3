//! Where values come from, each as a source of the `config` crate, and how they are told apart afterwards.
//!
//! All options live under one top-level table, because the crate reads `.` and `[` in top-level keys as a path;
//! below it names are taken literally. Every option is an array of strings with its origin.

use std::collections::BTreeMap;
use std::ffi::OsString;

use ::config::{ConfigError as CrateError, Map, Source, Value, ValueKind};

use super::oslo_ini::{self, Entry};
use super::secret::STARS;
use super::{ConfigError, load};

/// The top-level table.
const ROOT: &str = "options";

/// Values of one option from one place, by section (normalised) and key.
type Table = BTreeMap<String, BTreeMap<String, Vec<Located>>>;

/// One value with its place.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Located {
    /// The text as written.
    pub value: String,
    /// File and line, environment variable or command-line option.
    pub origin: String,
    /// Which layer: a higher one wins.
    pub rank: usize,
}

/// Lower-cases a section's name, as oslo compares them; `DEFAULT` is the one exception.
pub(super) fn normalised(group: &str) -> String {
    if group == "DEFAULT" { group.to_owned() } else { group.to_lowercase() }
}

/// One or more layers that were read completely.
#[derive(Clone, Default)]
pub(super) struct Layer(Table);

impl std::fmt::Debug for Layer {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(group, keys)| (group, keys.keys().collect::<Vec<_>>()))).finish()
    }
}

impl Layer {
    /// Adds the text of a file; values of a repeated key line up behind those of earlier files.
    pub(super) fn add_file(&mut self, path: &str, text: &str, rank: usize) -> Result<(), ConfigError> {
        let entries = oslo_ini::parse(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            line: error.line,
            reason: error.reason,
            text: load::shown(&error.text),
        })?;
        for Entry { section, key, value, line } in entries {
            self.add(&section, &key, Located { value, origin: format!("{path}:{line}"), rank });
        }
        Ok(())
    }

    /// Adds one value.
    pub(super) fn add(&mut self, group: &str, key: &str, value: Located) {
        let keys = self.0.entry(normalised(group)).or_default();
        keys.entry(key.to_owned()).or_default().push(value);
    }
}

impl Layer {
    /// Variables of the form `OS_<GROUP>__<OPTION>`, as oslo.config names them; other variables are left alone.
    pub(super) fn of_environment(
        variables: impl Iterator<Item = (OsString, OsString)>,
        rank: usize,
    ) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        for (name, value) in variables {
            let Some((group, key)) = name.to_str().and_then(|name| name.strip_prefix("OS_")?.split_once("__")) else {
                continue;
            };
            let (origin, key) = (format!("environment variable {}", name.display()), key.to_lowercase());
            let Some(value) = value.to_str().map(str::to_owned) else {
                let (group, value) = (group.to_owned(), STARS.to_owned());
                return Err(ConfigError::BadValue { origin, group, key, value, reason: "not UTF-8".to_owned() });
            };
            layer.add(group, &key, Located { value, origin, rank });
        }
        Ok(layer)
    }

    /// The values of one option, for tests.
    #[cfg(test)]
    pub(super) fn get(&self, group: &str, key: &str) -> Option<&Vec<Located>> {
        self.0.get(group)?.get(key)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, CrateError> {
        let values = |values: &Vec<Located>| -> Vec<Value> {
            let value = |v: &Located| Value::new(Some(&format!("{} {}", v.rank, v.origin)), v.value.clone());
            values.iter().map(value).collect()
        };
        let keys = |keys: &BTreeMap<String, Vec<Located>>| -> Map<String, Value> {
            keys.iter().map(|(key, list)| (key.clone(), Value::from(values(list)))).collect()
        };
        let groups: Map<String, Value> =
            self.0.iter().map(|(group, table)| (group.clone(), Value::from(keys(table)))).collect();
        Ok(Map::from_iter([(ROOT.to_owned(), Value::from(groups))]))
    }
}

/// Lets the `config` crate put the layers on top of each other, the last one winning.
pub(super) fn merge(layers: impl IntoIterator<Item = Layer>) -> Result<Table, ConfigError> {
    let builder = layers.into_iter().fold(::config::Config::builder(), |builder, layer| builder.add_source(layer));
    let refuse =
        |error: CrateError| ConfigError::Unreadable { path: "configuration".to_owned(), reason: error.to_string() };
    let merged = builder.build().map_err(refuse)?;
    let groups = merged.cache.into_table().map_err(refuse)?.remove(ROOT);
    let groups = groups.map(Value::into_table).transpose().map_err(refuse)?.unwrap_or_default();
    groups
        .into_iter()
        .map(|(group, keys)| {
            let keys = keys.into_table().map_err(refuse)?;
            Ok((group, keys.into_iter().map(|(key, list)| (key, located(list))).collect()))
        })
        .collect()
}

/// Turns the crate's values back; the rank was put before the origin.
fn located(list: Value) -> Vec<Located> {
    let ValueKind::Array(values) = list.kind else { return Vec::new() };
    let value = |value: Value| {
        let (rank, origin) = value.origin().and_then(|text| text.split_once(' ')).unwrap_or(("0", ""));
        let (rank, origin) = (rank.parse().unwrap_or(0), origin.to_owned());
        let ValueKind::String(value) = value.kind else { return None };
        Some(Located { value, origin, rank })
    };
    values.into_iter().filter_map(value).collect()
}
