//! The registry: image metadata in SQL behind a private REST protocol.

pub mod db;
