//! Conditional requests (RFC 9110, section 13): entity tags, `If-None-Match`, `If-Range`.

/// Whether two entity tags are strongly equal: the same characters and neither of them weak.
pub fn strong_match(left: &str, right: &str) -> bool {
    is_strong_tag(left) && left == right
}

/// Whether the resource with the entity tag `current` (quotes included) is one that the client of this
/// `If-None-Match` already has; weak and strong tags compare alike. `*` fits everything.
pub fn none_match_hits(header: &str, current: &str) -> bool {
    header.trim() == "*" || tags(header).any(|tag| opaque(tag) == opaque(current))
}

/// Whether a `Range` is to be honoured in presence of this `If-Range`. `current` is the strong entity
/// tag of the resource; without one, and for dates, the whole resource is sent instead.
pub fn if_range_holds(header: &str, current: Option<&str>) -> bool {
    current.is_some_and(|current| strong_match(header.trim(), current))
}

fn is_strong_tag(tag: &str) -> bool {
    let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tags of a list; a comma within quotes belongs to its tag.
fn tags(header: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let separator = move |character: char| {
        quoted ^= character == '"';
        character == ',' && !quoted
    };
    header.split(separator).map(str::trim).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_comparison() {
        let table = [
            ("\"1\"", "\"1\"", true),
            ("\"1\"", "\"2\"", false),
            ("W/\"1\"", "\"1\"", false),
            ("W/\"1\"", "W/\"1\"", false),
            ("1", "1", false),
            ("\"", "\"", false),
            ("\"a\"b\"", "\"a\"b\"", false),
        ];
        for (left, right, expected) in table {
            assert_eq!(strong_match(left, right), expected, "{left} and {right}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let table = [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("\"x,\\\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("\"x, a\"", false),
            ("", false),
        ];
        for (header, expected) in table {
            assert_eq!(none_match_hits(header, "\"a\""), expected, "If-None-Match: {header}");
        }
    }

    #[test]
    fn if_range_needs_the_same_strong_tag() {
        let table = [
            ("\"a\"", Some("\"a\""), true),
            (" \"a\" ", Some("\"a\""), true),
            ("W/\"a\"", Some("\"a\""), false),
            ("\"b\"", Some("\"a\""), false),
            ("Sat, 01 Jan 2022 00:00:00 GMT", Some("\"a\""), false),
            ("\"a\"", None, false),
        ];
        for (header, current, expected) in table {
            assert_eq!(if_range_holds(header, current), expected, "If-Range: {header}");
        }
    }
}
