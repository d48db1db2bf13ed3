//! What a program says about its configuration once logging works.

use super::layers::{Located, normalised};
use super::load::shown;
use super::secret::STARS;
use super::{Config, SectionSpec, known};

/// Sections that are stores without being listed in `enabled_backends`.
const RESERVED_STORES: [&str; 3] = ["os_glance_staging_store", "os_glance_tasks_store", "backend_defaults"];

impl Config {
    /// Logs one warning for each option in the files that nobody knows, and for each old name that is used.
    ///
    /// `sections` are the declarations of all sections in use. Options of Glance that we do not use are not unknown.
    pub fn warn_unknown(&self, sections: &[SectionSpec]) {
        for warning in self.warnings(sections) {
            log::warn!("{warning}");
        }
    }

    /// The texts of [`Config::warn_unknown`], by section and name.
    pub fn warnings(&self, sections: &[SectionSpec]) -> Vec<String> {
        let mut warnings = Vec::new();
        for (group, key, value) in self.in_files() {
            if let Some((new_group, new_key)) = renamed(sections, group, key) {
                warnings.push(format!(
                    "{}: option {key} in section [{group}] is deprecated; use {new_key} in section [{new_group}]",
                    value.origin
                ));
            } else if !self.is_expected(sections, group, key) {
                warnings.push(format!(
                    "{}: option {key} in section [{group}] is not known and has no effect",
                    value.origin
                ));
            }
        }
        warnings
    }

    /// Logs every option with its value, at level debug, as oslo does at start: secrets as stars.
    pub fn log_options(&self, sections: &[SectionSpec]) {
        if !log::log_enabled!(log::Level::Debug) {
            return;
        }
        for line in self.option_lines(sections) {
            log::debug!("{line}");
        }
    }

    /// The texts of [`Config::log_options`]: the declared options in their order, then what else was set.
    pub fn option_lines(&self, sections: &[SectionSpec]) -> Vec<String> {
        let mut lines = Vec::new();
        for section in sections {
            for option in &section.options {
                let name = format!("{}.{}", section.group, option.name);
                let found = self.find(&section.group, &[], option);
                let (values, place) = match &found {
                    Some(found) => (found.texts().collect::<Vec<_>>().join(", "), format!(" ({})", found.origin())),
                    None => (option.default.join(", "), String::new()),
                };
                let values = if option.secret && !values.is_empty() { STARS.to_owned() } else { values };
                lines.push(shown(&format!("{name} = {values}{place}")));
            }
        }
        for (group, keys) in &self.values {
            for (key, values) in keys.iter().filter(|(key, _)| !is_declared(sections, group, key)) {
                // What no section declares may be a secret all the same: `shown` masks by its name.
                lines.extend(
                    values.iter().map(|value| shown(&format!("{group}.{key} = {} ({})", value.value, value.origin))),
                );
            }
        }
        lines
    }

    /// The last value of each option that a file sets, by section and name.
    fn in_files(&self) -> impl Iterator<Item = (&str, &str, &Located)> {
        self.values.iter().flat_map(move |(group, keys)| {
            keys.iter().filter_map(move |(key, values)| {
                let value = values.iter().rev().find(|value| self.is_from_file(value))?;
                Some((group.as_str(), key.as_str(), value))
            })
        })
    }

    fn is_expected(&self, sections: &[SectionSpec], group: &str, key: &str) -> bool {
        declared(sections, group).any(|option| option.name == key)
            || known::is_known(group, key)
            || (self.is_store(group) && known::is_store_option(key))
    }

    fn is_store(&self, group: &str) -> bool {
        let backends = self.raw("DEFAULT", "enabled_backends").unwrap_or_default();
        let mut names = backends.split(',').filter_map(|pair| pair.split(':').next());
        RESERVED_STORES.contains(&group) || names.any(|name| normalised(name.trim()) == group)
    }
}

/// The options declared for a section.
fn declared<'a>(sections: &'a [SectionSpec], group: &str) -> impl Iterator<Item = &'a super::OptionSpec> {
    let sections = sections.iter().filter(move |section| normalised(&section.group) == group);
    sections.flat_map(|section| &section.options)
}

/// The current name of an option that is only known as an alias.
fn renamed<'a>(sections: &'a [SectionSpec], group: &str, key: &str) -> Option<(&'a str, &'a str)> {
    if declared(sections, group).any(|option| option.name == key) {
        return None;
    }
    sections.iter().find_map(|section| {
        let is_it = |alias: &&'static str| {
            let (alias_group, alias_key) = alias.rsplit_once('.').unwrap_or((&section.group, alias));
            normalised(alias_group) == group && alias_key == key
        };
        let option = section.options.iter().find(|option| option.aliases.iter().any(&is_it))?;
        Some((section.group.as_str(), option.name))
    })
}

/// Whether some section declares the option, under this name or as an alias.
fn is_declared(sections: &[SectionSpec], group: &str, key: &str) -> bool {
    declared(sections, group).any(|option| option.name == key) || renamed(sections, group, key).is_some()
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Secret, Section};

    crate::options! {
        /// A section of ours.
        struct Ours in "ours" {
            /// A text.
            text: String = "a".to_owned(), aliases ["old_text", "DEFAULT.older_text"];
            /// A secret.
            key: Option<Secret> = None, aliases ["DEFAULT.old_key"];
        }
    }

    #[test]
    fn all_options_are_listed_without_secrets() {
        let cases = [
            ("", vec!["ours.text = a", "ours.key = "]),
            (
                "[DEFAULT]\nold_key = hunter2\n[ours]\nold_text = b\n",
                vec!["ours.text = b (text:4)", "ours.key = *** (text:2)"],
            ),
            (
                "[ours]\nkey = hunter2\n[rabbit]\npassword = hunter2\nurl = amqp://u:hunter2@h\n",
                vec![
                    "ours.text = a",
                    "ours.key = *** (text:2)",
                    "rabbit.password = *** (text:4)",
                    "rabbit.url = amqp://u:***@h (text:5)",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Config::from_text(text).unwrap().option_lines(&[Ours::spec()]), expected, "{text}");
        }
    }

    #[test]
    fn each_unknown_or_old_name_is_told_once() {
        let cases: [(&str, &[&str]); 9] = [
            ("[ours]\ntext = a\n", &[]),
            (
                "[OURS]\nold_text = a\n",
                &["text:2: option old_text in section [ours] is deprecated; use text in section [ours]"],
            ),
            (
                "[DEFAULT]\nolder_text = a\n",
                &["text:2: option older_text in section [DEFAULT] is deprecated; use text in section [ours]"],
            ),
            (
                "[ours]\nx = a\nx = b\n[other]\ny = 1\n",
                &[
                    "text:5: option y in section [other] is not known and has no effect",
                    "text:3: option x in section [ours] is not known and has no effect",
                ],
            ),
            ("[fast]\ntext = a\n", &["text:2: option text in section [fast] is not known and has no effect"]),
            ("[DEFAULT]\nenabled_backends = Fast:file\n[Fast]\nrbd_store_pool = a\n", &[]),
            (
                "[DEFAULT]\nenabled_backends = slow:file\n[fast]\nrbd_store_pool = a\n",
                &["text:4: option rbd_store_pool in section [fast] is not known and has no effect"],
            ),
            ("[os_glance_tasks_store]\nfilesystem_store_datadir = /x\n", &[]),
            ("[DEFAULT]\nimage_size_cap = 1\nlogdir = /x\n[oslo_messaging_rabbit]\nheartbeat_rate = 2\n", &[]),
        ];
        for (text, expected) in cases {
            let config = Config::from_text(text).unwrap();
            assert_eq!(config.warnings(&[Ours::spec()]), expected, "{text}");
        }
    }

    #[test]
    fn a_store_section_of_ours_is_known_under_its_name() {
        let config = Config::from_text("[fast]\ntext = a\n").unwrap();
        assert_eq!(config.warnings(&[Ours::spec_at("fast")]), Vec::<String>::new());
    }
}
