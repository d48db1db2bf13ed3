//! Handlers of what the service tells of itself: `/v2/info`.

use actix_web::http::StatusCode;
use serde_json::{Map, json};

use super::images;
use crate::api::{Answer, Call};
use crate::error::ApiError;
use crate::service::limits;

/// `GET /v2/info/usage`
pub(crate) async fn show_usage(call: Call) -> Answer {
    let used = limits::usage(&call.context, &call.app).await?;
    let rows =
        used.into_iter().map(|(name, used)| (name.to_owned(), json!({"usage": used.usage, "limit": used.limit})));
    let body = serde_json::to_vec(&json!({"usage": rows.collect::<Map<_, _>>()})).map_err(ApiError::internal)?;
    Ok(images::json(StatusCode::OK, body))
}
