//! Query strings and form bodies: `application/x-www-form-urlencoded` as Python's urllib reads and
//! writes it.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// A query whose bytes are not UTF-8 after decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Error decoding your request. Either the URL or the request body contained characters that \
     could not be decoded by Glance"
)]
pub struct NotUtf8;

/// The pairs of a query string in their order, repeated keys included. Empty pieces between `&` are
/// skipped, a key without `=` has an empty value, a `%` that begins no escape stands for itself.
///
/// # Errors
/// [`NotUtf8`] for escapes that are no UTF-8.
pub fn parse(query: &str) -> Result<Vec<(String, String)>, NotUtf8> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect()
}

/// One component of a query: `+` is a blank, `%XX` a byte.
///
/// # Errors
/// [`NotUtf8`] for escapes that are no UTF-8.
pub fn decode(component: &str) -> Result<String, NotUtf8> {
    let blanks: Cow<'_, str> = match component.contains('+') {
        true => component.replace('+', " ").into(),
        false => component.into(),
    };
    let text = percent_decode(blanks.as_bytes()).decode_utf8().map_err(|_| NotUtf8)?;
    Ok(text.into_owned())
}

/// Writes pairs as a query string: letters, digits and `_.-~` stay, a blank becomes `+`, every other
/// byte of the UTF-8 form `%XX` in capitals.
pub fn encode<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        encode_into(&mut query, key.as_ref());
        query.push('=');
        encode_into(&mut query, value.as_ref());
    }
    query
}

fn encode_into(query: &mut String, component: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in component.bytes() {
        match byte {
            b' ' => query.push('+'),
            b'_' | b'.' | b'-' | b'~' => query.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => query.push(char::from(byte)),
            byte => {
                query.push('%');
                query.push(char::from(HEX[usize::from(byte >> 4)]));
                query.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn pairs_come_in_order_with_repeated_keys() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("a=1&b=2&a=3", &[("a", "1"), ("b", "2"), ("a", "3")]),
            ("&&a=1&", &[("a", "1")]),
            ("a", &[("a", "")]),
            ("=x", &[("", "x")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a+b=c+d", &[("a b", "c d")]),
            ("a%2Bb=%C3%A9", &[("a+b", "é")]),
            ("a=100%&b=%zz", &[("a", "100%"), ("b", "%zz")]),
            ("a=1;b=2", &[("a", "1;b=2")]),
        ];
        for (query, expected) in table {
            assert_eq!(parse(query), Ok(pairs(expected)), "?{query}");
        }
    }

    #[test]
    fn escapes_that_are_no_utf8_are_refused() {
        for query in ["a=%ff", "%c3=1", "a=%ed%a0%80", "ok=1&b=%80"] {
            assert_eq!(parse(query), Err(NotUtf8), "?{query}");
        }
    }

    #[test]
    fn encoding_is_that_of_python() {
        let table =
            [("a b", "a+b"), ("a+b&c=d", "a%2Bb%26c%3Dd"), ("é/~_.-", "%C3%A9%2F~_.-"), ("*'()!", "%2A%27%28%29%21")];
        for (text, expected) in table {
            assert_eq!(encode([("k", text)]), format!("k={expected}"));
        }
        assert_eq!(encode([("a", "1"), ("a", "2")]), "a=1&a=2");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(list: Vec<(String, String)>) {
            prop_assert_eq!(parse(&encode(list.clone())), Ok(list));
        }

        #[test]
        fn parsing_never_panics(query: String) {
            let _ = parse(&query);
        }
    }
}
