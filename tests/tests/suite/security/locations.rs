//! B2 to B4: where data lies is the operator's affair.

use glance_tests::cloud::Service;
use glance_tests::{Cloud, NewImage};
use serde_json::json;

use super::image_path;

#[test]
fn b2_the_last_location_stays() {
    let cloud = Cloud::builder().like_the_reference().start();
    for client in [cloud.as_member("p1"), cloud.as_admin()] {
        let id = NewImage::default().upload(&client, b"0123456789");
        let location = client.show(&id)["locations"].clone();
        let changes = [
            json!([{"op": "replace", "path": "/locations", "value": []}]),
            json!([{"op": "remove", "path": "/locations/0"}]),
            json!([{"op": "remove", "path": "/locations/-"}]),
            json!([{"op": "add", "path": "/k", "value": "v"}, {"op": "remove", "path": "/locations/0"}]),
        ];
        for change in changes {
            client.patch(&image_path(&id), &change).send().expect(403);
        }
        let image = client.show(&id);
        assert_eq!((&image["locations"], image.get("k")), (&location, None));
        assert_eq!(client.download(&id), b"0123456789");
    }
}

/// Locations change where the status allows it, and an image that is out of use keeps those that it has.
#[test]
fn b2_locations_change_in_fitting_statuses_alone() {
    let cloud = Cloud::builder().like_the_reference().start();
    let admin = cloud.as_admin();
    let id = NewImage::default().upload(&admin, b"0123456789");
    let kept = admin.show(&id)["locations"].clone();
    admin.request("POST", &format!("{}/actions/deactivate", image_path(&id))).send().expect(204);
    let other = json!({"url": "http://127.0.0.1:1/other", "metadata": {}});
    let changes = [
        json!([{"op": "add", "path": "/locations/-", "value": other}]),
        json!([{"op": "replace", "path": "/locations", "value": [other]}]),
        json!([{"op": "remove", "path": "/locations/0"}]),
    ];
    for change in changes {
        admin.patch(&image_path(&id), &change).send().expect(409);
    }
    let queued = NewImage::default().create(&admin);
    admin.patch(&image_path(&queued), &json!([{"op": "remove", "path": "/locations/0"}])).send().expect(409);
    assert_eq!(admin.show(&id)["locations"], kept);
    assert_eq!(admin.download(&id), b"0123456789");
}

#[test]
fn b3_where_data_lies_is_shown_only_when_the_operator_says_so() {
    let cloud = Cloud::builder().start();
    let (owner, admin) = (cloud.as_member("p1"), cloud.as_admin());
    let id = NewImage::default().with("visibility", "community").upload(&owner, b"0123456789");
    let reader = cloud.as_roles("service,reader", "p2");
    for client in [&owner, &admin, &reader] {
        for path in [image_path(&id), "/v2/images?visibility=all".into()] {
            let text = client.get(&path).send().expect(200).text();
            assert!(
                !text.contains("file://") && !text.contains("direct_url") && !text.contains("\"locations\""),
                "{text}"
            );
        }
    }
    for client in [&owner, &cloud.as_member("p2"), &cloud.as_roles("reader", "p1")] {
        let answer = client.get(&format!("{}/locations", image_path(&id))).send();
        assert!((403..=405).contains(&answer.status), "{answer}");
        assert!(!answer.text().contains("file://"), "{answer}");
    }
    let quiet = cloud.log(Service::Api);
    let open = Cloud::builder().like_the_reference().start();
    let loud = open.log(Service::Api);
    for switch in ["show_image_direct_url", "show_multiple_locations"] {
        let warns = |log: &str| log.lines().any(|line| line.contains("WARN") && line.contains(switch));
        assert!(warns(&loud) && !warns(&quiet), "{switch}: {loud}");
    }
}
