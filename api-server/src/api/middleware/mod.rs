//! What stands before handlers beside identity: how often a project may ask.

mod rate_limit;

pub use rate_limit::{RateLimitOptions, RateLimits};
