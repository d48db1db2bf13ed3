//! The form of the protection file: INI as the original reads it, which is not the INI of the configuration.
//!
//! A section that is opened counts even when it is empty, and one that is opened twice is a mistake, since both decide
//! what follows them. Keys have no case. `[DEFAULT]` gives values to all sections that lack them.

use std::collections::BTreeMap;

use super::ProtectionError;

/// Name of the section whose values all others inherit.
const DEFAULTS: &str = "DEFAULT";

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// As written between the brackets, which it may contain itself.
    pub(super) name: String,
    /// Values by key in lower case; continued lines are joined by line feeds.
    pub(super) values: BTreeMap<String, String>,
}

/// The sections in file order, with the defaults filled in.
///
/// # Errors
/// [`ProtectionError::Line`] for the first line that is not in the format.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, ProtectionError> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<String> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, raw) in text.lines().enumerate() {
        let refuse = |reason| Err(ProtectionError::Line { line: index + 1, reason });
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if raw.starts_with([' ', '\t'])
            && let (Some(section), Some(key)) = (sections.last_mut(), &open)
        {
            section.values.entry(key.clone()).or_default().extend(["\n", line]);
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = match rest.rsplit_once(']') {
                Some((name, "")) if !name.is_empty() => name.to_owned(),
                _ => return refuse("a section's name must stand between brackets"),
            };
            if sections.iter().any(|section| section.name == name) {
                return refuse("the section is there already");
            }
            sections.push(Section { name, values: BTreeMap::new() });
            open = None;
            continue;
        }
        let (Some(section), Some((key, value))) = (sections.last_mut(), line.split_once(['=', ':'])) else {
            return refuse("a line must be a section's name, or key = value in a section");
        };
        let key = key.trim().to_lowercase();
        if section.values.insert(key.clone(), value.trim().to_owned()).is_some() {
            return refuse("the section has this key already");
        }
        open = Some(key);
    }
    Ok(with_defaults(sections))
}

fn with_defaults(mut sections: Vec<Section>) -> Vec<Section> {
    let Some(at) = sections.iter().position(|section| section.name == DEFAULTS) else {
        return sections;
    };
    let defaults = sections.remove(at).values;
    for section in &mut sections {
        for (key, value) in &defaults {
            section.values.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    sections
}
