//! Handlers of images: `/v2/images`, `/v2/images/{image_id}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use glance_common::context::RequestContext;
use glance_common::model::Image;

use super::{create_input, json_patch, query, schema, views};
use crate::api::body::read_json;
use crate::api::{Answer, Call};
use crate::error::ApiError;
use crate::service::images;
use crate::state::AppState;

/// `GET /v2/images`
pub(crate) async fn list_images(call: Call) -> Answer {
    let Call { app, context, query: pairs, .. } = call;
    let options = &app.options.api;
    let limits = query::PageLimits { default: options.limit_param_default, maximum: options.api_limit_max };
    let question = query::read(&pairs, limits)?;
    let page = images::list_images(&context, &app, question).await?;
    let body = views::images(&page.images, &pairs, page.is_full, shown(&app, &context)).map_err(ApiError::internal)?;
    Ok(json(StatusCode::OK, body))
}

/// `POST /v2/images`
pub(crate) async fn create_image(call: Call) -> Answer {
    let Call { app, context, origin, payload, .. } = call;
    let body = read_json(payload, app.options.api.json_limits()).await?;
    let command = create_input::read(&app.image_schema, schema::object(body)?)?;
    let image = images::create_image(&context, &app, command).await?;
    let mut answer = image_answer(StatusCode::CREATED, &app, &context, &image)?;
    let location = format!("{}/v2/images/{}", origin.server(), image.id);
    let methods = import_methods(&app);
    let stores = app.stores.is_multi_store().then(|| {
        let ids: Vec<&str> = app.stores.stores().iter().map(|store| store.id.as_str()).collect();
        ids.join(",")
    });
    let headers = [("location", Some(location)), (IMPORT_METHODS, methods), (STORE_IDS, stores)];
    for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let value = actix_web::http::header::HeaderValue::from_str(&value).map_err(ApiError::internal)?;
        answer.headers_mut().insert(actix_web::http::header::HeaderName::from_static(name), value);
    }
    Ok(answer)
}

/// `GET /v2/images/{image_id}`
pub(crate) async fn show_image(call: Call) -> Answer {
    let image = images::show_image(&call.context, &call.app, call.param("image_id")).await?;
    image_answer(StatusCode::OK, &call.app, &call.context, &image)
}

/// `PATCH /v2/images/{image_id}`
pub(crate) async fn update_image(call: Call) -> Answer {
    let content_type = call.header("content-type");
    let Some(dialect) = json_patch::Dialect::of(content_type) else {
        let detail = format!("Image PATCH expects Content-Type one of: {}", json_patch::ACCEPTED);
        return Err(ApiError::unsupported_media(content_type, detail).with_header("accept-patch", json_patch::ACCEPTED));
    };
    let id = call.param("image_id").to_owned();
    let Call { app, context, payload, .. } = call;
    let body = read_json(payload, app.options.api.json_limits()).await?;
    let change = json_patch::read(dialect, &app.image_schema, body)?;
    let image = images::update_image(&context, &app, &id, &change).await?;
    image_answer(StatusCode::OK, &app, &context, &image)
}

/// `DELETE /v2/images/{image_id}`
pub(crate) async fn delete_image(call: Call) -> Answer {
    crate::service::delete::delete_image(&call.context, &call.app, call.param("image_id")).await?;
    Ok(HttpResponse::NoContent().finish())
}

const IMPORT_METHODS: &str = "openstack-image-import-methods";
const STORE_IDS: &str = "openstack-image-store-ids";

/// The configured ways to import, which operators may write in brackets; none where there are none.
fn import_methods(app: &AppState) -> Option<String> {
    let methods = app.options.api.enabled_import_methods.iter();
    let methods: Vec<&str> =
        methods.map(|method| method.trim_matches(['[', ']', ' '])).filter(|method| !method.is_empty()).collect();
    (!methods.is_empty()).then(|| methods.join(","))
}

fn shown<'a>(app: &'a AppState, context: &RequestContext) -> views::Shown<'a> {
    let options = &app.options.api;
    views::Shown {
        direct_url: options.show_image_direct_url,
        locations: options.show_multiple_locations,
        stores: &app.stores,
        schema: &app.image_schema,
        to_admin: context.is_admin,
    }
}

fn image_answer(status: StatusCode, app: &AppState, context: &RequestContext, image: &Image) -> Answer {
    Ok(json(status, views::image(image, shown(app, context)).map_err(ApiError::internal)?))
}

pub(super) fn json(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body)
}
