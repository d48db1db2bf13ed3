//! Why a configuration was refused, in words for the operator.

/// A configuration that cannot be used. Programs print it as `ERROR: <text>` and exit with code 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No file was named and none was found in the search path (operations.md §2).
    #[error("Unable to locate any configuration file. Cannot load application {program}")]
    NothingFound {
        /// Name of the program, such as `glance-api`.
        program: String,
    },
    /// Files or folders named on the command line do not exist (operations.md §2).
    #[error("Failed to find some config files: {}", paths.join(","))]
    MissingFiles {
        /// The paths as given.
        paths: Vec<String>,
    },
    /// A folder named on the command line cannot be read.
    #[error("Failed to read config file directory: {path}")]
    MissingFolder {
        /// The path as given.
        path: String,
    },
    /// A file exists but cannot be read.
    #[error("Error trying to load config {path}: {reason}")]
    Unreadable {
        /// Path of the file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A line is not in the format.
    #[error("Error trying to load config {path}: at {path}:{line}, {reason}: {text:?}")]
    Syntax {
        /// Path of the file.
        path: String,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
        /// The line, shortened and with secrets masked.
        text: String,
    },
    /// An option has a value that it cannot have.
    #[error("{origin}: invalid value for option {key} in section [{group}]: {value:?}: {reason}")]
    BadValue {
        /// File and line, or the environment variable, or the command-line option.
        origin: String,
        /// Section.
        group: String,
        /// Option name as written there.
        key: String,
        /// The value as written; stars for a secret.
        value: String,
        /// Why it is refused.
        reason: String,
    },
}
