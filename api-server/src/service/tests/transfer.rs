//! Upload, download and the recovery of uploads.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use glance_common::model::{ImageStatus, Location, LocationStatus, Timestamp};
use glance_common::registry_api::ErrorCode;

use super::{Node, admin, body, member, words};
use crate::domain::NewImageCommand;
use crate::error::Situation;
use crate::service::download::begin_download;
use crate::service::recovery;
use crate::service::upload::{DataUpload, upload_data};
use crate::stores::{BodyError, ByteRange, ReadBody};

/// A body that sends something and then nothing more.
fn hanging() -> crate::stores::ByteStream {
    body(vec![Ok(b"abc")]).chain(stream::pending()).boxed()
}

#[actix_web::test]
async fn an_upload_sets_what_the_data_brought() {
    let node = Node::start();
    let image = node.raw_image().await;
    node.registry.take_calls();
    node.upload(&image, body(vec![Ok(b"AB"), Ok(b"C")])).await.unwrap();
    let path = format!("/v3/images/{}", image.id);
    assert_eq!(node.registry.take_calls(), [format!("GET {path}"), format!("PATCH {path}"), format!("PATCH {path}")]);
    let active = node.registry.image(&image.id);
    assert_eq!((active.status, active.size, active.virtual_size), (ImageStatus::Active, Some(3), Some(3)));
    assert_eq!(active.checksum.as_deref(), Some("902fbdd2b1df0c4f70b4a5d23525e932"));
    assert_eq!(active.os_hash_algo.as_deref(), Some("sha512"));
    assert_eq!(active.locations[0].url, format!("file://{}", node.object(&image.id).display()));
    assert_eq!(std::fs::read(node.object(&image.id)).unwrap(), b"ABC");
    assert!(node.registry.state().leases.is_empty());
    let text = words(&node.upload(&image, body(vec![])).await.unwrap_err());
    assert_eq!(text, "Conflict: Image status transition from active to saving is not allowed");
}

#[actix_web::test]
async fn an_empty_body_is_an_image() {
    let node = Node::start();
    let image = node.active_image(b"").await;
    assert_eq!((image.status, image.size, image.virtual_size), (ImageStatus::Active, Some(0), None));
    assert_eq!(image.checksum.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
}

#[actix_web::test]
async fn a_refused_upload_leaves_nothing_and_can_be_repeated() {
    let node = Node::with("image_size_cap = 4");
    let image = node.raw_image().await;
    let announce = |announced, body| DataUpload { announced: Some(announced), store: None, content_type: None, body };
    let table = [
        (
            DataUpload { announced: None, store: None, content_type: None, body: body(vec![Ok(b"ABCDE")]) },
            "TooLarge: The incoming image is too large: The provided image is too large.",
        ),
        (announce(2, body(vec![Ok(b"ABC")])), "BadRequest: Size exceeds: expected 2 bytes, got 3 bytes"),
        (announce(4, body(vec![Ok(b"ABC")])), "BadRequest: Size mismatch: expected 4 bytes, got 3 bytes"),
        (
            announce(3, body(vec![Ok(b"A"), Err(BodyError::Disconnected)])),
            "BadRequest: the sender closed the connection before the end of the data",
        ),
    ];
    for (upload, text) in table {
        let outcome = upload_data(&member("p1"), &node.app, image.id.as_str(), upload).await;
        assert_eq!(words(&outcome.unwrap_err()), text);
        node.assert_clean(&image.id).await;
    }
    node.upload(&image, body(vec![Ok(b"ABCD")])).await.unwrap();
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Active);
}

#[actix_web::test]
async fn content_of_another_format_is_refused_and_nothing_is_left() {
    let node = Node::start();
    let image = node
        .image(NewImageCommand {
            disk_format: Some("qcow2".into()),
            container_format: Some("bare".into()),
            ..NewImageCommand::default()
        })
        .await;
    let content_type = Some("application/octet-stream".to_owned());
    let upload = DataUpload { announced: None, store: None, content_type, body: body(vec![Ok(b"ABC")]) };
    let refusal = upload_data(&member("p1"), &node.app, image.id.as_str(), upload).await.unwrap_err();
    let given = Some("application/octet-stream".to_owned());
    assert_eq!(*refusal.situation(), Situation::UnsupportedMediaType { given });
    assert_eq!(refusal.detail(), Some("Image disk_format qcow2 does not match stream data raw"));
    node.assert_clean(&image.id).await;
}

#[actix_web::test]
async fn a_dropped_request_leaves_a_queued_image() {
    let node = Node::start();
    let image = node.raw_image().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let bytes = stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await.unwrap_or(Err(BodyError::Disconnected));
        Some((chunk, receiver))
    });
    {
        let upload = node.upload(&image, bytes.boxed());
        let request = async {
            sender.send(Ok(bytes::Bytes::from_static(b"abc"))).await.unwrap();
            node.wait_for(&image.id, ImageStatus::Saving).await;
        };
        tokio::select! {
            _ = upload => panic!("the upload has no end"),
            () = request => {}
        }
    }
    drop(sender);
    node.assert_clean(&image.id).await;
}

#[actix_web::test]
async fn an_image_deleted_during_its_upload_is_gone_with_its_data() {
    let node = Node::start();
    let image = node.raw_image().await;
    let id = image.id.clone();
    let late = stream::once(async { Ok(bytes::Bytes::from_static(b"abc")) });
    let (app, context) = (Arc::clone(&node.app), member("p1"));
    let deleting = {
        let id = id.clone();
        stream::once(async move {
            crate::service::delete::delete_image(&context, &app, id.as_str()).await.unwrap();
            Ok(bytes::Bytes::from_static(b"def"))
        })
    };
    let text = words(&node.upload(&image, late.chain(deleting).boxed()).await.unwrap_err());
    assert!(text.starts_with("Gone: Image ") && text.contains("could not be found after upload"), "{text}");
    assert_eq!(node.registry.image(&id).status, ImageStatus::Deleted);
    assert_eq!(node.files(), Vec::<String>::new());
    assert!(node.registry.state().leases.is_empty());
}

#[actix_web::test]
async fn a_hanging_upload_of_a_deleted_image_is_stopped() {
    let node = Node::with("worker_lease_seconds = 3");
    let image = node.raw_image().await;
    let stop = async {
        node.wait_for(&image.id, ImageStatus::Saving).await;
        crate::service::delete::delete_image(&member("p1"), &node.app, image.id.as_str()).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(node.upload(&image, hanging()), stop);
    assert!(words(&outcome.unwrap_err()).starts_with("Gone"));
    assert!(node.registry.state().leases.is_empty());
    assert_eq!(node.files(), Vec::<String>::new());
}

#[actix_web::test]
async fn an_upload_whose_end_nobody_heard_is_decided_by_its_lease() {
    let node = Node::with("registry_client_timeout = 1");
    let image = node.raw_image().await;
    let mut patches = 0;
    node.registry.on_call(move |method, _, _| {
        patches += u32::from(method == "PATCH");
        (patches > 1).then_some(ErrorCode::Unavailable)
    });
    let text = words(&node.upload(&image, body(vec![Ok(b"abc")])).await.unwrap_err());
    assert!(text.starts_with("Unavailable"), "{text}");
    // The data stays: the registry might have heard it.
    assert_eq!(node.files().len(), 1);
    node.registry.heal();
    node.registry.expire_leases();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(recovery::pass(&node.app).await, 1);
    node.assert_clean(&image.id).await;
    node.upload(&image, body(vec![Ok(b"abc")])).await.unwrap();
}

#[actix_web::test]
async fn recovery_leaves_living_uploads_and_images_with_data_alone() {
    let node = Node::start();
    let image = node.raw_image().await;
    let id = image.id.clone();
    let mut upload = Box::pin(node.upload(&image, hanging()));
    tokio::select! {
        _ = &mut upload => panic!("the upload has no end"),
        () = node.wait_for(&id, ImageStatus::Saving) => {}
    }
    assert_eq!(recovery::pass(&node.app).await, 0);
    assert_eq!(node.registry.image(&id).status, ImageStatus::Saving);
    // A lease that outlived its upload does not cost an active image its data.
    let active = node.active_image(b"abc").await;
    let mut left = node.registry.state().leases[0].clone();
    left.id = "left-over".into();
    left.image_id = Some(active.id.clone());
    left.resource = format!("image/{}", active.id);
    left.detail["object"] = active.id.to_string().into();
    left.expires_at = Timestamp::from_naive(left.created_at.naive() - Duration::from_secs(1));
    node.registry.state().leases.push(left);
    assert_eq!(recovery::pass(&node.app).await, 1);
    assert!(node.object(&active.id).exists());
    assert_eq!(node.registry.image(&active.id).status, ImageStatus::Active);
    assert_eq!(node.registry.state().leases.len(), 1);
}

#[actix_web::test]
async fn an_upload_that_lost_its_lease_takes_back_what_it_stored() {
    let node = Node::start();
    let image = node.raw_image().await;
    let id = image.id.clone();
    let mut patches = 0;
    node.registry.on_call(move |method, _, state| {
        patches += u32::from(method == "PATCH");
        if patches == 2 {
            // Another node took over.
            state.leases.clear();
        }
        None
    });
    let text = words(&node.upload(&image, body(vec![Ok(b"abc")])).await.unwrap_err());
    assert!(text.starts_with("Gone"), "{text}");
    assert_eq!(node.files(), Vec::<String>::new());
    assert!(node.registry.state().leases.is_empty());
    assert_eq!(node.registry.image(&id).status, ImageStatus::Saving);
}

#[actix_web::test]
async fn an_upload_that_lost_its_lease_keeps_what_the_image_has_by_now() {
    let node = Node::start();
    let image = node.raw_image().await;
    let (id, url) = (image.id.clone(), format!("file://{}", node.object(&image.id).display()));
    let mut patches = 0;
    node.registry.on_call(move |method, _, state| {
        patches += u32::from(method == "PATCH");
        if patches == 2 {
            state.leases.clear();
            let (metadata, status) = (serde_json::Map::new(), LocationStatus::Active);
            let now = Location { id: 1, url: url.clone(), metadata, status };
            state.images.get_mut(id.as_str()).unwrap().locations = vec![now];
        }
        None
    });
    assert!(node.upload(&image, body(vec![Ok(b"abc")])).await.is_err());
    assert!(node.object(&image.id).exists());
    assert!(node.registry.state().leases.is_empty());
}

#[actix_web::test]
async fn data_is_read_in_whole_and_in_part() {
    let node = Node::start();
    let image = node.active_image(b"0123456789").await;
    node.registry.take_calls();
    let download = begin_download(&member("p1"), &node.app, image.id.as_str(), None).await.unwrap();
    let range = Some(ByteRange { offset: 3, length: 4 });
    let reading = download.open(&node.app, range).await.unwrap().unwrap();
    assert!(matches!(reading.body, ReadBody::File { offset: 3, length: 4, .. }));
    assert_eq!(node.registry.take_calls().len(), 1);
    std::fs::remove_file(node.object(&image.id)).unwrap();
    assert!(download.open(&node.app, None).await.unwrap().is_none());
}

#[actix_web::test]
async fn downloads_are_judged_before_the_first_byte() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    let id = image.id.as_str();
    let reader = glance_common::context::RequestContext { roles: vec!["reader".into()], ..member("p1") };
    let owner = member("p1");
    let refused = async |context, prefer| words(&begin_download(context, &node.app, id, prefer).await.unwrap_err());
    assert_eq!(refused(&reader, None).await, "Forbidden: You are not authorized to complete download_image action.");
    let single = "Store selection for download is not available when multiple backends are not enabled.";
    assert_eq!(refused(&owner, Some("fast")).await, format!("BadRequest: {single}"));
    node.registry.state().images.get_mut(id).unwrap().status = ImageStatus::Deactivated;
    let text = "The requested image has been deactivated. Image data download is forbidden.";
    assert_eq!(refused(&owner, None).await, format!("Forbidden: {text}"));
    assert!(begin_download(&admin(), &node.app, id, None).await.unwrap().has_locations());
}
