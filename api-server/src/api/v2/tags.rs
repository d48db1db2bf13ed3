//! Handlers of tags: `/v2/images/{image_id}/tags/{tag}`.

use actix_web::HttpResponse;
use serde_json::json;

use super::schema;
use crate::api::{Answer, Call};
use crate::service::tags;

/// `PUT /v2/images/{image_id}/tags/{tag}`
pub(crate) async fn add_tag(call: Call) -> Answer {
    let tag = call.param("tag");
    schema::check_key(&call.app.image_schema, "tags", &json!([tag]))?;
    tags::add_tag(&call.context, &call.app, call.param("image_id"), tag).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /v2/images/{image_id}/tags/{tag}`
pub(crate) async fn remove_tag(call: Call) -> Answer {
    tags::remove_tag(&call.context, &call.app, call.param("image_id"), call.param("tag")).await?;
    Ok(HttpResponse::NoContent().finish())
}
