//! Pieces of SQL that Diesel's common subset does not have. All texts are fixed at build time; nothing that came
//! from outside is ever part of them.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{SingleValue, Text};
use glance_common::model::Visibility;

use super::Engine;

/// SQL with a type. Unlike Diesel's `sql`, statements that hold one are prepared once per connection and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fragment<ST> {
    text: &'static str,
    sql_type: PhantomData<ST>,
}

/// A fragment of the given type.
pub(crate) const fn fragment<ST>(text: &'static str) -> Fragment<ST> {
    Fragment { text, sql_type: PhantomData }
}

impl<ST: TypedExpressionType> Expression for Fragment<ST> {
    type SqlType = ST;
}

impl<ST, DB: Backend> QueryFragment<DB> for Fragment<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.text);
        Ok(())
    }
}

/// The type says nothing about the text: statements are told apart by their SQL.
impl<ST> QueryId for Fragment<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, QS> SelectableExpression<QS> for Fragment<ST> where Self: Expression {}
impl<ST, QS> AppearsOnTable<QS> for Fragment<ST> where Self: Expression {}
impl<ST, GB> ValidGrouping<GB> for Fragment<ST> {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

/// A visibility as a literal: PostgreSQL takes no text parameter for a column of its enum type.
pub(crate) const fn visibility_literal(visibility: Visibility) -> Fragment<Text> {
    fragment(match visibility {
        Visibility::Community => "'community'",
        Visibility::Public => "'public'",
        Visibility::Private => "'private'",
        Visibility::Shared => "'shared'",
    })
}

/// A column of `images` in a condition, in spellings that offer its index and that do not.
///
/// SQLite has no statistics here and takes an index on any equality, however many rows are equal; MariaDB has them, and
/// still sorts all rows of a large project for one page in descending order. A `+` or a function around a column keeps
/// its index out of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// The name with its table.
    pub(crate) plain: &'static str,
    /// The same with a `+`.
    pub(crate) plus: &'static str,
    /// The same in a function that changes nothing.
    pub(crate) wrapped: &'static str,
}

/// Declares a [`Column`] of `images`.
macro_rules! image_column {
    ($name:literal) => {
        $crate::db::dialect::Column {
            plain: concat!("images.", $name),
            plus: concat!("+images.", $name),
            wrapped: concat!("coalesce(images.", $name, ")"),
        }
    };
}
pub(crate) use image_column;

impl Column {
    /// The column for a condition that is only checked, row by row, on the way along another index.
    pub(crate) const fn checked<ST: SingleValue>(self, engine: Engine) -> Fragment<ST> {
        fragment(match engine {
            Engine::Sqlite => self.plus,
            Engine::Mysql => self.wrapped,
            Engine::Postgres => self.plain,
        })
    }

    /// The column for a condition whose index leads to few rows.
    pub(crate) const fn sought<ST: SingleValue>(self) -> Fragment<ST> {
        fragment(self.plain)
    }
}
