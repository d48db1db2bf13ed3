//! Handlers of actions: `/v2/images/{image_id}/actions`.

use actix_web::HttpResponse;

use crate::api::{Answer, Call};
use crate::domain::lifecycle::Action;
use crate::service::actions;

/// `POST /v2/images/{image_id}/actions/deactivate`
pub(crate) async fn deactivate(call: Call) -> Answer {
    act(call, Action::Deactivate).await
}

/// `POST /v2/images/{image_id}/actions/reactivate`
pub(crate) async fn reactivate(call: Call) -> Answer {
    act(call, Action::Reactivate).await
}

async fn act(call: Call, action: Action) -> Answer {
    actions::act(&call.context, &call.app, call.param("image_id"), action).await?;
    Ok(HttpResponse::NoContent().finish())
}
