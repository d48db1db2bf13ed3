//! Values of list filters: operators before text, quoted lists, points in time (images-v2 §7.5).

use glance_common::model::Timestamp;

use crate::domain::Refusal;

/// The accepted values of a text filter: `v`, `eq:v` or `in:v1,"v,2"`. The first colon ends the operator.
///
/// # Errors
/// 400 for another operator or quotes that do not fit.
pub(super) fn any_of(text: &str) -> Result<Vec<String>, Refusal> {
    match text.split_once(':') {
        None => Ok(vec![text.to_owned()]),
        Some(("eq", value)) => Ok(vec![value.to_owned()]),
        Some(("in", list)) => split_quoted(list),
        Some((operator, _)) => Err(Refusal::invalid(format!("Unable to filter by unknown operator '{operator}'."))),
    }
}

/// Values separated by commas. Double quotes protect commas; within them a backslash protects the next character and
/// stays part of the value.
fn split_quoted(list: &str) -> Result<Vec<String>, Refusal> {
    let wrong = |what: &str| Err(Refusal::invalid(format!("Invalid filter value {list}. {what}.")));
    let mut values = Vec::new();
    let mut rest = list;
    loop {
        let (value, tail) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let Some(end) = closing_quote(quoted) else {
                    return wrong("The quote is not closed");
                };
                let tail = &quoted[end + 1..];
                if !tail.is_empty() && !tail.starts_with(',') {
                    return wrong("There is no comma after closing quotation mark");
                }
                (&quoted[..end], tail)
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return wrong("There is no comma before opening quotation mark");
                }
                rest.split_at(end)
            }
        };
        values.push(value.to_owned());
        match tail.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(values),
        }
    }
}

/// Where the quote that is open at the beginning of the text ends.
fn closing_quote(text: &str) -> Option<usize> {
    let mut protected = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if protected => protected = false,
            '\\' => protected = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// A point in time in ISO 8601.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_iso8601(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_values_may_have_operators() {
        let table: [(&str, &[&str]); 9] = [
            ("a", &["a"]),
            ("", &[""]),
            ("a,b", &["a,b"]),
            ("eq:a:b", &["a:b"]),
            ("in:a,b", &["a", "b"]),
            ("in:\"a,b\",c", &["a,b", "c"]),
            ("in:a", &["a"]),
            ("in:a,", &["a", ""]),
            (r#"in:"a\"b",c"#, &[r#"a\"b"#, "c"]),
        ];
        for (text, wanted) in table {
            let wanted: Vec<String> = wanted.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(any_of(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn bad_values_have_the_known_words() {
        let table = [
            ("a:b", "Unable to filter by unknown operator 'a'."),
            ("neq:b", "Unable to filter by unknown operator 'neq'."),
            ("in:a\"b\"", "Invalid filter value a\"b\". There is no comma before opening quotation mark."),
            ("in:\"a\"b", "Invalid filter value \"a\"b. There is no comma after closing quotation mark."),
            ("in:\"a", "Invalid filter value \"a. The quote is not closed."),
            ("in:\"a\\\"", "Invalid filter value \"a\\\". The quote is not closed."),
        ];
        for (text, wanted) in table {
            assert_eq!(any_of(text), Err(Refusal::invalid(wanted)), "{text}");
        }
    }
}
