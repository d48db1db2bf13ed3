//! Who may do what: the rule language of oslo.policy, Glance's default rules and the enforcer (images-v2 §4).
//!
//! ```text
//! policy.yaml, policy.d/* ─► files ─► parser ─► RuleSet (with the defaults) ─► Enforcer
//! service: enforcer.enforce_on_image(context, Rule::DeleteImage, &image)?
//! ```
//!
//! Rules are parsed once and held as trees that refer to each other by number; asking a rule allocates nothing in the
//! usual cases. The enforcer reads changed files again by itself ([`Enforcer::reload_if_changed`]) and keeps the rules
//! it has when the new ones are broken (A4).

mod check;
mod defaults;
mod enforcer;
mod files;
mod parser;
mod rule_set;
mod sample;
mod targets;

pub use check::{Attribute, Target};
pub use defaults::Rule;
pub use enforcer::{Enforcer, PolicyError, PolicyOptions, require_writer};
pub use parser::ParseError;
pub use rule_set::RuleError;
pub use sample::sample;
pub use targets::{CallerTarget, ImageTarget, NewImageTarget, NoTarget, ProjectTarget};

#[cfg(test)]
mod tests;
