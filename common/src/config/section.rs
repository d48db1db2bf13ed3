//! Sections as structs: what the `options!` macro builds on.

use super::{Config, ConfigError, OptionValue};

/// One option of a section, as declared in the code.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionSpec {
    /// Name in the file.
    pub name: &'static str,
    /// Its documentation, one item a line.
    pub doc: &'static [&'static str],
    /// The kind of value in words.
    pub kind: &'static str,
    /// The default, one item a line as in a file; empty when unset.
    pub default: Vec<String>,
    /// Old names: `key` in the same section or `GROUP.key`.
    pub aliases: &'static [&'static str],
    /// Whether messages show stars for it.
    pub secret: bool,
    /// Whether it may be repeated.
    pub multi: bool,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// The allowed words, when only certain words are.
    pub choices: &'static [&'static str],
}

/// The options of one section, for samples and for finding unknown options.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionSpec {
    /// Name in the file, without brackets.
    pub group: String,
    /// Its documentation, one item a line.
    pub doc: &'static [&'static str],
    /// The options in the order declared.
    pub options: Vec<OptionSpec>,
}

/// A struct that is read from a section of the configuration.
pub trait Section: Sized + Default {
    /// The section's name, `DEFAULT` for the common one.
    const GROUP: &'static str;
    /// Its documentation, one item a line.
    const DOC: &'static [&'static str];

    /// The options in the order declared.
    fn options() -> Vec<OptionSpec>;

    /// Reads all options; the first bad one is the error.
    fn read(view: &GroupView<'_>) -> Result<Self, ConfigError>;

    /// The section under its own name.
    fn spec() -> SectionSpec {
        Self::spec_at(Self::GROUP)
    }

    /// The section under another name: one store of many.
    fn spec_at(group: &str) -> SectionSpec {
        SectionSpec { group: group.to_owned(), doc: Self::DOC, options: Self::options() }
    }
}

/// A section of one configuration, seen by a struct that reads itself.
#[derive(Debug)]
pub struct GroupView<'a> {
    pub(super) config: &'a Config,
    pub(super) group: &'a str,
    /// Sections asked next, in order, when `group` does not have the option.
    pub(super) fallbacks: &'a [&'a str],
    /// The section's own declarations: defaults for `$name`.
    pub(super) specs: &'a [OptionSpec],
}

impl GroupView<'_> {
    /// The name of the section.
    pub fn group(&self) -> &str {
        self.group
    }

    /// The option at `index` of the section's table, or `default` when it is not set anywhere.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] naming file, section, key, value and reason.
    pub fn read<T: OptionValue>(&self, index: usize, default: T) -> Result<T, ConfigError> {
        let spec = &self.specs[index];
        let Some(found) = self.config.find(self.group, self.fallbacks, spec) else {
            return Ok(default);
        };
        let values = self.config.substituted(&found, self.specs, spec.secret)?;
        if T::EMPTY_IS_UNSET && values.last().is_some_and(|value| value.trim().is_empty()) {
            return Ok(default);
        }
        let value = T::parse_all(&values).and_then(|value| check_range(&value, spec).map(|()| value));
        value.map_err(|reason| {
            let culprit = values.iter().position(|value| T::MULTI && T::parse(value).is_err());
            found.refuse(culprit.unwrap_or(values.len() - 1), spec.secret, reason)
        })
    }
}

/// Compares with the declared smallest and largest value.
fn check_range<T: OptionValue>(value: &T, spec: &OptionSpec) -> Result<(), String> {
    let Some(number) = value.number() else { return Ok(()) };
    if let Some(min) = spec.min.filter(|min| number < *min) {
        return Err(format!("must be at least {min}"));
    }
    if let Some(max) = spec.max.filter(|max| number > *max) {
        return Err(format!("must be at most {max}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::config::{ByteSize, Config, Dict, Multi, Seconds, Secret};

    crate::choices! {
        /// Words.
        enum Driver {
            /// One.
            Sqlite = "sqlite",
            /// Two.
            Xattr = "xattr" | "old_xattr",
        }
    }

    crate::options! {
        /// A section with every kind of option.
        struct Everything in "every.thing" {
            /// A flag.
            flag: bool = false;
            /// A number.
            /// Second line.
            number: u16 = 9292, aliases ["old_number", "DEFAULT.very_old_number"], min 1, max 10000;
            /// Not set.
            maybe: Option<u32> = None, min 2;
            /// A word.
            driver: Driver = Driver::Sqlite;
            /// A text.
            text: String = "a".to_owned();
            /// A path.
            path: Option<PathBuf> = None;
            /// A list.
            list: Vec<String> = vec!["x".to_owned(), "y".to_owned()];
            /// A repeated option.
            many: Multi<String> = Multi(vec![]);
            /// Pairs.
            pairs: Dict = Dict::from_iter([("a", "file")]);
            /// A time.
            time: Seconds = Seconds::new(30);
            /// A size.
            size: ByteSize = ByteSize::new(1024);
            /// A secret.
            secret: Option<Secret> = None;
            /// A name that is no field name.
            odd_name: bool = true, name "odd-name";
            /// A word of the language.
            r#type: String = String::new();
        }
    }

    fn read(lines: &str) -> Result<Everything, String> {
        let config = Config::from_text(&format!("[every.thing]\n{lines}\n")).unwrap();
        config.section().map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_hold_when_nothing_is_set() {
        let options = read("").unwrap();
        assert_eq!((options.number, options.maybe, options.driver), (9292, None, Driver::Sqlite));
        assert_eq!((options.list.len(), options.many.len(), options.pairs.get("a")), (2, 0, Some("file")));
        assert!(options.odd_name && !options.flag && options.path.is_none());
    }

    #[test]
    fn every_kind_is_read_from_its_spelling() {
        let options = read(
            "flag = Yes\nold_number: 7\nmaybe = 3\ndriver = old_xattr\ntext = 'a b'\npath = /x\n\
             list = [p, 'q,r' ,]\nmany = 1\nmany = 2\npairs = fast:file, slow : swift\ntime = 0.5\nsize = 2 KiB\n\
             secret = s3cret\nodd-name = off\ntype = t",
        )
        .unwrap();
        assert!(options.flag && !options.odd_name);
        assert_eq!((options.number, options.maybe, options.driver), (7, Some(3), Driver::Xattr));
        assert_eq!((options.text.as_str(), options.path), ("a b", Some(PathBuf::from("/x"))));
        assert_eq!(*options.many, ["1", "2"]);
        assert_eq!(options.pairs.iter().collect::<Vec<_>>(), [("fast", "file"), ("slow", "swift")]);
        assert_eq!((options.time.duration().as_millis(), options.size.bytes()), (500, 2048));
        assert_eq!((options.secret.unwrap().expose(), options.r#type.as_str()), ("s3cret", "t"));
    }
}
