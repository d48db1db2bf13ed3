//! Property protections at work (images-v2 §12): the one place where a caller's hands are held.
//!
//! Without a protection file everything here answers at once and allocates nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use glance_common::config::Config;
use glance_common::context::RequestContext;
use glance_common::model::Image;
use glance_common::registry_api::{Filter, ImageQuery};

use crate::config::{ApiOptions, ProtectionFormat};
use crate::domain::protection::{Act, Format, ProtectionError};
use crate::domain::{Protections, properties};
use crate::error::ApiError;
use crate::operator_files;
use crate::policy::NoTarget;
use crate::state::AppState;

/// A protection file that cannot be used: the server must not start with it (A6).
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operator named a file that does not exist.
    #[error("property_protection_file: the file {path:?} does not exist")]
    Missing {
        /// The path as named.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("property_protection_file: {path:?} cannot be read: {error}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Its rules cannot be used.
    #[error("property_protection_file: {path:?} is broken: {error}")]
    Broken {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        error: ProtectionError,
    },
}

/// Reads the file that the options name; none when they name none.
///
/// # Errors
/// [`LoadError`] when there is no such file, or it cannot be used.
pub fn load(config: &Config, options: &ApiOptions) -> Result<Option<Arc<Protections>>, LoadError> {
    let Some(named) = options.property_protection_file.as_ref().filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(None);
    };
    let path = operator_files::locate(named, &operator_files::folders(config))
        .ok_or_else(|| LoadError::Missing { path: named.clone() })?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(LoadError::Unreadable { path, error }),
    };
    let format = match options.property_protection_rule_format {
        ProtectionFormat::Roles => Format::Roles,
        ProtectionFormat::Policies => Format::Policies,
    };
    match Protections::parse(&text, format) {
        Ok(rules) => Ok(Some(Arc::new(rules))),
        Err(error) => Err(LoadError::Broken { path, error }),
    }
}

/// Judges one request. Remembers what the caller may read, since the images of a list have the same names.
pub(super) struct Guard<'a> {
    context: &'a RequestContext,
    app: &'a AppState,
    readable: BTreeMap<String, bool>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(context: &'a RequestContext, app: &'a AppState) -> Self {
        Self { context, app, readable: BTreeMap::new() }
    }

    /// Refuses what the caller may not do with a property.
    ///
    /// # Errors
    /// 403 in the words for reserved names.
    pub(super) fn require(&self, act: Act, property: &str) -> Result<(), ApiError> {
        if self.allows(act, property) {
            return Ok(());
        }
        Err(ApiError::forbidden(properties::reserved_text(property)))
    }

    /// The image without the properties that the caller may not read.
    pub(super) fn conceal(&mut self, mut image: Image) -> Image {
        if self.app.protections.is_some() {
            image.properties.retain(|name, _| self.may_read(name));
        }
        image
    }

    /// The names of the properties that the caller may not read.
    pub(super) fn unreadable(&mut self, image: &Image) -> BTreeSet<String> {
        if self.app.protections.is_none() {
            return BTreeSet::new();
        }
        image.properties.keys().filter(|name| !self.may_read(name)).cloned().collect()
    }

    /// The question without a way to learn values that the caller may not read: such a filter matches nothing
    /// (images-v2 §7.5).
    pub(super) fn restrict(&mut self, query: &mut ImageQuery) {
        if self.app.protections.is_none() {
            return;
        }
        for filter in &mut query.filters {
            if matches!(filter, Filter::Property { name, .. } if !self.may_read(name)) {
                *filter = Filter::Nothing;
            }
        }
    }

    fn may_read(&mut self, property: &str) -> bool {
        if let Some(known) = self.readable.get(property) {
            return *known;
        }
        let allowed = self.allows(Act::Read, property);
        self.readable.insert(property.to_owned(), allowed);
        allowed
    }

    fn allows(&self, act: Act, property: &str) -> bool {
        let Some(rules) = &self.app.protections else {
            return true;
        };
        let roles = self.context.roles.iter().chain(&self.context.service_roles).map(String::as_str);
        let asked = |rule: &str| self.app.policy.allows_named(self.context, rule, &NoTarget);
        rules.permission(act, property).includes(roles, asked)
    }
}
