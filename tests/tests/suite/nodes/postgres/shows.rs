//! What internal and public nodes show and hide.

use glance_tests::http::Address;
use glance_tests::{Body, Client, NewImage, Request};
use serde_json::{Value, json};

use crate::nodes::start::{ADMIN, MEMBER, Nodes};

fn get(address: &Address, path: &str) -> u16 {
    Request::new("GET", path).send_to(address).expect("an answer").status
}

/// An image as this caller sees it, alone and in the list.
fn views(client: &Client, id: &str) -> [Value; 2] {
    let list = client.get("/v2/images").send().expect(200).json();
    let listed = list["images"].as_array().and_then(|images| images.iter().find(|image| image["id"] == id));
    [client.show(id), listed.expect("the image in the list").clone()]
}

#[test]
fn each_kind_of_node_shows_what_it_should() {
    let nodes = Nodes::start();
    let user = nodes.outside(MEMBER);
    let id = NewImage::named("one").upload(&user, b"the same data on all nodes");
    assert_eq!(nodes.inside(MEMBER).download(&id), b"the same data on all nodes");

    only_internal_nodes_tell_where_data_is(&nodes, &id);
    policy_is_each_node_s_own(&nodes, &id);
    versions_and_addresses(&nodes);
    operators_paths_stay_inside(&nodes);
    tls_is_spoken_all_the_way(&nodes);
    foreign_headers_count_for_nothing(&nodes);
    nobody_is_who_he_says_he_is(&nodes, &id);
    no_option_of_the_files_is_unknown(&nodes);
}

fn only_internal_nodes_tell_where_data_is(nodes: &Nodes, id: &str) {
    for user in [ADMIN, MEMBER] {
        for image in views(&nodes.inside(user), id) {
            assert!(image["direct_url"].as_str().is_some_and(|url| url.starts_with("file:///")), "{user}: {image}");
            assert_eq!(image["locations"].as_array().map(Vec::len), Some(1), "{user}: {image}");
        }
        for image in views(&nodes.outside(user), id) {
            assert!(image.get("direct_url").is_none() && image.get("locations").is_none(), "{user}, outside: {image}");
        }
    }
    let folder = nodes.path().to_string_lossy().into_owned();
    for path in [format!("/v2/images/{id}"), format!("/v2/images/{id}/file"), "/v2/images".to_owned()] {
        let answer = nodes.outside(ADMIN).get(&path).send().expect(200);
        assert!(!answer.to_string().contains(&folder), "{path} tells where data is: {answer}");
    }
}

fn policy_is_each_node_s_own(nodes: &Nodes, id: &str) {
    let publish = json!([{"op": "replace", "path": "/visibility", "value": "public"}]);
    let locate = json!([{"op": "replace", "path": "/locations", "value": []}]);
    let path = format!("/v2/images/{id}");
    for (change, what) in [(&publish, "publish"), (&locate, "locate")] {
        let answer = nodes.outside(ADMIN).patch(&path, change).send();
        assert_eq!(answer.status, 403, "{what} outside: {answer}");
    }
    assert_eq!(nodes.inside(MEMBER).patch(&path, &locate).send().status, 403, "a user sets locations inside");
    nodes.inside(ADMIN).patch(&path, &publish).send().expect(200);
    assert_eq!(nodes.outside(MEMBER).show(id)["visibility"], "public");
}

fn versions_and_addresses(nodes: &Nodes) {
    let public = nodes.public();
    let base = format!("https://{}", public.authority);
    let list = Request::new("GET", "/versions").send_to(&public).expect("an answer").expect(200).json();
    let versions = list["versions"].as_array().cloned().unwrap_or_default();
    assert!(!versions.is_empty(), "{list}");
    for version in versions {
        assert!(version["id"].as_str().is_some_and(|name| name.starts_with("v2.")), "{version}");
        let link = version["links"][0]["href"].as_str().unwrap_or_default();
        assert!(link.starts_with(&base), "{version}");
    }
    let first_version = get(&public, "/v1/images");
    assert!([300, 404].contains(&first_version), "/v1 on a public node: {first_version}");
    let created = nodes.outside(MEMBER).post("/v2/images", &json!({})).send().expect(201);
    assert!(created.header("location").is_some_and(|url| url.starts_with(&base)), "{created}");
    assert!(created.header("strict-transport-security").is_some(), "{created}");
}

fn operators_paths_stay_inside(nodes: &Nodes) {
    for path in ["/metrics", "/readyz", "/healthcheck/x"] {
        assert_eq!(get(&nodes.public(), path), 404, "{path} outside");
    }
    assert_eq!(get(&nodes.public(), "/healthcheck"), 200);
    assert_eq!(get(&nodes.internal(), "/readyz"), 200);
    assert_eq!(get(&nodes.internal(), "/metrics"), 200);
}

fn tls_is_spoken_all_the_way(nodes: &Nodes) {
    assert_eq!(get(&nodes.public_node(), "/readyz"), 200);
    for address in [nodes.public(), nodes.public_node()] {
        let plain = Address { tls: None, ..address };
        let answer = Request::new("GET", "/v2/images").send_to(&plain);
        assert!(
            answer.is_err() || answer.is_ok_and(|answer| answer.status == 400),
            "plain HTTP at {}",
            plain.authority
        );
    }
}

fn foreign_headers_count_for_nothing(nodes: &Nodes) {
    for client in [nodes.inside(MEMBER), nodes.outside(MEMBER)] {
        let call = client.post("/v2/images", &json!({})).header("X-Forwarded-Host", "elsewhere.example");
        let call = call.header("Forwarded", "host=elsewhere.example;proto=ftp").header("X-Forwarded-Prefix", "/else");
        let answer = call.send().expect(201);
        assert!(!answer.to_string().contains("else"), "{answer}");
    }
}

/// Neither the balancer nor the nodes believe what clients say of themselves.
fn nobody_is_who_he_says_he_is(nodes: &Nodes, id: &str) {
    let claims = [
        ("X-Identity-Status", "Confirmed"),
        ("X-Roles", "admin,member,reader"),
        ("X-Project-Id", "blue"),
        ("X-Tenant-Id", "blue"),
        ("X-User-Id", "somebody"),
        ("X-Service-Identity-Status", "Confirmed"),
        ("X-Service-Roles", "service"),
    ];
    for address in [nodes.internal(), nodes.public(), nodes.public_node()] {
        let request = Request::new("GET", &format!("/v2/images/{id}"));
        let request = claims.iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = request.send_to(&address).expect("an answer");
        assert_eq!(answer.status, 401, "{}: {answer}", address.authority);
    }
    // a token is what counts, and it passes
    let mut call = nodes.outside(MEMBER).get(&format!("/v2/images/{id}"));
    for (name, value) in claims {
        call = call.header(name, value);
    }
    call.send().expect(200);
}

fn no_option_of_the_files_is_unknown(nodes: &Nodes) {
    for part in ["registry-1", "internal-1", "public-1"] {
        let log = nodes.log(part);
        let lines: Vec<&str> =
            log.lines().filter(|line| line.contains("not known") || line.contains("deprecated")).collect();
        assert!(lines.is_empty(), "{part}: {lines:#?}");
    }
}

#[test]
fn an_image_written_through_one_kind_is_served_by_the_other() {
    let nodes = Nodes::start_lab();
    let data = glance_tests::bytes::pattern(7, 3_000_000);
    for (writer, reader) in
        [(nodes.inside(MEMBER), nodes.outside(MEMBER)), (nodes.outside(MEMBER), nodes.inside(MEMBER))]
    {
        let id = NewImage::default().create(&writer);
        writer.upload(&id, Body::Bytes(data.clone())).send().expect(204);
        assert!(reader.download(&id) == data, "came back different");
        reader.delete(&format!("/v2/images/{id}")).send().expect(204);
        assert_eq!(writer.get(&format!("/v2/images/{id}")).send().status, 404);
    }
}
