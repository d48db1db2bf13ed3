//! `$name`, `${name}`, `${group.name}` and `$$` inside values, as oslo.config replaces them.
//!
//! A name without a section is looked up in the value's own section, then in `DEFAULT`. An option that is known but
//! not set gives an empty text. A dollar sign that starts none of these forms means itself, and `\$` is `$$`.

use super::Config;
use super::layers::normalised;
use super::load::{Found, UNSET};
use super::section::OptionSpec;
use super::{ConfigError, known};

/// Longest value after substitution: values that include each other could grow without end otherwise.
const MAX_LENGTH: usize = 64 * 1024;

/// Most references that one value may lead to, for the same reason.
const MAX_REFERENCES: usize = 10_000;

/// Replaces the references in one found option's values. `specs` are the declarations of the section being read.
pub(super) fn values(
    config: &Config,
    found: &Found,
    specs: &[OptionSpec],
    secret: bool,
) -> Result<Vec<String>, ConfigError> {
    let group = found.group.clone();
    let path = vec![(normalised(&group), found.key.clone())];
    let mut expansion = Expansion { config, specs, group, path, references: 0 };
    let expand = |(index, value): (usize, &str)| {
        expansion.expand(value, &found.group).map_err(|reason| found.refuse(index, secret, reason))
    };
    found.texts().enumerate().map(expand).collect()
}

struct Expansion<'a> {
    config: &'a Config,
    /// Declarations of the section that is being read, for its defaults.
    specs: &'a [OptionSpec],
    group: String,
    /// The options being expanded, the outermost first.
    path: Vec<(String, String)>,
    /// References met so far.
    references: usize,
}

impl Expansion<'_> {
    fn expand(&mut self, value: &str, group: &str) -> Result<String, String> {
        let mut out = String::with_capacity(value.len());
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            if let Some(escaped) = before.strip_suffix('\\') {
                out.push_str(escaped);
                out.push('$');
                rest = after;
                continue;
            }
            out.push_str(before);
            rest = match reference(after) {
                Some((Reference::Dollar, rest)) => {
                    out.push('$');
                    rest
                }
                Some((Reference::Option(name), rest)) => {
                    out.push_str(&self.resolve(name, group)?);
                    rest
                }
                None => {
                    out.push('$');
                    after
                }
            };
            if out.len() > MAX_LENGTH {
                return Err(format!("longer than {MAX_LENGTH} characters after substitution"));
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn resolve(&mut self, name: &str, group: &str) -> Result<String, String> {
        self.references += 1;
        if self.references > MAX_REFERENCES {
            return Err(format!("leads to more than {MAX_REFERENCES} references"));
        }
        let (group, key) = name.split_once('.').unwrap_or((group, name));
        let found = self.value_of(group, key).map(|value| (group, key, value));
        let found = found.or_else(|| self.value_of("DEFAULT", name).map(|value| ("DEFAULT", name, value)));
        let Some((group, key, value)) = found else {
            return Err(format!("refers to ${{{name}}}, which is no option (a dollar sign is written $$)"));
        };
        let place = (normalised(group), key.to_owned());
        if self.path.contains(&place) {
            return Err(format!("refers to itself through ${{{name}}}"));
        }
        self.path.push(place);
        let expanded = self.expand(&value, group);
        self.path.pop();
        expanded
    }

    /// The value as written, else the default of our declaration, else Glance's; empty when there is none.
    fn value_of(&self, group: &str, key: &str) -> Option<String> {
        if let Some(value) = self.config.raw(group, key) {
            return Some(value.to_owned());
        }
        let own = self.specs.iter().filter(|_| normalised(group) == normalised(&self.group));
        let mut own = own.filter(|spec| spec.name == key || spec.aliases.contains(&key));
        if let Some(spec) = own.next() {
            return Some(spec.default.join(",").replace('$', "$$"));
        }
        known::default(group, key).map(|value| if value == UNSET { String::new() } else { value.to_owned() })
    }
}

enum Reference<'a> {
    Dollar,
    Option(&'a str),
}

/// What follows a dollar sign, and the text behind it.
fn reference(text: &str) -> Option<(Reference<'_>, &str)> {
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Reference::Dollar, rest));
    }
    if let Some(braced) = text.strip_prefix('{') {
        let (name, rest) = braced.split_once('}')?;
        return (identifier_length(name) == name.len() && !name.is_empty()).then_some((Reference::Option(name), rest));
    }
    let (name, rest) = text.split_at(identifier_length(text));
    (!name.is_empty()).then_some((Reference::Option(name), rest))
}

/// Length of the name at the start: a letter or `_`, then letters, digits, `_` and `.`.
fn identifier_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    crate::options! {
        /// A section with texts only.
        struct Texts in "texts" {
            /// The one under test.
            value: String = String::new();
            /// Has a default.
            other: String = "own $default".to_owned();
            /// Has none.
            nothing: Option<String> = None;
        }
    }

    #[test]
    fn references_are_replaced() {
        let cases = [
            ("plain", "plain"),
            ("$root/images", "/srv/images"),
            ("${root}x", "/srvx"),
            ("${DEFAULT.root}/$sub", "/srv/a/srv"),
            ("${other.name}", "n"),
            ("$other.name!", "n!"),
            ("$OTHER.name", "n"),
            ("$other", "own $default"),
            ("[$nothing]", "[]"),
            ("$$root $5 $ ${ ${root \\$root", "$root $5 $ ${ ${root $root"),
            ("$image_cache_sqlite_db", "cache.db"),
            ("$glance_store.rbd_store_pool", "images"),
            ("[$database.connection]", "[]"),
        ];
        for (value, expected) in cases {
            let text = format!("[texts]\nvalue = {value}\nsub = a$root\n[DEFAULT]\nroot = /srv\n[other]\nname = n\n");
            let options: Texts = Config::from_text(&text).unwrap().section().unwrap();
            assert_eq!(options.value, expected, "{value}");
        }
    }

    #[test]
    fn cycles_unknown_names_and_explosions_are_refused() {
        let explosion: String = (0..40).map(|n| format!("v{n} = $v{0}$v{0}\n", n + 1)).collect();
        let cases = [
            ("$value".to_owned(), "refers to itself through ${value}"),
            ("$a\na = $b\nb = x$a".to_owned(), "refers to itself through ${a}"),
            ("pa$sword".to_owned(), "refers to ${sword}, which is no option (a dollar sign is written $$)"),
            (format!("$v0\n{explosion}v40 = {}", "x".repeat(2000)), "longer than 65536 characters after substitution"),
            (format!("$v0\n{explosion}v40 ="), "leads to more than 10000 references"),
        ];
        for (value, reason) in cases {
            let config = Config::from_text(&format!("[texts]\nvalue = {value}\n")).unwrap();
            let error = config.section::<Texts>().unwrap_err().to_string();
            assert!(error.ends_with(reason), "{error}");
            assert!(error.starts_with("text:2: invalid value for option value in section [texts]"), "{error}");
        }
    }
}
