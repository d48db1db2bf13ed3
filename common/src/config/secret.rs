//! A value that must not be shown.

use std::fmt;

use serde::{Serialize, Serializer};

use super::OptionValue;

/// What is shown in a secret's place.
pub(super) const STARS: &str = "***";

/// A password, key or URL with credentials: `Debug`, `Display` and `Serialize` give stars (G1, G2).
///
/// Code that needs the text says [`Secret::expose`], which is easy to find in a review.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the one call that needs it, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl PartialEq for Secret {
    /// Compares in a time that depends only on the lengths.
    fn eq(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

impl OptionValue for Secret {
    const KIND: &'static str = "string value";
    const SECRET: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        Ok(Self::new(raw))
    }

    /// A default secret is shown as stars unless it is empty: samples are public.
    fn render(&self) -> Vec<String> {
        vec![if self.0.is_empty() { String::new() } else { STARS.to_owned() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::options! {
        /// A section with secrets.
        struct Secrets in "secrets" {
            /// One.
            one: Secret = Secret::default();
            /// Maybe.
            maybe: Option<Secret> = Some(Secret::new("default-hunter2"));
            /// A list.
            list: Vec<Secret> = vec![];
        }
    }

    #[test]
    fn no_way_of_showing_a_secret_shows_it() {
        let secret = Secret::new("hunter2");
        let shown = [
            format!("{secret} {secret:?} {secret:#?} {:?}", Some(&secret)),
            serde_json::to_string(&secret).unwrap(),
            secret.render().concat(),
        ];
        assert_eq!(shown.concat(), format!("*** *** *** Some(***){}\"***\"{}", "", "***"));
        let config = crate::config::Config::from_text("[secrets]\none = hunter2\nlist = hunter2,hunter2\n").unwrap();
        let options: Secrets = config.section().unwrap();
        assert_eq!((options.one.expose(), options.list.len()), ("hunter2", 2));
        let shown = format!("{options:?} {config:?} {:?}", <Secrets as crate::config::Section>::spec());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(options.maybe == Some(Secret::new("default-hunter2")) && options.one != Secret::new("hunter3"));
    }
}
