//! A configuration: all layers merged, ready to be read section by section.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::layers::{self, Layer, Located, normalised};
use super::locate::{self, SearchPath};
use super::secret::STARS;
use super::{Cli, ConfigError, GroupView, OptionSpec, Section, substitute};
use crate::logging::mask;

/// How the sample generator of oslo.config spells "not set".
pub(super) const UNSET: &str = "<None>";

/// All options that were set anywhere, by section and key.
///
/// A reload loads a new one. `Debug` shows names only.
#[derive(Clone)]
pub struct Config {
    pub(super) values: BTreeMap<String, BTreeMap<String, Vec<Located>>>,
    files: Vec<PathBuf>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let groups = self.values.keys();
        f.debug_struct("Config").field("files", &self.files).field("groups", &groups).finish_non_exhaustive()
    }
}

impl Config {
    /// Loads the configuration of a program: defaults, then files, then environment, then the command line.
    ///
    /// Files are those named by `cli`, else those found in the search path (operations.md §2). Blocks on files, so
    /// call it before the servers start, or on a blocking thread for a reload.
    ///
    /// # Errors
    /// [`ConfigError`] when nothing is found, or a file is missing or not in the format.
    pub fn load(program: &str, cli: &Cli) -> Result<Self, ConfigError> {
        Self::load_for(&[program], cli)
    }

    /// The same for a program that also reads the files of others: `glance-manage` reads those of the registry and
    /// of the API before its own. The last name is the program's.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_for(programs: &[&str], cli: &Cli) -> Result<Self, ConfigError> {
        Self::load_from(programs, cli, &SearchPath::of_system(), std::env::vars_os())
    }

    /// The order of the layers, in one place.
    fn load_from(
        programs: &[&str],
        cli: &Cli,
        search: &SearchPath,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let files = locate::files(programs, cli, search)?;
        let mut from_files = Layer::default();
        for (index, path) in files.iter().enumerate() {
            from_files.add_file(&path.display().to_string(), &locate::read(path)?, index + 1)?;
        }
        let from_environment = Layer::of_environment(environment, files.len() + 1)?;
        let from_arguments = cli.layer(files.len() + 2);
        Ok(Self { values: layers::merge([from_files, from_environment, from_arguments])?, files })
    }

    /// A configuration from one text, without environment and command line.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`].
    pub fn from_text(text: &str) -> Result<Self, ConfigError> {
        let mut files = Layer::default();
        files.add_file("text", text, 1)?;
        Ok(Self { values: layers::merge([files])?, files: vec![PathBuf::from("text")] })
    }

    /// The files that were read, in order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
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

    /// Whether a value comes from a file (and not from the environment or the command line).
    pub(super) fn is_from_file(&self, value: &Located) -> bool {
        value.rank <= self.files.len()
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

    /// The values of a found option, with references replaced.
    pub(super) fn substituted(
        &self,
        found: &Found,
        specs: &[OptionSpec],
        secret: bool,
    ) -> Result<Vec<String>, ConfigError> {
        if found.texts().all(|text| !text.contains('$')) {
            return Ok(found.texts().map(str::to_owned).collect());
        }
        substitute::values(self, found, specs, secret)
    }
}

/// An option that was found, and where.
pub(super) struct Found {
    pub group: String,
    pub key: String,
    values: Vec<Located>,
}

impl Found {
    /// The values as written.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| value.value.as_str())
    }

    /// Where the last value is from.
    pub(super) fn origin(&self) -> &str {
        self.values.last().map_or("", |value| value.origin.as_str())
    }

    fn rank(&self) -> usize {
        self.values.last().map_or(0, |value| value.rank)
    }

    /// The error for the value at `index`, which cannot be used.
    pub(super) fn refuse(&self, index: usize, secret: bool, reason: String) -> ConfigError {
        let value = self.values.get(index);
        ConfigError::BadValue {
            origin: value.map_or_else(String::new, |value| value.origin.clone()),
            group: self.group.clone(),
            key: self.key.clone(),
            value: value.filter(|_| !secret).map_or_else(|| STARS.to_owned(), |value| shown(&value.value)),
            reason,
        }
    }
}

/// A text from a file, fit for a message: secrets masked, and not too long.
pub(super) fn shown(text: &str) -> String {
    mask(text).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Multi, Secret};

    crate::options! {
        /// Options to see layers with.
        struct Layered in "layered" {
            /// A text.
            text: String = "default".to_owned(), aliases ["old_text", "DEFAULT.older_text"];
            /// A number.
            number: u8 = 1, max 100;
            /// Repeated.
            many: Multi<u8> = Multi(vec![9]);
            /// A secret number.
            secret: Option<Secret> = None, aliases ["DEFAULT.old_secret"];
        }
    }

    fn load(files: &[&str], environment: &[(&str, &str)], set: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let root = tempfile::tempdir().unwrap();
        let mut cli = Cli { lab: true, ..Cli::default() };
        for (index, text) in files.iter().enumerate() {
            let path = root.path().join(format!("{index}.conf"));
            std::fs::write(&path, text).unwrap();
            cli.config_file.push(path);
        }
        for (key, value) in set {
            cli.set("layered", key, *value);
        }
        let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let search = SearchPath { files: vec![], folders: vec![] };
        Config::load_from(&["glance-api"], &cli, &search, environment)
    }

    #[test]
    fn later_layers_win() {
        type Pairs = &'static [(&'static str, &'static str)];
        type Case = (&'static [&'static str], Pairs, Pairs, (&'static str, u8));
        const ONE: &str = "[layered]\ntext = one\nnumber = 2\n";
        const TWO: &str = "[Layered]\nold_text = two\n";
        const ENVIRONMENT: (&str, &str) = ("OS_LAYERED__TEXT", "three");
        let cases: [Case; 8] = [
            (&[], &[], &[], ("default", 1)),
            (&[ONE], &[], &[], ("one", 2)),
            (&[ONE, TWO], &[], &[], ("two", 2)),
            (&[TWO, ONE], &[], &[], ("one", 2)),
            (&["[layered]\nold_text = a\ntext = b\n"], &[], &[], ("b", 1)),
            (&["[DEFAULT]\nolder_text = a\n"], &[("OS_LAYERED__NUMBER", "7")], &[], ("a", 7)),
            (&[ONE, TWO], &[ENVIRONMENT], &[], ("three", 2)),
            (&[ONE, TWO], &[ENVIRONMENT], &[("text", "four")], ("four", 2)),
        ];
        for (files, environment, set, expected) in cases {
            let options: Layered = load(files, environment, set).unwrap().section().unwrap();
            assert_eq!((options.text.as_str(), options.number), expected, "{files:?} {environment:?} {set:?}");
        }
    }

    #[test]
    fn repeated_options_add_up_over_files() {
        let many = |files: &[&str], set: &[(&str, &str)]| {
            let options: Layered = load(files, &[], set).unwrap().section().unwrap();
            options.many.to_vec()
        };
        let (one, two) = ("[layered]\nmany = 1\nmany = 2\n[x]\n[layered]\nmany = 3\n", "[layered]\nmany = 4\n");
        assert_eq!(many(&[], &[]), [9]);
        assert_eq!(many(&[one, two], &[]), [1, 2, 3, 4]);
        assert_eq!(many(&[one, two], &[("many", "5")]), [5]);
        assert_eq!(many(&["[layered]\nmany =\n"], &[]), Vec::<u8>::new());
    }

    #[test]
    fn unset_falls_back_to_the_default() {
        let files = ["[layered]\ntext = one\nnumber = 2\n", "[layered]\ntext = <None>\nnumber =\n"];
        let options: Layered = load(&files, &[], &[]).unwrap().section().unwrap();
        assert_eq!((options.text.as_str(), options.number), ("default", 1));
    }

    #[test]
    fn another_section_can_stand_in() {
        let text = "[fast]\ntext = f\n[backend_defaults]\ntext = d\nnumber = 3\n";
        let config = Config::from_text(text).unwrap();
        let options: Layered = config.section_at("fast", &["backend_defaults"]).unwrap();
        assert_eq!((options.text.as_str(), options.number), ("f", 3));
    }

    #[test]
    fn bad_values_name_their_place() {
        let cases = [
            ("number = x", "number in section [layered]: \"x\": not an integer from 0 to 255"),
            ("number = 101", "number in section [layered]: \"101\": must be at most 100"),
            ("many = 1\nmany = two\nmany = 3", "many in section [layered]: \"two\": not an integer from 0 to 255"),
            (
                "x = 1\n[DEFAULT]\nold_secret = a$b",
                "old_secret in section [DEFAULT]: \"***\": refers to ${b}, which is no option \
                              (a dollar sign is written $$)",
            ),
            (
                "secret = a$b",
                "secret in section [layered]: \"***\": refers to ${b}, which is no option \
                              (a dollar sign is written $$)",
            ),
        ];
        for (line, expected) in cases {
            let error = load(&[&format!("[layered]\n{line}\n")], &[], &[]).unwrap().section::<Layered>().unwrap_err();
            let (place, message) = error
                .to_string()
                .split_once(": invalid value for option ")
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .unwrap();
            assert_eq!(message, expected);
            let line_number = if line.starts_with("many") { 3 } else { line.lines().count() + 1 };
            assert!(place.ends_with(&format!("/0.conf:{line_number}")), "{place}");
        }
        let error = load(&[], &[("OS_LAYERED__NUMBER", "x")], &[]).unwrap().section::<Layered>().unwrap_err();
        assert!(error.to_string().starts_with("environment variable OS_LAYERED__NUMBER: "), "{error}");
        let error = load(&[], &[], &[("number", "x")]).unwrap().section::<Layered>().unwrap_err();
        assert!(error.to_string().starts_with("command line option --number: "), "{error}");
    }

    #[test]
    fn broken_lines_name_their_place_without_secrets() {
        let error = Config::from_text("[a]\nb = 1\n[mysql://u:hunter2@h/db\n").unwrap_err().to_string();
        let expected = "Error trying to load config text: at text:3, Invalid section (must end with ]): \
                        \"[mysql://u:***@h/db\"";
        assert_eq!(error, expected);
    }
}
