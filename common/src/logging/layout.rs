//! Line layouts in Python's form: `%(asctime)s.%(msecs)03d %(levelname)8s %(message)s`.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use log::Level;

use super::event::{Event, escaped, level_name, level_number};
use super::options::LoggingOptions;
use super::scope::{Identity, RequestLog};

/// The layouts of one configuration.
pub(super) struct Layouts {
    in_request: Layout,
    outside: Layout,
    debug_suffix: Layout,
    time: Vec<Item<'static>>,
}

/// A layout, taken apart.
#[derive(Debug, Clone, PartialEq)]
struct Layout(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Field { field: Field, width: usize, left: bool, zeros: bool },
}

/// Fields of Python's and oslo's log records. What has no meaning here is empty.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Time,
    Millis,
    Created,
    Process,
    ThreadName,
    LevelName,
    LevelNumber,
    Name,
    Message,
    Path,
    FileName,
    Module,
    Line,
    RequestId,
    GlobalRequestId,
    User,
    Project,
    Domain,
    UserDomain,
    ProjectDomain,
    Dash,
    Nothing,
}

impl Field {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "asctime" => Self::Time,
            "msecs" => Self::Millis,
            "created" => Self::Created,
            "process" => Self::Process,
            "threadName" | "thread_name" => Self::ThreadName,
            "levelname" => Self::LevelName,
            "levelno" => Self::LevelNumber,
            "name" => Self::Name,
            "message" => Self::Message,
            "pathname" => Self::Path,
            "filename" => Self::FileName,
            "module" | "funcName" => Self::Module,
            "lineno" => Self::Line,
            "request_id" => Self::RequestId,
            "global_request_id" => Self::GlobalRequestId,
            "user" | "user_id" | "user_name" => Self::User,
            "project" | "project_id" | "project_name" | "tenant" => Self::Project,
            "domain" | "domain_id" => Self::Domain,
            "user_domain" | "user_domain_id" => Self::UserDomain,
            "project_domain" | "project_domain_id" => Self::ProjectDomain,
            "system_scope" => Self::Dash,
            "instance" | "resource" | "color" | "reset_color" | "error_summary" => Self::Nothing,
            _ => return None,
        })
    }
}

impl Layouts {
    /// Takes the layouts of the options apart.
    ///
    /// The error is the option's name and the reason.
    pub(super) fn new(options: &LoggingOptions) -> Result<Self, (&'static str, String)> {
        let identity = Layout::parse(&options.logging_user_identity_format, None)
            .map_err(|reason| ("logging_user_identity_format", reason))?;
        let parse = |option: &'static str, text: &str| {
            let (option, text) = match &options.log_format {
                Some(format) => ("log_format", format.as_str()),
                None => (option, text),
            };
            Layout::parse(text, Some(&identity)).map_err(|reason| (option, reason))
        };
        let time: Vec<_> = StrftimeItems::new(&options.log_date_format).map(Item::to_owned).collect();
        if time.contains(&Item::Error) {
            return Err(("log_date_format", "not a time layout in the form of strftime".to_owned()));
        }
        Ok(Self {
            in_request: parse("logging_context_format_string", &options.logging_context_format_string)?,
            outside: parse("logging_default_format_string", &options.logging_default_format_string)?,
            debug_suffix: Layout::parse(&options.logging_debug_format_suffix, Some(&identity))
                .map_err(|reason| ("logging_debug_format_suffix", reason))?,
            time,
        })
    }

    /// The event's time as the options want it.
    pub(super) fn time(&self, event: &Event<'_>) -> String {
        event.time.format_with_items(self.time.iter()).to_string()
    }

    /// The event as one line, without a line feed.
    pub(super) fn line(&self, event: &Event<'_>) -> String {
        let layout = if event.request.is_some() { &self.in_request } else { &self.outside };
        let mut line = String::with_capacity(event.message.len() + 128);
        self.write(layout, event, &mut line);
        if event.level == Level::Debug && !self.debug_suffix.0.is_empty() {
            line.push(' ');
            self.write(&self.debug_suffix, event, &mut line);
        }
        escaped(&line).into_owned()
    }

    fn write(&self, layout: &Layout, event: &Event<'_>, line: &mut String) {
        for piece in &layout.0 {
            // Writing into a String cannot fail.
            let _ = match piece {
                Piece::Text(text) => line.write_str(text),
                Piece::Field { field: Field::Message, width: 0, .. } => line.write_str(&event.message),
                Piece::Field { field, width, left, zeros } => {
                    let value = self.value(*field, event);
                    match (left, zeros) {
                        (true, _) => write!(line, "{value:<width$}"),
                        (false, true) => write!(line, "{value:0>width$}"),
                        (false, false) => write!(line, "{value:>width$}"),
                    }
                }
            };
        }
    }

    fn value(&self, field: Field, event: &Event<'_>) -> String {
        let request = |get: fn(&RequestLog) -> Option<&str>| dash(event.request.as_ref().and_then(get));
        let who = |get: fn(&Identity) -> &Option<String>| {
            dash(event.request.as_ref().and_then(RequestLog::identity).and_then(|who| get(who).as_deref()))
        };
        match field {
            Field::Time => self.time(event),
            Field::Millis => event.time.timestamp_subsec_millis().to_string(),
            Field::Created => format!("{:.6}", event.time.timestamp_micros() as f64 / 1e6),
            Field::Process => std::process::id().to_string(),
            Field::ThreadName => std::thread::current().name().unwrap_or("-").to_owned(),
            Field::LevelName => level_name(event.level).to_owned(),
            Field::LevelNumber => level_number(event.level).to_string(),
            Field::Name => event.name.clone().into_owned(),
            Field::Message => event.message.clone(),
            Field::Path => event.file.to_owned(),
            Field::FileName => event.file.rsplit('/').next().unwrap_or_default().to_owned(),
            Field::Module => event.module.clone(),
            Field::Line => event.line.to_string(),
            Field::RequestId => request(|request| Some(request.request_id())),
            Field::GlobalRequestId => request(RequestLog::global_request_id),
            Field::User => who(|who| &who.user),
            Field::Project => who(|who| &who.project),
            Field::Domain => who(|who| &who.domain),
            Field::UserDomain => who(|who| &who.user_domain),
            Field::ProjectDomain => who(|who| &who.project_domain),
            Field::Dash => "-".to_owned(),
            Field::Nothing => String::new(),
        }
    }
}

fn dash(value: Option<&str>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or("-").to_owned()
}

impl Layout {
    /// Takes a layout apart; `identity` stands for `%(user_identity)s`.
    fn parse(text: &str, identity: Option<&Self>) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            push_text(&mut pieces, &rest[..at]);
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('%') {
                push_text(&mut pieces, "%");
                rest = after;
                continue;
            }
            let (name, after) = after
                .strip_prefix('(')
                .and_then(|after| after.split_once(')'))
                .ok_or("a % must be followed by (name), or be doubled")?;
            let end = after.find(['s', 'd', 'f', 'r']).ok_or_else(|| format!("%({name}) has no s or d behind it"))?;
            match identity.filter(|_| name == "user_identity") {
                Some(identity) => pieces.extend(identity.0.iter().cloned()),
                None => pieces.push(field(name, &after[..end])?),
            }
            rest = &after[end + 1..];
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// One field with its flags and width, as in `%(name)-20s` and `%(msecs)03d`.
fn field(name: &str, format: &str) -> Result<Piece, String> {
    let field = Field::named(name).ok_or_else(|| format!("there is no field %({name})s"))?;
    let width = format.trim_start_matches(['-', '0', '+', ' ', '#']);
    let flags = &format[..format.len() - width.len()];
    let width = width.split('.').next().unwrap_or_default();
    let width = if width.is_empty() { Ok(0) } else { width.parse::<u8>() };
    let width = width.map_err(|_| format!("%({name}){format} has a bad width"))?;
    Ok(Piece::Field { field, width: width.into(), left: flags.contains('-'), zeros: flags.contains('0') })
}

#[cfg(test)]
mod tests {
    use chrono::{Local, TimeZone};

    use super::*;

    fn event(level: Level, request: Option<RequestLog>) -> Event<'static> {
        Event {
            time: Local.with_ymd_and_hms(2026, 11, 22, 15, 0, 7).unwrap() + chrono::TimeDelta::milliseconds(45),
            level,
            name: "glance.api".into(),
            message: "two\nlines".to_owned(),
            file: "src/a/b.rs",
            line: 12,
            module: "glance.api.b".to_owned(),
            request,
        }
    }

    fn request() -> RequestLog {
        let request = RequestLog::new("req-1", None);
        request.identify(Identity { user: Some("u".into()), project: Some("p\n".into()), ..Identity::default() });
        request
    }

    #[test]
    fn lines_look_like_oslos() {
        let layouts = Layouts::new(&LoggingOptions::default()).unwrap();
        let pid = std::process::id();
        let cases = [
            (Level::Warn, None, format!("2026-11-22 15:00:07.045 {pid} WARNING glance.api [-] two\\nlines")),
            (
                Level::Info,
                Some(request()),
                format!("2026-11-22 15:00:07.045 {pid} INFO glance.api [req-1 u p\\n - - -] two\\nlines"),
            ),
            (
                Level::Debug,
                Some(RequestLog::new("req-2", None)),
                format!("2026-11-22 15:00:07.045 {pid} DEBUG glance.api [req-2 - - - - -] two\\nlines src/a/b.rs:12"),
            ),
        ];
        for (level, request, expected) in cases {
            assert_eq!(layouts.line(&event(level, request)), expected);
        }
    }

    #[test]
    fn own_layouts_are_followed() {
        let cases = [
            ("%(levelname)8s|%(levelname)-8s|%(lineno)03d|100%%", "    INFO|INFO    |012|100%"),
            ("%(asctime)s %(filename)s %(module)s%(instance)s %(message)s", "07:00 b.rs glance.api.b two\\nlines"),
            ("%(global_request_id)s %(request_id)s %(user_identity)s", "- req-1 u"),
            ("", ""),
        ];
        for (format, expected) in cases {
            let options = LoggingOptions {
                log_format: Some(format.to_owned()),
                log_date_format: "%S:%M".to_owned(),
                logging_user_identity_format: "%(user)s".to_owned(),
                ..LoggingOptions::default()
            };
            assert_eq!(Layouts::new(&options).unwrap().line(&event(Level::Info, Some(request()))), expected);
        }
    }

    #[test]
    fn bad_layouts_are_refused_by_option() {
        let with = |change: fn(&mut LoggingOptions)| {
            let mut options = LoggingOptions::default();
            change(&mut options);
            Layouts::new(&options).err().unwrap()
        };
        let cases = [
            (with(|o| o.log_date_format = "%Q".into()), "log_date_format"),
            (with(|o| o.log_format = Some("%(nonsense)s".into())), "log_format"),
            (with(|o| o.logging_default_format_string = "50% off".into()), "logging_default_format_string"),
            (with(|o| o.logging_context_format_string = "%(name)".into()), "logging_context_format_string"),
            (with(|o| o.logging_debug_format_suffix = "%(name)999s".into()), "logging_debug_format_suffix"),
            (with(|o| o.logging_user_identity_format = "%(user_identity)s".into()), "logging_user_identity_format"),
        ];
        for ((option, reason), expected) in cases {
            assert_eq!(option, expected, "{reason}");
        }
    }
}
