//! Parts that die or leave while everybody works.

use std::ops::Range;
use std::time::{Duration, Instant};

use glance_tests::{NewImage, Request, eventually};

use crate::nodes::start::{MEMBER, Nodes};
use crate::nodes::traffic::{Sent, Traffic};

/// Time a part gets to come back or to leave.
const LIMIT: Duration = Duration::from_secs(30);

/// Users and services at work.
fn traffic(nodes: &Nodes) -> Traffic {
    let traffic = Traffic::start(&[nodes.inside(MEMBER), nodes.outside(MEMBER)]);
    go_on(&traffic);
    traffic
}

/// Waits until another hundred requests were answered.
fn go_on(traffic: &Traffic) {
    let enough = traffic.count() + 100;
    eventually(LIMIT, "a hundred more answers", || (traffic.count() >= enough).then_some(()));
}

fn failed(sent: &[Sent]) -> Vec<&Sent> {
    sent.iter().filter(|one| one.failure.is_some()).collect()
}

/// Kills a part without warning, lets it come back, and gives the moments before and after and what was sent meanwhile.
fn kill_amid_traffic(nodes: &Nodes, part: &str) -> (Range<Instant>, Vec<Sent>) {
    let traffic = traffic(nodes);
    let before = Instant::now();
    let killed = nodes.signal(part, "KILL");
    let after = Instant::now();
    go_on(&traffic);
    eventually(LIMIT, "its successor", || (nodes.process_of(part) != killed).then_some(()));
    go_on(&traffic);
    (before..after, traffic.stop())
}

#[test]
fn a_killed_registry_fails_no_request() {
    let nodes = Nodes::start();
    let (_, sent) = kill_amid_traffic(&nodes, "registry-1");
    assert!(failed(&sent).is_empty(), "{:#?}", failed(&sent));
}

/// The request was the killed node's: the balancer says so, or, where it has closed a lasting connection without a word,
/// no other node has seen it.
fn was_with(nodes: &Nodes, part: &str, server: &str, one: &Sent) {
    if let Some(line) = nodes.log("haproxy").lines().find(|line| line.contains(&one.id)) {
        assert!(line.contains(server), "{part} has not answered {one:#?}: {line}");
    }
    for other in ["internal-1", "internal-2", "public-1", "public-2"].iter().filter(|other| **other != part) {
        assert!(!nodes.log(other).contains(&one.id), "{other} has answered {one:#?}");
    }
}

#[test]
fn a_killed_node_fails_only_what_it_was_answering() {
    let nodes = Nodes::start();
    for (part, server) in [("internal-1", "internal_nodes/api-1"), ("public-2", "public_nodes/api-2")] {
        let (at, sent) = kill_amid_traffic(&nodes, part);
        for one in failed(&sent) {
            assert!(one.start <= at.end && one.end >= at.start, "{part} was not there yet or no more: {one:#?}");
            was_with(&nodes, part, server, one);
        }
        eventually(LIMIT, "requests on the node that is back", || {
            Request::new("GET", "/versions").send_to(&nodes.internal()).ok();
            Request::new("GET", "/versions").send_to(&nodes.public()).ok();
            let log = nodes.log("haproxy");
            log.rsplit('\n').take(20).any(|line| line.contains(server)).then_some(())
        });
    }
}

#[test]
fn a_node_that_is_told_to_stop_fails_no_request() {
    let nodes = Nodes::start();
    for part in ["public-1", "internal-2"] {
        let traffic = traffic(&nodes);
        nodes.signal(part, "TERM");
        let gone = |log: &str| log.lines().any(|line| line.ends_with("stopped"));
        eventually(LIMIT, "its end", || gone(&nodes.log(part)).then_some(()));
        go_on(&traffic);
        let sent = traffic.stop();
        assert!(failed(&sent).is_empty(), "{part}: {:#?}", failed(&sent));
    }
}

/// A store that is away takes every node's readiness, but not what needs no store.
#[test]
fn without_their_store_nodes_still_answer_what_they_can() {
    let nodes = Nodes::start();
    let id = NewImage::named("kept").upload(&nodes.inside(MEMBER), b"kept data");
    let (store, away) = (nodes.path().join("lib/images"), nodes.path().join("lib/away"));
    std::fs::rename(&store, &away).expect("a store that is away");
    for backend in ["internal_nodes", "public_nodes"] {
        let words = format!("{backend} has no server available");
        eventually(LIMIT, &words, || nodes.log("haproxy").contains(&words).then_some(()));
    }
    for client in [nodes.inside(MEMBER), nodes.outside(MEMBER)] {
        assert_eq!(client.show(&id)["name"], "kept");
        client.get("/v2/images").send().expect(200);
    }
    std::fs::rename(&away, &store).expect("a store that is back");
    eventually(LIMIT, "the data", || (nodes.outside(MEMBER).download(&id) == b"kept data").then_some(()));
}
