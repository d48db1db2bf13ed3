//! Secrets appear nowhere, whatever is logged and answered (G2).

use std::time::Duration;

use glance_tests::cloud::Service;
use glance_tests::http::Body;
use glance_tests::process::Signal;
use glance_tests::{Answer, Caller, Client, Cloud, Keystone, Memcached, NewImage, Scope, eventually};
use serde_json::json;

/// Marks in the configuration, and the password of the account.
const REGISTRY_SECRET: &str = "mark0registry/secret+with@odd%signs";
const METADATA_KEY: &str = "mark1metadata-key-of-32-bytes---";
const MEMCACHE_KEY: &str = "mark2memcache key";
const DATABASE_PASSWORD: &str = "mark3database-password";
const ACCOUNT: &str = "secret-of-glance";
const BAD_TOKEN: &str = "mark4token-that-is-none";
const SERVICE_TOKEN: &str = "mark5service-token-that-is-none";

/// All of an answer.
fn whole(answer: &Answer) -> String {
    format!("{} {:?}\n{}", answer.status, answer.headers, answer.text())
}

/// Every kind of request, well and badly made; what was answered.
fn walk(client: &Client) -> Vec<String> {
    let image = NewImage::named("walk").create(client);
    let path = format!("/v2/images/{image}");
    let calls = [
        client.get("/v2/images"),
        client.get(&path),
        client.upload(&image, Body::Bytes(vec![1; 9000])),
        client.get(&format!("{path}/file")),
        client.patch(&path, &json!([{"op": "add", "path": "/x", "value": "y"}])),
        client.patch(&path, &json!([{"op": "nonsense"}])),
        client.get("/v2/images?limit=x"),
        client.get("/v2/images/no-such-image"),
        client.get("/v2/images").header("X-Service-Token", SERVICE_TOKEN),
        client.request("BREW", &path),
        client.delete(&path),
        client.get("/v2/images").header("X-OpenStack-Request-ID", &"x".repeat(100)),
        client.get("/metrics"),
        client.get("/readyz"),
        client.get("/healthcheck"),
    ];
    calls.iter().map(|call| whole(&call.send())).collect()
}

#[test]
fn no_secret_is_logged_or_answered() {
    let (keystone, memcached) = (Keystone::start(), Memcached::start());
    let mut cloud = Cloud::builder()
        .keystone(&keystone)
        .registry_keystone(&keystone)
        .api_option("DEFAULT", "debug", "true")
        .registry_option("DEFAULT", "debug", "true")
        .api_option("DEFAULT", "default_log_levels", "")
        .registry_option("DEFAULT", "default_log_levels", "")
        .api_option("DEFAULT", "registry_auth_secret", REGISTRY_SECRET)
        .registry_option("DEFAULT", "registry_auth_secret", REGISTRY_SECRET)
        .registry_option("DEFAULT", "metadata_encryption_key", METADATA_KEY)
        .api_option("keystone_authtoken", "memcached_servers", &memcached.server())
        .api_option("keystone_authtoken", "memcache_security_strategy", "ENCRYPT")
        .api_option("keystone_authtoken", "memcache_secret_key", MEMCACHE_KEY)
        .start();
    let token = keystone.token("blue-member", Scope::Project("blue"));
    let mut shown = walk(&cloud.caller(Caller::Token(token.clone())));
    for caller in [Caller::Token(BAD_TOKEN.into()), Caller::Nobody] {
        shown.push(whole(&cloud.caller(caller.clone()).get("/v2/images").send().expect(401)));
        shown.push(whole(&cloud.registry(caller).get("/v3").send().expect(401)));
    }
    shown.push(whole(&cloud.registry(Caller::Nobody).get("/metrics").send()));
    for service in [Service::Api, Service::Registry] {
        cloud.process(service).signal(Signal::Hangup);
    }
    keystone.stop();
    eventually(Duration::from_secs(20), "Keystone is missed", || {
        let answer = cloud.caller(Caller::Token(BAD_TOKEN.into())).get("/v2/images").send();
        shown.push(whole(&answer));
        (answer.status == 503).then_some(())
    });
    // a database that is away, with a password in its URL
    let url = format!("postgresql://glance:{DATABASE_PASSWORD}@127.0.0.1:1/glance");
    cloud.set_option(Service::Registry, "database", "connection", &url);
    cloud.kill(Service::Registry);
    cloud.launch(Service::Registry);
    eventually(Duration::from_secs(20), "the registry says something of its database", || {
        let log = cloud.log(Service::Registry);
        (log.contains("127.0.0.1:1") || log.contains("ERROR")).then_some(())
    });
    shown.push(whole(&cloud.caller(Caller::Token(token.clone())).get("/v2/images").send()));
    shown.extend([Service::Api, Service::Registry].map(|service| cloud.log(service)));

    let all = shown.join("\n");
    assert!(all.contains(" DEBUG "), "the logs are at debug level");
    let marks = [
        &*token,
        REGISTRY_SECRET,
        METADATA_KEY,
        MEMCACHE_KEY,
        DATABASE_PASSWORD,
        ACCOUNT,
        BAD_TOKEN,
        SERVICE_TOKEN,
        // how every token of this Keystone begins
        "gAAAAA",
    ];
    for mark in marks {
        let found = all.lines().find(|line| line.contains(mark));
        assert_eq!(found, None, "{mark}");
    }
}
