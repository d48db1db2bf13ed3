//! What a project uses (registry §18): sums over `images`, and what uploads under way have reserved.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use glance_common::context::RequestContext;
use glance_common::registry_api::{Resource, Usage};

use crate::db::connection::MultiBackend;
use crate::db::dialect::{Fragment, fragment};
use crate::db::schema::{image_locations, image_properties, images, rs_reservations as reservations};
use crate::db::text::can_be_stored;
use crate::db::{DbError, Engine, Session};

/// Statuses of images that do not count any more.
const GONE: [&str; 3] = ["killed", "deleted", "pending_delete"];
/// The property that names the stores which an image is being copied to.
const COPYING: &str = "os_glance_importing_to_stores";

/// What bytes are reserved for, as the column `kind` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Data of images in the stores.
    Stores,
    /// Data that waits to be imported.
    Staging,
}

impl Space {
    /// What a limit is about; none for limits that count images.
    pub(super) const fn of(resource: Resource) -> Option<Self> {
        match resource {
            Resource::UserStorage | Resource::SizeTotal => Some(Self::Stores),
            Resource::StageTotal => Some(Self::Staging),
            Resource::CountTotal | Resource::CountUploading => None,
        }
    }

    /// The word in the column.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Stores => "storage",
            Self::Staging => "staging",
        }
    }
}

/// What is left out of a sum.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Except<'a> {
    /// This image.
    pub(super) image: Option<&'a str>,
    /// What is reserved under this lease.
    pub(super) lease: Option<&'a str>,
}

/// All that a project uses.
///
/// # Errors
/// `Forbidden` for another project than the caller's, unless he is an administrator.
pub fn usage_of(session: &mut Session<'_>, context: &RequestContext, project: Option<&str>) -> Result<Usage, DbError> {
    require_own(context, project)?;
    let except = Except::default();
    Ok(Usage {
        stored: bytes(session, project, Space::Stores, except)?,
        staged: bytes(session, project, Space::Staging, except)?,
        images: count(session, project)?,
        uploading: uploading(session, project)?,
    })
}

/// Only administrators look at and use the limits of other projects.
pub(super) fn require_own(context: &RequestContext, project: Option<&str>) -> Result<(), DbError> {
    if context.is_admin || context.project_id.as_deref() == project {
        return Ok(());
    }
    Err(DbError::Forbidden("You are not permitted to use the limits of another project."))
}

/// How much of a limit is used: bytes, or images.
pub(super) fn amount(
    session: &mut Session<'_>,
    project: Option<&str>,
    resource: Resource,
    except: Except<'_>,
) -> Result<i64, DbError> {
    match (resource, Space::of(resource)) {
        (_, Some(space)) => bytes(session, project, space, except),
        (Resource::CountUploading, None) => uploading(session, project),
        (_, None) => count(session, project),
    }
}

/// Bytes that are there or on their way, and those that are reserved.
fn bytes(session: &mut Session<'_>, project: Option<&str>, space: Space, except: Except<'_>) -> Result<i64, DbError> {
    let present = match space {
        Space::Stores => stored(session, project, except.image)?,
        Space::Staging => staged(session, project)?,
    };
    Ok(present.saturating_add(reserved(session, project, space, except.lease)?))
}

type ProjectQuery<'a, ST> = images::BoxedQuery<'a, MultiBackend, ST>;

/// Leaves the images of a project that count. A macro: joins are other types than tables.
macro_rules! of_project {
    ($query:expr, $engine:expr, $project:expr) => {{
        let query = $query.filter(images::status.ne_all(GONE));
        match ($project.filter(|project| !project.is_empty()), $engine) {
            (None, _) => query.filter(images::owner.is_null().or(images::owner.eq(""))),
            // Its collation takes projects for equal that differ by case.
            (Some(project), Engine::Mysql) => {
                let exactly = fragment::<Text>("BINARY images.owner").eq(project);
                query.filter(images::owner.eq(project)).filter(exactly)
            }
            (Some(project), Engine::Sqlite | Engine::Postgres) => query.filter(images::owner.eq(project)),
        }
    }};
}

/// The sum of sizes. It is made of numbers that do not overflow, and cut to those that do: a size may be what a foreign
/// server says.
const fn sum_of_sizes(engine: Engine) -> Fragment<BigInt> {
    fragment(match engine {
        Engine::Sqlite => "CAST(MIN(TOTAL(images.size), 9223372036854774784.0) AS INTEGER)",
        Engine::Postgres => "CAST(LEAST(COALESCE(SUM(images.size), 0), 9223372036854774784) AS BIGINT)",
        Engine::Mysql => "CAST(LEAST(COALESCE(SUM(images.size), 0), 9223372036854774784) AS SIGNED)",
    })
}

/// Sizes times places, over all images (what a removed place held does not count): a join has a row for each place.
fn stored(session: &mut Session<'_>, project: Option<&str>, except: Option<&str>) -> Result<i64, DbError> {
    let Some(project) = storable(project)? else { return Ok(0) };
    let engine = session.conn.engine();
    let places = images::table
        .inner_join(image_locations::table.on(image_locations::image_id.eq(images::id)))
        .filter(image_locations::status.ne("deleted"))
        .filter(images::size.gt(0))
        .select(sum_of_sizes(engine))
        .into_boxed();
    let places = of_project!(places, engine, project);
    let places = match except {
        Some(image) => places.filter(images::id.ne(image)),
        None => places,
    };
    Ok(places.first(session.conn)?)
}

/// Sizes of images that are staged or being copied.
fn staged(session: &mut Session<'_>, project: Option<&str>) -> Result<i64, DbError> {
    let Some(project) = storable(project)? else { return Ok(0) };
    let engine = session.conn.engine();
    let query = of_project!(images::table.select(sum_of_sizes(engine)).into_boxed(), engine, project);
    Ok(on_its_way(query, &["uploading", "importing"]).first(session.conn)?)
}

/// Images, those without data included.
fn count(session: &mut Session<'_>, project: Option<&str>) -> Result<i64, DbError> {
    let Some(project) = storable(project)? else { return Ok(0) };
    let engine = session.conn.engine();
    let query = images::table.select(fragment::<BigInt>("COUNT(*)")).into_boxed();
    Ok(of_project!(query, engine, project).first(session.conn)?)
}

/// Images whose data is on its way.
fn uploading(session: &mut Session<'_>, project: Option<&str>) -> Result<i64, DbError> {
    let Some(project) = storable(project)? else { return Ok(0) };
    let engine = session.conn.engine();
    let query = images::table.select(fragment::<BigInt>("COUNT(*)")).into_boxed();
    let query = of_project!(query, engine, project);
    Ok(on_its_way(query, &["saving", "uploading", "importing"]).first(session.conn)?)
}

/// Only images with one of these statuses, and those that are being copied to another store.
fn on_its_way<'a, ST: 'a>(query: ProjectQuery<'a, ST>, statuses: &'a [&'static str]) -> ProjectQuery<'a, ST> {
    let copying = image_properties::table
        .filter(image_properties::image_id.eq(images::id))
        .filter(image_properties::name.eq(COPYING))
        .filter(image_properties::value.ne(""))
        .filter(image_properties::deleted.eq(false));
    query.filter(images::status.eq_any(statuses).or(exists(copying)))
}

/// What uploads of a project have reserved.
fn reserved(
    session: &mut Session<'_>,
    project: Option<&str>,
    space: Space,
    except: Option<&str>,
) -> Result<i64, DbError> {
    let Some(project) = storable(project)? else { return Ok(0) };
    let sum = fragment::<BigInt>(match session.conn.engine() {
        Engine::Sqlite => "CAST(MIN(TOTAL(bytes), 9223372036854774784.0) AS INTEGER)",
        Engine::Postgres => "CAST(LEAST(COALESCE(SUM(bytes), 0), 9223372036854774784) AS BIGINT)",
        Engine::Mysql => "CAST(LEAST(COALESCE(SUM(bytes), 0), 9223372036854774784) AS SIGNED)",
    });
    let rows = reservations::table
        .select(sum)
        .filter(reservations::project.eq(project.unwrap_or_default()))
        .filter(reservations::kind.eq(space.as_str()))
        .filter(reservations::lease_id.ne(except.unwrap_or_default()));
    Ok(rows.first(session.conn)?)
}

/// The project, if any database can have heard of it.
#[expect(clippy::option_option, reason = "no project is a project here; a text that cannot be stored is none")]
fn storable(project: Option<&str>) -> Result<Option<Option<&str>>, DbError> {
    Ok(project.is_none_or(can_be_stored).then_some(project))
}
