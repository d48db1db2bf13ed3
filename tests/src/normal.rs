//! Bringing answers into a form in which two services can be compared: what cannot be equal
//! (ids, times, ports, folders) is masked, what need not be equal is taken out. The second part
//! is listed in `tests/compatibility.md` under "General rules".

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::Answer;

/// Headers that are compared. A star stands for any ending.
const COMPARED: &[&str] = &[
    "accept-patch",
    "accept-ranges",
    "access-control-*",
    "allow",
    "content-md5",
    "content-range",
    "content-type",
    "location",
    "openstack-image-import-methods",
    "openstack-image-store-ids",
    "retry-after",
    "vary",
    "www-authenticate",
    "x-image-meta-*",
    "x-openstack-request-id",
];

/// What is compared of an answer.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Normal {
    /// Status code.
    pub status: u16,
    /// Compared headers, masked.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON by value, anything else as text, both masked.
    pub body: Value,
}

/// Replaces by placeholders what differs from run to run.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    replacements: Vec<(String, String)>,
}

impl Mask {
    /// Has `text` replaced by `<name>`. Earlier ones are replaced first.
    pub fn add(&mut self, text: &str, name: &str) {
        if !text.is_empty() {
            self.replacements.push((text.to_owned(), format!("<{name}>")));
        }
    }

    /// The text with everything masked.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.replacements {
            text = text.replace(from, to);
        }
        mask_patterns(&text)
    }

    /// The value with all keys and strings masked.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => members.iter().map(|(key, item)| (self.text(key), self.json(item))).collect(),
            other => other.clone(),
        }
    }
}

/// The compared form of an answer. `ignored` names JSON keys and headers to be left out.
pub fn normal(answer: &Answer, mask: &Mask, ignored: &[String]) -> Normal {
    let is_ignored = |name: &str| ignored.iter().any(|key| key.eq_ignore_ascii_case(name));
    let is_data = answer.header("content-type").is_some_and(|kind| kind.starts_with("application/octet-stream"));
    let mut headers = BTreeMap::new();
    for (name, value) in &answer.headers {
        // nobody reads the type of nothing
        let of_nothing = name == "content-type" && answer.body.is_empty();
        if is_compared(name) && !is_ignored(name) && !of_nothing {
            headers.insert(name.clone(), without_reserved_stores(name, mask.text(value)));
        }
    }
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(value) if !is_data => {
            let mut value = mask.json(&value);
            tidy(&mut value, &is_ignored);
            value
        }
        _ => Value::String(first_reason(&mask.text(&answer.text()))),
    };
    Normal { status: answer.status, headers, body }
}

/// The reference tells its two inner stores in some worker processes and not in others.
fn without_reserved_stores(name: &str, value: String) -> String {
    if name != "openstack-image-store-ids" {
        return value;
    }
    let stores: Vec<&str> = value.split(',').filter(|store| !store.starts_with("os_glance_")).collect();
    stores.join(",")
}

fn is_compared(name: &str) -> bool {
    COMPARED.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *pattern == name,
    })
}

/// Drops ignored keys, puts tags in order and shortens schema failures.
fn tidy(value: &mut Value, is_ignored: &dyn Fn(&str) -> bool) {
    match value {
        Value::String(text) => *text = first_reason(text),
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, is_ignored)),
        Value::Object(members) => {
            members.retain(|key, _| !is_ignored(key));
            for (key, item) in members.iter_mut() {
                tidy(item, is_ignored);
                if let (true, Value::Array(tags)) = (key == "tags", item) {
                    tags.sort_by_key(ToString::to_string);
                }
            }
        }
        _ => {}
    }
}

/// Of a schema failure only the first line is promised to clients.
fn first_reason(text: &str) -> String {
    let Some(start) = text.find("Provided object does not match schema") else {
        return text.to_owned();
    };
    // in plain text the lines have become blanks
    let ends = ["\n", "  Failed validating"].into_iter().filter_map(|end| text[start..].find(end));
    let line_end = ends.min().map_or(text.len(), |at| start + at);
    let mark_end = text[start..].find("<br />").map_or(text.len(), |at| start + at);
    let (head, tail) = (&text[..line_end.min(mark_end)], &text[mark_end..]);
    format!("{head}{tail}")
}

fn mask_patterns(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some(length) = request_id(rest) {
            masked += "<request>";
            at += length;
        } else if let Some(length) = uuid(rest) {
            masked += "<uuid>";
            at += length;
        } else if let Some(length) = time(rest) {
            masked += "<time>";
            at += length;
        } else {
            let width = text[at..].chars().next().map_or(1, char::len_utf8);
            masked += &text[at..at + width];
            at += width;
        }
    }
    masked
}

fn request_id(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"req-")?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'-').count();
    (length >= 36).then_some(length + 4)
}

/// Ids that scenarios choose themselves start with zeros and stay readable.
fn uuid(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"0000") {
        return None;
    }
    let mut at = 0;
    for (group, width) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if group > 0 && text.get(at) == Some(&b'-') {
            at += 1;
        }
        let digits = text.get(at..at + width)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        at += width;
    }
    Some(at)
}

/// `2026-01-02T03:04:05` with an optional fraction and `Z`.
fn time(text: &[u8]) -> Option<usize> {
    let form = b"dddd-dd-ddTdd:dd:dd";
    let stamp = text.get(..form.len())?;
    let fits = form.iter().zip(stamp).all(|(want, byte)| match want {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b' '),
        other => other == byte,
    });
    if !fits {
        return None;
    }
    let mut length = form.len();
    if text.get(length) == Some(&b'.') {
        length += 1 + text[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    }
    Some(length + usize::from(text.get(length) == Some(&b'Z')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_masked() {
        let cases = [
            ("at 2026-01-02T03:04:05Z.", "at <time>."),
            ("2026-01-02 03:04:05.123456", "<time>"),
            ("/x/0fc5f3cb-8a13-4a39-9a24-3b1ed2b6e6a3/file", "/x/<uuid>/file"),
            ("req-0fc5f3cb-8a13-4a39-9a24-3b1ed2b6e6a3", "<request>"),
            ("2026-01-02", "2026-01-02"),
            ("00000001-0000-4000-8000-000000000000", "00000001-0000-4000-8000-000000000000"),
            ("täg", "täg"),
        ];
        for (text, wanted) in cases {
            assert_eq!(mask_patterns(text), wanted, "{text}");
        }
    }

    #[test]
    fn schema_failures_keep_their_first_line() {
        let text = "Provided object does not match schema 'image': 1 is not of type 'string'\n\nmore<br /><br />\n\n\n";
        let wanted = "Provided object does not match schema 'image': 1 is not of type 'string'<br /><br />\n\n\n";
        assert_eq!(first_reason(text), wanted);
    }
}
