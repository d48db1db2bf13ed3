//! `/images/{id}/members` and `/shared-images/{member}`: whom images are offered to (registry §8).

use actix_web::HttpResponse;
use actix_web::web::Path;
use glance_common::context::RequestContext;
use serde::Serialize;
use serde_json::Value;

use super::body;
use super::error::V1Error;
use super::images::image_id;
use crate::api::call::{Call, NO_CONTENT};
use crate::db::DbError;
use crate::db::queries::members;
use crate::error::ApiError;

/// A member of an image.
#[derive(Debug, Serialize)]
struct WireMember {
    member_id: String,
    can_share: bool,
}

#[derive(Debug, Serialize)]
struct WireMembers {
    members: Vec<WireMember>,
}

/// An image that is offered to a member.
#[derive(Debug, Serialize)]
struct WireOffer {
    image_id: String,
    can_share: bool,
}

#[derive(Debug, Serialize)]
struct WireOffers {
    shared_images: Vec<WireOffer>,
}

pub(super) async fn list(call: Call, id: Path<String>) -> Result<HttpResponse, V1Error> {
    let id = image_id(&id)?;
    let answer = call.read(move |session, context| {
        let found = members::list_members(&mut session.as_stored(), context, id.as_str())?.members;
        let members = found.into_iter();
        let members = members.map(|found| WireMember { member_id: found.member, can_share: found.can_share });
        Ok(WireMembers { members: members.collect() })
    });
    Ok(answer.await?)
}

pub(super) async fn put(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, V1Error> {
    needs_owner(&call.context)?;
    let (id, member) = path.into_inner();
    let (id, can_share) = (image_id(&id)?, can_share(call.body())?);
    let answer = call.change(NO_CONTENT, move |session, context| {
        members::put_member(&mut session.as_stored(), context, id.as_str(), &member, can_share)
    });
    Ok(answer.await?)
}

pub(super) async fn replace(call: Call, id: Path<String>) -> Result<HttpResponse, V1Error> {
    needs_owner(&call.context)?;
    let (id, list) = (image_id(&id)?, memberships(call.body())?);
    let answer = call.change(NO_CONTENT, move |session, context| {
        members::replace_members(&mut session.as_stored(), context, id.as_str(), &list)
    });
    Ok(answer.await?)
}

pub(super) async fn remove(call: Call, path: Path<(String, String)>) -> Result<HttpResponse, V1Error> {
    needs_owner(&call.context)?;
    let (id, member) = path.into_inner();
    let id = image_id(&id)?;
    let answer = call.change(NO_CONTENT, move |session, context| {
        let session = &mut session.as_stored();
        members::check_sharer(session, context, id.as_str())?;
        members::remove_member(session, context, id.as_str(), &member)
    });
    answer.await.map_err(|error| match error {
        ApiError::Db(DbError::NotFound) => V1Error::membership_missing(),
        other => other.into(),
    })
}

pub(super) async fn offers(call: Call, member: Path<String>) -> Result<HttpResponse, V1Error> {
    let answer = call.read(move |session, context| {
        let offers = members::list_offers(session, context, &member)?.into_iter();
        let offers = offers.map(|(image, can_share)| WireOffer { image_id: image.into(), can_share });
        Ok(WireOffers { shared_images: offers.collect() })
    });
    Ok(answer.await?)
}

/// Members are changed by somebody who could own an image.
fn needs_owner(context: &RequestContext) -> Result<(), V1Error> {
    if context.is_admin || context.project_id.is_some() {
        return Ok(());
    }
    Err(ApiError::Unauthenticated("No authenticated user").into())
}

/// What the body of a single member says: nothing, or `{"member": {"can_share": …}}`.
fn can_share(body: &[u8]) -> Result<Option<bool>, V1Error> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    match body::object(body)?.get("member") {
        Some(Value::Object(member)) => match member.get("can_share") {
            Some(value) => Ok(Some(truth(value))),
            None => Err(bad_association("can_share")),
        },
        _ => Err(bad_association("member")),
    }
}

/// The list that replaces all members.
fn memberships(body: &[u8]) -> Result<Vec<(String, Option<bool>)>, V1Error> {
    let body = body::object(body)?;
    let Some(Value::Array(list)) = body.get("memberships") else {
        return Err(bad_association("memberships"));
    };
    let entry = |entry: &Value| match entry["member_id"].as_str() {
        Some(member) => Ok((member.to_owned(), entry.get("can_share").map(truth))),
        None => Err(bad_association("member_id")),
    };
    list.iter().map(entry).collect()
}

fn bad_association(name: &str) -> V1Error {
    V1Error::invalid(format!("Invalid membership association: '{name}'"))
}

/// What counts as yes: all but null, false, 0 and what is empty. The text "false" is not empty.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_s_body_says_little() {
        let table = [
            ("", Ok(None)),
            (" \n", Ok(None)),
            (r#"{"member": {}}"#, Err("Invalid membership association: 'can_share'")),
            (r#"{"member": {"can_share": true}}"#, Ok(Some(true))),
            (r#"{"member": {"can_share": "false"}}"#, Ok(Some(true))),
            (r#"{"member": {"can_share": 0}}"#, Ok(Some(false))),
            (r#"{"member": {"can_share": null}}"#, Ok(Some(false))),
            (r#"{"member": {"can_share": []}}"#, Ok(Some(false))),
            (r#"{"member": 5}"#, Err("Invalid membership association: 'member'")),
            ("{}", Err("Invalid membership association: 'member'")),
            ("[1]", Err("Unexpected body type.")),
            ("7", Err("Unexpected body type.")),
            ("{", Err("Malformed JSON in request body.")),
        ];
        for (body, expected) in table {
            match (can_share(body.as_bytes()), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{body}"),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{body}: {error}"),
                (found, _) => panic!("{body}: {found:?}"),
            }
        }
    }

    #[test]
    fn lists_of_members_are_read_whole() {
        let list = br#"{"memberships": [{"member_id": "a"}, {"member_id": "b", "can_share": true}]}"#;
        let expected = [("a".to_owned(), None), ("b".to_owned(), Some(true))];
        assert_eq!(memberships(list).unwrap(), expected);
        assert_eq!(memberships(br#"{"memberships": []}"#).unwrap(), []);
        let table = [
            ("", "Malformed JSON in request body."),
            ("[]", "Unexpected body type."),
            ("{}", "Invalid membership association: 'memberships'"),
            (r#"{"memberships": {}}"#, "Invalid membership association: 'memberships'"),
            (r#"{"memberships": [{}]}"#, "Invalid membership association: 'member_id'"),
            (r#"{"memberships": ["a"]}"#, "Invalid membership association: 'member_id'"),
            (r#"{"memberships": [{"member_id": 5}]}"#, "Invalid membership association: 'member_id'"),
        ];
        for (body, text) in table {
            let error = memberships(body.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(text), "{body}: {error}");
        }
    }
}
