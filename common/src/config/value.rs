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

/// Integers differ only in their type.
macro_rules! integer_value {
    ($($ty:ty),+) => {$(
        impl OptionValue for $ty {
            const KIND: &'static str = "integer value";
            const EMPTY_IS_UNSET: bool = true;

            fn parse(raw: &str) -> Result<Self, String> {
                raw.trim().parse().map_err(|_| format!("not an integer from {} to {}", <$ty>::MIN, <$ty>::MAX))
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

integer_value!(u8, u16, u32, u64, usize, i32, i64);

impl OptionValue for f64 {
    const KIND: &'static str = "floating point value";
    const EMPTY_IS_UNSET: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        let number = raw.trim().parse::<Self>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| "not a number".to_owned())
    }

    fn render(&self) -> Vec<String> {
        vec![self.to_string()]
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

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
        let is_empty = |value: &String| value.trim().is_empty();
        let is_unset = if T::MULTI { raw.iter().all(is_empty) } else { raw.last().is_none_or(is_empty) };
        if is_unset {
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
            (Some(_), Some(_)) if text.len() > 1 => &text[1..text.len() - 1],
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T: OptionValue>(values: &[&str]) -> Result<T, String> {
        T::parse_all(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn booleans_have_oslos_words() {
        for word in ["true", "True", "TRUE", "1", "yes", "Yes", "on", " on "] {
            assert_eq!(bool::parse(word), Ok(true), "{word}");
        }
        for word in ["false", "False", "0", "no", "off"] {
            assert_eq!(bool::parse(word), Ok(false), "{word}");
        }
        for word in ["", "2", "t", "enabled"] {
            assert!(bool::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn numbers_stay_in_their_type() {
        assert_eq!(u16::parse(" 65535 "), Ok(65535));
        assert_eq!(u16::parse("65536").unwrap_err(), "not an integer from 0 to 65535");
        assert_eq!(i32::parse("-1"), Ok(-1));
        assert!(u32::parse("-1").is_err() && u32::parse("1.0").is_err() && u32::parse("0x1").is_err());
        assert_eq!(f64::parse("0.5"), Ok(0.5));
        assert!(f64::parse("x").is_err() && f64::parse("nan").is_err() && f64::parse("inf").is_err());
    }

    #[test]
    fn lists_have_brackets_or_not() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("[]", &[]),
            (" [ ] ", &[]),
            ("a", &["a"]),
            ("a,b , c", &["a", "b", "c"]),
            ("[glance-direct,web-download]", &["glance-direct", "web-download"]),
            ("[ 'a', \"b\" ]", &["a", "b"]),
            ("a,b,", &["a", "b"]),
            ("a,,b", &["a", "", "b"]),
        ];
        for (raw, expected) in cases {
            assert_eq!(Vec::<String>::parse(raw).unwrap(), expected, "{raw}");
        }
        assert!(Vec::<String>::parse("[a").is_err() && Vec::<String>::parse("a]").is_err());
        assert!(Vec::<String>::parse("[").is_err());
        assert_eq!(Vec::<u8>::parse("1,x").unwrap_err(), "not an integer from 0 to 255");
    }

    #[test]
    fn pairs_keep_their_order_and_their_last_value() {
        let dict = Dict::parse("fast:file, slow:swift+https://h:1,fast:http,").unwrap();
        assert_eq!(dict.iter().collect::<Vec<_>>(), [("fast", "http"), ("slow", "swift+https://h:1")]);
        assert!(Dict::parse("").unwrap().is_empty());
        assert!(Dict::parse("fast").is_err() && Dict::parse(":file").is_err());
    }

    #[test]
    fn empty_unsets_what_may_be_unset() {
        assert_eq!(all::<Option<u8>>(&["1", " "]), Ok(None));
        assert_eq!(all::<Option<String>>(&[""]), Ok(None));
        assert_eq!(all::<Option<u8>>(&["x", "1"]), Ok(Some(1)));
        assert_eq!(all::<Multi<String>>(&[""]), Ok(Multi(vec![])));
        assert_eq!(all::<Multi<u8>>(&["1", "2"]), Ok(Multi(vec![1, 2])));
        assert_eq!(all::<String>(&["a", "b"]), Ok("b".to_owned()));
    }

    #[test]
    fn paths_are_taken_as_they_are() {
        assert_eq!(PathBuf::parse("/a b/ü"), Ok(PathBuf::from("/a b/ü")));
        assert!(PathBuf::parse("a\0b").is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_reading_panic(raw in "(?s)([\\[\\],:'\" ab0-9.-]|.){0,40}") {
            let _ = (bool::parse(&raw), u64::parse(&raw), f64::parse(&raw), Vec::<String>::parse(&raw), Dict::parse(&raw));
        }

        #[test]
        fn what_is_rendered_is_read(
            number: i64,
            list in proptest::collection::vec("[a-z0-9/:-]{1,8}", 1..5),
            pairs in proptest::collection::vec(("[a-z]{1,4}", "[a-z:/]{1,8}"), 0..5),
        ) {
            prop_assert_eq!(all::<i64>(&[&number.render()[0]]), Ok(number));
            prop_assert_eq!(all::<Vec<String>>(&[&list.render()[0]]), Ok(list));
            let dict: Dict = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            prop_assert_eq!(all::<Dict>(&[&dict.render()[0]]), Ok(dict));
        }
    }
}
