//! A registry in this process, asked over real sockets, on SQLite.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod http;
mod limits;
mod protocol;
mod support;
mod tls;
mod v1;
