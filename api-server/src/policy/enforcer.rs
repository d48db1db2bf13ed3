//! The door to the policy: asked by every service, reloaded while it runs.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;
use glance_common::config::Multi;
use glance_common::context::RequestContext;
use glance_common::model::Image;

use super::check::Target;
use super::defaults::Rule;
use super::files::{self, Fingerprint};
use super::rule_set::{Overrides, RuleError, RuleSet};
use super::targets::{CallerTarget, ImageTarget};
use crate::error::{ApiError, Text};

glance_common::options! {
    /// Who may do what.
    pub struct PolicyOptions in "oslo_policy" {
        /// File with rules in YAML or JSON that replace the built-in ones; relative to the folders of configuration. Only
        /// the file with the default name may be missing.
        pub policy_file: PathBuf = PathBuf::from(files::DEFAULT_FILE);
        /// Folders with further such files, read after it in the order of their names.
        pub policy_dirs: Multi<PathBuf> = Multi(vec![PathBuf::from("policy.d")]);
        /// The rule, where the files define it, for names that nobody defined.
        pub policy_default_rule: String = "default".to_owned();
        /// Hold to the new built-in rules; false also allows what the old ones allowed, to owners.
        pub enforce_new_defaults: bool = true;
    }
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The operator named a file that does not exist.
    #[error("[oslo_policy] policy_file: the policy file {path:?} does not exist")]
    Missing {
        /// The path as named.
        path: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("the policy file {path:?} cannot be read: {error}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is no mapping of names to rules.
    #[error("the policy file {path:?} is malformed: {reason}")]
    Malformed {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A rule cannot be used.
    #[error("the policy is malformed: {0}")]
    Rule(#[from] RuleError),
}

/// Answers whether a caller may do something.
pub struct Enforcer {
    options: PolicyOptions,
    /// Where relative paths are looked for.
    folders: Vec<PathBuf>,
    rules: ArcSwap<RuleSet>,
    seen: Mutex<Fingerprint>,
}

impl Enforcer {
    /// Reads the policy. `folders` are those in which configuration is found.
    ///
    /// # Errors
    /// [`PolicyError`] for an unreadable or malformed file: the server must not start (A4).
    pub fn load(options: PolicyOptions, folders: Vec<PathBuf>) -> Result<Self, PolicyError> {
        let seen = files::fingerprint(&options, &folders);
        let rules = read(&options, &folders)?;
        Ok(Self { options, folders, rules: ArcSwap::from_pointee(rules), seen: Mutex::new(seen) })
    }

    /// The built-in rules with some replaced: for tests and tools.
    ///
    /// # Errors
    /// [`PolicyError::Malformed`] for a text that is not YAML or JSON, [`PolicyError::Rule`] for a bad rule.
    pub fn from_text(text: &str, enforce_new_defaults: bool) -> Result<Self, PolicyError> {
        let malformed = |reason| PolicyError::Malformed { path: "text".into(), reason };
        let overrides: Overrides = files::parse(text).map_err(malformed)?.into_iter().collect();
        let options = PolicyOptions { enforce_new_defaults, ..PolicyOptions::default() };
        let rules = RuleSet::build(&overrides, enforce_new_defaults, &options.policy_default_rule)?;
        let (rules, seen) = (ArcSwap::from_pointee(rules), Mutex::new(Fingerprint::default()));
        Ok(Self { options, folders: Vec::new(), rules, seen })
    }

    /// Reads the policy again.
    ///
    /// # Errors
    /// [`PolicyError`]; the rules stay as they were.
    pub fn reload(&self) -> Result<(), PolicyError> {
        let seen = files::fingerprint(&self.options, &self.folders);
        let outcome = read(&self.options, &self.folders);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        self.rules.store(outcome?.into());
        Ok(())
    }

    /// Reads the policy again if a file changed since it was last read, and says so in the log. A broken policy is
    /// logged once and the rules stay as they were. Reads files: not for async code.
    pub fn reload_if_changed(&self) {
        let now = files::fingerprint(&self.options, &self.folders);
        if *self.seen.lock().unwrap_or_else(PoisonError::into_inner) == now {
            return;
        }
        match self.reload() {
            Ok(()) => log::info!("the policy files changed and were read again"),
            Err(error) => log::error!("the policy files changed and the old rules stay in force: {error}"),
        }
    }

    /// Does the rule allow it?
    #[must_use]
    pub fn allows(&self, caller: &RequestContext, rule: Rule, target: &dyn Target) -> bool {
        self.rules.load().allows(rule, caller, target)
    }

    /// Does the rule of this name allow it? For rules that an operator names elsewhere, such as property protections. A
    /// rule that nobody defined allows nothing (A4).
    #[must_use]
    pub fn allows_named(&self, caller: &RequestContext, rule: &str, target: &dyn Target) -> bool {
        self.rules.load().allows_named(rule, caller, target)
    }

    /// Refuses what the rule does not allow.
    ///
    /// # Errors
    /// 403 that names the rule.
    pub fn enforce(&self, caller: &RequestContext, rule: Rule, target: &dyn Target) -> Result<(), ApiError> {
        if self.allows(caller, rule, target) { Ok(()) } else { Err(denied(rule)) }
    }

    /// Refuses what the rule does not allow on an image that the caller's lookup has found (images-v2 §4.4).
    ///
    /// # Errors
    /// 404 in the stock words when the caller may not know of the image either, else 403 that names the rule.
    pub fn enforce_on_image(&self, caller: &RequestContext, rule: Rule, image: &Image) -> Result<(), ApiError> {
        self.enforce_on(caller, rule, &ImageTarget::new(image, caller))
    }

    /// The same for any target that belongs to an image, such as one of its members.
    ///
    /// # Errors
    /// As [`Enforcer::enforce_on_image`].
    pub fn enforce_on(&self, caller: &RequestContext, rule: Rule, target: &dyn Target) -> Result<(), ApiError> {
        let rules = self.rules.load();
        if rules.allows(rule, caller, target) {
            return Ok(());
        }
        let knows = rule != Rule::GetImage && rules.allows(Rule::GetImage, caller, target);
        Err(if knows { denied(rule) } else { ApiError::hidden() })
    }

    /// Is the caller an administrator?
    #[must_use]
    pub fn is_admin(&self, caller: &RequestContext) -> bool {
        self.allows(caller, Rule::ContextIsAdmin, &CallerTarget(caller))
    }

    /// Are the new built-in rules held to? If not, [`Enforcer::require_ownership`] applies.
    #[must_use]
    pub fn enforces_new_defaults(&self) -> bool {
        self.options.enforce_new_defaults
    }

    /// With `enforce_new_defaults = false`, after a rule has passed: only administrators and the owner may change an
    /// image; an ownerless one only administrators (images-v2 §4.4, point 4). With the new defaults nothing.
    ///
    /// # Errors
    /// 403 with `refusal` as its explanation.
    pub fn require_ownership(
        &self,
        caller: &RequestContext,
        owner: Option<&str>,
        refusal: impl Into<Text>,
    ) -> Result<(), ApiError> {
        if self.options.enforce_new_defaults || caller.is_admin || caller.owns(owner) {
            return Ok(());
        }
        Err(ApiError::forbidden(refusal))
    }
}

/// Refuses callers that may only read; every service method that changes something asks this first (images-v2 §3.2).
///
/// # Errors
/// 403 with the detail `Read-only access`.
pub fn require_writer(caller: &RequestContext) -> Result<(), ApiError> {
    if caller.read_only { Err(ApiError::forbidden_detail("Read-only access")) } else { Ok(()) }
}

fn read(options: &PolicyOptions, folders: &[PathBuf]) -> Result<RuleSet, PolicyError> {
    let overrides = files::read(&files::find(options, folders)?)?;
    Ok(RuleSet::build(&overrides, options.enforce_new_defaults, &options.policy_default_rule)?)
}

fn denied(rule: Rule) -> ApiError {
    ApiError::forbidden(format!("You are not authorized to complete {} action.", rule.name()))
}
