//! The Images API version 2: reading its input, its handlers and its views. Everything below is shared with the other
//! versions.
//!
//! | module | what it holds |
//! |---|---|
//! | `images`, `image_data`, `members`, `tags`, `actions`, `schemas`, `discovery` | handlers, one file for each resource |
//! | `create_input`, `json_patch`, `query` | bodies and parameters, read into commands |
//! | `schema`, `declared` | what an image may look like, and the words for what it may not |
//! | `views` | images as JSON |

pub(crate) mod actions;
mod create_input;
mod declared;
pub(crate) mod discovery;
#[cfg(fuzzing)]
pub mod fuzzing;
pub(crate) mod image_data;
pub(crate) mod images;
mod json_patch;
pub(crate) mod members;
mod query;
mod query_sort;
mod query_values;
mod schema;
pub(crate) mod schemas;
pub(crate) mod tags;
mod views;

pub(crate) use schemas::properties as base_properties;
