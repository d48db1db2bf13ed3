//! `/v3/usage`: what projects use.

use actix_web::HttpResponse;
use actix_web::web::Query;
use serde::Deserialize;

use super::call::Call;
use crate::db::queries::usage;
use crate::error::ApiError;

/// Query of a show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowQuery {
    /// Whose usage; absent for what belongs to nobody.
    project: Option<String>,
}

pub(super) async fn show(call: Call, query: Query<ShowQuery>) -> Result<HttpResponse, ApiError> {
    let project = query.into_inner().project;
    call.read(move |session, context| usage::usage_of(session, context, project.as_deref())).await
}
