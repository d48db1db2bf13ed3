//! A registry that asks Keystone itself: the API passes tokens on, and whoever comes directly is who his token says.

use std::time::Duration;

use glance_tests::cloud::{Builder, Service};
use glance_tests::http::Body;
use glance_tests::{Caller, Cloud, Keystone, NewImage, Scope, eventually};
use serde_json::json;

const SECRET: &str = "a secret between API and registry";

fn builder() -> Builder {
    Cloud::builder().keystone(Keystone::shared()).registry_keystone(Keystone::shared())
}

fn with_secret(builder: Builder) -> Builder {
    builder.api_option("DEFAULT", "registry_auth_secret", SECRET).registry_option(
        "DEFAULT",
        "registry_auth_secret",
        SECRET,
    )
}

#[test]
fn the_whole_life_of_an_image_goes_through_with_tokens() {
    let keystone = Keystone::shared();
    for builder in [builder(), with_secret(builder())] {
        let cloud = builder.start();
        let member = cloud.caller(keystone.caller("blue-member", Scope::Project("blue")));
        let image = NewImage::named("life").create(&member);
        member.upload(&image, Body::Bytes(vec![7; 70_000])).send().expect(204);
        assert_eq!((member.status(&image).as_str(), member.download(&image).len()), ("active", 70_000));
        cloud
            .caller(keystone.caller("red-member", Scope::Project("red")))
            .get(&format!("/v2/images/{image}"))
            .send()
            .expect(404);
        cloud
            .caller(keystone.caller("admin", Scope::Project("admin")))
            .get(&format!("/v2/images/{image}"))
            .send()
            .expect(200);
        member.delete(&format!("/v2/images/{image}")).send().expect(204);
        eventually(Duration::from_secs(5), "the data is removed", || {
            cloud.stored_files("fast").is_empty().then_some(())
        });
        // the API's own account did the work of the server, and has no more than the role service
        assert!(!cloud.log(Service::Registry).contains(" 403 "), "{}", cloud.log(Service::Registry));
    }
}

#[test]
fn a_registry_that_asks_keystone_believes_only_tokens() {
    let keystone = Keystone::shared();
    let cloud = builder().start();
    let blue = keystone.id("projects", "blue");
    let member = cloud.caller(keystone.caller("blue-member", Scope::Project("blue")));
    let private = NewImage::named("private").with("visibility", "private").create(&member);
    let path = format!("/v3/images/{private}");

    let forged = Caller::with_roles("admin", &blue);
    let revoked = keystone.token("blue-member", Scope::Project("blue"));
    keystone.revoke(&revoked);
    let who = [
        ("no identity", Caller::Nobody, 401),
        ("identity headers", forged.clone(), 401),
        ("a token that is none", Caller::Token("nonsense".into()), 401),
        ("a revoked token", Caller::Token(revoked), 401),
        ("the owner's token", keystone.caller("blue-member", Scope::Project("blue")), 200),
        ("a stranger's token", keystone.caller("red-member", Scope::Project("red")), 404),
        ("an administrator's token", keystone.caller("admin", Scope::Project("admin")), 200),
        ("another service's token", keystone.caller("nova", Scope::Project("service")), 404),
        ("the account of the servers", keystone.caller("glance", Scope::Project("service")), 200),
    ];
    for (name, caller, status) in who {
        let is_token = matches!(caller, Caller::Token(_));
        let registry = cloud.registry(caller);
        assert_eq!(registry.get(&path).send().status, status, "{name}");
        if !is_token {
            continue;
        }
        // with claims beside the token nothing changes
        let call =
            forged.headers().into_iter().fold(registry.get(&path), |call, (name, value)| call.header(&name, &value));
        let call = call.header("X-Glance-Is-Admin", "true").header("X-Service-Roles", "service");
        assert_eq!(call.send().status, status, "{name} with forged headers");
    }
    // work of servers is for servers
    let leases = "/v3/leases?kind=upload&expired=true";
    for (user, project, status) in [("blue-member", "blue", 403), ("nova", "service", 403), ("glance", "service", 200)]
    {
        let registry = cloud.registry(keystone.caller(user, Scope::Project(project)));
        assert_eq!(registry.get(leases).send().status, status, "{user}");
    }
    // who says of himself that he only reads does only read
    let owner = cloud.registry(keystone.caller("blue-member", Scope::Project("blue")));
    let read_only = owner.delete(&format!("{path}/tags/x")).header("X-Glance-Read-Only", "true");
    read_only.send().expect(403);
}

#[test]
fn with_a_secret_a_token_alone_opens_nothing() {
    let keystone = Keystone::shared();
    let cloud = with_secret(builder()).start();
    for caller in [Caller::Nobody, keystone.caller("admin", Scope::Project("admin"))] {
        cloud.registry(caller).get("/v3").send().expect(401);
    }
    cloud.caller(keystone.caller("blue-member", Scope::Project("blue"))).get("/v2/images").send().expect(200);
}

#[test]
fn tokens_stay_here_where_the_operator_says_so() {
    let keystone = Keystone::shared();
    let cloud = builder().api_option("DEFAULT", "use_user_token", "false").unready().start();
    let member = cloud.caller(keystone.caller("blue-member", Scope::Project("blue")));
    let answer = eventually(Duration::from_secs(20), "the API answers", || member.get("/v2/images").try_send().ok());
    assert_eq!(answer.status, 401, "{answer}");
}

#[test]
fn application_credentials_with_rules_need_a_peer_that_judges_them() {
    let keystone = Keystone::shared();
    let rules = json!([{"service": "image", "method": "GET", "path": "/v2/images"}]);
    let bound = keystone.application_credential("blue-member", "blue", "through the registry", &rules);
    for (builder, status) in [(builder(), 401), (with_secret(builder()), 200)] {
        let cloud = builder.api_option("keystone_authtoken", "service_type", "image").start();
        assert_eq!(cloud.caller(bound.clone()).get("/v2/images").send().status, status);
        if status == 401 {
            cloud.registry(bound.clone()).get("/v3").send().expect(401);
        }
    }
}
