//! Property protections: who may create, read, update and delete which custom properties (images-v2 §12).
//!
//! The operator's file has a section for each rule. Its name is a regular expression that is searched in the property's
//! name; the first section that matches decides, also when it refuses (A6), and a name that no section matches is
//! refused everything. There is no way around for administrators.
//!
//! ```ini
//! [^billing_]
//! create = admin, billing
//! read = @
//! update = admin
//! delete = !
//! ```

mod file;
#[cfg(test)]
mod tests;

use regex::Regex;

use self::file::Section;
use super::properties;

/// How the operator writes who may do something (`property_protection_rule_format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As a list of roles.
    Roles,
    /// As the name of one policy rule.
    Policies,
}

/// What is done with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Give an image a property that it does not have.
    Create,
    /// See that it exists, and its value.
    Read,
    /// Give it another value.
    Update,
    /// Remove it.
    Delete,
}

/// Every act with the key that stands for it in the file. The order is that of [`Act`].
const ACTS: [(Act, &str); 4] =
    [(Act::Create, "create"), (Act::Read, "read"), (Act::Update, "update"), (Act::Delete, "delete")];

/// Who may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// Everybody.
    Everybody,
    /// Nobody.
    Nobody,
    /// Whoever has one of these roles; lower case.
    Roles(Vec<String>),
    /// Whom the policy rule of this name allows it.
    Policy(String),
}

/// Rules that cannot be used: a server does not start with them (A6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtectionError {
    /// The file is not in the format.
    #[error("line {line}: {reason}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A section says nothing about an act.
    #[error("section [{section}] does not say who may {act}")]
    Incomplete {
        /// Name of the section.
        section: String,
        /// The act.
        act: &'static str,
    },
    /// A section's name is no regular expression.
    #[error("section [{section}] is not a regular expression: {reason}")]
    Pattern {
        /// Name of the section.
        section: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value contradicts itself.
    #[error("section [{section}], {act} = {value}: {reason}")]
    Value {
        /// Name of the section.
        section: String,
        /// The act.
        act: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The rules of a file.
#[derive(Debug)]
pub struct Protections {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Regex,
    /// In the order of [`Act`].
    permissions: [Permission; 4],
}

impl Protections {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`ProtectionError`] for the first thing that is wrong with it.
    pub fn parse(text: &str, format: Format) -> Result<Self, ProtectionError> {
        let sections = file::sections(text)?;
        // Names of the service are not the operator's to protect.
        let own = sections.iter().filter(|section| !properties::is_service_name(&section.name));
        Ok(Self { rules: own.map(|section| Rule::read(section, format)).collect::<Result<_, _>>()? })
    }

    /// Who may do this with a property of this name. Everybody may read what belongs to the service: that clients
    /// cannot change it has been decided before protections are asked (A7).
    #[must_use]
    pub fn permission(&self, act: Act, property: &str) -> &Permission {
        if properties::is_service_name(property) {
            return &Permission::Everybody;
        }
        let rule = self.rules.iter().find(|rule| rule.pattern.is_match(property));
        rule.map_or(&Permission::Nobody, |rule| &rule.permissions[act as usize])
    }
}

impl Permission {
    /// Does it include a caller with these roles? `policy` answers for rules of the policy.
    pub fn includes<'a>(&self, mut roles: impl Iterator<Item = &'a str>, policy: impl FnOnce(&str) -> bool) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::Roles(accepted) => roles.any(|role| accepted.contains(&role.to_lowercase())),
            Self::Policy(rule) => policy(rule),
        }
    }

    fn read(section: &Section, act: &'static str, format: Format) -> Result<Self, ProtectionError> {
        let name = &section.name;
        let Some(value) = section.values.get(act) else {
            return Err(ProtectionError::Incomplete { section: name.clone(), act });
        };
        let wrong = |reason| ProtectionError::Value { section: name.clone(), act, value: value.clone(), reason };
        let words: Vec<&str> = value.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            log::warn!("property protections: section [{name}], {act} has no value, so nobody may");
        }
        match (words.contains(&"@"), words.contains(&"!")) {
            (true, true) => Err(wrong("@ and ! exclude each other")),
            (true, false) => Ok(Self::Everybody),
            (false, true) => Ok(Self::Nobody),
            (false, false) => match (format, words.as_slice()) {
                (_, []) => Ok(Self::Nobody),
                (Format::Roles, roles) => Ok(Self::Roles(roles.iter().map(|role| role.to_lowercase()).collect())),
                (Format::Policies, [rule]) => Ok(Self::Policy((*rule).to_owned())),
                (Format::Policies, _) => Err(wrong("more than one policy rule")),
            },
        }
    }
}

impl Rule {
    fn read(section: &Section, format: Format) -> Result<Self, ProtectionError> {
        let pattern = Regex::new(&section.name)
            .map_err(|error| ProtectionError::Pattern { section: section.name.clone(), reason: error.to_string() })?;
        let permission = |at: usize| Permission::read(section, ACTS[at].1, format);
        Ok(Self { pattern, permissions: [permission(0)?, permission(1)?, permission(2)?, permission(3)?] })
    }
}
