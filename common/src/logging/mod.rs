//! Logging: oslo's options and line layout on top of `log` and env_logger.
//!
//! A program calls [`Logger::init`] once its configuration is read, [`Logger::apply`] after a reload and
//! [`Logger::reopen`] on SIGHUP. Code logs with the macros of `log`; what is logged inside [`scope`] carries the
//! request's id and user.
//!
//! One event is one line: control characters are escaped (H3). Secrets are masked (G2), see [`mask()`]. Lines are written
//! at once, on the thread that logs; a line that cannot be written is lost and never stops the program.

mod destination;
mod event;
mod json;
mod layout;
mod levels;
mod logger;
mod mask;
mod options;
mod scope;

pub use logger::{LogError, Logger};
pub use mask::mask;
pub use options::{LoggingOptions, Rotation};
pub use scope::{Identity, RequestLog, carried, current, in_scope, scope};

/// An error and the causes behind it, in one line for the log.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
