//! The command-line options that every program has (operations.md §3), to be flattened into its own.

use std::path::PathBuf;

use clap::Args;

use super::layers::{Layer, Located};

/// Options that all programs share: which configuration to read, and logging.
///
/// A program flattens it: `#[command(flatten)] common: Cli`. Servers flatten [`ServerCli`].
#[derive(Debug, Clone, Default, Args)]
pub struct Cli {
    /// Configuration file; may be repeated, later files win
    #[arg(long, value_name = "PATH")]
    pub config_file: Vec<PathBuf>,
    /// Folder whose *.conf files are read in alphabetic order after all configuration files; may be repeated
    #[arg(long, value_name = "DIR")]
    pub config_dir: Vec<PathBuf>,
    /// Start with the built-in defaults when no configuration file is found: for trying out, not for production
    #[arg(long)]
    pub lab: bool,
    /// Log at level DEBUG instead of INFO
    #[arg(short, long, overrides_with = "nodebug")]
    pub debug: bool,
    /// Log at level INFO
    #[arg(long, alias = "no-debug", overrides_with = "debug")]
    pub nodebug: bool,
    /// Accepted for old scripts; INFO is the default
    #[arg(short, long, overrides_with = "noverbose")]
    pub verbose: bool,
    /// Accepted for old scripts; has no effect
    #[arg(long, alias = "no-verbose", overrides_with = "verbose", hide = true)]
    pub noverbose: bool,
    /// Logging configuration of a Python service; must exist, but has no effect here
    #[arg(long, visible_aliases = ["log-config-append"], alias = "log_config", value_name = "PATH")]
    pub log_config: Option<PathBuf>,
    /// Layout of log lines, such as '%(asctime)s %(levelname)s %(name)s %(message)s'
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Layout of the time in log lines [default: %Y-%m-%d %H:%M:%S]
    #[arg(long, value_name = "FORMAT")]
    pub log_date_format: Option<String>,
    /// File to log to instead of the standard error output
    #[arg(long, alias = "logfile", value_name = "PATH")]
    pub log_file: Option<PathBuf>,
    /// Folder that a relative --log-file lies in
    #[arg(long, alias = "logdir", value_name = "DIR")]
    pub log_dir: Option<PathBuf>,
    /// Log to syslog too
    #[arg(long, overrides_with = "nouse_syslog")]
    pub use_syslog: bool,
    /// Do not log to syslog
    #[arg(long, alias = "no-use-syslog", overrides_with = "use_syslog")]
    pub nouse_syslog: bool,
    /// Facility for syslog [default: LOG_USER]
    #[arg(long, value_name = "FACILITY")]
    pub syslog_log_facility: Option<String>,
    /// Log to the journal of systemd too
    #[arg(long, overrides_with = "nouse_journal")]
    pub use_journal: bool,
    /// Do not log to the journal
    #[arg(long, alias = "no-use-journal", overrides_with = "use_journal")]
    pub nouse_journal: bool,
    /// Accepted for old scripts; a log file that was renamed is always opened anew
    #[arg(long, overrides_with = "nowatch_log_file")]
    pub watch_log_file: bool,
    /// Accepted for old scripts; has no effect
    #[arg(long, alias = "no-watch-log-file", overrides_with = "watch_log_file", hide = true)]
    pub nowatch_log_file: bool,
    /// Options that the program's own flags set: section, option, value. Above all other layers.
    #[arg(skip)]
    pub overrides: Vec<(String, String, String)>,
    /// File given as the first argument of a server, see [`ServerCli`]; counts when `config_file` is empty.
    #[arg(skip)]
    pub positional: Option<PathBuf>,
}

/// The options of a server: the common ones and the configuration file as an argument.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerCli {
    #[expect(missing_docs, reason = "a doc comment here would become the program's help text")]
    #[command(flatten)]
    pub common: Cli,
    /// Configuration file, where --config-file is not used
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
}

impl ServerCli {
    /// The common options, with the argument in them.
    pub fn into_cli(self) -> Cli {
        Cli { positional: self.config, ..self.common }
    }
}

impl Cli {
    /// Sets an option from a flag of the program's own.
    pub fn set(&mut self, group: &str, key: &str, value: impl Into<String>) {
        self.overrides.push((group.to_owned(), key.to_owned(), value.into()));
    }

    /// The files that were named, in order.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        if self.config_file.is_empty() { self.positional.iter().cloned().collect() } else { self.config_file.clone() }
    }

    /// All options as the highest layer.
    pub(super) fn layer(&self, rank: usize) -> Layer {
        let mut layer = Layer::default();
        let mut set = |group: &str, key: &str, value: String| {
            let origin = format!("command line option --{}", key.replace('_', "-"));
            layer.add(group, key, Located { value, origin, rank });
        };
        let switches = [
            ("debug", self.debug, self.nodebug),
            ("use_syslog", self.use_syslog, self.nouse_syslog),
            ("use_journal", self.use_journal, self.nouse_journal),
            ("watch_log_file", self.watch_log_file, self.nowatch_log_file),
        ];
        for (key, on, off) in switches {
            if on || off {
                set("DEFAULT", key, on.to_string());
            }
        }
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string().replace('$', "$$"));
        let text = |text: &Option<String>| text.as_ref().map(|text| text.replace('$', "$$"));
        let values = [
            ("log_config_append", path(&self.log_config)),
            ("log_format", text(&self.log_format)),
            ("log_date_format", text(&self.log_date_format)),
            ("log_file", path(&self.log_file)),
            ("log_dir", path(&self.log_dir)),
            ("syslog_log_facility", text(&self.syslog_log_facility)),
        ];
        for (key, value) in values {
            if let Some(value) = value {
                set("DEFAULT", key, value);
            }
        }
        for (group, key, value) in &self.overrides {
            set(group, key, value.clone());
        }
        layer
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        server: ServerCli,
    }

    fn parse(args: &[&str]) -> Cli {
        Program::try_parse_from(std::iter::once(&"glance-api").chain(args)).unwrap().server.into_cli()
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Program::command().debug_assert();
    }

    #[test]
    fn flags_become_options() {
        let cases: [(&[&str], &str, Option<&str>); 12] = [
            (&[], "debug", None),
            (&["-d"], "debug", Some("true")),
            (&["--debug", "--nodebug"], "debug", Some("false")),
            (&["--nodebug", "--debug"], "debug", Some("true")),
            (&["--logfile", "/a/$b"], "log_file", Some("/a/$$b")),
            (&["--log-file=x"], "log_file", Some("x")),
            (&["--logdir", "d"], "log_dir", Some("d")),
            (&["--log_config", "c"], "log_config_append", Some("c")),
            (&["--log-config-append", "c"], "log_config_append", Some("c")),
            (&["--nouse-syslog"], "use_syslog", Some("false")),
            (&["--use-journal", "-v", "--noverbose"], "use_journal", Some("true")),
            (&["--syslog-log-facility", "LOCAL0"], "syslog_log_facility", Some("LOCAL0")),
        ];
        for (args, key, expected) in cases {
            let layer = parse(args).layer(1);
            let found = layer.get("DEFAULT", key).map(|values| values[0].value.as_str());
            assert_eq!(found, expected, "{args:?}");
        }
    }

    #[test]
    fn named_files_win_over_the_argument() {
        assert_eq!(parse(&["a.conf"]).files(), [PathBuf::from("a.conf")]);
        let both = parse(&["a.conf", "--config-file", "b", "--config-file", "c"]);
        assert_eq!(both.files(), [PathBuf::from("b"), PathBuf::from("c")]);
    }
}
