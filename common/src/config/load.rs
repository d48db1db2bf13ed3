//! A configuration: all layers merged, ready to be read section by section.

use std::collections::BTreeMap;

use super::layers::{self, Layer, Located, normalised};
use super::secret::STARS;
use super::{ConfigError, GroupView, OptionSpec, Section};

/// How the sample generator of oslo.config spells "not set".
const UNSET: &str = "<None>";

/// All options that were set anywhere, by section and key.
///
/// Cheap to keep, not needed any more once all sections are read. `Debug` shows names only.
#[derive(Clone)]
pub struct Config {
    values: BTreeMap<String, BTreeMap<String, Vec<Located>>>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("groups", &self.values.keys()).finish_non_exhaustive()
    }
}

/// An option that was found, and where.
pub(super) struct Found {
    group: String,
    key: String,
    values: Vec<Located>,
}

impl Found {
    /// The error for a value that cannot be used.
    pub(super) fn refuse(&self, secret: bool, reason: String) -> ConfigError {
        let last = self.values.last();
        ConfigError::BadValue {
            origin: last.map(|value| value.origin.clone()).unwrap_or_default(),
            group: self.group.clone(),
            key: self.key.clone(),
            value: match last {
                Some(value) if !secret => shown(&value.value),
                _ => STARS.to_owned(),
            },
            reason,
        }
    }
}

/// A text from a file, fit for a message.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

impl Config {
    /// A configuration from one text, without environment and command line.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`].
    pub fn from_text(text: &str) -> Result<Self, ConfigError> {
        let mut files = Layer::default();
        files.add_file("text", text, 1)?;
        Ok(Self { values: layers::merge([files])? })
    }

    /// Reads a section under its own name.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn section<T: Section>(&self) -> Result<T, ConfigError> {
        self.section_at(T::GROUP, &[])
    }

    /// Reads a section under the given name; what it does not set is taken from the fallback sections, in order.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn section_at<T: Section>(&self, group: &str, fallbacks: &[&str]) -> Result<T, ConfigError> {
        T::read(&GroupView { config: self, group, fallbacks, specs: &T::options() })
    }

    /// The last value of an option as written, before substitution.
    pub fn raw(&self, group: &str, key: &str) -> Option<&str> {
        let value = self.values.get(&normalised(group))?.get(key)?.last()?;
        Some(value.value.as_str()).filter(|value| *value != UNSET)
    }

    /// The sections that occur, `DEFAULT` included; names are in lower case.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Looks an option up under its name and its aliases, in the section and then in the fallbacks.
    ///
    /// Within one section the highest layer wins; in the same layer the current name wins over an old one.
    pub(super) fn find(&self, group: &str, fallbacks: &[&str], spec: &OptionSpec) -> Option<Found> {
        std::iter::once(&group).chain(fallbacks).find_map(|group| {
            let names = spec.aliases.iter().map(|alias| alias.rsplit_once('.').unwrap_or((group, alias)));
            let names = std::iter::once((*group, spec.name)).chain(names);
            let mut best: Option<Found> = None;
            for found in names.filter_map(|(group, key)| self.lookup(group, key)) {
                if best.as_ref().is_none_or(|best| found.rank() > best.rank()) {
                    best = Some(found);
                }
            }
            best
        })
    }

    fn lookup(&self, group: &str, key: &str) -> Option<Found> {
        let values = self.values.get(&normalised(group))?.get(key)?;
        if values.last().is_none_or(|value| value.value == UNSET) {
            return None;
        }
        Some(Found { group: group.to_owned(), key: key.to_owned(), values: values.clone() })
    }

    /// The values of a found option.
    pub(super) fn substituted(&self, found: &Found, _specs: &[OptionSpec]) -> Result<Vec<String>, ConfigError> {
        Ok(found.values.iter().map(|value| value.value.clone()).collect())
    }
}

impl Found {
    fn rank(&self) -> usize {
        self.values.last().map_or(0, |value| value.rank)
    }
}
