//! The order of a list: total, and the same on every engine.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Bool, Text, Timestamp as SqlTimestamp};
use glance_common::registry_api::{Direction, ImageQuery, SortField, SortKey};

use super::image_filters::{Dynamic, ListQuery};
use crate::db::Engine;
use crate::db::connection::MultiBackend;
use crate::db::dialect::{Fragment, fragment};
use crate::db::rows::ImageRow;
use crate::db::time::DbTime;

/// The keys asked for, and those that make the order total.
pub(super) fn total_order(query: &ImageQuery) -> Vec<SortKey> {
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

/// A column of the order: its SQL, and the same value of a row that was read. NULL counts as the empty text, as 0,
/// and for the time of the last change as the time of creation: the same on every engine, and never NULL.
#[derive(Clone, Copy)]
pub(super) enum KeyColumn {
    Text(Fragment<Text>, fn(&ImageRow) -> &str),
    Number(Fragment<BigInt>, fn(&ImageRow) -> i64),
    Time(Fragment<SqlTimestamp>, fn(&ImageRow) -> DbTime),
}

/// May an engine go along the index on a column to get the order?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlongIndex {
    Wanted,
    /// No: written so that it cannot. Few rows are to be sorted, and the index leads past all.
    Barred(Engine),
}

impl KeyColumn {
    /// The column of a field. `updated`: all rows have a time of the last change.
    pub(super) fn new(field: SortField, index: AlongIndex, updated: bool) -> Self {
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
pub(super) struct SqlKey {
    pub(super) column: KeyColumn,
    pub(super) direction: Direction,
}

impl SqlKey {
    /// Is a row behind the marker by this key alone?
    pub(super) fn behind(self, marker: &ImageRow) -> Dynamic<Bool> {
        self.related(marker, if self.direction == Direction::Asc { Relation::Above } else { Relation::Below })
    }

    /// Is a row behind the marker or level with it?
    pub(super) fn reached(self, marker: &ImageRow) -> Dynamic<Bool> {
        let ascending = self.direction == Direction::Asc;
        self.related(marker, if ascending { Relation::AboveOrLevel } else { Relation::BelowOrLevel })
    }

    fn related(self, marker: &ImageRow, relation: Relation) -> Dynamic<Bool> {
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
    pub(super) fn order<ST>(self, query: ListQuery<'static, ST>) -> ListQuery<'static, ST> {
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

/// The key in an `ORDER BY` of one's own.
impl QueryFragment<MultiBackend> for SqlKey {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match &self.column {
            KeyColumn::Text(sql, _) => sql.walk_ast(out.reborrow())?,
            KeyColumn::Number(sql, _) => sql.walk_ast(out.reborrow())?,
            KeyColumn::Time(sql, _) => sql.walk_ast(out.reborrow())?,
        }
        out.push_sql(if self.direction == Direction::Asc { " ASC" } else { " DESC" });
        Ok(())
    }
}

/// Is a row behind the marker: by the first key, or level there and behind by the next, and so on?
pub(super) fn after(keys: &[SqlKey], marker: &ImageRow) -> Option<Dynamic<Bool>> {
    let (last, before) = keys.split_last()?;
    Some(before.iter().rev().fold(last.behind(marker), |rest, key| {
        Box::new(key.behind(marker).or(key.related(marker, Relation::Level).and(rest)))
    }))
}
