//! G3 and G4: what headers and refusals tell.

use glance_tests::cloud::Service;
use glance_tests::{Answer, Body, Cloud, NewImage};
use serde_json::json;

use super::{NO_IMAGE, add, image_path};

/// No header of any answer says where data lies, not even where the body may.
#[test]
fn g3_no_header_tells_where_data_lies() {
    for cloud in [Cloud::builder().start(), Cloud::builder().like_the_reference().start()] {
        let owner = cloud.as_member("p1");
        let id = NewImage::default().upload(&owner, b"0123456789");
        let path = image_path(&id);
        let file = format!("{path}/file");
        let calls = [
            owner.get(&path),
            owner.get("/v2/images"),
            owner.get(&file),
            owner.get(&file).header("Range", "bytes=0-3"),
            owner.get(&file).header("Range", "bytes=99-"),
            owner.get(&format!("{file}?prefer=fast")),
            owner.post("/v2/images", &json!({"name": "x"})),
            owner.patch(&path, &json!([add("k", "v")])),
            owner.upload(&id, Body::Bytes(b"x".to_vec())),
            owner.request("HEAD", &file),
            owner.request("OPTIONS", &file),
            owner.get("/v2"),
            owner.request("POST", &format!("{path}/actions/deactivate")),
            owner.get(&file),
            owner.delete(&path),
        ];
        let folder = cloud.path().to_string_lossy().into_owned();
        for call in calls {
            let answer = call.send();
            for (name, value) in &answer.headers {
                let tells = value.contains("file:") || value.contains(&folder) || name.contains("image-meta-location");
                assert!(!tells, "{name}: {value}");
            }
            let location = answer.header("location").unwrap_or_default();
            let own = format!("http://{}/v2", owner.address.authority);
            assert!(location.is_empty() || location.starts_with(&own), "{location}");
        }
    }
}

/// Words of the inside.
const INSIDE: [&str; 9] =
    ["panicked", ".rs:", "/src/", "SELECT ", "diesel", "sqlite", "No such file", "os error", "Traceback"];

fn is_clean(answer: &Answer, cloud: &Cloud) -> bool {
    let text = answer.text();
    let folder = cloud.path().to_string_lossy().into_owned();
    !text.contains(&folder) && !INSIDE.iter().any(|word| text.contains(word)) && !text.contains("file://")
}

#[test]
fn g4_refusals_name_request_and_reason() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let active = NewImage::default().with("protected", true).upload(&owner, b"0123456789");
    let queued = NewImage::default().create(&owner);
    let table = [
        (400, owner.get("/v2/images?limit=x"), "limit param must be an integer"),
        (400, owner.post("/v2/images", &json!({"name": 1})), "is not of type"),
        (403, owner.delete(&image_path(&active)), "is protected and cannot be deleted"),
        (404, owner.get(&image_path(NO_IMAGE)), "No image found with ID"),
        (404, owner.get("/v2/nothing"), "The resource could not be found."),
        (405, owner.request("PUT", "/v2/images"), "The method PUT is not allowed"),
        (409, owner.upload(&active, Body::Bytes(b"x".to_vec())), "Image status transition"),
        (413, owner.post("/v2/images", &json!({"tags": vec!["t"; 129]})), "Maximum: 128"),
        (415, owner.request("PATCH", &image_path(&queued)).body(Body::Bytes(b"[]".to_vec())), "Image PATCH expects"),
        (415, owner.upload(&queued, Body::Bytes(b"QED\0".to_vec())), "Image failed safety checks"),
        (416, owner.get(&format!("/v2/images/{active}/file")).header("Range", "bytes=99-"), "Range header"),
        (501, owner.request("BREW", "/v2/nothing"), "is not implemented"),
    ];
    for (status, call, words) in table {
        for accept in ["application/json", "text/html", "text/plain", "*/*"] {
            let answer = call.clone().header("Accept", accept).header("X-OpenStack-Request-ID", "req-mine").send();
            assert_eq!(answer.status, status, "{answer}");
            assert_eq!(answer.header("x-openstack-request-id"), Some("req-mine"), "{answer}");
            assert!(answer.text().contains(words) && is_clean(&answer, &cloud), "{words:?} wanted: {answer}");
        }
    }
}

/// What goes wrong inside is told in general words, and in the log by the same request id.
#[test]
fn g4_failures_name_the_request_and_nothing_of_the_inside() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"0123456789");
    let file = cloud.stored_files("fast").pop().expect("a stored file");
    std::fs::remove_file(&file).expect("no data");
    std::fs::create_dir(&file).expect("a folder in its place");
    let failing = owner.get(&format!("/v2/images/{id}/file")).header("X-OpenStack-Request-ID", "req-lost").send();
    assert!(matches!(failing.status, 204 | 400 | 500 | 503), "{failing}");
    assert!(is_clean(&failing, &cloud), "{failing}");
    assert_eq!(failing.header("x-openstack-request-id"), Some("req-lost"));
    cloud.kill(Service::Registry);
    for path in ["/v2/images".to_owned(), image_path(&id), format!("/v2/images/{id}/file")] {
        let answer = owner.get(&path).header("X-OpenStack-Request-ID", "req-away").send().expect(503);
        assert_eq!(answer.header("x-openstack-request-id"), Some("req-away"));
        assert!(answer.text().contains("currently unavailable") && is_clean(&answer, &cloud), "{answer}");
        assert!(!answer.text().contains(&cloud.registry_address().authority), "{answer}");
    }
    assert!(cloud.log(Service::Api).contains("req-away"), "the log does not name the request");
}
