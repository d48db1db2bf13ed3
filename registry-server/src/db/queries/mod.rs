//! What is asked of the database, one file per table.
//!
//! Every function runs inside the transaction of the door that called it. Functions that take a
//! [`RequestContext`](glance_common::context::RequestContext) apply the rules of visibility and ownership themselves
//! (database §7): what is hidden is [`DbError::NotFound`](super::DbError::NotFound).

mod access;
mod assemble;
mod children;
mod image_filters;
pub(crate) mod image_pages;
pub mod images;
pub mod leases;
pub mod locations;
pub mod members;
mod page_order;
pub(crate) mod page_plan;
pub mod properties;
pub mod quotas;
pub mod request_keys;
pub mod tags;
pub mod usage;
mod versions;
