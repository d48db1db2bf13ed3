//! One page of a list: a total order, the marker, and few rows looked at however many there are.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use glance_common::context::RequestContext;
use glance_common::registry_api::{DeletedFilter, ImageQuery, SortField, SortKey};

use super::access::{Scope, row, visible_image};
use super::image_filters::{Condition, ListQuery, Use, apply, branches};
use super::page_order::{AlongIndex, KeyColumn, SqlKey, after, total_order};
use super::page_plan::{Plan, Way, ways};
use crate::db::connection::MultiBackend;
use crate::db::dialect::fragment;
use crate::db::rows::{IMAGE_COLUMNS, ImageRow, ImageRowType};
use crate::db::schema::images;
use crate::db::{DbConnection, DbError, Engine, Session};

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
    let ways = ways(session, branches(context, query))?;
    page.rows(session, &ways)
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
        Ok(_) => row(session, id)?.ok_or(DbError::MarkerNotFound),
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
    /// The rows of the page, whichever way they are found. The ways never meet.
    fn rows(&self, session: &mut Session<'_>, ways: &[Way]) -> Result<Vec<ImageRow>, DbError> {
        if ways.is_empty() {
            return Ok(Vec::new());
        }
        let engine = session.engine();
        let statement = Statement {
            pages: ways.iter().map(|way| self.ids(engine, way)).collect(),
            keys: self.sql_keys(engine, Plan::Seek(0), false),
            limit: self.limit,
        };
        Ok(statement.load(session.conn)?)
    }

    /// The ids of the page of one way alone.
    fn ids(&self, engine: Engine, way: &Way) -> ListQuery<'static, Text> {
        let Way { plan, conditions } = way;
        let mut query = images::table.select(fragment::<Text>("images.id")).into_boxed::<MultiBackend>();
        for (place, condition) in conditions.iter().enumerate() {
            let how = if *plan == Plan::Seek(place) { Use::Seek } else { Use::Check };
            query = apply(query, engine, condition, how);
        }
        let keys = self.sql_keys(engine, *plan, conditions.contains(&Condition::HasUpdateTime(true)));
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

    fn sql_keys(&self, engine: Engine, plan: Plan, updated: bool) -> Vec<SqlKey> {
        let index = if plan == Plan::Walk { AlongIndex::Wanted } else { AlongIndex::Barred(engine) };
        let keys = self.keys.iter();
        keys.map(|key| SqlKey { column: KeyColumn::new(key.field, index, updated), direction: key.direction }).collect()
    }
}

/// One page out of the pages of all ways, in one statement. Only the rows of the page are read whole: what is sorted on
/// the way to them stays small.
struct Statement {
    pages: Vec<ListQuery<'static, Text>>,
    keys: Vec<SqlKey>,
    limit: i64,
}

impl QueryFragment<MultiBackend> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        IMAGE_COLUMNS.walk_ast(out.reborrow())?;
        for (place, page) in self.pages.iter().enumerate() {
            out.push_sql(if place == 0 { " FROM (SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            QueryFragment::<MultiBackend>::walk_ast(page, out.reborrow())?;
            out.push_sql(") AS page");
        }
        for (place, key) in self.keys.iter().enumerate() {
            out.push_sql(if place == 0 { ") AS found JOIN images ON images.id = found.id ORDER BY " } else { ", " });
            key.walk_ast(out.reborrow())?;
        }
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.limit)
    }
}

/// Statements are told apart by their text.
impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = ImageRowType;
}

impl RunQueryDsl<DbConnection> for Statement {}

/// Leads SQLite to the index on the time that comes first in the order. It would rather look at every image and sort
/// them all, unless the index also answers a condition: this one holds for every time.
fn along_time<ST>(query: ListQuery<'static, ST>, first: SortField) -> ListQuery<'static, ST> {
    match first {
        SortField::CreatedAt => query.filter(fragment::<Bool>("images.created_at > ''")),
        SortField::UpdatedAt => query.filter(fragment::<Bool>("images.updated_at > ''")),
        _ => query,
    }
}

/// The plans of a page's queries, for the tests that look whether indexes are used.
#[cfg(test)]
pub(crate) mod explain {
    use diesel::sql_types::Integer;

    use super::*;

    struct Explained<ST> {
        prefix: &'static str,
        query: ListQuery<'static, Text>,
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

    /// One text for each way to images (SQLite and PostgreSQL).
    pub(crate) fn plans(session: &mut Session<'_>, context: &RequestContext, query: &ImageQuery) -> Vec<String> {
        let marker = query.marker.as_deref().map(|id| marker(session, context, query, id)).transpose().unwrap();
        let page = Page { keys: total_order(query), marker, limit: 25 };
        let engine = session.engine();
        let ways = ways(session, branches(context, query)).unwrap();
        let plans = ways.iter().map(|way| {
            let query = page.ids(engine, way);
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
        plans.collect()
    }
}
