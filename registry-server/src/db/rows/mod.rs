//! Rows as the tables hold them, and how they become model types.

mod children;
mod image;

pub(crate) use children::{LocationRow, MemberRow, PropertyRow, TagRow};
pub(crate) use image::{ImageChanges, ImageRow, NewImageRow, stored_owner};
