//! Vocabulary and plumbing shared by the servers of glance-rs: no database, no stores.
//!
//! | module | what it holds |
//! |---|---|
//! | [`model`] | image, location, member; status and visibility as enums; who may see and change what |
//! | [`registry_api`] | the private protocol between API servers and the registry |
//! | [`registry_auth`] | how the registry knows that its peer may speak for others |
//! | [`context`] | who is asking |
//! | [`http`] | HTTP's rules over text: ranges, queries, `Accept`, error bodies |
//! | `web` | what both servers share between socket and handlers (feature `web`) |
//! | [`config`] | oslo-style configuration: files, sections as structs, typed options |
//! | [`keystone`] | the identity service: the server's own account, and whose a token is (feature `keystone`) |
//! | [`threads`] | a bounded pool of threads for work that blocks or computes |
//! | [`logging`] | oslo-style log lines, request ids in them, secrets masked |

pub mod config;
pub mod context;
pub mod http;
pub mod keystone;
pub mod logging;
pub mod model;
pub mod registry_api;
pub mod registry_auth;
pub mod threads;
#[cfg(feature = "web")]
pub mod web;
