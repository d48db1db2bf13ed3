//! Limits of projects: reserved with the begin of an upload, grown while it runs, shown, and refused in numbers.

use std::collections::BTreeMap;

use glance_common::model::ImageStatus;
use glance_common::registry_api::{
    ImageFields, ImageUpdate, NewImage, NewLease, Patch, QuotaClaim, ReservationGrowth, Resource, Usage,
};
use glance_registry_client::{Excess, RegistryError};

use crate::support::{Scratch, admin, member, new_image};

const QUOTA: Resource = Resource::UserStorage;

fn claim(bytes: Option<i64>) -> QuotaClaim {
    QuotaClaim { project: Some("a".into()), limits: BTreeMap::from([(QUOTA, 100)]), bytes, replaces: true }
}

fn begin(lease: &str, bytes: Option<i64>) -> ImageUpdate {
    let lease = NewLease {
        id: lease.into(),
        kind: "upload".into(),
        resource: format!("image/{lease}"),
        image_id: None,
        holder: "node".into(),
        seconds: 60,
        detail: serde_json::Value::Null,
    };
    let set = ImageFields { status: Patch::Set(ImageStatus::Saving), ..ImageFields::default() };
    ImageUpdate { set, take_lease: Some(lease), quota: Some(claim(bytes)), ..ImageUpdate::default() }
}

#[actix_web::test]
async fn space_is_reserved_grown_shown_and_given_back() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let one = client.create_image(&me, &new_image("a")).await.unwrap();
    let two = client.create_image(&me, &new_image("a")).await.unwrap();
    client.update_image(&me, &one.id, &begin("1", Some(60))).await.unwrap();
    client.update_image(&me, &two.id, &begin("2", None)).await.unwrap();

    let growth = |at_least, wish| ReservationGrowth {
        holder: "node".into(),
        project: Some("a".into()),
        limits: claim(None).limits,
        at_least,
        wish,
    };
    assert_eq!(client.grow_reservation(&me, "2", &growth(10, 1000)).await.unwrap().bytes, 40);
    let refused = client.grow_reservation(&me, "2", &growth(41, 50)).await.unwrap_err();
    let excess = Excess { resource: QUOTA, maximum: 100, usage: 60, delta: 41 };
    assert!(matches!(refused, RegistryError::OverQuota { excess: Some(said), .. } if said == excess), "{refused:?}");

    let usage = Usage { stored: 100, staged: 0, images: 2, uploading: 2 };
    assert_eq!(client.usage(&me, Some("a")).await.unwrap(), usage);
    assert_eq!(client.usage(&admin(), None).await.unwrap(), Usage::default());
    assert!(matches!(client.usage(&member("b"), Some("a")).await, Err(RegistryError::Forbidden(_))));
    client.end_lease(&me, "1", "node").await.unwrap();
    assert_eq!(client.usage(&me, Some("a")).await.unwrap().stored, 40);
    let lost = client.grow_reservation(&me, "1", &growth(1, 1)).await;
    assert!(matches!(lost, Err(RegistryError::LeaseLost(_))), "{lost:?}");
}

#[actix_web::test]
async fn creations_are_counted() {
    let scratch = Scratch::start("").await;
    let (client, me) = (scratch.client(""), member("a"));
    let limits = BTreeMap::from([(Resource::CountTotal, 1)]);
    let new = NewImage { quota: Some(QuotaClaim { limits, ..claim(None) }), ..new_image("a") };
    client.create_image(&me, &new).await.unwrap();
    let refused = client.create_image(&me, &new).await.unwrap_err();
    let excess = Excess { resource: Resource::CountTotal, maximum: 1, usage: 1, delta: 1 };
    assert!(matches!(refused, RegistryError::OverQuota { excess: Some(said), .. } if said == excess), "{refused:?}");
}
