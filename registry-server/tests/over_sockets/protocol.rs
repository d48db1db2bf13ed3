//! Every operation of the protocol, from the typed client over a socket to SQLite and back.

use crate::support::{SECRET, Scratch, admin, client, member, new_image, start_on};
use glance_common::context::RequestContext;
use glance_common::model::{ImageId, ImageStatus, LocationStatus, Visibility};
use glance_common::registry_api::{
    Filter, ImageDelete, ImageFields, ImageQuery, ImageUpdate, LeaseRenewal, LocationRemove, NewImage, NewLease,
    NewLocation, Patch, PropertyExpectation, PropertyRemove, PropertyWrite,
};
use glance_registry_client::RegistryError;

fn location(url: &str) -> NewLocation {
    NewLocation { id: None, url: url.to_owned(), metadata: serde_json::Map::new(), status: LocationStatus::Active }
}

fn rename(name: &str) -> ImageUpdate {
    let set = ImageFields { name: Patch::Set(Some(name.to_owned())), ..ImageFields::default() };
    ImageUpdate { set, ..ImageUpdate::default() }
}

const DELETE: ImageDelete =
    ImageDelete { status: ImageStatus::Deleted, from: vec![], ignore_protection: false, end_lease: None };

#[actix_web::test]
async fn an_image_lives_from_creation_to_deletion() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    assert_eq!(client.info(&me).await.unwrap().protocol, 3);

    let created = client.create_image(&me, &new_image("a")).await.unwrap();
    assert_eq!((created.tags.len(), created.properties.len(), created.status), (2, 1, ImageStatus::Queued));
    assert_eq!(client.show_image(&me, &created.id).await.unwrap(), created);

    let renamed = client.update_image(&me, &created.id, &rename("ünïcode €")).await.unwrap();
    assert_eq!(renamed.name.as_deref(), Some("ünïcode €"));
    assert!(renamed.version > created.version);
    let query = ImageQuery { filters: vec![Filter::Tag("two".into())], ..ImageQuery::default() };
    let found = client.search_images(&me, &query).await.unwrap().images;
    assert_eq!(found.iter().map(|image| &image.id).collect::<Vec<_>>(), [&created.id]);

    let deleted = client.delete_image(&me, &created.id, &DELETE).await.unwrap();
    assert!(deleted.deleted);
    assert!(matches!(client.show_image(&me, &created.id).await, Err(RegistryError::NotFound(_))));
    assert!(matches!(client.show_even_deleted_image(&me, &created.id).await, Err(RegistryError::NotFound(_))));
    assert!(client.show_even_deleted_image(&admin(), &created.id).await.unwrap().deleted);
    scratch.registry.stop().await.unwrap();
}

#[actix_web::test]
async fn the_registry_judges_by_the_end_callers_rights() {
    let scratch = Scratch::start("").await;
    let client = scratch.client("");
    let image = client.create_image(&member("a"), &new_image("a")).await.unwrap();
    let public = NewImage { visibility: Visibility::Public, ..new_image("a") };
    let public = client.create_image(&admin(), &public).await.unwrap();

    let stranger = member("b");
    assert!(matches!(client.show_image(&stranger, &image.id).await, Err(RegistryError::NotFound(_))));
    assert!(matches!(client.delete_image(&stranger, &image.id, &DELETE).await, Err(RegistryError::NotFound(_))));
    assert!(matches!(client.update_image(&stranger, &public.id, &rename("x")).await, Err(RegistryError::Forbidden(_))));
    assert!(matches!(client.create_image(&stranger, &new_image("a")).await, Err(RegistryError::Forbidden(_))));
    let reader = RequestContext { read_only: true, ..member("a") };
    assert!(client.show_image(&reader, &image.id).await.is_ok());
    assert!(matches!(client.delete_image(&reader, &image.id, &DELETE).await, Err(RegistryError::Forbidden(_))));
    assert!(matches!(client.list_leases(&stranger, "upload", false).await, Err(RegistryError::Forbidden(_))));
}

#[actix_web::test]
async fn refused_changes_say_why() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let image = client.create_image(&me, &new_image("a")).await.unwrap();

    let from = ImageUpdate { from: vec![ImageStatus::Saving], ..rename("x") };
    let conflict = client.update_image(&me, &image.id, &from).await.unwrap_err();
    assert!(matches!(conflict, RegistryError::Conflict { status: Some(ImageStatus::Queued), .. }), "{conflict:?}");
    let stale = ImageUpdate { if_version: Some(image.version + 7), ..rename("x") };
    assert!(matches!(client.update_image(&me, &image.id, &stale).await, Err(RegistryError::Stale(_))));
    let again = NewImage { id: Some(image.id.clone()), ..new_image("a") };
    assert!(matches!(client.create_image(&me, &again).await, Err(RegistryError::Duplicate(_))));
    let protect = ImageFields { protected: Patch::Set(true), ..ImageFields::default() };
    client.update_image(&me, &image.id, &ImageUpdate { set: protect, ..ImageUpdate::default() }).await.unwrap();
    assert!(matches!(client.delete_image(&me, &image.id, &DELETE).await, Err(RegistryError::Protected(_))));
    let marker = ImageQuery { marker: Some(ImageId::generate().to_string()), ..ImageQuery::default() };
    assert!(matches!(client.search_images(&me, &marker).await, Err(RegistryError::MarkerNotFound(_))));
}

#[actix_web::test]
async fn properties_by_themselves_are_locks() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let id = client.create_image(&me, &new_image("a")).await.unwrap().id;
    let take = |value: &str| PropertyWrite { value: Some(value.into()), expect: PropertyExpectation::Absent };
    // Names need every kind of escape on their way.
    for name in ["os_glance_import_task", "a/b", "100%", "?x=y#z", "blank name", "ключ", "a+b", "%2F", "..."] {
        client.write_property(&me, &id, name, &take("1")).await.unwrap();
        let image = client.show_image(&me, &id).await.unwrap();
        assert_eq!(image.properties.get(name), Some(&Some("1".to_owned())), "{name}: {:?}", image.properties);
        assert!(matches!(client.write_property(&me, &id, name, &take("2")).await, Err(RegistryError::Duplicate(_))));
        let other = PropertyRemove { expect: PropertyExpectation::Value(Some("2".into())) };
        assert!(matches!(client.remove_property(&me, &id, name, &other).await, Err(RegistryError::NotFound(_))));
        let own = PropertyRemove { expect: PropertyExpectation::Value(Some("1".into())) };
        client.remove_property(&me, &id, name, &own).await.unwrap();
    }
    assert!(matches!(client.write_property(&me, &id, "..", &take("1")).await, Err(RegistryError::Invalid(_))));
}

#[actix_web::test]
async fn locations_come_change_and_go() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let id = client.create_image(&me, &new_image("a")).await.unwrap().id;
    let added = client.add_location(&me, &id, &location("file:///one")).await.unwrap();
    let changed = client.update_location(&me, &id, added.id, &location("file:///two")).await.unwrap();
    assert_eq!((changed.id, changed.url.as_str()), (added.id, "file:///two"));
    assert_eq!(client.show_image(&me, &id).await.unwrap().locations, [changed]);
    let remove = LocationRemove { status: LocationStatus::Deleted };
    client.remove_location(&me, &id, added.id, &remove).await.unwrap();
    assert!(client.show_image(&me, &id).await.unwrap().locations.is_empty());
    let missing = client.remove_location(&me, &id, 999_999, &remove).await;
    assert!(matches!(missing, Err(RegistryError::NotFound(_))), "{missing:?}");
}

#[actix_web::test]
async fn leases_are_held_kept_and_given_back() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let lease = |id: &str| NewLease {
        id: id.to_owned(),
        kind: "upload".to_owned(),
        resource: "image/1".to_owned(),
        image_id: None,
        holder: "node 1".to_owned(),
        seconds: 60,
        detail: serde_json::json!({"store": "fast"}),
    };
    let (first, second) = (ImageId::generate().to_string(), ImageId::generate().to_string());
    let taken = client.take_lease(&me, &lease(&first)).await.unwrap();
    assert!(matches!(client.take_lease(&me, &lease(&second)).await, Err(RegistryError::LeaseHeld(_))));

    let renewal = |holder: &str| LeaseRenewal { holder: holder.to_owned(), seconds: 600, detail: None };
    let kept = client.renew_lease(&me, &first, &renewal("node 1")).await.unwrap();
    assert!(kept.expires_at > taken.expires_at && kept.detail == taken.detail);
    assert!(matches!(client.renew_lease(&me, &first, &renewal("node 2")).await, Err(RegistryError::LeaseLost(_))));
    assert!(matches!(client.claim_lease(&admin(), &first, &renewal("node 2")).await, Err(RegistryError::LeaseHeld(_))));
    assert_eq!(client.list_leases(&admin(), "upload", false).await.unwrap().leases.len(), 1);
    assert_eq!(client.list_leases(&admin(), "upload", true).await.unwrap().leases.len(), 0);
    client.end_lease(&me, &first, "node 1").await.unwrap();
    assert!(matches!(client.end_lease(&me, &first, "node 1").await, Err(RegistryError::LeaseLost(_))));
}

#[actix_web::test]
async fn two_registries_on_one_database_stand_in_for_each_other() {
    let scratch = Scratch::start("").await;
    let other = start_on(scratch.folder.path(), "").await;
    let endpoints = format!("registry_endpoints = {}, http://{}", scratch.url(), other.local_addr());
    let (client, me) = (client(&endpoints), member("a"));
    let id = client.create_image(&me, &new_image("a")).await.unwrap().id;
    for _ in 0..4 {
        client.show_image(&me, &id).await.unwrap();
    }
    other.stop().await.unwrap();
    for round in 0..8 {
        client.update_image(&me, &id, &rename(&format!("round {round}"))).await.unwrap();
    }
}

#[actix_web::test]
async fn signed_calls_pass_and_unsigned_ones_do_not() {
    let secret = format!("registry_auth_secret = {SECRET}");
    let scratch = Scratch::start(&secret).await;
    let (signing, me) = (scratch.client(&secret), member("a"));
    let id = signing.create_image(&me, &new_image("a")).await.unwrap().id;
    let write = PropertyWrite { value: None, expect: PropertyExpectation::Any };
    signing.write_property(&me, &id, "a/b ü%", &write).await.unwrap();
    signing.show_even_deleted_image(&admin(), &id).await.unwrap();
    for lines in ["", "registry_auth_secret = not the secret of these"] {
        let refused = scratch.client(lines).show_image(&me, &id).await;
        assert!(matches!(refused, Err(RegistryError::Unauthenticated(_))), "{refused:?}");
    }
}
