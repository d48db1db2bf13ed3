//! What an option can hold, and how oslo's spelling of it is read.

use std::ops::Deref;
use std::path::PathBuf;

/// A type that an option can have.
pub trait OptionValue: Sized {
    /// The kind in words, for the sample file.
    const KIND: &'static str;
    /// Whether messages must show stars instead of the value.
    const SECRET: bool = false;
    /// Whether the option may be repeated, each line adding a value.
    const MULTI: bool = false;
    /// Whether an empty value counts as not given (numbers in oslo).
    const EMPTY_IS_UNSET: bool = false;

    /// Reads one value; the error is the reason in words.
    fn parse(raw: &str) -> Result<Self, String>;

    /// Reads all values of the option in file order; most types take the last.
    fn parse_all(raw: &[String]) -> Result<Self, String> {
        Self::parse(raw.last().map_or("", String::as_str))
    }

    /// The value as a file would spell it, one item a line; empty when there is none.
    fn render(&self) -> Vec<String>;

    /// The value as a number, for range checks.
    fn number(&self) -> Option<f64> {
        None
    }

    /// The words that are allowed, when only certain words are.
    fn choices() -> &'static [&'static str] {
        &[]
    }
}

impl OptionValue for bool {
    const KIND: &'static str = "boolean value";

    fn parse(raw: &str) -> Result<Self, String> {
        match raw.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Ok(true),
            "false" | "0" | "off" | "no" => Ok(false),
            _ => Err("not a boolean: true, false, yes, no, on, off, 1 or 0".to_owned()),
        }
    }

    fn render(&self) -> Vec<String> {
        vec![if *self { "true" } else { "false" }.to_owned()]
    }
}

/// Numbers differ only in their type and its name.
macro_rules! number_value {
    ($kind:literal, $reason:literal: $($ty:ty),+) => {$(
        impl OptionValue for $ty {
            const KIND: &'static str = $kind;
            const EMPTY_IS_UNSET: bool = true;

            fn parse(raw: &str) -> Result<Self, String> {
                raw.trim().parse().map_err(|_| format!($reason, <$ty>::MIN, <$ty>::MAX))
            }

            fn render(&self) -> Vec<String> {
                vec![self.to_string()]
            }

            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )+};
}

number_value!("integer value", "not an integer from {} to {}": u8, u16, u32, u64, usize, i32, i64);
number_value!("floating point value", "not a number from {} to {}": f64);

impl OptionValue for String {
    const KIND: &'static str = "string value";

    fn parse(raw: &str) -> Result<Self, String> {
        Ok(raw.to_owned())
    }

    fn render(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl OptionValue for PathBuf {
    const KIND: &'static str = "path";

    fn parse(raw: &str) -> Result<Self, String> {
        if raw.contains('\0') {
            return Err("a path cannot contain a NUL".to_owned());
        }
        Ok(Self::from(raw))
    }

    fn render(&self) -> Vec<String> {
        vec![self.display().to_string()]
    }
}

/// An option that may be unset; an empty value unsets it.
impl<T: OptionValue> OptionValue for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;
    const MULTI: bool = T::MULTI;

    fn parse(raw: &str) -> Result<Self, String> {
        if raw.trim().is_empty() { Ok(None) } else { T::parse(raw).map(Some) }
    }

    fn parse_all(raw: &[String]) -> Result<Self, String> {
        if raw.iter().all(|value| value.trim().is_empty()) {
            return Ok(None);
        }
        T::parse_all(raw).map(Some)
    }

    fn render(&self) -> Vec<String> {
        self.as_ref().map(T::render).unwrap_or_default()
    }

    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(T::number)
    }

    fn choices() -> &'static [&'static str] {
        T::choices()
    }
}

/// A list separated by commas, with or without brackets around it (oslo's `bounds`).
impl<T: OptionValue> OptionValue for Vec<T> {
    const KIND: &'static str = "list value";
    const SECRET: bool = T::SECRET;

    fn parse(raw: &str) -> Result<Self, String> {
        let text = raw.trim();
        let inner = match (text.strip_prefix('['), text.strip_suffix(']')) {
            (Some(_), Some(_)) => &text[1..text.len() - 1],
            (None, None) => text,
            _ => return Err("the list has only one of its brackets".to_owned()),
        };
        let inner = inner.trim().trim_end_matches(',');
        if inner.trim().is_empty() {
            return Ok(Self::new());
        }
        inner.split(',').map(|item| T::parse(unquote(item.trim()))).collect()
    }

    fn render(&self) -> Vec<String> {
        vec![self.iter().flat_map(T::render).collect::<Vec<_>>().join(",")]
    }
}

/// Drops matching quotes around an item.
fn unquote(item: &str) -> &str {
    let stripped = |quote| item.strip_prefix(quote)?.strip_suffix(quote);
    stripped('"').or_else(|| stripped('\'')).unwrap_or(item)
}

/// An option that may be repeated; every line adds a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Multi<T>(pub Vec<T>);

impl<T> Deref for Multi<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: OptionValue> OptionValue for Multi<T> {
    const KIND: &'static str = "multi valued";
    const SECRET: bool = T::SECRET;
    const MULTI: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        T::parse(raw).map(|value| Self(vec![value]))
    }

    /// A lone empty value means none: that is how samples spell the empty default.
    fn parse_all(raw: &[String]) -> Result<Self, String> {
        if let [only] = raw
            && only.is_empty()
        {
            return Ok(Self(Vec::new()));
        }
        raw.iter().map(|value| T::parse(value)).collect::<Result<_, _>>().map(Self)
    }

    fn render(&self) -> Vec<String> {
        self.0.iter().flat_map(T::render).collect()
    }
}

/// Pairs `key:value` separated by commas, in the order written. A key given twice keeps its last value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dict(Vec<(String, String)>);

impl Dict {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn insert(&mut self, key: &str, value: &str) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some(pair) => pair.1 = value.to_owned(),
            None => self.0.push((key.to_owned(), value.to_owned())),
        }
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Dict {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut dict = Self::default();
        for (key, value) in pairs {
            dict.insert(key, value);
        }
        dict
    }
}

impl OptionValue for Dict {
    const KIND: &'static str = "dict value";

    fn parse(raw: &str) -> Result<Self, String> {
        let mut dict = Self::default();
        for pair in raw.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(':').ok_or("each item must be key:value")?;
            if key.trim().is_empty() {
                return Err("an item has no key before its colon".to_owned());
            }
            dict.insert(key.trim(), unquote(value.trim()));
        }
        Ok(dict)
    }

    fn render(&self) -> Vec<String> {
        vec![self.iter().map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(",")]
    }
}
