//! Rules as trees, and their evaluation.

use std::borrow::Cow;

use glance_common::context::RequestContext;

/// What a rule is asked about: an image, a project, a member.
pub trait Target {
    /// The value of an attribute, nested ones with dots in the name. None where there is no such attribute, which
    /// makes a check false; an attribute without value is [`Attribute::Null`].
    fn attribute(&self, name: &str) -> Option<Attribute<'_>>;
}

/// A value of the caller or of the target. Values are compared by their texts, in the spelling of Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// No value: `None`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// A number.
    Integer(i64),
    /// Text.
    Text(Cow<'a, str>),
}

impl<'a> Attribute<'a> {
    /// The text that is compared.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed("None"),
            Self::Bool(true) => Cow::Borrowed("True"),
            Self::Bool(false) => Cow::Borrowed("False"),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Text, or no value.
    pub(super) fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl<'a> From<&'a str> for Attribute<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// A rule. `R` is how it refers to other rules: by name after parsing, by number once all rules are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check<R> {
    /// Always or never.
    Constant(bool),
    /// All hold.
    And(Vec<Check<R>>),
    /// One holds.
    Or(Vec<Check<R>>),
    /// It does not hold.
    Not(Box<Check<R>>),
    /// Another rule holds.
    Rule(R),
    /// The caller has the role.
    Role(Template),
    /// Both sides are equal.
    Equal(Left, Template),
}

/// Left side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// `'text'`, `True`, `None`, `42`.
    Literal(String),
    /// An attribute of the caller.
    Caller(CallerKey),
    /// An attribute that no caller has: never equal.
    Unknown(String),
}

/// Right side of a comparison: text with attributes of the target in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(pub Vec<Part>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it is.
    Text(String),
    /// `%(name)s`.
    Attribute(String),
}

impl Template {
    /// The text for a target; none where an attribute is missing.
    fn fill<'a>(&'a self, target: &'a dyn Target) -> Option<Cow<'a, str>> {
        match self.0.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [Part::Text(text)] => Some(Cow::Borrowed(text)),
            [Part::Attribute(name)] => Some(match target.attribute(name)? {
                Attribute::Text(text) => text,
                other => Cow::Owned(other.text().into_owned()),
            }),
            parts => {
                let mut filled = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => filled.push_str(text),
                        Part::Attribute(name) => filled.push_str(&target.attribute(name)?.text()),
                    }
                }
                Some(Cow::Owned(filled))
            }
        }
    }

    /// Is the filled template this value?
    fn equals(&self, value: &Attribute<'_>, target: &dyn Target) -> bool {
        match self.0.as_slice() {
            [Part::Attribute(name)] => target.attribute(name).is_some_and(|own| own.text() == value.text()),
            _ => self.fill(target).is_some_and(|filled| filled == value.text()),
        }
    }
}

impl Check<usize> {
    /// Does the rule hold? `rules` are those that it refers to; they refer to each other without cycles.
    pub(super) fn holds(&self, rules: &[Self], caller: &RequestContext, target: &dyn Target) -> bool {
        match self {
            Self::Constant(answer) => *answer,
            Self::And(all) => all.iter().all(|check| check.holds(rules, caller, target)),
            Self::Or(any) => any.iter().any(|check| check.holds(rules, caller, target)),
            Self::Not(check) => !check.holds(rules, caller, target),
            Self::Rule(number) => rules.get(*number).is_some_and(|rule| rule.holds(rules, caller, target)),
            Self::Role(role) => role.fill(target).is_some_and(|role| caller.has_role(&role)),
            Self::Equal(left, right) => left.equals(right, caller, target),
        }
    }
}

impl Left {
    fn equals(&self, right: &Template, caller: &RequestContext, target: &dyn Target) -> bool {
        match self {
            Self::Literal(text) => right.equals(&Attribute::from(text.as_str()), target),
            Self::Caller(key) => match key.value(caller) {
                CallerValue::One(value) => right.equals(&value, target),
                CallerValue::Many(values) => {
                    values.iter().any(|value| right.equals(&Attribute::from(value.as_str()), target))
                }
            },
            Self::Unknown(_) => false,
        }
    }
}

/// The attributes of a caller that rules can name (images-v2 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallerKey {
    UserId,
    UserDomainId,
    SystemScope,
    DomainId,
    ProjectId,
    ProjectDomainId,
    Roles,
    IsAdminProject,
    ServiceUserId,
    ServiceProjectId,
    ServiceRoles,
}

/// What a caller's attribute holds.
pub(super) enum CallerValue<'a> {
    One(Attribute<'a>),
    Many(&'a [String]),
}

impl CallerKey {
    /// The attribute of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "user_id" => Self::UserId,
            "user_domain_id" => Self::UserDomainId,
            "system_scope" => Self::SystemScope,
            "domain_id" => Self::DomainId,
            "project_id" => Self::ProjectId,
            "project_domain_id" => Self::ProjectDomainId,
            "roles" => Self::Roles,
            "is_admin_project" => Self::IsAdminProject,
            "service_user_id" => Self::ServiceUserId,
            "service_project_id" => Self::ServiceProjectId,
            "service_roles" => Self::ServiceRoles,
            _ => return None,
        })
    }

    /// Its value.
    pub(super) fn value(self, caller: &RequestContext) -> CallerValue<'_> {
        fn one(text: &Option<String>) -> CallerValue<'_> {
            CallerValue::One(Attribute::optional(text.as_deref()))
        }
        match self {
            Self::UserId => one(&caller.user_id),
            Self::UserDomainId => one(&caller.user_domain_id),
            Self::SystemScope => one(&caller.system_scope),
            Self::DomainId => one(&caller.domain_id),
            Self::ProjectId => one(&caller.project_id),
            Self::ProjectDomainId => one(&caller.project_domain_id),
            Self::Roles => CallerValue::Many(&caller.roles),
            Self::IsAdminProject => CallerValue::One(Attribute::Bool(caller.is_admin_project)),
            Self::ServiceUserId => one(&caller.service_user_id),
            Self::ServiceProjectId => one(&caller.service_project_id),
            Self::ServiceRoles => CallerValue::Many(&caller.service_roles),
        }
    }
}
