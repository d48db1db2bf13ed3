//! Logging: oslo's line layout and options on top of `log` and env_logger.

mod mask;

pub use mask::mask;
