//! Values of list filters: operators before text, quoted lists, points in time (images-v2 §7.5).

use chrono::{DateTime, NaiveDate, NaiveDateTime};
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

/// ISO 8601: a date, or date and time to the minute or finer, with any offset; without one it is UTC.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date.and_hms_opt(0, 0, 0).map(Timestamp::from_naive);
    }
    let text = text.replacen(' ', "T", 1);
    // Offsets may come as +02:00, +0200, +02 or Z.
    let (local, offset) = split_offset(&text);
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S%.f"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(local, format).ok())?;
    let offset = match offset {
        "" | "Z" => "+00:00".to_owned(),
        short if short.len() == 3 => format!("{short}:00"),
        plain if plain.len() == 5 => format!("{}:{}", &plain[..3], &plain[3..]),
        full => full.to_owned(),
    };
    let full = format!("{}{offset}", local.format("%Y-%m-%dT%H:%M:%S%.f"));
    DateTime::parse_from_rfc3339(&full).ok().map(|time| Timestamp::from_naive(time.naive_utc()))
}

/// Date and time, and what stands behind them.
fn split_offset(text: &str) -> (&str, &str) {
    let after_date = text.find('T').unwrap_or(text.len());
    match text[after_date..].find(['Z', '+', '-']) {
        Some(at) => text.split_at(after_date + at),
        None => (text, ""),
    }
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

    #[test]
    fn times_are_iso_8601() {
        let table = [
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05.000000Z")),
            ("2026-01-02T03:04:05", Some("2026-01-02T03:04:05.000000Z")),
            ("2026-01-02 03:04:05.25", Some("2026-01-02T03:04:05.250000Z")),
            ("2026-01-02T03:04:05+02:00", Some("2026-01-02T01:04:05.000000Z")),
            ("2026-01-02T03:04:05-0230", Some("2026-01-02T05:34:05.000000Z")),
            ("2026-01-02T03:04+01", Some("2026-01-02T02:04:00.000000Z")),
            ("2026-01-02T03:04", Some("2026-01-02T03:04:00.000000Z")),
            ("2026-01-02", Some("2026-01-02T00:00:00.000000Z")),
            ("gt:2026-01-02", None),
            ("yesterday", None),
            ("2026-13-02", None),
            ("2026-01-02T03:04:05+99999", None),
            ("", None),
        ];
        for (text, wanted) in table {
            assert_eq!(read_time(text).map(|time| time.to_string()).as_deref(), wanted, "{text}");
        }
    }
}
