//! The vocabulary of the Image service: images, their status and visibility, members, locations.
//!
//! Nothing here does I/O. Both servers and the client of the registry share these types, so a word that one side
//! does not know fails to build instead of failing in production.

pub mod access;
mod id;
mod image;
mod status;
mod time;

pub use id::{ImageId, InvalidImageId};
pub use image::{Image, Location, LocationMetadata, Membership};
pub use status::{ImageStatus, LocationStatus, MemberStatus, UnknownWord, Visibility};
pub use time::{Timestamp, TimestampError};
