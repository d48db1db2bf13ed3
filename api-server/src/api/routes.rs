//! The route table of the Images API (images-v2 §6): one line per method and path, in the order of the documentation.
//!
//! To serve a new route, write its handler as `pub async fn name(call: Call) -> Answer` and add a line here:
//!
//! ```text
//! route(Method::GET, "/v2/images/{image_id}", images::show_image).rejects_body(),
//! ```
//!
//! - `{names}` stand for one segment and are read with `call.param("image_id")`.
//! - `.rejects_body()` (column B of §6): a body is a 400 before the handler runs.
//! - The `Allow` header of a 405 lists the methods of all lines with the same path, in the order of the lines;
//!   `.allow("…")` on one of them states it instead, `.others_not_found()` makes other methods a 404.
//! - Paths are always written with `/v2`; minor versions were rewritten before (see [`super::negotiation`]).

use actix_web::http::Method;

use super::router::{Route, route};
use super::v2::{actions, discovery, image_data, images, members, schemas, tags};

/// The table.
#[must_use]
pub fn table() -> Vec<Route> {
    vec![
        route(Method::GET, "/v2/schemas/image", schemas::show_image_schema).rejects_body(),
        route(Method::GET, "/v2/schemas/images", schemas::show_images_schema).rejects_body(),
        route(Method::GET, "/v2/schemas/member", members::show_member_schema).rejects_body(),
        route(Method::GET, "/v2/schemas/members", members::show_members_schema).rejects_body(),
        route(Method::GET, "/v2/info/usage", discovery::show_usage).others_not_found(),
        route(Method::GET, "/v2/images", images::list_images),
        route(Method::POST, "/v2/images", images::create_image),
        route(Method::GET, "/v2/images/{image_id}", images::show_image).rejects_body(),
        route(Method::PATCH, "/v2/images/{image_id}", images::update_image),
        route(Method::DELETE, "/v2/images/{image_id}", images::delete_image).rejects_body(),
        route(Method::GET, "/v2/images/{image_id}/file", image_data::download_data).rejects_body(),
        route(Method::PUT, "/v2/images/{image_id}/file", image_data::upload_data),
        route(Method::POST, "/v2/images/{image_id}/actions/deactivate", actions::deactivate).rejects_body(),
        route(Method::POST, "/v2/images/{image_id}/actions/reactivate", actions::reactivate).rejects_body(),
        route(Method::PUT, "/v2/images/{image_id}/tags/{tag}", tags::add_tag).rejects_body(),
        route(Method::DELETE, "/v2/images/{image_id}/tags/{tag}", tags::remove_tag).rejects_body(),
        route(Method::GET, "/v2/images/{image_id}/members", members::list_members).rejects_body(),
        route(Method::POST, "/v2/images/{image_id}/members", members::add_member),
        route(Method::GET, "/v2/images/{image_id}/members/{member}", members::show_member).rejects_body(),
        route(Method::PUT, "/v2/images/{image_id}/members/{member}", members::update_member),
        route(Method::DELETE, "/v2/images/{image_id}/members/{member}", members::remove_member).rejects_body(),
    ]
}
