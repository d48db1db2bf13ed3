//! The program's logger: env_logger decides and writes, once for each destination.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use env_logger::Target;
use log::{LevelFilter, Log, Metadata, Record};

use super::destination::{self, Datagrams, LogFile};
use super::event::{Event, escaped};
use super::layout::Layouts;
use super::options::LoggingOptions;
use super::{json, levels};

/// Where a syslog daemon listens.
const SYSLOG_SOCKET: &str = "/dev/log";

/// Where the journal of systemd listens.
const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";

/// Logging cannot be set up as the options ask.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An option has a value that cannot be used.
    #[error("invalid value for option {option} in section [DEFAULT]: {reason}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Why it is refused.
        reason: String,
    },
    /// The named logging configuration does not exist (operations.md §3).
    #[error("Unable to locate specified logging config file: {}", path.display())]
    MissingConfig {
        /// Path as given.
        path: PathBuf,
    },
    /// A log file or the socket of a log service cannot be opened.
    #[error("cannot log to {}: {cause}", path.display())]
    Open {
        /// The file or socket.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// Another logger was installed before.
    #[error("the process has another logger already")]
    Taken,
}

/// The handle of the installed logger.
#[derive(Debug, Clone, Copy)]
pub struct Logger(&'static Installed);

/// What `log` calls.
struct Installed {
    program: String,
    outputs: ArcSwap<Vec<Output>>,
}

/// One destination with its env_logger.
struct Output {
    logger: env_logger::Logger,
    file: Option<LogFile>,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

impl Logger {
    /// Installs the logger of the process; a second call only applies the options.
    ///
    /// `program` names the log file in `log_dir` and identifies the process to log services.
    ///
    /// # Errors
    /// [`LogError`]; then nothing is installed or changed.
    pub fn init(program: &str, options: &LoggingOptions) -> Result<Self, LogError> {
        let outputs = outputs(program, options)?;
        let mut is_new = false;
        let installed = INSTALLED.get_or_init(|| {
            is_new = true;
            Installed { program: program.to_owned(), outputs: ArcSwap::default() }
        });
        if is_new {
            log::set_logger(installed).map_err(|_| LogError::Taken)?;
        }
        let logger = Self(installed);
        logger.install(outputs, options);
        Ok(logger)
    }

    /// Applies changed options, as after a reload.
    ///
    /// # Errors
    /// [`LogError`]; then everything stays as it was.
    pub fn apply(&self, options: &LoggingOptions) -> Result<(), LogError> {
        self.install(outputs(&self.0.program, options)?, options);
        Ok(())
    }

    /// Opens the log file anew, as after SIGHUP.
    ///
    /// # Errors
    /// [`LogError::Open`]; the old file stays in use.
    pub fn reopen(&self) -> Result<(), LogError> {
        let outputs = self.0.outputs.load();
        let mut files = outputs.iter().filter_map(|output| output.file.as_ref());
        files.try_for_each(|file| file.reopen().map_err(|cause| LogError::Open { path: file.path().to_owned(), cause }))
    }

    fn install(&self, outputs: Vec<Output>, options: &LoggingOptions) {
        let level = outputs.iter().map(|output| output.logger.filter()).max().unwrap_or(LevelFilter::Off);
        self.0.outputs.store(Arc::new(outputs));
        log::set_max_level(level);
        for shortfall in options.shortfalls() {
            log::warn!("{shortfall}");
        }
    }
}

impl std::fmt::Debug for Installed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installed").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Log for Installed {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.outputs.load().iter().any(|output| output.logger.enabled(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        for output in self.outputs.load().iter() {
            output.logger.log(record);
        }
    }

    fn flush(&self) {
        for output in self.outputs.load().iter() {
            output.logger.flush();
        }
    }
}

/// Opens all destinations that the options ask for.
fn outputs(program: &str, options: &LoggingOptions) -> Result<Vec<Output>, LogError> {
    if let Some(path) = options.missing_log_config() {
        return Err(LogError::MissingConfig { path: path.to_owned() });
    }
    let refuse = |option| move |reason| LogError::Option { option, reason };
    let filters = levels::filters(options.debug, &options.default_log_levels).map_err(refuse("default_log_levels"))?;
    let layouts = Layouts::new(options).map_err(|(option, reason)| LogError::Option { option, reason })?;
    let lines = Arc::new(Lines { program: program.to_owned(), hostname: hostname(), layouts, json: options.use_json });
    let mut outputs = Vec::new();
    let mut add = |target: Box<dyn Write + Send>, file: Option<LogFile>, form: Form| {
        outputs.push(Output { logger: build(&filters, target, lines.clone(), form), file });
    };
    let path = options.path(program);
    if let Some(path) = &path {
        let file = LogFile::open(path).map_err(|cause| LogError::Open { path: path.clone(), cause })?;
        add(Box::new(file.clone()), Some(file), Form::Line);
    }
    if options.use_stderr || (path.is_none() && !options.use_syslog && !options.use_journal) {
        add(Box::new(io::stderr()), None, Form::Line);
    }
    if options.use_syslog {
        let facility = destination::facility(&options.syslog_log_facility)
            .ok_or_else(|| refuse("syslog_log_facility")("no facility of syslog".to_owned()))?;
        add(connect(SYSLOG_SOCKET)?, None, Form::Syslog(facility));
    }
    if options.use_journal {
        add(connect(JOURNAL_SOCKET)?, None, Form::Journal);
    }
    Ok(outputs)
}

fn connect(path: &str) -> Result<Box<dyn Write + Send>, LogError> {
    match Datagrams::connect(Path::new(path)) {
        Ok(socket) => Ok(Box::new(socket)),
        Err(cause) => Err(LogError::Open { path: PathBuf::from(path), cause }),
    }
}

fn build(
    filters: &[(String, LevelFilter)],
    target: Box<dyn Write + Send>,
    lines: Arc<Lines>,
    form: Form,
) -> env_logger::Logger {
    let mut builder = env_logger::Builder::new();
    for (path, level) in filters {
        // The empty path is env_logger's default level.
        builder.filter(Some(path.as_str()).filter(|path| !path.is_empty()), *level);
    }
    builder.target(Target::Pipe(target));
    builder.format(move |buffer, record| buffer.write_all(&lines.bytes(record, form)));
    builder.build()
}

/// The shape that a destination wants.
#[derive(Debug, Clone, Copy)]
enum Form {
    Line,
    Syslog(u8),
    Journal,
}

/// Makes lines of records.
struct Lines {
    program: String,
    hostname: String,
    layouts: Layouts,
    json: bool,
}

impl Lines {
    fn bytes(&self, record: &Record<'_>, form: Form) -> Vec<u8> {
        let event = Event::now(record);
        let mut line = if self.json {
            json::line(&event, &self.program, &self.hostname, &self.layouts.time(&event))
        } else {
            self.layouts.line(&event)
        };
        match form {
            Form::Line => {
                line.push('\n');
                line.into_bytes()
            }
            Form::Syslog(facility) => destination::syslog_datagram(facility, event.level, &self.program, &line),
            Form::Journal => {
                let id = event.request.as_ref().map(|request| escaped(request.request_id()));
                let name = escaped(&event.name);
                destination::journal_datagram(event.level, &self.program, &name, id.as_deref(), &line)
            }
        }
    }
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::logging::{RequestLog, in_scope};

    fn options(lines: &str) -> LoggingOptions {
        Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap().section().unwrap()
    }

    /// What the options make of some events, without installing a logger.
    fn logged(lines: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.log");
        let outputs = outputs("glance-test", &options(&format!("log_file = {}\n{lines}", path.display()))).unwrap();
        let events = [
            (log::Level::Info, "glance_api::x", "token X-Auth-Token: abc\nnext"),
            (log::Level::Debug, "glance_api::x", "detail"),
            (log::Level::Info, "diesel", "select"),
        ];
        in_scope(RequestLog::new("req-7", None), || {
            for (level, target, text) in events {
                let text = format_args!("{text}");
                outputs[0].logger.log(&Record::builder().level(level).target(target).args(text).build());
            }
        });
        std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_carry_the_request_and_no_secret() {
        let lines = logged("");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].ends_with(" INFO glance.api.x [req-7 - - - - -] token X-Auth-Token: ***\\nnext"),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn levels_follow_the_options() {
        assert_eq!(logged("debug = true").len(), 2);
        assert_eq!(logged("debug = true\ndefault_log_levels = sqlalchemy=INFO, glance.api=WARN").len(), 1);
    }

    #[test]
    fn glances_own_layouts_work() {
        let (_, sample) = crate::config::known::SAMPLES[0];
        let layouts =
            sample.lines().filter(|line| line.starts_with("logging_") || line.starts_with("default_log_levels"));
        let lines = logged(&layouts.collect::<Vec<_>>().join("\n"));
        assert!(lines[0].contains(" INFO glance.api.x [- req-7 - - - - - -] token"), "{}", lines[0]);
    }

    #[test]
    fn json_lines_are_objects() {
        let lines = logged("use_json = true\nlog_date_format = %H");
        let event: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(event["message"], "token X-Auth-Token: ***\nnext");
        assert_eq!((&event["levelname"], &event["name"]), (&"INFO".into(), &"glance.api.x".into()));
        assert_eq!((&event["context"]["request_id"], &event["process_name"]), (&"req-7".into(), &"glance-test".into()));
        assert_eq!(event["asctime"].as_str().unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let cases = [
            ("default_log_levels = amqp", "invalid value for option default_log_levels in section [DEFAULT]: \"amqp\""),
            ("log_date_format = %Q", "invalid value for option log_date_format in section [DEFAULT]: "),
            ("log_file = /nonexistent/a.log", "cannot log to /nonexistent/a.log: "),
            ("log_config = /nonexistent", "Unable to locate specified logging config file: /nonexistent"),
            ("use_syslog = 1\nsyslog_log_facility = x", "invalid value for option syslog_log_facility"),
        ];
        for (lines, expected) in cases {
            let error = outputs("glance-test", &options(lines)).err().unwrap().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn the_installed_logger_can_be_changed() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        let set = |path: &Path| options(&format!("log_file = {}", path.display()));
        let logger = Logger::init("glance-test", &set(&one)).unwrap();
        log::info!("first");
        logger.apply(&set(&two)).unwrap();
        log::info!("second");
        assert!(logger.apply(&options("log_file = /nonexistent/a.log")).is_err());
        std::fs::remove_file(&two).unwrap();
        logger.reopen().unwrap();
        log::info!("third");
        let text = |path| std::fs::read_to_string(path).unwrap();
        assert!(text(&one).contains("] first") && !text(&one).contains("second"));
        assert!(text(&two).contains("] third") && !text(&two).contains("second"));
    }
}
