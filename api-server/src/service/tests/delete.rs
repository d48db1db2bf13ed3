//! Deletion, and the recovery of deletions.

use glance_common::model::{Image, ImageStatus, LocationStatus};
use glance_common::registry_api::ErrorCode;

use super::{Node, member, words};
use crate::error::ApiError;
use crate::service::delete::delete_image;
use crate::service::recovery;

async fn delete(node: &Node, image: &Image) -> Result<(), ApiError> {
    delete_image(&member("p1"), &node.app, image.id.as_str()).await
}

async fn wait_for_no_leases(node: &Node) {
    for _ in 0..200 {
        if node.registry.state().leases.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a lease is left");
}

#[actix_web::test]
async fn data_and_row_go_together() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    node.registry.take_calls();
    delete(&node, &image).await.unwrap();
    let path = format!("/v3/images/{}", image.id);
    assert_eq!(node.registry.take_calls(), [format!("GET {path}"), format!("PATCH {path}"), format!("DELETE {path}")]);
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Deleted);
    assert_eq!(node.files(), Vec::<String>::new());
    assert!(node.registry.state().leases.is_empty());
    let text = words(&delete(&node, &image).await.unwrap_err());
    assert_eq!(text, format!("NotFound: Failed to find image {} to delete", image.id));
}

#[actix_web::test]
async fn data_that_is_gone_already_does_not_matter() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    std::fs::remove_file(node.object(&image.id)).unwrap();
    delete(&node, &image).await.unwrap();
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Deleted);
}

#[actix_web::test]
async fn a_deactivated_image_loses_its_data_too() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    node.registry.state().images.get_mut(image.id.as_str()).unwrap().status = ImageStatus::Deactivated;
    delete(&node, &image).await.unwrap();
    assert_eq!(node.files(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_protected_image_stays() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    node.registry.state().images.get_mut(image.id.as_str()).unwrap().protected = true;
    let text = words(&delete(&node, &image).await.unwrap_err());
    assert_eq!(text, format!("Forbidden: Image {} is protected and cannot be deleted.", image.id));
    assert_eq!(node.files().len(), 1);
}

#[actix_web::test]
async fn a_store_that_refuses_keeps_the_image() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    // What cannot be unlinked: a folder in the place of the file.
    std::fs::remove_file(node.object(&image.id)).unwrap();
    std::fs::create_dir(node.object(&image.id)).unwrap();
    let text = words(&delete(&node, &image).await.unwrap_err());
    assert_eq!(text, "Forbidden: You are not authorized to complete this action.");
    let kept = node.registry.image(&image.id);
    assert_eq!((kept.status, kept.locations.len()), (ImageStatus::Active, 1));
    assert!(node.registry.state().leases.is_empty());
}

#[actix_web::test]
async fn a_deletion_that_was_cut_short_is_finished_by_the_recovery() {
    let node = Node::with("registry_client_timeout = 1");
    let image = node.active_image(b"abc").await;
    node.registry.on_call(|method, path, _| {
        (method == "DELETE" && path.starts_with("/v3/images")).then_some(ErrorCode::Unavailable)
    });
    let text = words(&delete(&node, &image).await.unwrap_err());
    assert!(text.starts_with("Unavailable"), "{text}");
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Active);
    node.registry.heal();
    node.registry.expire_leases();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(recovery::pass(&node.app).await, 1);
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Deleted);
    wait_for_no_leases(&node).await;
}

#[actix_web::test]
async fn an_image_that_became_active_meanwhile_is_judged_anew() {
    let node = Node::start();
    let image = node.raw_image().await;
    let data = node.active_image(b"abc").await;
    let id = image.id.clone();
    let mut raced = false;
    node.registry.on_call(move |method, _, state| {
        if method == "DELETE" && !std::mem::replace(&mut raced, true) {
            let locations = state.images[data.id.as_str()].locations.clone();
            let image = state.images.get_mut(id.as_str()).unwrap();
            image.status = ImageStatus::Active;
            image.locations = locations;
        }
        None
    });
    delete(&node, &image).await.unwrap();
    assert_eq!(node.registry.image(&image.id).status, ImageStatus::Deleted);
    assert_eq!(node.files(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_delayed_deletion_leaves_the_data_to_the_scrubber() {
    let node = Node::with("delayed_delete = true");
    let image = node.active_image(b"abc").await;
    delete(&node, &image).await.unwrap();
    let deleted = node.registry.image(&image.id);
    assert_eq!(
        (deleted.status, deleted.locations[0].status),
        (ImageStatus::PendingDelete, LocationStatus::PendingDelete)
    );
    assert_eq!(node.files().len(), 1);
    let queued = node.raw_image().await;
    delete(&node, &queued).await.unwrap();
    assert_eq!(node.registry.image(&queued.id).status, ImageStatus::Deleted);
    let deactivated = node.active_image(b"abc").await;
    node.registry.state().images.get_mut(deactivated.id.as_str()).unwrap().status = ImageStatus::Deactivated;
    let text = words(&delete(&node, &deactivated).await.unwrap_err());
    assert_eq!(text, "BadRequest: Image status transition from deactivated to pending_delete is not allowed");
}

#[actix_web::test]
async fn strangers_do_not_delete() {
    let node = Node::start();
    let image = node.active_image(b"abc").await;
    node.registry.state().images.get_mut(image.id.as_str()).unwrap().visibility =
        glance_common::model::Visibility::Public;
    let outcome = delete_image(&member("p2"), &node.app, image.id.as_str()).await;
    assert_eq!(words(&outcome.unwrap_err()), "Forbidden: You are not authorized to complete delete_image action.");
    assert_eq!(node.files().len(), 1);
}
