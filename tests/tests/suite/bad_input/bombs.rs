//! Requests that are large or many: each is refused by name, in bounded time, and the server goes on.

use std::time::{Duration, Instant};

use glance_tests::{Body, Cloud, NewImage};
use serde_json::{Value, json};

use super::Stage;

/// Longest time that a refusal may take, on a busy machine with debug builds.
const SOON: Duration = Duration::from_secs(10);

const NEW: &str = "application/openstack-images-v2.1-json-patch";
const OLD: &str = "application/openstack-images-v2.0-json-patch";

/// Title, method and path, media type, body, status, words of the answer.
type Bomb = (&'static str, &'static str, &'static str, String, u16, &'static str);

fn properties(count: usize) -> String {
    let pairs: Vec<String> = (0..count).map(|n| format!("\"k{n}\": \"v\"")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn operations(count: usize, one: impl Fn(usize) -> Value) -> String {
    Value::Array((0..count).map(one).collect()).to_string()
}

fn bombs() -> Vec<Bomb> {
    const CREATE: &str = "POST /v2/images";
    const CHANGE: &str = "PATCH /v2/images/{queued}";
    let tags = |count: usize| json!({"tags": (0..count).map(|n| format!("t{n}")).collect::<Vec<_>>()}).to_string();
    let add = |n: usize| json!({"op": "add", "path": format!("/k{n}"), "value": "v"});
    let same = |_| json!({"op": "replace", "path": "/name", "value": "x"});
    let old = |n: usize| json!({"add": format!("/k{n}"), "value": "v"});
    let huge = "x".repeat(1 << 20);
    let deep = "[".repeat(100_000);
    vec![
        ("129 properties", CREATE, NEW, properties(129), 413, "Attempted: 129, Maximum: 128"),
        ("5000 properties", CREATE, NEW, properties(5000), 413, "Attempted: 5000, Maximum: 128"),
        ("129 tags", CREATE, NEW, tags(129), 413, "Attempted: 129, Maximum: 128"),
        ("10000 tags", CREATE, NEW, tags(10_000), 413, "Attempted: 10000, Maximum: 128"),
        ("129 times the same tag", CREATE, NEW, json!({"tags": vec!["t"; 129]}).to_string(), 413, "Attempted: 129"),
        ("a megabyte of name", CREATE, NEW, json!({"name": huge}).to_string(), 400, "is too long"),
        ("a megabyte of one value", CREATE, NEW, json!({"a": huge}).to_string(), 400, "65535 bytes at most"),
        ("lists without end", CREATE, NEW, deep.clone(), 400, "Malformed JSON"),
        ("objects without end", CREATE, NEW, "{\"a\":".repeat(100_000), 400, "Malformed JSON"),
        ("a number of 100000 digits", CREATE, NEW, format!("{{\"min_ram\": {}}}", "9".repeat(100_000)), 400, ""),
        ("an exponent beyond", CREATE, NEW, "{\"min_ram\": 1e400000}".to_owned(), 400, "Malformed JSON"),
        ("129 added properties", CHANGE, NEW, operations(129, add), 413, "Attempted: 129, Maximum: 128"),
        ("129 added properties, old", CHANGE, OLD, operations(129, old), 413, "Attempted: 129, Maximum: 128"),
        ("8000 added properties", CHANGE, NEW, operations(8000, add), 413, ""),
        ("100000 operations", CHANGE, NEW, operations(100_000, same), 413, "The request body is larger than"),
        ("patches in patches", CHANGE, NEW, deep, 400, "Malformed JSON"),
        (
            "a pointer of 500 kilobytes",
            CHANGE,
            NEW,
            operations(1, |_| json!({"op": "remove", "path": "/a".repeat(250_000)})),
            400,
            "Invalid JSON pointer",
        ),
        (
            "a value of a megabyte",
            CHANGE,
            NEW,
            operations(1, |_| json!({"op": "add", "path": "/a", "value": "x".repeat(1 << 20)})),
            400,
            "65535 bytes at most",
        ),
        (
            "members of a megabyte",
            "POST /v2/images/{queued}/members",
            NEW,
            json!({"member": "m".repeat(1 << 20)}).to_string(),
            400,
            "Member must be a string of at most 255 characters",
        ),
        (
            "status of a megabyte",
            "PUT /v2/images/{queued}/members/p2",
            NEW,
            json!({"status": "m".repeat(1 << 20)}).to_string(),
            404,
            "p2 not found in the member list",
        ),
    ]
}

#[test]
fn large_bodies_are_refused_by_name_and_soon() {
    let stage = Stage::new();
    let mut faults = Vec::new();
    let bombs = bombs();
    for (title, line, media_type, body, status, says) in &bombs {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let call = stage.owner.request(method, &stage.fill(path)).header("Accept", "application/json");
        let start = Instant::now();
        let answer = call.header("Content-Type", media_type).body(Body::Bytes(body.clone().into_bytes())).try_send();
        let fault = match answer {
            Err(error) => Some(format!("no answer: {error}")),
            Ok(_) if start.elapsed() > SOON => Some(format!("it took {:?}", start.elapsed())),
            Ok(answer) if !answer.text().contains(says) => Some(format!("{says:?} wanted: {answer}")),
            Ok(answer) => stage.fault(&answer, &[*status]),
        };
        faults.extend(fault.map(|fault| format!("* {title}: {}", fault.chars().take(500).collect::<String>())));
    }
    stage.end(&faults, bombs.len());
}

#[test]
fn filters_without_end_are_refused() {
    let stage = Stage::new();
    let many = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join("&");
    let tags = |count: usize| (0..count).map(|n| format!("tag=t{n}")).collect::<Vec<_>>().join("&");
    let values = |count: usize| (0..count).map(|n| format!("n{n}")).collect::<Vec<_>>().join(",");
    let table = [
        (many(100), 400, "At most 64 filters can be combined."),
        (many(2000), 400, "At most 64 filters can be combined."),
        (tags(100), 400, "At most 64"),
        (format!("name=in:{}", values(5000)), 414, "too long"),
        (format!("foo={}", "x".repeat(60_000)), 414, "too long"),
    ];
    let mut faults = Vec::new();
    for (query, status, says) in &table {
        let answer = stage.owner.get(&format!("/v2/images?{query}")).header("Accept", "application/json").send();
        let silent = !answer.text().contains(says);
        let fault = stage.fault(&answer, &[*status]).or_else(|| silent.then(|| format!("{says:?} wanted: {answer}")));
        faults.extend(fault.map(|fault| {
            format!("* {}…: {}", &query[..query.len().min(40)], fault.chars().take(500).collect::<String>())
        }));
    }
    stage.end(&faults, table.len());
}

/// Just below the limits everything is kept, whole: what is refused is refused for its size alone.
#[test]
fn what_is_just_small_enough_is_kept() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let body: Value = serde_json::from_str(&properties(128)).expect("properties");
    let answer = owner.post("/v2/images", &body).send().expect(201).json();
    assert!((0..128).all(|n| answer[format!("k{n}")] == "v"), "{answer}");
    let letters =
        ["é".repeat(255), "\u{ffff}\u{e000}".into(), "\u{202e}abc\u{200b}".into(), "ﷺ".repeat(100), "\u{7f}".into()];
    for name in letters {
        let id = NewImage::named(&name).with(&"k".repeat(255), name.clone()).create(&owner);
        let image = owner.show(&id);
        assert_eq!((&image["name"], &image["k".repeat(255)]), (&json!(name), &json!(name)));
    }
}
