//! One page of a list: a total order, the marker, and few rows looked at however many there are.

use std::borrow::Cow;
use std::collections::HashMap;

use diesel::dsl::AsSelect;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text, Timestamp as SqlTimestamp};
use glance_common::context::RequestContext;
use glance_common::registry_api::{DeletedFilter, Direction, Filter, ImageQuery, SortField, SortKey, TextField};

use super::access::{Scope, visible_image};
use super::image_filters::{Condition, ListQuery, Use, apply, branches, ids_with, is_narrow, is_worth_counting};
use crate::db::connection::MultiBackend;
use crate::db::dialect::{Fragment, fragment};
use crate::db::rows::ImageRow;
use crate::db::schema::images;
use crate::db::time::DbTime;
use crate::db::{DbError, Engine, Session};

/// What a whole row selects.
type RowType = <AsSelect<ImageRow, MultiBackend> as diesel::Expression>::SqlType;
/// A condition that was put together at run time.
type DynCondition = Box<dyn BoxableExpression<images::table, MultiBackend, SqlType = Bool>>;

/// Up to so many rows, going through all of them by an index and sorting them is cheap (some milliseconds). Where
/// there are more, going along the order meets enough of them soon.
const FEW: i64 = 2000;

/// The rows of a page. The order is total: `created_at` and `id` are appended where they are absent (database §7).
pub(super) fn page(
    session: &mut Session<'_>,
    context: &RequestContext,
    query: &ImageQuery,
    max: u32,
) -> Result<Vec<ImageRow>, DbError> {
    let keys = total_order(query);
    let marker = query.marker.as_deref().map(|id| marker(session, context, query, id)).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(max).min(max));
    if limit == 0 {
        return Ok(Vec::new());
    }
    let page = Page { keys, marker, limit };
    let mut found: Vec<Vec<ImageRow>> = Vec::new();
    for conditions in branches(context, query) {
        let rows = page.rows(session, &conditions)?;
        if !rows.is_empty() {
            found.push(rows);
        }
    }
    match found.len() {
        0 | 1 => Ok(found.pop().unwrap_or_default()),
        _ => page.merge(session, found),
    }
}

/// The keys asked for, and those that make the order total.
fn total_order(query: &ImageQuery) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::with_capacity(query.sort.len() + 2);
    let ties = [SortField::CreatedAt, SortField::Id].map(|field| SortKey { field, direction: query.tie_direction });
    for key in query.sort.iter().copied().chain(ties) {
        // Nothing that follows the id, and no repeated key, can change the order.
        let decided = keys.iter().any(|known| known.field == key.field || known.field == SortField::Id);
        if !decided {
            keys.push(key);
        }
    }
    keys
}

/// The row after which the page starts. It must be one that the caller could have been shown.
fn marker(
    session: &mut Session<'_>,
    context: &RequestContext,
    query: &ImageQuery,
    id: &str,
) -> Result<ImageRow, DbError> {
    let scope = match query.deleted {
        DeletedFilter::Live => Scope::Live,
        _ => Scope::Deleted,
    };
    match visible_image(session, context, id, scope) {
        Ok(_) => Ok(images::table.find(id).select(ImageRow::as_select()).first(session.conn)?),
        Err(DbError::NotFound) => Err(DbError::MarkerNotFound),
        Err(error) => Err(error),
    }
}

/// A page to find.
struct Page {
    keys: Vec<SortKey>,
    marker: Option<ImageRow>,
    limit: i64,
}

impl Page {
    /// The rows of the page among those that meet the conditions.
    fn rows(&self, session: &mut Session<'_>, conditions: &[Condition]) -> Result<Vec<ImageRow>, DbError> {
        let (plan, conditions) = Plan::choose(session, conditions)?;
        Ok(self.query(session.engine(), plan, &conditions).load(session.conn)?)
    }

    fn query(&self, engine: Engine, plan: Plan, conditions: &[Condition]) -> ListQuery<'static, RowType> {
        let mut query = images::table.select(ImageRow::as_select()).into_boxed::<MultiBackend>();
        for (place, condition) in conditions.iter().enumerate() {
            let how = if plan == Plan::Seek(place) { Use::Seek } else { Use::Check };
            query = apply(query, engine, condition, how);
        }
        let keys = self.sql_keys(engine, plan, conditions.contains(&Condition::HasUpdateTime(true)));
        if let (Engine::Sqlite, Plan::Walk, Some(key)) = (engine, plan, self.keys.first()) {
            query = along_time(query, key.field);
        }
        if let Some(marker) = &self.marker {
            // What follows says the same of the first key; said by itself, it is where an index starts.
            query = keys.iter().take(1).fold(query, |query, first| query.filter(first.reached(marker)));
            query = after(&keys, marker).into_iter().fold(query, |query, condition| query.filter(condition));
        }
        keys.iter().fold(query, |query, key| key.order(query)).limit(self.limit)
    }

    /// One page out of the pages of several sources. The database compares the texts, since it has ordered them.
    fn merge(&self, session: &mut Session<'_>, found: Vec<Vec<ImageRow>>) -> Result<Vec<ImageRow>, DbError> {
        let mut rows: HashMap<String, ImageRow> =
            found.into_iter().flatten().map(|row| (row.id.clone(), row)).collect();
        let ids: Vec<String> = rows.keys().cloned().collect();
        let query = images::table.select(images::id).filter(images::id.eq_any(ids)).into_boxed::<MultiBackend>();
        let keys = self.sql_keys(session.engine(), Plan::Seek(0), false);
        let query = keys.iter().fold(query, |query, key| key.order(query));
        let order: Vec<String> = query.limit(self.limit).load(session.conn)?;
        Ok(order.into_iter().filter_map(|id| rows.remove(&id)).collect())
    }

    fn sql_keys(&self, engine: Engine, plan: Plan, updated: bool) -> Vec<SqlKey> {
        let index = if plan == Plan::Walk { AlongIndex::Wanted } else { AlongIndex::Barred(engine) };
        let keys = self.keys.iter();
        keys.map(|key| SqlKey { column: KeyColumn::new(key.field, index, updated), direction: key.direction }).collect()
    }
}

/// Leads SQLite to the index on the time that comes first in the order. It would rather look at every image and sort
/// them all, unless the index also answers a condition: this one holds for every time.
fn along_time<ST>(query: ListQuery<'static, ST>, first: SortField) -> ListQuery<'static, ST> {
    match first {
        SortField::CreatedAt => query.filter(fragment::<Bool>("images.created_at > ''")),
        SortField::UpdatedAt => query.filter(fragment::<Bool>("images.updated_at > ''")),
        _ => query,
    }
}

/// How the rows shall be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Go along the order and check every row, unless the engine's statistics know better.
    Walk,
    /// Take the rows of this condition by its index, and sort them.
    Seek(usize),
}

impl Plan {
    /// Looks for a condition that few rows meet; adds one where few rows have a tag or property that is asked for.
    fn choose<'a>(
        session: &mut Session<'_>,
        conditions: &'a [Condition],
    ) -> Result<(Self, Cow<'a, [Condition]>), DbError> {
        let engine = session.engine();
        if let Some(place) = conditions.iter().position(is_narrow) {
            return Ok((Self::Seek(place), conditions.into()));
        }
        for (place, condition) in conditions.iter().enumerate() {
            if is_worth_counting(condition, engine) && is_met_by_few(session, condition)? {
                return Ok((Self::Seek(place), conditions.into()));
            }
        }
        for condition in conditions.iter().filter(|_| engine == Engine::Sqlite) {
            let ids = ids_with(session.conn, condition, FEW + 1)?;
            if let Some(ids) = ids.filter(|ids| ids.len() as i64 <= FEW) {
                let known = Condition::Given(Filter::Text { field: TextField::Id, any_of: ids });
                return Ok((Self::Seek(conditions.len()), [conditions, &[known]].concat().into()));
            }
        }
        Ok((Self::Walk, conditions.into()))
    }
}

/// Do [`FEW`] rows or less meet the condition? Looks at no more than that many entries of its index.
fn is_met_by_few(session: &mut Session<'_>, condition: &Condition) -> Result<bool, DbError> {
    let query = images::table.select(fragment::<Integer>("1")).into_boxed::<MultiBackend>();
    let next: Option<i32> =
        apply(query, session.engine(), condition, Use::Seek).offset(FEW).limit(1).first(session.conn).optional()?;
    Ok(next.is_none())
}

/// A column of the order: its SQL, and the same value of a row that was read. NULL counts as the empty text, as 0,
/// and for the time of the last change as the time of creation: the same on every engine, and never NULL.
#[derive(Clone, Copy)]
enum KeyColumn {
    Text(Fragment<Text>, fn(&ImageRow) -> &str),
    Number(Fragment<BigInt>, fn(&ImageRow) -> i64),
    Time(Fragment<SqlTimestamp>, fn(&ImageRow) -> DbTime),
}

/// May an engine go along the index on a column to get the order?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AlongIndex {
    Wanted,
    /// No: written so that it cannot. Few rows are to be sorted, and the index leads past all.
    Barred(Engine),
}

impl KeyColumn {
    /// The column of a field. `updated`: all rows have a time of the last change.
    fn new(field: SortField, index: AlongIndex, updated: bool) -> Self {
        fn or_empty(text: &Option<String>) -> &str {
            text.as_deref().unwrap_or_default()
        }
        match field {
            SortField::Name => Self::Text(fragment("coalesce(images.name, '')"), |row| or_empty(&row.name)),
            SortField::ContainerFormat => {
                Self::Text(fragment("coalesce(images.container_format, '')"), |row| or_empty(&row.container_format))
            }
            SortField::DiskFormat => {
                Self::Text(fragment("coalesce(images.disk_format, '')"), |row| or_empty(&row.disk_format))
            }
            SortField::Status => Self::Text(fragment("images.status"), |row| &row.status),
            SortField::Size => Self::Number(fragment("coalesce(images.size, 0)"), |row| row.size.unwrap_or(0)),
            SortField::Id => Self::Text(
                fragment(match index {
                    AlongIndex::Barred(Engine::Sqlite) => "+images.id",
                    _ => "images.id",
                }),
                |row| &row.id,
            ),
            SortField::CreatedAt => Self::Time(
                fragment(match index {
                    AlongIndex::Wanted => "images.created_at",
                    AlongIndex::Barred(Engine::Sqlite) => "+images.created_at",
                    AlongIndex::Barred(Engine::Postgres) => "(images.created_at + interval '0')",
                    AlongIndex::Barred(Engine::Mysql) => "(images.created_at + interval 0 second)",
                }),
                |row| row.created_at,
            ),
            SortField::UpdatedAt => Self::Time(
                fragment(match index {
                    AlongIndex::Wanted if updated => "images.updated_at",
                    _ => "coalesce(images.updated_at, images.created_at)",
                }),
                |row| row.updated_at.unwrap_or(row.created_at),
            ),
        }
    }
}

/// How a row compares with the marker.
#[derive(Debug, Clone, Copy)]
enum Relation {
    Below,
    BelowOrLevel,
    Level,
    AboveOrLevel,
    Above,
}

/// A key of the order.
#[derive(Clone, Copy)]
struct SqlKey {
    column: KeyColumn,
    direction: Direction,
}

impl SqlKey {
    /// Is a row behind the marker by this key alone?
    fn behind(self, marker: &ImageRow) -> DynCondition {
        self.related(marker, if self.direction == Direction::Asc { Relation::Above } else { Relation::Below })
    }

    /// Is a row behind the marker or level with it?
    fn reached(self, marker: &ImageRow) -> DynCondition {
        let ascending = self.direction == Direction::Asc;
        self.related(marker, if ascending { Relation::AboveOrLevel } else { Relation::BelowOrLevel })
    }

    fn related(self, marker: &ImageRow, relation: Relation) -> DynCondition {
        /// The comparison of an expression with a value, whatever their type.
        macro_rules! compared {
            ($sql:expr, $value:expr) => {
                match relation {
                    Relation::Below => Box::new($sql.lt($value)),
                    Relation::BelowOrLevel => Box::new($sql.le($value)),
                    Relation::Level => Box::new($sql.eq($value)),
                    Relation::AboveOrLevel => Box::new($sql.ge($value)),
                    Relation::Above => Box::new($sql.gt($value)),
                }
            };
        }
        match self.column {
            KeyColumn::Text(sql, value) => compared!(sql, value(marker).to_owned()),
            KeyColumn::Number(sql, value) => compared!(sql, value(marker)),
            KeyColumn::Time(sql, value) => compared!(sql, value(marker)),
        }
    }

    /// Adds the key to the order of a query.
    fn order<ST>(self, query: ListQuery<'static, ST>) -> ListQuery<'static, ST> {
        match (self.column, self.direction) {
            (KeyColumn::Text(sql, _), Direction::Asc) => query.then_order_by(sql.asc()),
            (KeyColumn::Text(sql, _), Direction::Desc) => query.then_order_by(sql.desc()),
            (KeyColumn::Number(sql, _), Direction::Asc) => query.then_order_by(sql.asc()),
            (KeyColumn::Number(sql, _), Direction::Desc) => query.then_order_by(sql.desc()),
            (KeyColumn::Time(sql, _), Direction::Asc) => query.then_order_by(sql.asc()),
            (KeyColumn::Time(sql, _), Direction::Desc) => query.then_order_by(sql.desc()),
        }
    }
}

/// Is a row behind the marker: by the first key, or level there and behind by the next, and so on?
fn after(keys: &[SqlKey], marker: &ImageRow) -> Option<DynCondition> {
    let (last, before) = keys.split_last()?;
    Some(before.iter().rev().fold(last.behind(marker), |rest, key| {
        Box::new(key.behind(marker).or(key.related(marker, Relation::Level).and(rest)))
    }))
}

/// The plans of a page's queries, for the tests that look whether indexes are used.
#[cfg(test)]
pub(crate) mod explain {
    use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
    use diesel::sql_types::{Integer, Text};

    use super::*;

    struct Explained<ST> {
        prefix: &'static str,
        query: ListQuery<'static, RowType>,
        columns: std::marker::PhantomData<ST>,
    }

    impl<ST> QueryFragment<MultiBackend> for Explained<ST> {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
            out.unsafe_to_cache_prepared();
            out.push_sql(self.prefix);
            QueryFragment::<MultiBackend>::walk_ast(&self.query, out)
        }
    }

    impl<ST> QueryId for Explained<ST> {
        type QueryId = ();
        const HAS_STATIC_QUERY_ID: bool = false;
    }

    impl<ST> Query for Explained<ST> {
        type SqlType = ST;
    }

    impl<ST> diesel::RunQueryDsl<crate::db::DbConnection> for Explained<ST> {}

    /// One text for each source of images (SQLite and PostgreSQL).
    pub(crate) fn plans(session: &mut Session<'_>, context: &RequestContext, query: &ImageQuery) -> Vec<String> {
        let marker = query.marker.as_deref().map(|id| marker(session, context, query, id)).transpose().unwrap();
        let page = Page { keys: total_order(query), marker, limit: 25 };
        let engine = session.engine();
        let sources = branches(context, query).into_iter().map(|conditions| {
            let (plan, conditions) = Plan::choose(session, &conditions).unwrap();
            let query = page.query(engine, plan, &conditions);
            let lines: Vec<String> = if engine == Engine::Sqlite {
                let columns = std::marker::PhantomData::<(Integer, Integer, Integer, Text)>;
                let rows: Vec<(i32, i32, i32, String)> =
                    Explained { prefix: "EXPLAIN QUERY PLAN ", query, columns }.load(session.conn).unwrap();
                rows.into_iter().map(|row| row.3).collect()
            } else {
                let columns = std::marker::PhantomData::<Text>;
                Explained { prefix: "EXPLAIN ", query, columns }.load(session.conn).unwrap()
            };
            lines.join("\n")
        });
        sources.collect()
    }
}
