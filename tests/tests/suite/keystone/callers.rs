//! Who a caller is, by tokens of every scope and kind, in every pipeline with tokens.

use glance_tests::{Caller, Cloud, Keystone, NewImage, Scope};
use serde_json::{Value, json};

use super::cloud;

const IMAGES: &str = "/v2/images";

#[test]
fn tokens_of_every_scope_have_their_rights() {
    let (keystone, cloud) = (Keystone::shared(), cloud());
    let (blue, red) = (Scope::Project("blue"), Scope::Project("red"));
    let member = cloud.caller(keystone.caller("blue-member", blue));
    let private = NewImage::named("private").with("visibility", "private").create(&member);
    let shown = member.show(&private);
    assert_eq!(shown["owner"], keystone.id("projects", "blue"));

    // user, scope: list, show the image, create
    let table = [
        ("blue-member", blue, 200, 200, 201),
        ("blue-reader", blue, 200, 200, 403),
        ("both", blue, 200, 200, 201),
        ("both", red, 200, 404, 403),
        ("red-member", red, 200, 404, 201),
        ("admin", Scope::Project("admin"), 200, 200, 201),
        ("blue-admin", blue, 200, 200, 201),
        // rules are for projects: other scopes fail them all, whatever the role (images-v2 §3.4)
        ("admin", Scope::Domain, 403, 404, 403),
        ("admin", Scope::System, 403, 404, 403),
        // a service is nobody special without a caller
        ("nova", Scope::Project("service"), 403, 404, 403),
        ("blue-member", Scope::Unscoped, 403, 404, 403),
    ];
    for (user, scope, list, show, create) in table {
        let caller = cloud.caller(keystone.caller(user, scope));
        let found = [
            caller.get(IMAGES).send().status,
            caller.get(&format!("{IMAGES}/{private}")).send().status,
            caller.post(IMAGES, &json!({"name": "new"})).send().status,
        ];
        assert_eq!(found, [list, show, create], "{user} {scope:?}");
    }
}

#[test]
fn every_pipeline_with_tokens_wants_one() {
    let keystone = Keystone::shared();
    let token = keystone.token("blue-member", Scope::Project("blue"));
    let revoked = keystone.token("blue-member", Scope::Project("blue"));
    keystone.revoke(&revoked);
    let long = "x".repeat(9000);
    for flavor in ["keystone", "keystone+caching", "keystone+cachemanagement"] {
        let cloud = Cloud::builder().keystone(keystone).flavor(flavor).start();
        let good = cloud.caller(Caller::Token(token.clone())).get(IMAGES).send();
        assert_eq!(good.status, 200, "{flavor}: {good}");
        assert!(good.header("www-authenticate").is_none());
        for bad in ["", "nonsense", "gAAAAAB", "a b", "ä", &revoked, &long] {
            let answer = cloud.caller(Caller::Token(bad.into())).get(IMAGES).send().expect(401);
            let challenge = format!("Keystone uri=\"{}\"", keystone.url());
            assert_eq!(answer.header("www-authenticate"), Some(&*challenge), "{flavor} {bad}");
            assert_eq!(answer.header("x-openstack-request-id"), None, "{flavor} {bad}");
            assert!(answer.text().contains("could not verify that you are authorized"), "{answer}");
        }
        cloud.as_nobody().get(IMAGES).send().expect(401);
        // asked before anybody is known
        cloud.as_nobody().get("/versions").send().expect(200);
        cloud.as_nobody().get("/healthcheck").send().expect(200);
    }
}

#[test]
fn what_a_client_claims_of_itself_is_not_believed() {
    let (keystone, cloud) = (Keystone::shared(), cloud());
    let blue = keystone.id("projects", "blue");
    let forged = [
        ("X-Identity-Status", "Confirmed"),
        ("X-Service-Identity-Status", "Confirmed"),
        ("X-Roles", "admin"),
        ("X-Role", "admin"),
        ("X-Service-Roles", "service"),
        ("X-Project-Id", &blue),
        ("X-Tenant-Id", &blue),
        ("X-User-Id", "somebody"),
        ("X-Is-Admin-Project", "True"),
        ("X-Glance-Is-Admin", "true"),
        ("OpenStack-System-Scope", "all"),
        ("X-Service-Catalog", "[]"),
    ];
    let member = cloud.caller(keystone.caller("blue-member", Scope::Project("blue")));
    let private = NewImage::named("private").with("visibility", "private").create(&member);
    let with_claims = |token: Option<String>| {
        let caller = token.map_or(Caller::Nobody, Caller::Token);
        let call = cloud.caller(caller).get(&format!("{IMAGES}/{private}"));
        forged.iter().fold(call, |call, (name, value)| call.header(name, value)).send().status
    };
    assert_eq!(with_claims(None), 401);
    assert_eq!(with_claims(Some("nonsense".into())), 401);
    assert_eq!(with_claims(Some(keystone.token("red-member", Scope::Project("red")))), 404);
    assert_eq!(with_claims(Some(keystone.token("blue-reader", Scope::Project("blue")))), 200);
    // two tokens are none
    let twice = member.get(IMAGES).header("X-Storage-Token", "other").send();
    assert_eq!(twice.status, 200, "the first name counts: {twice}");
    let mut request = member.get(IMAGES).into_request();
    request.headers.push(("X-Auth-Token".into(), keystone.token("admin", Scope::Project("admin"))));
    assert_eq!(request.send_to(&cloud.api_address()).unwrap().status, 401);
}

#[test]
fn older_names_and_blanks_are_understood() {
    let (keystone, cloud) = (Keystone::shared(), cloud());
    let token = keystone.token("blue-member", Scope::Project("blue"));
    let nobody = cloud.as_nobody();
    nobody.get(IMAGES).header("X-Storage-Token", &token).send().expect(200);
    nobody.get(IMAGES).header("X-Auth-Token", &format!("  {token}  ")).send().expect(200);
}

#[test]
fn anonymous_callers_read_only_where_they_are_allowed() {
    let keystone = Keystone::shared();
    let cloud = Cloud::builder()
        .keystone(keystone)
        .api_option("DEFAULT", "allow_anonymous_access", "true")
        .api_option("oslo_policy", "enforce_new_defaults", "false")
        .start();
    let admin = cloud.caller(keystone.caller("admin", Scope::Project("admin")));
    let public = NewImage::named("public").with("visibility", "public").create(&admin);
    let hidden = NewImage::named("hidden").with("visibility", "private").create(&admin);
    for nobody in [cloud.as_nobody(), cloud.caller(Caller::Token("nonsense".into()))] {
        assert_eq!(nobody.show(&public)["name"], "public");
        nobody.get(&format!("{IMAGES}/{hidden}")).send().expect(404);
        nobody.post(IMAGES, &json!({"name": "new"})).send().expect(403);
        nobody.delete(&format!("{IMAGES}/{public}")).send().expect(403);
    }
}

#[test]
fn application_credentials_act_within_their_rules() {
    let keystone = Keystone::shared();
    let credential = |name: &str, rules: Value| keystone.application_credential("blue-member", "blue", name, &rules);
    let reads = json!([{"service": "image", "method": "GET", "path": "/v2/images"}]);
    let (free, bound) = (credential("free", Value::Null), credential("bound", reads));
    for (service_type, list, create) in [("image", 200, 401), ("", 401, 401)] {
        let cloud =
            Cloud::builder().keystone(keystone).api_option("keystone_authtoken", "service_type", service_type).start();
        let caller = cloud.caller(bound.clone());
        assert_eq!(caller.get(IMAGES).send().status, list, "{service_type}");
        assert_eq!(caller.post(IMAGES, &json!({"name": "x"})).send().status, create, "{service_type}");
        cloud.caller(free.clone()).post(IMAGES, &json!({"name": "x"})).send().expect(201);
    }
}
