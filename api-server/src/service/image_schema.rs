//! Finding the operator's schema file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glance_common::config::Config;
use serde_json::{Map, Value};

use crate::domain::FormatLists;
use crate::domain::image_schema::{FILE, ImageSchema, SchemaError};
use crate::operator_files;

/// A schema file that is there and cannot be used: the server must not start with it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("the schema file {path:?} cannot be read: {error}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It makes no schema.
    #[error("the schema file {path:?} cannot be used: {error}")]
    Unusable {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        error: SchemaError,
    },
}

/// The schema of this site's images. `base` has the definitions of the keys that every image has.
///
/// # Errors
/// [`LoadError`] when the file is there and cannot be used. It may be missing.
pub fn load(config: &Config, formats: FormatLists, base: &Map<String, Value>) -> Result<Arc<ImageSchema>, LoadError> {
    let Some(path) = operator_files::locate(Path::new(FILE), &operator_files::folders(config)) else {
        return Ok(Arc::new(ImageSchema::plain(formats)));
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(LoadError::Unreadable { path, error }),
    };
    match ImageSchema::read(formats, base, &text) {
        Ok(schema) => Ok(Arc::new(schema)),
        Err(error) => Err(LoadError::Unusable { path, error }),
    }
}
