//! The private protocol: `route → Call → query functions in one transaction → JSON`.
//!
//! A handler takes typed input out of a [`call::Call`] and names the query function that does the work. Making a
//! `Call` authenticates the peer and reads the body, and it is the only way to the database.

mod call;
mod images;
mod json;
mod leases;
mod locations;
mod members;
mod properties;
mod request_key;
mod service;
mod tags;
mod usage;
mod v1;

use actix_web::web::{self, PathConfig, QueryConfig, ServiceConfig, delete, get, patch, post, put};
use glance_common::web::RequestIds;

use crate::error::ApiError;
use crate::error_response::render_fault;

/// One operation of the protocol.
struct Route {
    method: &'static str,
    path: &'static str,
    handler: fn() -> actix_web::Route,
}

const fn route(method: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Route {
    Route { method, path, handler }
}

/// All operations (`glance_common::registry_api` has the table with types). Rows of one path stand together, and
/// fixed paths before patterns that they match.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    route("GET",    "/v3",                                  || get().to(service::info)),
    route("GET",    "/v3/openapi.json",                     || get().to(service::openapi)),
    route("POST",   "/v3/images",                           || post().to(images::create)),
    route("POST",   "/v3/images/search",                    || post().to(images::search)),
    route("GET",    "/v3/images/{id}",                      || get().to(images::show)),
    route("PATCH",  "/v3/images/{id}",                      || patch().to(images::update)),
    route("DELETE", "/v3/images/{id}",                      || delete().to(images::remove)),
    route("PUT",    "/v3/images/{id}/properties/{name}",    || put().to(properties::write)),
    route("DELETE", "/v3/images/{id}/properties/{name}",    || delete().to(properties::remove)),
    route("GET",    "/v3/images/{id}/locations",            || get().to(locations::list_waiting)),
    route("POST",   "/v3/images/{id}/locations",            || post().to(locations::add)),
    route("PUT",    "/v3/images/{id}/locations/{location}", || put().to(locations::update)),
    route("DELETE", "/v3/images/{id}/locations/{location}", || delete().to(locations::remove)),
    route("GET",    "/v3/images/{id}/members",              || get().to(members::list)),
    route("PUT",    "/v3/images/{id}/members/{member}",     || put().to(members::add)),
    route("PATCH",  "/v3/images/{id}/members/{member}",     || patch().to(members::update)),
    route("DELETE", "/v3/images/{id}/members/{member}",     || delete().to(members::remove)),
    route("PUT",    "/v3/images/{id}/tags/{tag}",           || put().to(tags::add)),
    route("DELETE", "/v3/images/{id}/tags/{tag}",           || delete().to(tags::remove)),
    route("POST",   "/v3/leases",                           || post().to(leases::take)),
    route("GET",    "/v3/leases",                           || get().to(leases::list)),
    route("PUT",    "/v3/leases/{id}",                      || put().to(leases::renew)),
    route("DELETE", "/v3/leases/{id}",                      || delete().to(leases::end)),
    route("POST",   "/v3/leases/{id}/claim",                || post().to(leases::claim)),
    route("PUT",    "/v3/leases/{id}/reservation",          || put().to(leases::grow_reservation)),
    route("GET",    "/v3/usage",                            || get().to(usage::show)),
];

/// Add all routes to a worker; with `v1` those of the older protocol too.
pub(crate) fn configure(config: &mut ServiceConfig, max_request_id: usize, v1: bool) {
    let mut scope = web::scope("")
        .app_data(PathConfig::default().error_handler(|_, _| ApiError::NotFound.into()))
        .app_data(QueryConfig::default().error_handler(|error, _| json::bad_query(&error).into()));
    for rows in ROUTES.chunk_by(|one, other| one.path == other.path) {
        let allowed = rows.iter().map(|row| row.method).collect::<Vec<_>>().join(", ");
        let refuse = move || {
            let allowed = allowed.clone();
            async { Err::<String, _>(ApiError::NoMethod { allowed }) }
        };
        let resource = web::resource(rows[0].path).default_service(web::to(refuse));
        scope = scope.service(rows.iter().fold(resource, |resource, row| resource.route((row.handler)())));
    }
    let scope = if v1 { v1::add_to(scope) } else { scope };
    let scope = scope
        .default_service(web::to(async || Err::<String, _>(ApiError::NoPath)))
        .wrap(RequestIds::new(max_request_id).render_faults(render_fault));
    config.service(scope);
}

#[cfg(test)]
mod openapi_tests;
