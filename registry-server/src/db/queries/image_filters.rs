//! What images are to be listed: conditions, and how each becomes SQL.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp as SqlTimestamp};
use glance_common::context::RequestContext;
use glance_common::model::{MemberStatus, Visibility};
use glance_common::registry_api::{
    Comparison, DeletedFilter, Filter, FlagField, ImageQuery, MemberStatusFilter, NumberField, SortField, TextField,
    TimeField, VisibilityFilter,
};

use crate::db::connection::MultiBackend;
use crate::db::dialect::{Column, Fragment, fragment, image_column, visibility_literal};
use crate::db::schema::{image_members, image_properties, image_tags, images};
use crate::db::text::can_be_stored;
use crate::db::time::DbTime;
use crate::db::{DbConnection, Engine};

/// A list query in the making; `ST` is the type of what it selects.
pub(super) type ListQuery<'a, ST> = images::BoxedQuery<'a, MultiBackend, ST>;

/// One condition. All of a list must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Condition {
    /// A condition of the caller.
    Given(Filter),
    /// Live or deleted rows only.
    Deleted(bool),
    /// Not with status `killed`.
    NotKilled,
    /// From where the caller has them.
    From(Origin),
    /// From one of these sources.
    FromAnyOf(Vec<Vec<Origin>>),
    /// No community image, unless it is this project's.
    NoForeignCommunity(Option<String>),
    /// A live member row of this project, with this answer if one is given.
    SharedWith(String, Option<MemberStatus>),
    /// The time of the last change is known, or is not.
    HasUpdateTime(bool),
}

/// Why an image is in somebody's list. All of a source must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// It is of this visibility.
    Visible(Visibility),
    /// It is of another one.
    NotVisible(Visibility),
    /// It is this project's.
    Owned(String),
    /// It is somebody else's.
    NotOwned(String),
}

/// The conditions of a query: the images found are those of all branches together, and no image is in two of them.
///
/// For an ordinary user the images come from up to four sources (database §7), each with an index of its own. One
/// condition over all of them would have to look at every image there is.
///
/// An order by the time of the last change makes two of each: one along the index on that time, and one of the rows
/// without, which Glance never makes, but which no page may lose.
pub(super) fn branches(context: &RequestContext, query: &ImageQuery) -> Vec<Vec<Condition>> {
    let common = common_conditions(context, query);
    let mut sources = sources(context, query);
    if query.sort.first().is_some_and(|key| key.field == SortField::UpdatedAt) {
        let with =
            |known| move |source: &Vec<Condition>| [source.as_slice(), &[Condition::HasUpdateTime(known)]].concat();
        sources = sources.iter().map(with(true)).chain(sources.iter().map(with(false))).collect();
    }
    sources
        .into_iter()
        .map(|mut source| {
            source.extend(common.iter().cloned());
            source
        })
        .collect()
}

/// What must hold for every image.
fn common_conditions(context: &RequestContext, query: &ImageQuery) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = query.filters.iter().cloned().map(Condition::Given).collect();
    match query.deleted {
        DeletedFilter::Deleted if context.is_admin => conditions.push(Condition::Deleted(true)),
        DeletedFilter::Any if context.is_admin => {}
        _ => conditions.push(Condition::Deleted(false)),
    }
    if !query.include_killed {
        conditions.push(Condition::NotKilled);
    }
    conditions
}

/// Where the images come from that the caller may list.
fn sources(context: &RequestContext, query: &ImageQuery) -> Vec<Vec<Condition>> {
    let project = context.project_id.as_ref().filter(|project| !project.is_empty() && can_be_stored(project));
    if context.is_admin && !query.as_regular_user {
        return vec![match query.visibility {
            None => vec![Condition::NoForeignCommunity(project.cloned())],
            Some(VisibilityFilter::All) => Vec::new(),
            Some(VisibilityFilter::Only(visibility)) => vec![Condition::From(Origin::Visible(visibility))],
            Some(VisibilityFilter::Except(visibility)) => vec![Condition::From(Origin::NotVisible(visibility))],
        }];
    }
    let wanted = |visibility: &Visibility| match query.visibility {
        None => *visibility != Visibility::Community,
        Some(VisibilityFilter::All) => true,
        Some(VisibilityFilter::Only(only)) => only == *visibility,
        Some(VisibilityFilter::Except(other)) => other != *visibility,
    };
    let open: Vec<Visibility> = [Visibility::Public, Visibility::Community].into_iter().filter(wanted).collect();
    let mut sources: Vec<Vec<Condition>> =
        open.iter().map(|visibility| vec![Condition::From(Origin::Visible(*visibility))]).collect();
    let Some(project) = project else { return sources };
    let (only, except) = match query.visibility {
        Some(VisibilityFilter::Only(only)) => (Some(only), None),
        Some(VisibilityFilter::Except(except)) => (None, Some(except)),
        Some(VisibilityFilter::All) | None => (None, None),
    };
    if !matches!(only, Some(Visibility::Public | Visibility::Community)) {
        let visible = only.map(Origin::Visible);
        let origins = visible.into_iter().chain([Origin::Owned(project.clone())]);
        let origins = origins.chain(open.into_iter().chain(except).map(Origin::NotVisible));
        sources.push(origins.map(Condition::From).collect());
    }
    if wanted(&Visibility::Shared) {
        let answer = match query.member_status {
            MemberStatusFilter::All => None,
            MemberStatusFilter::Only(status) => Some(status),
        };
        let origins = [Origin::Visible(Visibility::Shared), Origin::NotOwned(project.clone())];
        let shared = [Condition::SharedWith(project.clone(), answer)];
        sources.push(shared.into_iter().chain(origins.map(Condition::From)).collect());
    }
    sources
}

const DELETED: Column = image_column!("deleted");
const VISIBILITY: Column = image_column!("visibility");
const OWNER: Column = image_column!("owner");
const STATUS: Column = image_column!("status");

/// How a condition is used on SQLite and MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Its index leads to few rows: take it.
    Seek,
    /// Check it row by row, on the way along another index.
    Check,
}

/// A column as the engine needs it for this use.
fn column<ST: diesel::sql_types::SingleValue>(column: Column, engine: Engine, how: Use) -> Fragment<ST> {
    match how {
        Use::Seek => column.sought(),
        Use::Check => column.checked(engine),
    }
}

/// `left <op> right` for any comparison.
macro_rules! compare {
    ($query:expr, $left:expr, $op:expr, $right:expr) => {
        match $op {
            Comparison::Eq => $query.filter($left.eq($right)),
            Comparison::Neq => $query.filter($left.ne($right)),
            Comparison::Gt => $query.filter($left.gt($right)),
            Comparison::Gte => $query.filter($left.ge($right)),
            Comparison::Lt => $query.filter($left.lt($right)),
            Comparison::Lte => $query.filter($left.le($right)),
        }
    };
}

/// Adds a condition to a query.
pub(super) fn apply<ST>(
    query: ListQuery<'static, ST>,
    engine: Engine,
    condition: &Condition,
    how: Use,
) -> ListQuery<'static, ST> {
    match condition {
        Condition::Given(filter) => apply_given(query, engine, filter, how),
        Condition::Deleted(deleted) => query.filter(column::<Bool>(DELETED, engine, how).eq(*deleted)),
        Condition::NotKilled => query.filter(column::<Text>(STATUS, engine, how).ne("killed")),
        Condition::From(origin) => query.filter(has_origin(engine, origin, how)),
        Condition::FromAnyOf(sources) => match has_any_origin(engine, sources) {
            Some(condition) => query.filter(condition),
            None => query,
        },
        Condition::NoForeignCommunity(project) => {
            let open = column::<Text>(VISIBILITY, engine, Use::Check).ne(visibility_literal(Visibility::Community));
            match project {
                None => query.filter(open),
                Some(project) => {
                    let owner = column::<Nullable<Text>>(OWNER, engine, Use::Check);
                    query.filter(open.nullable().or(owner.eq(project.clone())))
                }
            }
        }
        Condition::SharedWith(project, answer) => shared_with(query, project, *answer),
        Condition::HasUpdateTime(true) => {
            let time = column::<Nullable<SqlTimestamp>>(time_column(TimeField::UpdatedAt), engine, Use::Check);
            query.filter(time.is_not_null())
        }
        Condition::HasUpdateTime(false) => query.filter(images::updated_at.is_null()),
    }
}

/// A condition on an image that was put together at run time.
pub(super) type Dynamic<ST> = Box<dyn BoxableExpression<images::table, MultiBackend, SqlType = ST>>;

fn has_origin(engine: Engine, origin: &Origin, how: Use) -> Dynamic<Nullable<Bool>> {
    match origin {
        Origin::Visible(visibility) => {
            Box::new(column::<Text>(VISIBILITY, engine, how).eq(visibility_literal(*visibility)).nullable())
        }
        Origin::NotVisible(visibility) => {
            Box::new(column::<Text>(VISIBILITY, engine, Use::Check).ne(visibility_literal(*visibility)).nullable())
        }
        Origin::Owned(project) => Box::new(column::<Nullable<Text>>(OWNER, engine, how).eq(project.clone())),
        Origin::NotOwned(project) => {
            Box::new(fragment::<Text>("coalesce(images.owner, '')").ne(project.clone()).nullable())
        }
    }
}

/// All origins of one of the sources; none where a source has no condition.
fn has_any_origin(engine: Engine, sources: &[Vec<Origin>]) -> Option<Dynamic<Nullable<Bool>>> {
    let all_of = |origins: &Vec<Origin>| {
        let origins = origins.iter().map(|origin| has_origin(engine, origin, Use::Check));
        origins.reduce(|one, other| Box::new(one.and(other)))
    };
    let sources: Option<Vec<_>> = sources.iter().map(all_of).collect();
    sources?.into_iter().reduce(|one, other| Box::new(one.or(other)))
}

/// Images that have a live member row of a project. The member table has no index by project, but it holds only what
/// was ever shared: one look through it, and not one for every image.
fn shared_with<ST>(
    query: ListQuery<'static, ST>,
    project: &str,
    answer: Option<MemberStatus>,
) -> ListQuery<'static, ST> {
    let rows = image_members::table
        .select(image_members::image_id)
        .filter(image_members::member.eq(project.to_owned()))
        .filter(image_members::deleted.eq(false));
    match answer {
        None => query.filter(images::id.eq_any(rows)),
        Some(answer) => query.filter(images::id.eq_any(rows.filter(image_members::status.eq(answer.as_str())))),
    }
}

fn apply_given<ST>(query: ListQuery<'static, ST>, engine: Engine, filter: &Filter, how: Use) -> ListQuery<'static, ST> {
    match filter {
        Filter::Text { field, any_of } => {
            let left = column::<Nullable<Text>>(text_column(*field), engine, how);
            let mut values: Vec<String> = any_of.iter().filter(|value| can_be_stored(value)).cloned().collect();
            match values.len() {
                0 => query.filter(fragment::<Bool>("1 = 0")),
                1 => query.filter(left.eq(values.swap_remove(0))),
                _ => query.filter(left.eq_any(values)),
            }
        }
        Filter::Number { field, op, value } => {
            compare!(query, fragment::<Nullable<BigInt>>(number_column(*field)), op, *value)
        }
        Filter::Time { field, op, value } => {
            let left = column::<Nullable<SqlTimestamp>>(time_column(*field), engine, how);
            compare!(query, left, op, DbTime::from(*value))
        }
        Filter::Flag { field: FlagField::Protected, value } => query.filter(images::protected.eq(*value)),
        Filter::Flag { field: FlagField::OsHidden, value } => {
            query.filter(column::<Bool>(image_column!("os_hidden"), engine, how).eq(*value))
        }
        Filter::Tag(tag) if can_be_stored(tag) => query.filter(has_tag(tag)),
        Filter::Property { name, value } if can_be_stored(name) && can_be_stored(value) => {
            query.filter(has_property(name, value))
        }
        Filter::Tag(_) | Filter::Property { .. } | Filter::Nothing => query.filter(fragment::<Bool>("1 = 0")),
    }
}

/// Written like this, the condition keeps SQLite away from the index on the flag, which holds every row there is.
const LIVE_TAG: Fragment<Bool> = fragment("NOT image_tags.deleted");
const LIVE_PROPERTY: Fragment<Bool> = fragment("NOT image_properties.deleted");

fn has_tag(tag: &str) -> Dynamic<Bool> {
    let rows = image_tags::table
        .filter(image_tags::image_id.eq(images::id))
        .filter(image_tags::value.eq(tag.to_owned()))
        .filter(LIVE_TAG);
    Box::new(exists(rows))
}

fn has_property(name: &str, value: &str) -> Dynamic<Bool> {
    let rows = image_properties::table
        .filter(image_properties::image_id.eq(images::id))
        .filter(image_properties::name.eq(name.to_owned()))
        .filter(image_properties::value.eq(value.to_owned()))
        .filter(LIVE_PROPERTY);
    Box::new(exists(rows))
}

const fn text_column(field: TextField) -> Column {
    match field {
        TextField::Id => image_column!("id"),
        TextField::Name => image_column!("name"),
        TextField::Status => STATUS,
        TextField::DiskFormat => image_column!("disk_format"),
        TextField::ContainerFormat => image_column!("container_format"),
        TextField::Owner => OWNER,
        TextField::Checksum => image_column!("checksum"),
        TextField::OsHashAlgo => image_column!("os_hash_algo"),
        TextField::OsHashValue => image_column!("os_hash_value"),
    }
}

const fn number_column(field: NumberField) -> &'static str {
    match field {
        NumberField::Size => "images.size",
        NumberField::VirtualSize => "images.virtual_size",
        NumberField::MinRam => "images.min_ram",
        NumberField::MinDisk => "images.min_disk",
    }
}

const fn time_column(field: TimeField) -> Column {
    match field {
        TimeField::CreatedAt => image_column!("created_at"),
        TimeField::UpdatedAt => image_column!("updated_at"),
    }
}

/// Could an index on this condition's column lead to few rows, so that it is worth to count?
///
/// PostgreSQL knows well how many rows have one of a few values. Of a project or a checksum it knows only the average,
/// and goes along the whole order when one has no image at all.
pub(super) fn is_worth_counting(condition: &Condition, engine: Engine) -> bool {
    match condition {
        Condition::From(Origin::Owned(_)) => true,
        Condition::Given(Filter::Text { field, .. }) => {
            matches!(field, TextField::Owner | TextField::Checksum | TextField::OsHashValue)
        }
        _ if engine == Engine::Postgres => false,
        Condition::From(Origin::Visible(_)) | Condition::Deleted(_) => true,
        Condition::Given(Filter::Time { op, .. }) => *op != Comparison::Neq,
        // Nearly every image is not hidden.
        Condition::Given(Filter::Flag { field: FlagField::OsHidden, value }) => *value,
        _ => false,
    }
}

/// Does the condition by itself leave few rows, so that nobody needs to count?
pub(super) fn is_narrow(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::SharedWith(..)
            | Condition::HasUpdateTime(false)
            | Condition::Given(Filter::Text { field: TextField::Id, .. } | Filter::Nothing)
    )
}

/// For a condition on a tag or a property: the ids of images that have it, `limit` at most, in no order.
///
/// No index leads from a tag or a property to its images. Looking through that table once still is much less than
/// looking whether each image has it.
pub(super) fn ids_with(conn: &mut DbConnection, condition: &Condition, limit: i64) -> QueryResult<Option<Vec<String>>> {
    match condition {
        Condition::Given(Filter::Tag(tag)) if can_be_stored(tag) => image_tags::table
            .select(image_tags::image_id)
            .filter(image_tags::value.eq(tag))
            .filter(LIVE_TAG)
            .limit(limit)
            .load(conn)
            .map(Some),
        Condition::Given(Filter::Property { name, value }) if can_be_stored(name) && can_be_stored(value) => {
            image_properties::table
                .select(image_properties::image_id)
                .filter(image_properties::name.eq(name))
                .filter(image_properties::value.eq(value))
                .filter(LIVE_PROPERTY)
                .limit(limit)
                .load(conn)
                .map(Some)
        }
        _ => Ok(None),
    }
}
