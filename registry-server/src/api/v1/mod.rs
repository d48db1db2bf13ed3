//! The registry protocol of Glance 15 and earlier, for tools that speak it (registry Part I): `/images…`,
//! `/shared-images…` and `/`, and the same under `/v1`.
//!
//! A thin face: callers are known as on `/v3`, the work is done by the same query functions, and only words differ.
//! URLs of locations pass as the columns hold them, since callers of this protocol encrypt and decrypt them themselves
//! ([`Session::as_stored`](crate::db::Session::as_stored)).

mod body;
mod error;
mod images;
mod lists;
mod members;
mod query;
mod wire;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, post, put};
use actix_web::{Resource, Route, Scope};

use self::error::V1Error;

/// Prefixes that mean the same.
const PREFIXES: [&str; 2] = ["", "/v1"];

/// What a path without a fitting method answers.
#[derive(Debug, Clone, Copy)]
enum Otherwise {
    /// The list of images, whatever the method.
    List,
    /// 404: this protocol hardly knows 405, see [`refused`].
    Missing,
}

/// A path, what it answers to known methods, and to all others.
struct Row {
    path: &'static str,
    routes: fn() -> Vec<Route>,
    otherwise: Otherwise,
}

const fn row(path: &'static str, otherwise: Otherwise, routes: fn() -> Vec<Route>) -> Row {
    Row { path, routes, otherwise }
}

/// All paths; fixed ones before patterns that they match.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("/",                             Otherwise::List,                  Vec::new),
    row("/images",                       Otherwise::Missing,               || vec![get().to(lists::brief), post().to(images::create)]),
    row("/images/detail",                Otherwise::Missing,               || vec![get().to(lists::detailed)]),
    row("/images/{id}",                  Otherwise::Missing,               || vec![get().to(images::show), put().to(images::update), delete().to(images::remove)]),
    row("/images/{id}/members",          Otherwise::Missing,               || vec![get().to(members::list), put().to(members::replace), post().to(refused)]),
    row("/images/{id}/members/{member}", Otherwise::Missing,               || vec![put().to(members::put), delete().to(members::remove), get().to(refused)]),
    row("/shared-images/{member}",       Otherwise::Missing,               || vec![get().to(members::offers)]),
];

/// The two methods that members are known not to have. Both answers name the methods of a single member.
async fn refused() -> Result<String, V1Error> {
    Err(V1Error::NoMethod("PUT, DELETE"))
}

/// Adds all paths to the scope of the registry.
pub(super) fn add_to(scope: Scope) -> Scope {
    let rows = PREFIXES.iter().flat_map(|prefix| ROWS.iter().map(move |row| (format!("{prefix}{}", row.path), row)));
    rows.fold(scope, |scope, (path, row)| scope.configure(|config| add(config, &path, row)))
}

fn add(config: &mut ServiceConfig, path: &str, row: &Row) {
    let resource = (row.routes)().into_iter().fold(web::resource(path), Resource::route);
    let resource = match row.otherwise {
        Otherwise::List => resource.default_service(web::to(lists::brief)),
        Otherwise::Missing => resource.default_service(web::to(async || Err::<String, _>(V1Error::missing()))),
    };
    config.service(resource.wrap(from_fn(error::in_old_words)));
}
