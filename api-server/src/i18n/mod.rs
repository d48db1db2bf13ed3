//! Messages in the language that the client prefers.
//!
//! The code speaks English. Where a refusal becomes an answer, its sentences are looked up in the catalogue of the
//! client's language ([`catalogue_for`]); what a catalogue does not have stays English. Catalogues are gettext files in
//! the crate's folder `i18n`, read when the program is built; a message with values in it is found by its words around
//! the values.

mod language;
mod template;

use std::collections::HashMap;
use std::sync::LazyLock;

use template::Template;

pub use language::catalogue_for;

/// Languages with pairs of message and translation, made of the catalogues.
static TABLE: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

/// Read once, by the first client that wants one of them.
static CATALOGUES: LazyLock<Vec<Catalogue>> = LazyLock::new(|| TABLE.iter().map(Catalogue::compile).collect());

/// How deep values of messages are messages themselves.
const DEEPEST: u8 = 2;

/// The messages in one language.
pub struct Catalogue {
    language: &'static str,
    fixed: HashMap<&'static str, &'static str>,
    /// Those with values, the longest first: the most exact one that fits counts.
    templates: Vec<(Template, Template)>,
}

impl Catalogue {
    fn compile((language, messages): &(&'static str, &'static [(&'static str, &'static str)])) -> Self {
        let mut catalogue = Self { language, fixed: HashMap::new(), templates: Vec::new() };
        for (message, translation) in *messages {
            let template = Template::parse(message);
            if template.has_values() {
                catalogue.templates.push((template, Template::parse(translation)));
            } else {
                catalogue.fixed.insert(message, translation);
            }
        }
        catalogue.templates.sort_by_key(|(template, _)| std::cmp::Reverse(template.fixed_length()));
        catalogue
    }

    /// The catalogue of a language, by its file's name.
    fn named(language: &str) -> Option<&'static Self> {
        CATALOGUES.iter().find(|catalogue| catalogue.language == language)
    }

    /// The message in this language, if the catalogue has it.
    #[must_use]
    pub fn translate(&self, message: &str) -> Option<String> {
        self.translate_at(message, 0)
    }

    fn translate_at(&self, message: &str, depth: u8) -> Option<String> {
        if message.is_empty() || depth > DEEPEST {
            return None;
        }
        if let Some(translation) = self.fixed.get(message) {
            return Some((*translation).to_owned());
        }
        self.templates.iter().find_map(|(template, translation)| {
            let values = template.values_in(message)?;
            // Some values are sentences that have a translation of their own.
            let own = values.iter().map(|value| self.translate_at(value, depth + 1));
            let filled: Vec<_> =
                values.iter().zip(own).map(|(value, own)| own.unwrap_or_else(|| (*value).to_owned())).collect();
            translation.fill(template, &filled)
        })
    }
}

#[cfg(test)]
mod tests;
