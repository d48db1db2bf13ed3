//! The API server of glance-rs: authenticates callers, streams image data, asks the registry.
//!
//! | module | what it holds |
//! |---|---|
//! | [`api`] | HTTP: route table, negotiation, context, handlers, views, error bodies |
//! | [`domain`] | rules of images without any input or output |
//! | [`policy`] | who may do what: rule language, defaults, enforcer |
//! | [`formats`] | what the bytes of an image really are |
//! | [`i18n`] | messages in other languages |
//! | [`service`] | use cases |
//! | [`stores`] | where image data lives |
//! | [`config`] | the options |
//! | [`operator_files`] | files beside the configuration |
//! | [`unified_limits`] | what the identity service allows a project |
//! | [`outgoing`] | which web addresses users may name |
//! | [`error`] | what a request is refused with |
//! | [`server`] | from a configuration to a running server |
//! | [`state`] | what all requests share |

pub mod api;
pub mod config;
pub mod domain;
pub mod error;
pub mod formats;
pub mod i18n;
pub mod operator_files;
pub mod outgoing;
pub mod policy;
mod python_repr;
pub mod server;
pub mod service;
pub mod state;
pub mod stores;
pub mod unified_limits;
