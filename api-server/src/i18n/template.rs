//! Messages with values in them: `Image {id} not found.`

/// A message in pieces: text, value, text, value, …, text. Values have names, or numbers where the code gives none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    /// One more than names; the outer ones may be empty.
    texts: Vec<&'static str>,
    names: Vec<String>,
}

impl Template {
    /// Takes a message apart. A brace that nothing closes is text.
    pub(super) fn parse(message: &'static str) -> Self {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        let (mut rest, mut from, mut unnamed) = (message, 0, 0..);
        while let Some(open) = rest[from..].find('{').map(|at| from + at) {
            let inner = rest[open + 1..].find('}').map(|length| &rest[open + 1..open + 1 + length]);
            match inner.filter(|inner| inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
                Some(name) => {
                    texts.push(&rest[..open]);
                    let mut number = || format!("#{}", unnamed.next().unwrap_or(0));
                    names.push(if name.is_empty() { number() } else { name.to_owned() });
                    (rest, from) = (&rest[open + name.len() + 2..], 0);
                }
                None => from = open + 1,
            }
        }
        texts.push(rest);
        Self { texts, names }
    }

    /// Has the message values?
    pub(super) fn has_values(&self) -> bool {
        !self.names.is_empty()
    }

    /// The names of the values, in order of their names.
    #[cfg(test)]
    pub(super) fn sorted_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Bytes of its own words.
    pub(super) fn fixed_length(&self) -> usize {
        self.texts.iter().map(|text| text.len()).sum()
    }

    /// The values, if `message` is made of this template: each ends where the next words begin for the first time.
    pub(super) fn values_in<'a>(&self, message: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.texts.split_first()?;
        let (last, inner) = others.split_last()?;
        let mut rest = message.strip_prefix(first)?.strip_suffix(last)?;
        let mut values = Vec::with_capacity(self.names.len());
        for text in inner {
            let (value, behind) = rest.split_once(text)?;
            values.push(value);
            rest = behind;
        }
        values.push(rest);
        Some(values)
    }

    /// This template with the values that `original` found, each at the place of its name.
    pub(super) fn fill(&self, original: &Self, values: &[String]) -> Option<String> {
        let mut filled = String::new();
        for (text, name) in self.texts.iter().zip(&self.names) {
            let number = original.names.iter().position(|own| own == name)?;
            filled.push_str(text);
            filled.push_str(values.get(number)?);
        }
        filled.push_str(self.texts.last()?);
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_the_words_around_them() {
        let table: [(&str, &str, Option<&[&str]>); 9] = [
            ("Image {id} not found.", "Image 42 not found.", Some(&["42"])),
            ("Image {id} not found.", "Image 42 not found", None),
            ("Image {id} not found.", "Image not found.", None),
            ("{member} is not in {id}.", "p is not in i.", Some(&["p", "i"])),
            ("{} of {}", " of ", Some(&["", ""])),
            ("'{a}' {{ '{b}'", "'x' {{ 'y'", Some(&["x", "y"])),
            ("{\"member\": \"{id}\"}", "{\"member\": \"7\"}", Some(&["7"])),
            ("in: {text}", "in: a\nb: {c}", Some(&["a\nb: {c}"])),
            ("ä{x}ö", "äüö", Some(&["ü"])),
        ];
        for (template, message, values) in table {
            assert_eq!(Template::parse(template).values_in(message).as_deref(), values, "{template} {message}");
        }
    }

    #[test]
    fn translations_may_order_named_values_anew() {
        let original = Template::parse("from {from} to {to} by {}");
        let values = ["a", "b", "c"].map(str::to_owned);
        let swapped = Template::parse("{} nach {to} aus {from}");
        assert_eq!(swapped.fill(&original, &values).as_deref(), Some("c nach b aus a"));
        assert_eq!(Template::parse("{other}").fill(&original, &values), None);
    }
}
