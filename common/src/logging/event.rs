//! One event on its way into the log, ready to be laid out.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{DateTime, Local};
use log::{Level, Record};

use super::mask::mask;
use super::scope::{self, RequestLog};

/// Longest message in bytes; the rest is cut off.
const MAX_MESSAGE: usize = 32 * 1024;

/// How much more is looked at for secrets, so that one at the cut is still seen whole.
const MARGIN: usize = 4 * 1024;

/// What a line says.
pub(super) struct Event<'a> {
    /// When it happened.
    pub time: DateTime<Local>,
    /// How bad it is.
    pub level: Level,
    /// The logger's name with dots, `glance.api.stores.file`.
    pub name: Cow<'a, str>,
    /// The message: secrets masked, control characters still in it.
    pub message: String,
    /// Source file.
    pub file: &'a str,
    /// Line in it.
    pub line: u32,
    /// Module, with dots.
    pub module: String,
    /// The request it belongs to.
    pub request: Option<RequestLog>,
}

impl<'a> Event<'a> {
    /// Takes a record at this moment, in this task.
    pub(super) fn now(record: &'a Record<'_>) -> Self {
        Self {
            time: Local::now(),
            level: record.level(),
            name: logger_name(record.target()),
            message: masked(&record.args().to_string()),
            file: record.file().unwrap_or("-"),
            line: record.line().unwrap_or(0),
            module: record.module_path().map(|path| logger_name(path).into_owned()).unwrap_or_default(),
            request: scope::current(),
        }
    }
}

/// Python's names of the levels.
pub(super) const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}

/// Python's numbers of the levels.
pub(super) const fn level_number(level: Level) -> u32 {
    match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug => 10,
        Level::Trace => 5,
    }
}

/// A Rust path as the loggers of Glance are named: `glance_api::stores` is `glance.api.stores`.
fn logger_name(target: &str) -> Cow<'_, str> {
    let own = target.strip_prefix("glance_");
    if own.is_none() && !target.contains("::") {
        return Cow::Borrowed(target);
    }
    let path = own.unwrap_or(target).replace("::", ".");
    Cow::Owned(if own.is_some() { format!("glance.{path}") } else { path })
}

/// The message without secrets and not too long. Only what may be shown is searched: messages can hold user text.
fn masked(text: &str) -> String {
    let mut message = mask(prefix(text, MAX_MESSAGE + MARGIN)).into_owned();
    if text.len() > MAX_MESSAGE {
        message.truncate(prefix(&message, MAX_MESSAGE).len());
        let _ = write!(message, "… ({} bytes in all)", text.len());
    }
    message
}

/// At most so many bytes from the start, whole characters.
fn prefix(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

/// Writes control characters and line separators as escapes, so that a line cannot pose as another (H3).
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_harmful(c) => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_like_glances() {
        let cases = [
            ("glance_api::stores::file", "glance.api.stores.file"),
            ("glance_registry", "glance.registry"),
            ("actix_server::worker", "actix_server.worker"),
            ("plain", "plain"),
        ];
        for (target, expected) in cases {
            assert_eq!(logger_name(target), expected);
        }
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        assert_eq!(escaped("a\nb\r\tc\u{1b}[0m\u{85}\u{2028}ü\0"), "a\\nb\\r\\tc\\u001b[0m\\u0085\\u2028ü\\u0000");
        assert!(matches!(escaped("plain ü"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_messages_are_cut_and_hold_no_secret() {
        let long = masked(&"ü".repeat(MAX_MESSAGE));
        assert!(long.ends_with("ü… (65536 bytes in all)") && long.len() < MAX_MESSAGE + 40);
        let url = "mysql://user:hunter2@host/db";
        for padding in MAX_MESSAGE - url.len() - 2..MAX_MESSAGE + 2 {
            let text = format!("{}{url}{}", " ".repeat(padding), " ".repeat(MAX_MESSAGE));
            assert!(!masked(&text).contains("hun"), "{padding}");
        }
        assert_eq!(masked("short"), "short");
    }
}
