//! Create, show, list, change.

use glance_common::model::{Image, Visibility};
use glance_common::registry_api::{ErrorCode, ImageQuery};

use super::{Node, admin, member, words};
use crate::domain::{Attribute, ImageChange, NewImageCommand, Operation, Owner};
use crate::error::ApiError;
use crate::service::images::{create_image, list_images, show_image, update_image};

fn rename(name: &str) -> ImageChange {
    let operation = Operation::Replace(Attribute::Name(Some(name.into())));
    ImageChange { operations: vec![operation], add_overwrites: true }
}

fn refused<T>(outcome: Result<T, ApiError>) -> String {
    words(&outcome.err().unwrap())
}

#[actix_web::test]
async fn every_hot_path_is_one_call_of_the_registry() {
    let node = Node::start();
    let image = node.raw_image().await;
    assert_eq!(node.registry.take_calls(), ["POST /v3/images"]);
    show_image(&member("p1"), &node.app, image.id.as_str()).await.unwrap();
    assert_eq!(node.registry.take_calls(), [format!("GET /v3/images/{}", image.id)]);
    let page = list_images(&member("p1"), &node.app, ImageQuery { limit: Some(1), ..Default::default() }).await;
    assert!(page.unwrap().is_full);
    assert_eq!(node.registry.take_calls(), ["POST /v3/images/search"]);
    // Impossible ids cost nothing.
    assert_eq!(refused(show_image(&member("p1"), &node.app, "nope").await), "NotFound: No image found with ID nope");
    assert!(node.registry.take_calls().is_empty());
}

#[actix_web::test]
async fn creation_asks_the_policy_before_it_looks_at_values() {
    let node = Node::start();
    let owned = |owner: Option<&str>| NewImageCommand {
        owner: Owner::Named(owner.map(str::to_owned)),
        server_owned: Some("size".into()),
        ..NewImageCommand::default()
    };
    let public = NewImageCommand { visibility: Some(Visibility::Public), min_ram: -1, ..NewImageCommand::default() };
    let anonymous = glance_common::context::RequestContext::anonymous("req-a");
    let reader = glance_common::context::RequestContext { roles: vec!["reader".into()], ..member("p1") };
    let table = [
        (anonymous, owned(Some("p1")), "Forbidden: Read-only access"),
        (reader, NewImageCommand::default(), "Forbidden: You are not authorized to complete add_image action."),
        (member("p1"), owned(Some("p2")), "Forbidden: You are not permitted to create images owned by 'p2'"),
        (member("p1"), owned(None), "Forbidden: You are not permitted to create images owned by 'None'"),
        (member("p1"), public, "Forbidden: You are not authorized to complete publicize_image action."),
        (member("p1"), owned(Some("p1")), "Forbidden: Attribute 'size' is read-only."),
    ];
    for (context, command, text) in table {
        assert_eq!(refused(create_image(&context, &node.app, command).await), text);
    }
    assert!(node.registry.take_calls().is_empty());
    let empty = NewImageCommand { owner: Owner::Named(Some(String::new())), ..NewImageCommand::default() };
    assert_eq!(create_image(&admin(), &node.app, empty).await.unwrap().owner, None);
}

#[actix_web::test]
async fn an_id_is_given_out_once() {
    let node = Node::start();
    let Image { id, .. } = node.raw_image().await;
    let again = NewImageCommand { id: Some(id.clone()), ..NewImageCommand::default() };
    let text = refused(create_image(&member("p1"), &node.app, again).await);
    assert_eq!(text, format!("Conflict: Image ID {id} already exists!"));
}

#[actix_web::test]
async fn only_the_touched_is_changed_and_a_race_is_run_again() {
    let node = Node::start();
    let image = node.raw_image().await;
    let mut raced = false;
    let id = image.id.clone();
    node.registry.on_call(move |method, _, state| {
        if method == "PATCH" && !std::mem::replace(&mut raced, true) {
            let image = state.images.get_mut(id.as_str()).unwrap();
            image.properties.insert("foo".into(), Some("1".into()));
            image.version += 1;
        }
        None
    });
    let changed = update_image(&member("p1"), &node.app, image.id.as_str(), &rename("b")).await.unwrap();
    assert_eq!((changed.name.as_deref(), changed.properties.len()), (Some("b"), 1));
    node.registry.on_call(|method, _, _| (method == "PATCH").then_some(ErrorCode::Stale));
    let text = refused(update_image(&member("p1"), &node.app, image.id.as_str(), &rename("c")).await);
    assert_eq!(text, "Conflict");
}

#[actix_web::test]
async fn changes_are_for_owners_and_some_for_administrators() {
    let node = Node::start();
    let image = node.raw_image().await;
    let id = image.id.as_str();
    let one = |operation| ImageChange { operations: vec![operation], add_overwrites: true };
    let owner = || Attribute::Owner(Some("p2".into()));
    let public = || Attribute::Visibility(Visibility::Public);
    let table = [
        (one(Operation::Add(owner())), "Forbidden: Owner can't be updated by non admin."),
        (one(Operation::Replace(owner())), "Forbidden: Owner can't be updated by non admin."),
        (one(Operation::Replace(public())), "Forbidden: You are not authorized to complete publicize_image action."),
    ];
    for (change, text) in table {
        assert_eq!(refused(update_image(&member("p1"), &node.app, id, &change).await), text);
    }
    assert_eq!(
        update_image(&admin(), &node.app, id, &one(Operation::Replace(public()))).await.unwrap().visibility,
        Visibility::Public
    );
    let text = refused(update_image(&member("p2"), &node.app, id, &rename("x")).await);
    assert_eq!(text, "Forbidden: You are not authorized to complete modify_image action.");
    // Nothing to do is allowed to everybody who sees the image, and changes nothing.
    node.registry.take_calls();
    update_image(&member("p2"), &node.app, id, &ImageChange::default()).await.unwrap();
    assert_eq!(node.registry.take_calls(), [format!("GET /v3/images/{id}")]);
}

#[actix_web::test]
async fn a_registry_that_is_away_is_a_503_in_bounded_time() {
    let node = Node::start();
    let image = node.raw_image().await;
    node.registry.on_call(|_, _, _| Some(ErrorCode::Unavailable));
    let began = std::time::Instant::now();
    let text = refused(show_image(&member("p1"), &node.app, image.id.as_str()).await);
    assert!(text.starts_with("Unavailable"), "{text}");
    assert!(began.elapsed().as_secs() < 5);
    node.registry.heal();
    let mut healthy = false;
    for _ in 0..100 {
        healthy |= show_image(&member("p1"), &node.app, image.id.as_str()).await.is_ok();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(healthy);
}
