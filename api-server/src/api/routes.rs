//! The route table of the Images API (images-v2 §6): one line per method and path, in the order of the documentation.
//!
//! To serve a new route, write its handler as `pub async fn name(call: Call) -> Answer` and add a line here:
//!
//! ```ignore
//! get("/v2/images/{image_id}", images::show_image).rejects_body(),
//! ```
//!
//! - `{names}` stand for one segment and are read with `call.param("image_id")`.
//! - `.rejects_body()` (column B of §6): a body is a 400 before the handler runs.
//! - The `Allow` header of a 405 lists the methods of all lines with the same path, in the order of the lines;
//!   `.allow("…")` on one of them states it instead, `.others_not_found()` makes other methods a 404.
//! - Paths are always written with `/v2`; minor versions were rewritten before (see [`super::negotiation`]).

use super::router::Route;

/// The table.
#[must_use]
pub fn table() -> Vec<Route> {
    Vec::new()
}
