//! The INI dialect of oslo.config, read exactly as oslo.config reads it.
//!
//! - A comment is a line that starts with `#` or `;`; there are none behind a value.
//! - `key = value` and `key: value`: the first of `=` and `:` splits; blanks around both parts are dropped.
//! - Matching quotes around the whole value are dropped. There are no escapes; `%` means itself.
//! - A line that starts with a blank continues the value above, joined by a line feed; an empty line ends it.
//! - Sections come in any order, may be repeated (they merge), and keys may be repeated (all values are kept).
//! - A key before the first section is an error.

/// One assignment, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Section, as written between the brackets.
    pub section: String,
    /// Key, its case kept.
    pub key: String,
    /// Value; continuation lines are joined by `\n`.
    pub value: String,
    /// Number of the line with the key, from 1.
    pub line: usize,
}

/// A line that is not in the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at line {line}, {reason}: {text:?}")]
pub struct SyntaxError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong, in oslo's words.
    pub reason: &'static str,
    /// The line.
    pub text: String,
}

/// Reads a whole file into its assignments, in file order.
///
/// # Errors
/// The first line that is not in the format.
pub fn parse(text: &str) -> Result<Vec<Entry>, SyntaxError> {
    let mut parser = Parser::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        parser.line(index + 1, line.trim_end())?;
    }
    parser.flush();
    Ok(parser.entries)
}

#[derive(Default)]
struct Parser {
    entries: Vec<Entry>,
    section: Option<String>,
    /// The assignment that a continuation line would extend.
    open: Option<Entry>,
}

impl Parser {
    fn flush(&mut self) {
        self.entries.extend(self.open.take());
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), SyntaxError> {
        let refuse = |reason| Err(SyntaxError { line: number, reason, text: line.to_owned() });
        if line.is_empty() {
            self.flush();
            return Ok(());
        }
        if line.starts_with([' ', '\t']) {
            let Some(open) = &mut self.open else {
                return refuse("Unexpected continuation line");
            };
            open.value.push('\n');
            open.value.push_str(line.trim_start());
            return Ok(());
        }
        self.flush();
        if line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix('[') {
            let Some(name) = rest.strip_suffix(']') else {
                return refuse("Invalid section (must end with ])");
            };
            if name.is_empty() {
                return refuse("Empty section name");
            }
            self.section = Some(name.to_owned());
            return Ok(());
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return refuse("No ':' or '=' found in assignment");
        };
        let key = key.trim();
        if key.is_empty() {
            return refuse("Key cannot be empty");
        }
        let Some(section) = self.section.clone() else {
            return refuse("Section must be started before assignment");
        };
        let value = unquoted(value.trim()).to_owned();
        self.open = Some(Entry { section, key: key.to_owned(), value, line: number });
        Ok(())
    }
}

/// Drops one pair of matching quotes; a lone quote counts as a pair, as in oslo.
fn unquoted(value: &str) -> &str {
    let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        return value;
    };
    if !value.ends_with(quote) {
        return value;
    }
    value.get(1..value.len() - 1).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Vec<(String, String, String)> {
        parse(text).unwrap().into_iter().map(|entry| (entry.section, entry.key, entry.value)).collect()
    }

    #[test]
    fn values_are_read_as_oslo_reads_them() {
        let cases = [
            ("a = b", "a", "b"),
            ("a=b", "a", "b"),
            ("a : b", "a", "b"),
            ("a = b:c=d", "a", "b:c=d"),
            ("a:b=c", "a", "b=c"),
            ("a =", "a", ""),
            ("a = b # c ; d", "a", "b # c ; d"),
            ("a = \"b c\"", "a", "b c"),
            ("a = 'b\"c'", "a", "b\"c"),
            ("a = \" b \"", "a", " b "),
            ("a = \"b", "a", "\"b"),
            ("a = \"b'", "a", "\"b'"),
            ("a = '", "a", ""),
            ("a = ''", "a", ""),
            ("a = 'b'c'", "a", "b'c"),
            ("a = \\n%s\\t$x", "a", "\\n%s\\t$x"),
            ("A.b-C = d", "A.b-C", "d"),
            ("a = b\n  c\n\td ", "a", "b\nc\nd"),
            ("a = 'b'\n c", "a", "b\nc"),
            ("a =\n b", "a", "\nb"),
            ("a = b\r", "a", "b"),
            ("a = ü ", "a", "ü"),
        ];
        for (line, key, value) in cases {
            assert_eq!(
                pairs(&format!("[s]\n{line}\n")),
                [("s".to_owned(), key.to_owned(), value.to_owned())],
                "{line:?}"
            );
        }
    }

    #[test]
    fn sections_and_keys_repeat_and_comments_vanish() {
        let text = "\u{feff}# c\n\n;d\n[one]\na = 1\n#a = 2\na = 3\n\n[two.x]\nb = 4\n[one]\n[DEFAULT]\n[one]\nc = 5";
        let expected = [("one", "a", "1", 5), ("one", "a", "3", 7), ("two.x", "b", "4", 10), ("one", "c", "5", 14)];
        let found = parse(text).unwrap();
        let found: Vec<_> = found.iter().map(|e| (&*e.section, &*e.key, &*e.value, e.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_lines_are_refused_in_oslos_words() {
        let cases = [
            ("a = b", 1, "Section must be started before assignment"),
            ("[s]\nword", 2, "No ':' or '=' found in assignment"),
            ("[s]\n= b", 2, "Key cannot be empty"),
            ("[s]\n\n: b", 3, "Key cannot be empty"),
            ("[s", 1, "Invalid section (must end with ])"),
            ("[s] # c", 1, "Invalid section (must end with ])"),
            ("[]", 1, "Empty section name"),
            ("[s]\n a", 2, "Unexpected continuation line"),
            ("[s]\na = b\n\n c", 4, "Unexpected continuation line"),
            ("[s]\na = b\n# d\n c", 4, "Unexpected continuation line"),
        ];
        for (text, line, reason) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!((error.line, error.reason), (line, reason), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(?s)([\\[\\]=: \\t\\n\r#;'\"ab]|.){0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_was_written_is_read(
            pairs in proptest::collection::vec(("[a-zA-Z][a-zA-Z0-9_.-]{0,8}", "[a-z_][a-z0-9_-]{0,8}", "[!-~]([ -~]{0,20}[!-~])?"), 0..20)
        ) {
            let text: String = pairs.iter().map(|(s, k, v)| format!("[{s}]\n{k} = \"{v}\"\n")).collect();
            prop_assert_eq!(super::tests::pairs(&text), pairs);
        }
    }
}
