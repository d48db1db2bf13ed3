//! All that other tables hold of images, in one statement.
//!
//! The statement is the same text for one, two, four, … images, so that each connection prepares it a few times only: a
//! list of ids is filled up with its last one.

use std::iter::repeat_n;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamp as SqlTimestamp};

use crate::db::connection::MultiBackend;
use crate::db::rows::ChildRow;
use crate::db::{DbConnection, DbError};

/// Images in one statement at most: engines limit the number of values.
const MOST_IDS: usize = 256;

/// What [`ChildRow`] has of each table, locations first: there every column has a type, by which the NULLs of the
/// others go. Whether a row is deleted is judged afterwards: in the condition it would lead SQLite to the index on that
/// flag, which holds every row there is.
const TABLES: [&str; 4] = [
    "SELECT 1, image_id, id, value, meta_data, status, false, deleted, deleted_at FROM image_locations WHERE ",
    "SELECT 2, image_id, id, name, value, NULL, false, deleted, deleted_at FROM image_properties WHERE ",
    "SELECT 3, image_id, id, value, NULL, NULL, false, deleted, deleted_at FROM image_tags WHERE ",
    "SELECT 4, image_id, version, NULL, NULL, NULL, false, false, NULL FROM rs_image_versions WHERE ",
];

/// The same of the members of images; one of them follows.
const MEMBERS: &str =
    "SELECT 5, image_id, id, member, NULL, status, can_share, deleted, deleted_at FROM image_members WHERE member = ";

/// The rows of images, in the order in which they were added; of member rows only those of `project`.
pub(super) fn load(conn: &mut DbConnection, ids: &[&str], project: Option<&str>) -> Result<Vec<ChildRow>, DbError> {
    let mut rows: Vec<ChildRow> = Vec::new();
    for some in ids.chunks(MOST_IDS) {
        let statement = Children { ids: filled_up(some), project };
        rows.extend(statement.load::<ChildRow>(conn)?);
    }
    rows.sort_unstable_by_key(|row| row.number);
    Ok(rows)
}

fn filled_up<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    let missing = ids.len().next_power_of_two() - ids.len();
    ids.iter().copied().chain(ids.last().into_iter().flat_map(|last| repeat_n(*last, missing))).collect()
}

struct Children<'a> {
    ids: Vec<&'a str>,
    project: Option<&'a str>,
}

impl Children<'_> {
    fn push_ids<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (place, id) in self.ids.iter().enumerate() {
            out.push_sql(if place == 0 { "image_id IN (" } else { ", " });
            out.push_bind_param::<Text, str>(id)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<MultiBackend> for Children<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (place, table) in TABLES.iter().enumerate() {
            out.push_sql(if place == 0 { "" } else { " UNION ALL " });
            out.push_sql(table);
            self.push_ids(out.reborrow())?;
        }
        if let Some(project) = self.project {
            out.push_sql(" UNION ALL ");
            out.push_sql(MEMBERS);
            out.push_bind_param::<Text, str>(project)?;
            out.push_sql(" AND ");
            self.push_ids(out)?;
        }
        Ok(())
    }
}

/// Statements are told apart by their text.
impl QueryId for Children<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Children<'_> {
    type SqlType =
        (Integer, Text, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>, Bool, Bool, Nullable<SqlTimestamp>);
}

impl RunQueryDsl<DbConnection> for Children<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ids_have_few_lengths() {
        let ids = ["a", "b", "c", "d", "e"];
        let table: [(usize, &[&str]); 4] =
            [(0, &[]), (1, &["a"]), (3, &["a", "b", "c", "c"]), (5, &["a", "b", "c", "d", "e", "e", "e", "e"])];
        for (length, expected) in table {
            assert_eq!(filled_up(&ids[..length]), expected);
        }
    }
}
