//! The identity service (Keystone, API v3): the server's own account, and whose a token is.
//!
//! | file | what it holds |
//! |---|---|
//! | `options.rs`, `account.rs` | the options of an account, and what is said to log in with it |
//! | `session.rs` | the server's own token |
//! | `validator.rs` | whose a token is; `rules.rs` and `caller.rs` say what its holder may be taken for |
//! | `token_options.rs` | how tokens are judged and remembered |
//! | `cache.rs` | validated tokens in memory; `memcached*.rs`, `sealed.rs`: and in memcached, protected |
//! | `http.rs` | one call: limits of time and size, attempts |
//! | `catalog.rs`, `token.rs` | what the identity service tells |
//! | `figures.rs`, `error.rs` | what is counted, and what can go wrong |
//!
//! Only the catalogue is there without the feature `keystone`.

#[cfg(feature = "keystone")]
mod account;
#[cfg(feature = "keystone")]
mod cache;
#[cfg(feature = "keystone")]
mod caller;
mod catalog;
#[cfg(feature = "keystone")]
mod error;
#[cfg(feature = "keystone")]
mod figures;
#[cfg(feature = "keystone")]
mod http;
#[cfg(feature = "keystone")]
mod memcached;
#[cfg(feature = "keystone")]
mod memcached_tls;
#[cfg(feature = "keystone")]
mod options;
#[cfg(feature = "keystone")]
mod rules;
#[cfg(feature = "keystone")]
mod sealed;
#[cfg(feature = "keystone")]
mod session;
#[cfg(test)]
#[cfg(feature = "keystone")]
mod tests;
#[cfg(test)]
#[cfg(feature = "keystone")]
mod tls_tests;
#[cfg(feature = "keystone")]
mod token;
#[cfg(feature = "keystone")]
mod token_options;
#[cfg(feature = "keystone")]
mod validator;

pub use catalog::Catalog;
#[cfg(feature = "keystone")]
pub use {
    error::KeystoneError,
    figures::Figures,
    options::{AuthOptions, AuthType},
    session::Session,
    token::{AccessRule, Named, TokenInfo, TokenScope},
    token_options::{Interface, SecurityStrategy, TokenOptions},
    validator::{Credentials, Validator, ValidatorOptions},
};
