//! All rules of one moment, linked to each other.

use std::collections::{BTreeMap, HashMap};

use glance_common::context::RequestContext;
use serde_json::Value;

use super::check::{Check, Left, Target};
use super::defaults::Rule;
use super::parser::{self, DEEPEST, NamedCheck, ParseError};

/// The rules of an operator by name, as read from the files.
pub(super) type Overrides = BTreeMap<String, Value>;

/// Rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A rule is not in the language.
    #[error("rule {name}: {error}")]
    Parse {
        /// Its name.
        name: String,
        /// Why.
        error: ParseError,
    },
    /// Rules refer to each other in a circle, or too many refer to one another in a row.
    #[error("rule {name}: refers to itself, directly or through others, or to more than {DEEPEST} others in a row")]
    Circle {
        /// The name of one of them.
        name: String,
    },
}

/// Parsed rules that refer to each other by number.
pub(super) struct RuleSet {
    checks: Vec<Check<usize>>,
    names: HashMap<String, usize>,
    /// Number of each rule of [`Rule`], in its order.
    known: Vec<usize>,
    /// The operator's own rule for names that nobody defined.
    fallback: Option<usize>,
}

impl RuleSet {
    /// Puts the operator's rules over the defaults.
    pub(super) fn build(overrides: &Overrides, new_defaults: bool, fallback: &str) -> Result<Self, RuleError> {
        let named = parse_all(overrides, new_defaults)?;
        let names: HashMap<String, usize> =
            named.iter().enumerate().map(|(number, (name, _))| (name.clone(), number)).collect();
        // Only the operator's own words count: the built-in `default` holds for everybody, and a rule that nobody
        // defined must be refused (A4).
        let fallback = overrides.get(fallback).and_then(|_| names.get(fallback).copied());
        let checks = named.iter().map(|(name, check)| linked(check, name, &names, fallback)).collect();
        let known = Rule::ALL.iter().filter_map(|rule| names.get(rule.name()).copied()).collect();
        let set = Self { checks, names, known, fallback };
        set.refuse_circles()?;
        Ok(set)
    }

    /// Does a rule of the service hold? Includes the scope of the caller's token.
    pub(super) fn allows(&self, rule: Rule, caller: &RequestContext, target: &dyn Target) -> bool {
        if rule.default().project_scope && !has_project_scope(caller) {
            return false;
        }
        self.known.get(rule as usize).is_some_and(|number| self.holds(*number, caller, target))
    }

    /// Does the rule of this name hold? One that nobody defined does not (A4).
    pub(super) fn allows_named(&self, name: &str, caller: &RequestContext, target: &dyn Target) -> bool {
        if let Some(rule) = Rule::ALL.iter().find(|rule| rule.name() == name) {
            return self.allows(*rule, caller, target);
        }
        self.names.get(name).copied().or(self.fallback).is_some_and(|number| self.holds(number, caller, target))
    }

    fn holds(&self, number: usize, caller: &RequestContext, target: &dyn Target) -> bool {
        self.checks.get(number).is_some_and(|check| check.holds(&self.checks, caller, target))
    }

    /// Evaluation follows references without looking back, so they must come to an end.
    fn refuse_circles(&self) -> Result<(), RuleError> {
        let mut depths = vec![None; self.checks.len()];
        for (name, number) in &self.names {
            self.depth(*number, &mut depths, 0).ok_or_else(|| RuleError::Circle { name: name.clone() })?;
        }
        Ok(())
    }

    /// Longest row of references that begins at a rule; none when it is too long.
    fn depth(&self, number: usize, depths: &mut [Option<usize>], above: usize) -> Option<usize> {
        if above > DEEPEST {
            return None;
        }
        if let Some(depth) = depths.get(number).copied().flatten() {
            return (depth + above <= DEEPEST).then_some(depth);
        }
        let mut deepest = 0;
        let mut references = Vec::new();
        references_of(self.checks.get(number)?, &mut references);
        for reference in references {
            deepest = deepest.max(1 + self.depth(reference, depths, above + 1)?);
        }
        *depths.get_mut(number)? = Some(deepest);
        Some(deepest)
    }
}

/// Tokens with system or domain scope pass no rule that is declared for projects (images-v2 §3.4).
fn has_project_scope(caller: &RequestContext) -> bool {
    let is_set = |scope: &Option<String>| scope.as_deref().is_some_and(|text| !text.is_empty());
    !is_set(&caller.system_scope) && !is_set(&caller.domain_id)
}

/// All rules: the defaults where the operator is silent, then the operator's own.
fn parse_all(overrides: &Overrides, new_defaults: bool) -> Result<Vec<(String, NamedCheck)>, RuleError> {
    let defaults = Rule::ALL.iter().filter(|rule| !overrides.contains_key(rule.name()));
    let defaults = defaults.map(|rule| Ok((rule.name().to_owned(), default_check(*rule, new_defaults)?)));
    let own = overrides.iter().map(|(name, rule)| Ok((name.clone(), named(name, parser::parse(rule))?)));
    defaults.chain(own).collect()
}

fn default_check(rule: Rule, new_defaults: bool) -> Result<NamedCheck, RuleError> {
    let default = rule.default();
    let check = named(default.name, parser::parse_text(default.check))?;
    match default.legacy {
        Some(legacy) if !new_defaults => Ok(Check::Or(vec![check, named(default.name, parser::parse_text(legacy))?])),
        _ => Ok(check),
    }
}

fn named(name: &str, parsed: Result<NamedCheck, ParseError>) -> Result<NamedCheck, RuleError> {
    parsed.map_err(|error| RuleError::Parse { name: name.to_owned(), error })
}

/// The same rule with numbers for names. What refers to nothing never holds; the operator is told.
fn linked(check: &NamedCheck, owner: &str, names: &HashMap<String, usize>, fallback: Option<usize>) -> Check<usize> {
    let all = |checks: &[NamedCheck]| checks.iter().map(|check| linked(check, owner, names, fallback)).collect();
    match check {
        Check::Constant(answer) => Check::Constant(*answer),
        Check::And(checks) => Check::And(all(checks)),
        Check::Or(checks) => Check::Or(all(checks)),
        Check::Not(check) => Check::Not(Box::new(linked(check, owner, names, fallback))),
        Check::Role(role) => Check::Role(role.clone()),
        Check::Equal(left, right) => {
            if let Left::Unknown(attribute) = left {
                log::warn!("policy rule {owner}: no caller has an attribute '{attribute}', so the check never holds");
            }
            Check::Equal(left.clone(), right.clone())
        }
        Check::Rule(name) => match names.get(name).copied().or(fallback) {
            Some(number) => Check::Rule(number),
            None => {
                log::warn!("policy rule {owner}: refers to the rule '{name}', which does not exist and never holds");
                Check::Constant(false)
            }
        },
    }
}

fn references_of(check: &Check<usize>, into: &mut Vec<usize>) {
    match check {
        Check::Rule(number) => into.push(*number),
        Check::And(checks) | Check::Or(checks) => checks.iter().for_each(|check| references_of(check, into)),
        Check::Not(check) => references_of(check, into),
        Check::Constant(_) | Check::Role(_) | Check::Equal(..) => {}
    }
}
