//! Configuration as OpenStack operators write it: INI files in oslo.config's dialect, read as they are.
//!
//! - [`oslo_ini`]: the file format.
//! - [`Config`]: files, environment and command line in layers; where the files are found.
//! - [`options!`](crate::options) and [`choices!`](crate::choices): sections as structs with final types.
//! - [`value`] and its neighbours: the types an option may have.
//!
//! A configuration is a value that is passed around; nothing here is global.

mod cli;
mod database_url;
mod error;
pub mod known;
mod layers;
mod load;
mod locate;
mod macros;
pub mod oslo_ini;
mod report;
pub mod sample;
mod secret;
mod section;
mod substitute;
mod units;
pub mod value;

pub use cli::{Cli, ServerCli};
pub use database_url::DatabaseUrl;
pub use error::ConfigError;
pub use load::Config;
pub use secret::Secret;
pub use section::{GroupView, OptionSpec, Section, SectionSpec};
pub use units::{ByteSize, Seconds};
pub use value::{Dict, Multi, OptionValue};
