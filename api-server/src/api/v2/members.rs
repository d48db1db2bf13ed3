//! Handlers of members, `/v2/images/{image_id}/members`, with their bodies, views and schemas (images-v2 §5.5, §10.1).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use glance_common::model::{ImageId, MemberStatus};
use glance_common::registry_api::Member;
use serde::Serialize;
use serde_json::{Value, json};

use super::images::json;
use super::schema::ID_PATTERN;
use super::views::Shortened;
use crate::api::body::read_json;
use crate::api::{Answer, Call};
use crate::domain::Refusal;
use crate::error::ApiError;
use crate::service::members;

/// Most characters of a project's id.
const MAX_MEMBER: usize = 255;

/// `GET /v2/schemas/member`
pub(crate) async fn show_member_schema(_call: Call) -> Answer {
    Ok(HttpResponse::Ok().json(schema()))
}

/// `GET /v2/schemas/members`
pub(crate) async fn show_members_schema(_call: Call) -> Answer {
    Ok(HttpResponse::Ok().json(json!({
        "name": "members",
        "properties": {"members": {"type": "array", "items": schema()}, "schema": {"type": "string"}},
        "links": [{"rel": "describedby", "href": "{schema}"}],
    })))
}

/// `GET /v2/images/{image_id}/members`
pub(crate) async fn list_members(call: Call) -> Answer {
    let found = members::list_members(&call.context, &call.app, call.param("image_id")).await?;
    answer(&MemberViews { members: found.iter().map(MemberView::of).collect(), schema: "/v2/schemas/members" })
}

/// `POST /v2/images/{image_id}/members`
pub(crate) async fn add_member(call: Call) -> Answer {
    let id = call.param("image_id").to_owned();
    let Call { app, context, payload, .. } = call;
    let member = member_in(&read_json(payload, app.options.api.json_limits()).await?)?;
    answer(&MemberView::of(&members::add_member(&context, &app, &id, &member).await?))
}

/// `GET /v2/images/{image_id}/members/{member}`
pub(crate) async fn show_member(call: Call) -> Answer {
    let (id, member) = (call.param("image_id"), call.param("member"));
    answer(&MemberView::of(&members::show_member(&call.context, &call.app, id, member).await?))
}

/// `PUT /v2/images/{image_id}/members/{member}`
pub(crate) async fn update_member(call: Call) -> Answer {
    let (id, member) = (call.param("image_id").to_owned(), call.param("member").to_owned());
    let Call { app, context, payload, .. } = call;
    let status = status_in(&read_json(payload, app.options.api.json_limits()).await?)?;
    answer(&MemberView::of(&members::update_member(&context, &app, &id, &member, status).await?))
}

/// `DELETE /v2/images/{image_id}/members/{member}`
pub(crate) async fn remove_member(call: Call) -> Answer {
    members::remove_member(&call.context, &call.app, call.param("image_id"), call.param("member")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The project that the body of a POST names; other keys are nobody's business.
fn member_in(body: &Value) -> Result<String, Refusal> {
    let Value::Object(keys) = body else {
        return Err(Refusal::invalid(r#"Expected a member in the form: {"member": "image_id"}"#));
    };
    match keys.get("member") {
        None => Err(Refusal::invalid("Member to be added not specified")),
        Some(empty) if is_empty(empty) => Err(Refusal::invalid("Member can't be empty")),
        Some(Value::String(member)) if member.chars().count() <= MAX_MEMBER => Ok(member.clone()),
        Some(_) => Err(Refusal::invalid(format!("Member must be a string of at most {MAX_MEMBER} characters"))),
    }
}

/// Is it a value that means nothing: null, false, zero, or nothing in it?
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
    }
}

/// The status that the body of a PUT asks for; none for a value that is no status, which the service refuses in turn.
fn status_in(body: &Value) -> Result<Option<MemberStatus>, Refusal> {
    let Value::Object(keys) = body else {
        return Err(Refusal::invalid(r#"Expected a status in the form: {"status": "status"}"#));
    };
    let status = keys.get("status").ok_or_else(|| Refusal::invalid("Status not specified"))?;
    Ok(status.as_str().and_then(|word| word.parse().ok()))
}

/// A member as clients see it.
#[derive(Serialize)]
struct MemberView<'a> {
    member_id: &'a str,
    image_id: &'a ImageId,
    status: MemberStatus,
    created_at: Shortened,
    updated_at: Shortened,
    schema: &'static str,
}

impl<'a> MemberView<'a> {
    fn of(member: &'a Member) -> Self {
        Self {
            member_id: &member.member,
            image_id: &member.image_id,
            status: member.status,
            created_at: Shortened(member.created_at),
            updated_at: Shortened(member.updated_at),
            schema: "/v2/schemas/member",
        }
    }
}

#[derive(Serialize)]
struct MemberViews<'a> {
    members: Vec<MemberView<'a>>,
    schema: &'static str,
}

fn answer(view: &impl Serialize) -> Answer {
    Ok(json(StatusCode::OK, serde_json::to_vec(view).map_err(ApiError::internal)?))
}

fn schema() -> Value {
    json!({
        "name": "member",
        "properties": {
            "member_id": {"type": "string", "description": "The project that the image is offered to"},
            "image_id": {"type": "string", "description": "An identifier for the image", "pattern": ID_PATTERN},
            "created_at": {"type": "string", "description": "Date and time when the project was made a member"},
            "updated_at": {"type": "string", "description": "Date and time of the last change of the membership"},
            "status": {
                "type": "string",
                "description": "What the project said to the offer",
                "enum": MemberStatus::ALL,
            },
            "schema": {"type": "string", "readOnly": true},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_a_short_text() {
        let form = r#"Expected a member in the form: {"member": "image_id"}"#;
        let text = "Member must be a string of at most 255 characters";
        let table = [
            (json!({"member": "p2", "status": "accepted"}), Ok("p2")),
            (json!(["p2"]), Err(form)),
            (json!({}), Err("Member to be added not specified")),
            (json!({"member": null}), Err("Member can't be empty")),
            (json!({"member": ""}), Err("Member can't be empty")),
            (json!({"member": 0.0}), Err("Member can't be empty")),
            (json!({"member": false}), Err("Member can't be empty")),
            (json!({"member": {}}), Err("Member can't be empty")),
            (json!({"member": 5}), Err(text)),
            (json!({"member": true}), Err(text)),
            (json!({"member": ["p2"]}), Err(text)),
            (json!({"member": "x".repeat(256)}), Err(text)),
        ];
        for (body, wanted) in table {
            let wanted = wanted.map(str::to_owned).map_err(Refusal::invalid);
            assert_eq!(member_in(&body), wanted, "{body}");
        }
    }

    #[test]
    fn a_status_is_one_of_three_words() {
        let table = [
            (json!({"status": "accepted"}), Ok(Some(MemberStatus::Accepted))),
            (json!({"status": "Accepted"}), Ok(None)),
            (json!({"status": null}), Ok(None)),
            (json!({"status": ["accepted"]}), Ok(None)),
            (json!({"state": "accepted"}), Err(Refusal::invalid("Status not specified"))),
            (json!([]), Err(Refusal::invalid(r#"Expected a status in the form: {"status": "status"}"#))),
        ];
        for (body, wanted) in table {
            assert_eq!(status_in(&body), wanted, "{body}");
        }
    }
}
