//! Tokens that several servers share through memcached.

use std::time::Duration;

use glance_tests::cloud::{Builder, Service};
use glance_tests::process::Signal;
use glance_tests::{Caller, Cloud, Keystone, Memcached, Scope, eventually};
use sha2::{Digest, Sha256};

const IMAGES: &str = "/v2/images";
const KEY: &str = "a key for entries in memcached";

fn builder(keystone: &Keystone, memcached: &Memcached, strategy: &str) -> Builder {
    [
        ("memcached_servers", &*memcached.server()),
        ("memcache_security_strategy", strategy),
        ("memcache_secret_key", KEY),
        ("memcache_pool_dead_retry", "1"),
    ]
    .into_iter()
    .fold(Cloud::builder().keystone(keystone), |builder, (key, value)| {
        builder.api_option("keystone_authtoken", key, value)
    })
}

fn list(cloud: &Cloud, token: &str) -> u16 {
    cloud.caller(Caller::Token(token.to_owned())).get(IMAGES).send().status
}

/// The name of a token's entry.
fn name_of(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("glance-token-1-{hex}")
}

#[test]
fn servers_share_what_they_know_and_believe_no_forgery() {
    let (keystone, memcached) = (Keystone::start(), Memcached::start());
    let mut known = Vec::new();
    for strategy in ["None", "MAC", "ENCRYPT"] {
        let first = builder(&keystone, &memcached, strategy).start();
        let token = keystone.token("blue-member", Scope::Project("blue"));
        assert_eq!(list(&first, &token), 200);
        let entry = memcached.get(&name_of(&token)).expect("an entry");
        let is_plain = String::from_utf8_lossy(&entry).contains("blue-member");
        assert_eq!(is_plain, strategy != "ENCRYPT", "{strategy}");
        assert!(!String::from_utf8_lossy(&entry).contains(&token), "{strategy}: the token itself is kept nowhere");
        known.push((strategy, token, entry));
    }
    keystone.stop();
    for (strategy, token, mut entry) in known {
        let mut second = builder(&keystone, &memcached, strategy).start();
        assert_eq!(list(&second, &token), 200, "{strategy}");
        let metrics = second.as_nobody().get("/metrics").send().text();
        assert!(metrics.contains("glance_api_token_lookups_total{found=\"memcached\"} 1"), "{metrics}");
        // an entry under another name, and one that somebody changed
        let forged = "made-up-token";
        memcached.set(&name_of(forged), &entry);
        let believed = if strategy == "None" { 200 } else { 503 };
        assert_eq!(list(&second, forged), believed, "{strategy}");
        let middle = entry.len() / 2;
        entry[middle] ^= 1;
        memcached.set(&name_of(&token), &entry);
        second.process(Service::Api).signal(Signal::Hangup);
        if strategy != "None" {
            eventually(Duration::from_secs(10), "the entry is refused", || {
                (list(&second, &token) == 503).then_some(())
            });
        }
        let warned = second.log(Service::Api).contains("who can write to memcached is whoever he likes");
        assert_eq!(warned, strategy == "None", "{strategy}");
    }
}

#[test]
fn a_memcached_that_is_away_or_hangs_stops_nobody() {
    let (keystone, mut memcached) = (Keystone::shared(), Memcached::start());
    let cloud = builder(keystone, &memcached, "ENCRYPT").start();
    let new_token = || keystone.token("blue-member", Scope::Project("blue"));
    memcached.process().signal(Signal::Stop);
    assert_eq!(list(&cloud, &new_token()), 200);
    memcached.process().signal(Signal::Continue);
    eventually(Duration::from_secs(20), "memcached is used again", || {
        let token = new_token();
        (list(&cloud, &token) == 200 && memcached.get(&name_of(&token)).is_some()).then_some(())
    });
    drop(memcached);
    assert_eq!(list(&cloud, &new_token()), 200);
    assert!(cloud.log(Service::Api).contains("is left alone for 1s"), "{}", cloud.log(Service::Api));
}
