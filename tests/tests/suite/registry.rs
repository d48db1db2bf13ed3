//! The registry as its other clients meet it.

use glance_tests::cloud::Service;
use glance_tests::{Caller, Cloud, Engine, NewImage, on_every_database};
use serde_json::json;

#[test]
fn protocol_is_described_and_told() {
    let cloud = Cloud::builder().start();
    let client = cloud.registry(Caller::with_roles("admin", "p1"));
    let document = client.get("/v3/openapi.json").send().expect(200).json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    for path in ["/v3/images", "/v3/images/search", "/v3/images/{id}", "/v3/leases"] {
        assert!(document["paths"].get(path).is_some(), "{path} is not described");
    }
    client.get("/v3").send().expect(200);
}

#[test]
fn callers_without_identity_are_refused() {
    let cloud = Cloud::builder().start();
    let id = NewImage::default().create(&cloud.as_member("p1"));
    let nobody = cloud.registry(Caller::Nobody);
    nobody.get(&format!("/v3/images/{id}")).send().expect(401);
    nobody.post("/v3/images/search", &json!({})).send().expect(401);
}

fn images_are_scoped_by_the_end_caller(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let id = NewImage::default().with("visibility", "private").create(&cloud.as_member("p1"));
    let path = format!("/v3/images/{id}");
    let owner = cloud.registry(Caller::with_roles("member", "p1"));
    let stranger = cloud.registry(Caller::with_roles("member", "p2"));
    let administrator = cloud.registry(Caller::with_roles("admin", "p3"));
    owner.get(&path).send().expect(200);
    administrator.get(&path).send().expect(200);
    let hidden = stranger.get(&path).send().expect(404);
    let missing = stranger.get("/v3/images/11111111-1111-4111-8111-111111111111").send().expect(404);
    assert_eq!(hidden.text().replace(&id, "ID"), missing.text().replace("11111111-1111-4111-8111-111111111111", "ID"));
    let refused = stranger.delete(&path).header("Content-Type", "application/json").send();
    assert!((400..500).contains(&refused.status), "{refused}");
    owner.get(&path).send().expect(200);
}

#[test]
fn shared_secret_shuts_strangers_out() {
    let secret = "a secret of more than sixteen characters";
    let mut cloud = Cloud::builder()
        .registry_option("DEFAULT", "registry_auth_secret", secret)
        .api_option("DEFAULT", "registry_auth_secret", secret)
        .start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"signed");
    assert_eq!(owner.download(&id), b"signed");
    let forger = cloud.registry(Caller::with_roles("admin", "p1"));
    let refused = forger.get(&format!("/v3/images/{id}")).send();
    assert!(matches!(refused.status, 401 | 403), "{refused}");

    cloud.kill(Service::Api);
    cloud.set_option(Service::Api, "DEFAULT", "registry_auth_secret", "another secret of the same length or so");
    cloud.launch(Service::Api);
    let limit = std::time::Duration::from_secs(20);
    glance_tests::eventually(limit, "an API that listens", || owner.get("/healthcheck").try_send().ok());
    let answer = owner.get("/v2/images").send();
    assert!(answer.status >= 500, "{answer}");
}

#[test]
fn repeated_request_key_has_one_effect() {
    let cloud = Cloud::builder().start();
    let client = cloud.registry(Caller::with_roles("member", "p1"));
    let body = json!({"name": "once", "status": "queued", "visibility": "shared", "owner": "p1"});
    let call = client.post("/v3/images", &body).header("x-glance-request-key", "key-1");
    let first = call.send();
    assert!(first.status == 201, "{first}");
    let again = call.send();
    assert_eq!(again.status, 201, "{again}");
    assert_eq!(first.json()["id"], again.json()["id"]);
    let listed = cloud.as_member("p1").get("/v2/images?name=once").send().expect(200).json();
    assert_eq!(listed["images"].as_array().map(Vec::len), Some(1));
}

on_every_database! {
    registry_scopes_images => images_are_scoped_by_the_end_caller;
}
