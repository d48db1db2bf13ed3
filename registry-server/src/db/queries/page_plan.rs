//! How the rows of a list shall be found, so that few rows are looked at however many there are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::Integer;
use glance_common::registry_api::{Filter, TextField};

use super::image_filters::{Condition, Origin, Use, apply, ids_with, is_narrow, is_worth_counting};
use crate::db::connection::MultiBackend;
use crate::db::dialect::fragment;
use crate::db::schema::images;
use crate::db::{DbError, Engine, Session};

/// Up to so many rows, going through all of them by an index and sorting them is cheap (some milliseconds). Where
/// there are more, going along the order meets enough of them soon.
const FEW: i64 = 2000;

/// How the rows that meet some conditions shall be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Go along the order and check every row, unless the engine's statistics know better.
    Walk,
    /// Take the rows of this condition by its index, and sort them.
    Seek(usize),
}

/// One of the ways to the rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) plan: Plan,
    pub(super) conditions: Vec<Condition>,
}

/// The ways to the rows that meet all conditions of one of the branches.
///
/// SQLite walks once for all branches that it walks for: the rarer the images of one are, the more rows it would have to
/// check for that one alone.
pub(super) fn ways(session: &mut Session<'_>, branches: Vec<Vec<Condition>>) -> Result<Vec<Way>, DbError> {
    let mut ways = Vec::with_capacity(branches.len());
    for conditions in branches {
        ways.push(Way::choose(session, conditions)?);
    }
    let (walks, mut others): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| way.plan == Plan::Walk);
    match together(&walks).filter(|_| session.engine() == Engine::Sqlite) {
        Some(walk) => others.push(walk),
        None => others.extend(walks),
    }
    Ok(others)
}

/// One walk in place of several, where they differ only in the origin of the images.
fn together(walks: &[Way]) -> Option<Way> {
    let (first, rest) = walks.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let is_common = |condition: &&Condition| rest.iter().all(|walk| walk.conditions.contains(condition));
    let mut conditions: Vec<Condition> = first.conditions.iter().filter(is_common).cloned().collect();
    let sources: Option<Vec<Vec<Origin>>> = walks.iter().map(|walk| origins(walk, &conditions)).collect();
    conditions.push(Condition::FromAnyOf(sources?));
    Some(Way { plan: Plan::Walk, conditions })
}

/// The conditions of a walk beside the common ones; none where one of them is no origin.
fn origins(walk: &Way, common: &[Condition]) -> Option<Vec<Origin>> {
    let own = walk.conditions.iter().filter(|condition| !common.contains(condition));
    own.map(|condition| if let Condition::From(origin) = condition { Some(origin.clone()) } else { None }).collect()
}

impl Way {
    /// Looks for a condition that few rows meet; adds one where few rows have a tag or property that is asked for.
    fn choose(session: &mut Session<'_>, mut conditions: Vec<Condition>) -> Result<Self, DbError> {
        let engine = session.engine();
        if let Some(place) = conditions.iter().position(is_narrow) {
            return Ok(Self { plan: Plan::Seek(place), conditions });
        }
        for (place, condition) in conditions.iter().enumerate() {
            if is_worth_counting(condition, engine) && is_met_by_few(session, condition)? {
                return Ok(Self { plan: Plan::Seek(place), conditions });
            }
        }
        for condition in conditions.iter().filter(|_| engine == Engine::Sqlite) {
            let ids = ids_with(session.conn, condition, FEW + 1)?;
            if let Some(ids) = ids.filter(|ids| ids.len() as i64 <= FEW) {
                let plan = Plan::Seek(conditions.len());
                conditions.push(Condition::Given(Filter::Text { field: TextField::Id, any_of: ids }));
                return Ok(Self { plan, conditions });
            }
        }
        Ok(Self { plan: Plan::Walk, conditions })
    }
}

/// Do [`FEW`] rows or less meet the condition?
fn is_met_by_few(session: &mut Session<'_>, condition: &Condition) -> Result<bool, DbError> {
    if let Some(few) = session.crowds.and_then(|crowds| crowds.recall(condition)) {
        return Ok(few);
    }
    // Looks at no more than that many entries of the index.
    let query = images::table.select(fragment::<Integer>("1")).into_boxed::<MultiBackend>();
    let next: Option<i32> =
        apply(query, session.engine(), condition, Use::Seek).offset(FEW).limit(1).first(session.conn).optional()?;
    if let Some(crowds) = session.crowds {
        crowds.remember(condition, next.is_none());
    }
    Ok(next.is_none())
}

/// Whether few rows meet a condition, as it was a moment ago. Only the choice of a plan depends on it, never what is
/// found; and counting again for every list would be a good part of its work.
#[derive(Debug, Default)]
pub(crate) struct Crowds(Mutex<HashMap<Condition, Counted>>);

#[derive(Debug, Clone, Copy)]
struct Counted {
    at: Instant,
    few: bool,
}

impl Crowds {
    /// So long a count is believed.
    const BELIEVED: Duration = Duration::from_secs(10);
    /// Counts that are remembered at most.
    const MOST: usize = 4096;

    fn recall(&self, condition: &Condition) -> Option<bool> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(condition).filter(|counted| counted.at.elapsed() < Self::BELIEVED).map(|counted| counted.few)
    }

    fn remember(&self, condition: &Condition, few: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= Self::MOST {
            counts.clear();
        }
        counts.insert(condition.clone(), Counted { at: Instant::now(), few });
    }
}
