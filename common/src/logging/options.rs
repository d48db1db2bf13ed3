//! The logging options of `[DEFAULT]`, named as oslo.log names them.

use std::path::{Path, PathBuf};

crate::choices! {
    /// How log files are rotated by the program itself.
    pub enum Rotation {
        /// Not at all: logrotate renames the file, which is then opened anew.
        None = "none",
        /// By time; not supported.
        Interval = "interval",
        /// By size; not supported.
        Size = "size",
    }
}

crate::options! {
    /// Logging.
    pub struct LoggingOptions in "DEFAULT" {
        /// Log at level DEBUG instead of INFO.
        pub debug: bool = false;
        /// File to log to. Without one the standard error output is used.
        pub log_file: Option<PathBuf> = None, aliases ["logfile"];
        /// Folder of the log file. Without log_file its name is that of the program, with .log.
        pub log_dir: Option<PathBuf> = None, aliases ["logdir"];
        /// Logging configuration of a Python service. It must exist, but has no effect.
        pub log_config_append: Option<PathBuf> = None, aliases ["log-config", "log_config"];
        /// Layout of the time in log lines, in the form of strftime.
        pub log_date_format: String = "%Y-%m-%d %H:%M:%S".to_owned();
        /// Layout of all lines; takes the place of the two layouts below.
        pub log_format: Option<String> = None;
        /// Layout of lines that belong to a request.
        pub logging_context_format_string: String =
            "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [%(request_id)s %(user_identity)s] \
             %(instance)s%(message)s".to_owned();
        /// Layout of lines that belong to no request.
        pub logging_default_format_string: String =
            "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [-] %(instance)s%(message)s".to_owned();
        /// What is added to lines of level DEBUG.
        pub logging_debug_format_suffix: String = "%(pathname)s:%(lineno)d".to_owned();
        /// Layout of user_identity.
        pub logging_user_identity_format: String =
            "%(user)s %(project)s %(domain)s %(user_domain)s %(project_domain)s".to_owned();
        /// Levels of single loggers, as name=LEVEL. Names of Python libraries apply to what does their work here.
        pub default_log_levels: Vec<String> =
            ["sqlalchemy=WARN", "amqp=WARN", "oslo.messaging=INFO", "boto=WARN", "urllib3.connectionpool=WARN"]
                .map(str::to_owned).to_vec();
        /// Write one JSON object a line.
        pub use_json: bool = false;
        /// Log to the standard error output, also when there is a log file.
        pub use_stderr: bool = false;
        /// Log to syslog too.
        pub use_syslog: bool = false;
        /// Facility for syslog.
        pub syslog_log_facility: String = "LOG_USER".to_owned();
        /// Log to the journal of systemd too.
        pub use_journal: bool = false;
        /// Without effect: a log file that was renamed or removed is always opened anew.
        pub watch_log_file: bool = false;
        /// How the program itself rotates its log file. Only none is supported.
        pub log_rotation_type: Rotation = Rotation::None;
    }
}

impl LoggingOptions {
    /// The log file, when there is one.
    pub(super) fn path(&self, program: &str) -> Option<PathBuf> {
        let name = self.log_file.clone();
        match &self.log_dir {
            Some(dir) => Some(dir.join(name.unwrap_or_else(|| PathBuf::from(format!("{program}.log"))))),
            None => name,
        }
    }

    /// What the options ask for that is not done, one sentence each.
    pub(super) fn shortfalls(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(path) = &self.log_config_append {
            notes.push(format!("log_config_append {} has no effect: it configures Python", path.display()));
        }
        if self.log_rotation_type != Rotation::None {
            notes.push(format!("log_rotation_type {} is not supported: use logrotate", self.log_rotation_type));
        }
        notes
    }

    /// The path of a logging configuration that does not exist.
    pub(super) fn missing_log_config(&self) -> Option<&Path> {
        self.log_config_append.as_deref().filter(|path| !path.exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_file_is_put_together_from_name_and_folder() {
        let cases = [
            ("", None),
            ("log_file = a.log", Some("a.log")),
            ("log_dir = /d", Some("/d/glance-api.log")),
            ("logdir = /d\nlogfile = a.log", Some("/d/a.log")),
            ("log_dir = /d\nlog_file = /e/a.log", Some("/e/a.log")),
        ];
        for (lines, expected) in cases {
            let options: LoggingOptions =
                Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap().section().unwrap();
            assert_eq!(options.path("glance-api"), expected.map(PathBuf::from), "{lines}");
        }
    }
}
