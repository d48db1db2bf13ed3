//! Rules of HTTP as pure functions over text: no framework, no I/O.

pub mod accept;
pub mod conditional;
pub mod fault;
pub mod query;
pub mod range;
