//! Rules of images without any input or output: what may be set, by which words, from which status.
//!
//! Everything here is plain data and functions over it. A rule that says no answers with a [`Refusal`]: the class of
//! the answer and the text that clients know.

pub mod change;
pub mod draft;
pub mod formats;
pub mod image_schema;
pub mod lifecycle;
pub mod locations;
pub mod new_image;
pub mod properties;
pub mod protection;
pub mod quota;
mod refusal;

pub use change::{Attribute, ImageChange, Operation};
pub use formats::FormatLists;
pub use image_schema::ImageSchema;
pub use new_image::{NewImageCommand, Owner};
pub use protection::Protections;
pub use quota::Quotas;
pub use refusal::{Refusal, RefusalClass};
