//! JSON values as messages and policy rules see them: the way Python writes its own values.

use std::fmt::Write;

use serde_json::Value;

/// The value as Python's `repr` writes it: `None`, `True`, `'text'`, `['a', 1]`, `{'k': 1.5}`.
pub(crate) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

/// A text as Python's `repr` writes it.
pub(crate) fn repr_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_text(out, key);
                out.push_str(": ");
                write_value(out, member);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character == quote => out.extend(['\\', character]),
            // Writing to a `String` cannot fail.
            character if u32::from(character) < 0x100 && character.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_look_as_python_writes_them() {
        let table = [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!(-5), "-5"),
            (json!(1.5), "1.5"),
            (json!("a"), "'a'"),
            (json!("it's"), "\"it's\""),
            (json!("it's \"x\""), "'it\\'s \"x\"'"),
            (json!("a\\b\n\u{7f}ä"), "'a\\\\b\\n\\x7fä'"),
            (json!(["a", 1, [false]]), "['a', 1, [False]]"),
            (json!({"k": {"l": null}}), "{'k': {'l': None}}"),
        ];
        for (value, wanted) in table {
            assert_eq!(repr(&value), wanted);
        }
    }
}
