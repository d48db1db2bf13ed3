//! Rows as the tables hold them, and how they become model types.

mod children;
mod image;

pub(crate) use children::{ChildRow, Kind, LocationRow, MemberRow, PropertyRow, TagRow};
pub(crate) use image::{IMAGE_COLUMNS, ImageChanges, ImageRow, ImageRowType, NewImageRow, stored_owner};
