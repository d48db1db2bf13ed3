//! Tokens that end, are taken back, or cannot be judged.

use std::time::{Duration, Instant};

use glance_tests::cloud::Service;
use glance_tests::{Caller, Client, Cloud, Keystone, Scope, eventually};

const IMAGES: &str = "/v2/images";
const BLUE: Scope<'_> = Scope::Project("blue");

fn list(cloud: &Cloud, token: &str) -> u16 {
    cloud.caller(Caller::Token(token.to_owned())).get(IMAGES).send().status
}

/// A figure of the API server.
fn figure(cloud: &Cloud, name: &str) -> u64 {
    let text = cloud.as_nobody().get("/metrics").send().text();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn tokens_are_remembered_and_counted() {
    let keystone = Keystone::shared();
    let cloud = Cloud::builder().keystone(keystone).start();
    let token = keystone.token("blue-member", BLUE);
    for _ in 0..5 {
        assert_eq!(list(&cloud, &token), 200);
    }
    assert_eq!(list(&cloud, "nonsense"), 401);
    assert_eq!(list(&cloud, "nonsense"), 401);
    for (name, count) in [
        ("glance_api_token_lookups_total{found=\"memory\"}", 4),
        ("glance_api_token_lookups_total{found=\"nowhere\"}", 3),
        ("glance_api_token_validations_total{verdict=\"good\"}", 1),
        ("glance_api_token_validations_total{verdict=\"bad\"}", 2),
    ] {
        assert_eq!(figure(&cloud, name), count, "{name}");
    }
}

#[test]
fn revoked_tokens_are_believed_no_longer_than_configured() {
    let keystone = Keystone::shared();
    let remembering = |seconds: &str| {
        Cloud::builder().keystone(keystone).api_option("keystone_authtoken", "token_cache_time", seconds).start()
    };
    let (never, short, long) = (remembering("-1"), remembering("2"), remembering("300"));
    let token = keystone.token("blue-member", BLUE);
    assert_eq!([&never, &short, &long].map(|cloud| list(cloud, &token)), [200, 200, 200]);
    keystone.revoke(&token);
    assert_eq!(list(&never, &token), 401);
    eventually(Duration::from_secs(10), "the token is forgotten", || (list(&short, &token) == 401).then_some(()));
    assert_eq!(list(&long, &token), 200);
}

#[test]
fn no_token_outlives_itself() {
    let keystone = Keystone::with_tokens_of(8);
    let cloud = Cloud::builder().keystone(&keystone).start();
    let token = keystone.token("blue-member", BLUE);
    assert_eq!(list(&cloud, &token), 200);
    eventually(Duration::from_secs(30), "the token ends", || (list(&cloud, &token) == 401).then_some(()));
    // a service that passes a request on may do so a while longer, with a token of its own
    let ended = cloud.caller(Caller::Token(token));
    let by = |client: &Client, user: &str, project: &str| {
        let service = keystone.token(user, Scope::Project(project));
        client.get(IMAGES).header("X-Service-Token", &service).send().status
    };
    assert_eq!(by(&ended, "nova", "service"), 200);
    assert_eq!(by(&ended, "blue-member", "blue"), 401, "whoever has no service role is no service");
    assert_eq!(ended.get(IMAGES).header("X-Service-Token", "nonsense").send().status, 401);
    let stranger = cloud.caller(Caller::Token("nonsense".into()));
    assert_eq!(by(&stranger, "nova", "service"), 401, "a service is no caller");
    // the server's own token has ended more than once by now
    assert_eq!(list(&cloud, &keystone.token("blue-member", BLUE)), 200);
}

#[test]
fn an_identity_service_that_is_away_stops_only_who_is_not_known() {
    let keystone = Keystone::start();
    let mut cloud = Cloud::builder().keystone(&keystone).start();
    let (known, other) = (keystone.token("blue-member", BLUE), keystone.token("red-member", Scope::Project("red")));
    assert_eq!(list(&cloud, &known), 200);
    keystone.stop();
    assert_eq!(list(&cloud, &known), 200);
    let begun = Instant::now();
    let answer = cloud.caller(Caller::Token(other.clone())).get(IMAGES).send().expect(503);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(answer.header("retry-after").is_some(), "{answer}");
    assert!(answer.text().contains("The Keystone service is temporarily unavailable."), "{answer}");
    assert_eq!(cloud.as_nobody().get(IMAGES).send().status, 401, "who brings no token needs no answer of Keystone");
    // a server that starts meanwhile is there as soon as Keystone is
    cloud.kill(Service::Api);
    cloud.start(Service::Api);
    assert_eq!([list(&cloud, &known), list(&cloud, &other)], [503, 503]);
    keystone.resume();
    eventually(Duration::from_secs(10), "tokens are judged again", || (list(&cloud, &other) == 200).then_some(()));
    assert_eq!(list(&cloud, &known), 200);
}

#[test]
fn an_account_that_is_not_accepted_is_a_fault_of_the_server() {
    let keystone = Keystone::shared();
    let cloud =
        Cloud::builder().keystone(keystone).api_option("keystone_authtoken", "password", "wrong-by-mark").start();
    assert_eq!(list(&cloud, &keystone.token("blue-member", BLUE)), 503);
    let log = cloud.log(Service::Api);
    assert!(log.contains("does not accept the account of this server") && !log.contains("wrong-by-mark"), "{log}");
}

#[test]
fn a_keystone_that_hangs_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let keystone = Keystone::shared();
    let cloud = Cloud::builder()
        .keystone(keystone)
        .api_option("keystone_authtoken", "auth_url", &url)
        .api_option("keystone_authtoken", "http_connect_timeout", "<None>")
        .start();
    let begun = Instant::now();
    assert_eq!(list(&cloud, &keystone.token("blue-member", BLUE)), 503);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[test]
fn a_server_does_not_start_with_half_an_account() {
    for (key, value, said) in [
        ("auth_type", "v3oidcpassword", "must be one of password, v3applicationcredential"),
        ("username", "", "username is not set"),
        ("auth_url", "localhost", "auth_url: 'localhost' is no URL"),
        ("memcache_security_strategy", "ENCRYPT", "memcache_secret_key: ENCRYPT needs one"),
    ] {
        let mut cloud = Cloud::builder()
            .keystone(Keystone::shared())
            .api_option("keystone_authtoken", "memcached_servers", "127.0.0.1:1")
            .api_option("keystone_authtoken", key, value)
            .unready()
            .start();
        let ended = cloud.process(Service::Api).wait(Duration::from_secs(20));
        assert!(ended.is_some_and(|status| !status.success()), "{key} = {value}");
        assert!(cloud.log(Service::Api).contains(said), "{key} = {value}: {}", cloud.log(Service::Api));
    }
}
