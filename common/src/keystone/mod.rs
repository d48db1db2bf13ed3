//! The identity service (Keystone, API v3): the server's own account, and whose a token is.
//!
//! | file | what it holds |
//! |---|---|
//! | `options.rs`, `account.rs` | the options of an account, and what is said to log in with it |
//! | `http.rs` | one call: limits of time and size, attempts |
//! | `session.rs` | the server's own token |
//! | `catalog.rs`, `token.rs` | what the identity service tells |
//! | `error.rs` | what can go wrong |

mod account;
mod catalog;
mod error;
mod http;
mod options;
mod session;
mod token;

pub use catalog::Catalog;
pub use error::KeystoneError;
pub use options::{AuthOptions, AuthType};
pub use session::Session;
pub use token::{AccessRule, Named, TokenInfo, TokenScope};
