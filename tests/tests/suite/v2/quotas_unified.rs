//! Limits of a real Keystone (`use_keystone_limits`): what counts, what is refused in which words, many at once, and a
//! Keystone that is away.

use std::time::{Duration, Instant};

use glance_tests::bytes::pattern;
use glance_tests::caller::Call;
use glance_tests::{Body, Builder, Client, Cloud, Keystone, NewImage, eventually};
use serde_json::{Value, json};

use super::members::{at_once, tally};
use super::quotas::{stored, uploads};
use super::upload::begin_upload;

const MIB: usize = 1024 * 1024;

/// A cloud with the limits of this Keystone.
fn limited_by(keystone: &Keystone) -> Builder {
    let mut builder = Cloud::builder()
        .api_option("DEFAULT", "use_keystone_limits", "true")
        .api_option("DEFAULT", "user_storage_quota", "1B")
        .api_option("oslo_limit", "endpoint_id", &keystone.image_endpoint())
        .api_option("oslo_limit", "limit_cache_time", "600")
        // Keystone is slow while many tests run
        .api_option("oslo_limit", "timeout", "30")
        .api_option("oslo_limit", "system_scope", "all");
    for (key, value) in keystone.account().into_iter().filter(|(key, _)| !key.starts_with("project")) {
        builder = builder.api_option("oslo_limit", key, &value);
    }
    builder
}

/// A new project with limits of its own.
fn project(keystone: &Keystone, name: &str, limits: &[(&str, i64)]) -> String {
    let new = json!({"project": {"name": name, "domain_id": "default"}});
    let made = keystone.as_admin("POST", "/projects", &new).expect(201).json();
    let id = made["project"]["id"].as_str().expect("an id").to_owned();
    limit(keystone, &id, limits);
    id
}

/// Limits a project further.
fn limit(keystone: &Keystone, project: &str, limits: &[(&str, i64)]) {
    let endpoint = keystone.as_admin("GET", &format!("/endpoints/{}", keystone.image_endpoint()), &Value::Null).json();
    let service = &endpoint["endpoint"]["service_id"];
    let row = |(name, limit): &(&str, i64)| {
        json!({"service_id": service, "region_id": "RegionOne", "project_id": project, "resource_name": name,
               "resource_limit": limit})
    };
    let rows: Vec<Value> = limits.iter().map(row).collect();
    keystone.as_admin("POST", "/limits", &json!({"limits": rows})).expect(201);
}

/// What a refusal says of a limit.
fn words(project: &str, resource: &str, limit: i64, usage: i64, delta: i64) -> String {
    format!(
        "Project {project} is over a limit for [Resource {resource} is over limit of {limit} due to current usage {usage} \
         and delta {delta}]"
    )
}

#[track_caller]
fn refused(call: &Call, words: &str) {
    let answer = call.send().expect(413);
    assert!(answer.text().contains(words), "{answer}\ninstead of {words}");
}

fn upload(owner: &Client, id: &str, mib: usize) -> Call {
    owner.upload(id, Body::Bytes(pattern(1, mib * MIB)))
}

#[test]
fn refusals_and_usage_are_those_of_the_reference() {
    let keystone = Keystone::shared();
    let cloud = limited_by(keystone).start();
    let limits = [("image_size_total", 2), ("image_count_total", 3), ("image_count_uploading", 1)];
    let project = project(keystone, "quotas-words", &limits);
    let owner = cloud.as_member(&project);
    let usage = |size: i64, count: i64, uploading: i64| {
        json!({"usage": {
            "image_size_total": {"usage": size, "limit": 2},
            "image_stage_total": {"usage": 0, "limit": 1000},
            "image_count_total": {"usage": count, "limit": 3},
            "image_count_uploading": {"usage": uploading, "limit": 1},
        }})
    };
    let shown = || owner.get("/v2/info/usage").send().expect(200).json();
    assert_eq!(shown(), usage(0, 0, 0));

    let ids: Vec<String> = (0..3).map(|_| NewImage::default().create(&owner)).collect();
    let another = owner.post("/v2/images", &json!({"name": "one more"}));
    refused(&another, &words(&project, "image_count_total", 3, 3, 1));
    refused(&owner.post("/v2/images", &json!({"id": ids[0]})), &words(&project, "image_count_total", 3, 3, 1));
    owner.delete(&format!("/v2/images/{}", ids[2])).send().expect(204);
    another.send().expect(201);

    refused(&upload(&owner, &ids[0], 3), &words(&project, "image_size_total", 2, 0, 3));
    refused(&upload(&owner, "no-such-image", 3), &words(&project, "image_size_total", 2, 0, 3));
    let chunked = owner.upload(&ids[0], Body::Chunked(pattern(1, 5 * MIB), 100_000));
    refused(&chunked, &words(&project, "image_size_total", 2, 0, 3));
    assert_eq!((owner.status(&ids[0]).as_str(), shown()), ("queued", usage(0, 3, 0)));

    let mut running = begin_upload(&owner, &ids[0], MIB, &pattern(1, 1000));
    eventually(Duration::from_secs(10), "saving", || (owner.status(&ids[0]) == "saving").then_some(()));
    assert_eq!(shown(), usage(1, 3, 1), "what is announced is reserved");
    refused(&upload(&owner, &ids[1], 1), &words(&project, "image_count_uploading", 1, 2, 0));
    running.write(&pattern(1, MIB)[1000..]).expect("the rest of the body");
    running.answer(false).expect("an answer").expect(204);

    refused(&upload(&owner, &ids[1], 2), &words(&project, "image_size_total", 2, 1, 2));
    upload(&owner, &ids[1], 1).send().expect(204);
    assert_eq!(shown(), usage(2, 3, 0));
}

#[test]
fn sixty_four_uploads_and_creations_never_pass_a_limit_together() {
    let keystone = Keystone::shared();
    let cloud = limited_by(keystone).start();
    let many = [("image_size_total", 8), ("image_count_total", 200), ("image_count_uploading", -1)];
    let project_id = project(keystone, "quotas-many", &many);
    let owner = cloud.as_member(&project_id);
    let known = uploads(&owner, (0..32).map(|_| Body::Bytes(pattern(2, MIB))));
    let unknown = uploads(&owner, (0..32).map(|_| Body::Chunked(pattern(3, MIB), 100_000)));
    let statuses = at_once(&[known, unknown].concat());
    assert!(statuses.iter().all(|status| [204, 413].contains(status)), "{:?}", tally(&statuses));
    let (images, bytes) = stored(&owner);
    assert!((1..=8).contains(&images), "{images} are through");
    assert_eq!(bytes, (images * MIB) as u64);
    for call in uploads(&owner, (images..8).map(|_| Body::Chunked(pattern(3, MIB), 100_000))) {
        call.send().expect(204);
    }

    let project = project(keystone, "quotas-creations", &[("image_count_total", 5)]);
    let owner = cloud.as_member(&project);
    let creations: Vec<Call> = (0..64).map(|n| owner.post("/v2/images", &json!({"name": n.to_string()}))).collect();
    assert_eq!(tally(&at_once(&creations)), [(201, 5), (413, 59)]);
}

#[test]
fn limits_that_change_are_noticed_and_registered_ones_hold_without_own_ones() {
    let keystone = Keystone::shared();
    let cloud = limited_by(keystone).api_option("oslo_limit", "limit_cache_time", "1").start();
    let project = project(keystone, "quotas-change", &[("image_count_total", 0)]);
    let owner = cloud.as_member(&project);
    refused(&owner.post("/v2/images", &json!({})), &words(&project, "image_count_total", 0, 0, 1));
    let listed = keystone.as_admin("GET", &format!("/limits?project_id={project}"), &Value::Null).expect(200).json();
    let own = listed["limits"].as_array().into_iter().flatten().find(|row| row["project_id"] == project.as_str());
    let id = own.and_then(|row| row["id"].as_str()).expect("the limit");
    keystone.as_admin("DELETE", &format!("/limits/{id}"), &Value::Null).expect(204);
    eventually(Duration::from_secs(10), "the registered limit", || {
        (owner.post("/v2/images", &json!({})).send().status == 201).then_some(())
    });
    let usage = owner.get("/v2/info/usage").send().expect(200).json();
    assert_eq!(usage["usage"]["image_count_total"], json!({"usage": 1, "limit": 100}));
}

#[test]
fn keystone_that_is_away_stops_only_what_is_limited() {
    let keystone = Keystone::start();
    let cloud = limited_by(&keystone).api_option("oslo_limit", "limit_cache_time", "1").start();
    let project = project(&keystone, "quotas-away", &[("image_count_total", 50)]);
    let owner = cloud.as_member(&project);
    let id = NewImage::default().create(&owner);
    keystone.stop();
    let begun = Instant::now();
    let away = eventually(Duration::from_secs(20), "an end of what is remembered", || {
        let answer = owner.post("/v2/images", &json!({})).send();
        (answer.status != 201).then_some(answer)
    });
    let away = away.expect(503);
    assert!(away.header("retry-after").is_some() && begun.elapsed() < Duration::from_secs(10), "{away}");
    upload(&owner, &id, 1).send().expect(503);
    owner.get("/v2/info/usage").send().expect(503);
    assert_eq!(owner.status(&id), "queued");
    owner.get("/v2/images").send().expect(200);
    keystone.resume();
    eventually(Duration::from_secs(20), "limits again", || (upload(&owner, &id, 1).send().status == 204).then_some(()));
}

#[test]
fn limits_that_cannot_be_asked_for_are_the_operators_fault() {
    let keystone = Keystone::shared();
    let wrong = [("password", "wrong"), ("endpoint_id", "no-such-endpoint"), ("auth_url", "")];
    for (key, value) in wrong {
        let cloud = limited_by(keystone).api_option("oslo_limit", key, value).start();
        let owner = cloud.as_member("p1");
        owner.post("/v2/images", &json!({})).send().expect(500);
        owner.get("/v2/info/usage").send().expect(500);
        owner.get("/v2/images").send().expect(200);
    }
}

#[test]
fn endpoint_can_be_found_by_the_service() {
    let keystone = Keystone::shared();
    let cloud = limited_by(keystone)
        .api_option("oslo_limit", "endpoint_id", "<None>")
        .api_option("oslo_limit", "endpoint_service_type", "image")
        .api_option("oslo_limit", "endpoint_region_name", "RegionOne")
        .start();
    let project = project(keystone, "quotas-service", &[("image_count_uploading", 7)]);
    let usage = cloud.as_member(&project).get("/v2/info/usage").send().expect(200).json();
    assert_eq!(usage["usage"]["image_count_uploading"], json!({"usage": 0, "limit": 7}));
}
