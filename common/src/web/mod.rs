//! What both servers share between the socket and their handlers.
//!
//! ```text
//! socket → connection (limits, sendfile) → observe (log, figures) → guard (limits, panics)
//!        → operations (/healthcheck, /readyz, /metrics) → the server's own routes
//! ```
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use actix_web::web::{ServiceConfig, get};
//! use glance_common::web::{Health, Metrics, ServeHooks, ServeOptions, Server};
//!
//! let options = ServeOptions { bind_port: 9292, ..ServeOptions::default() };
//! let bound = Server::bind(options).await?;
//! println!("listening on {}", bound.local_addr());
//! let routes = |config: &mut ServiceConfig| {
//!     config.route("/", get().to(async || "hello"));
//! };
//! bound.run(routes, Health::new(), ServeHooks::new(Metrics::new("glance_api")?)).await?;
//! # Ok(())
//! # }
//! ```

mod body;
mod connection;
mod cors;
pub mod faults;
mod guard;
mod health;
mod hooks;
mod intake;
mod listener;
mod metrics;
mod notes;
mod observe;
mod operations;
mod options;
mod process;
pub mod request_id;
mod section;
pub mod sendfile;
mod server;
mod service;
mod signals;
#[cfg(test)]
mod tests;
pub mod tls;

pub use body::{BodyError, read_body};
pub use connection::Connection;
pub use cors::{Cors, CorsOptions};
pub use health::{CheckState, Health, Readiness};
pub use hooks::ServeHooks;
pub use listener::BindError;
pub use metrics::Metrics;
pub use notes::RequestNotes;
pub use options::{ServeOptions, TlsOptions};
pub use process::keep_pages_small;
pub use request_id::{RequestId, RequestIds};
pub use section::{HealthOptions, SocketOptions};
pub use server::{Bound, ServeError, Server, Serving};
