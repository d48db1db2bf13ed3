//! What the service must never allow, requirement by requirement: each test carries the number of what it shows.
//!
//! | module | requirements |
//! |---|---|
//! | `decisions` | A1: the same permit or refusal through every door |
//! | `doors` | A2–A5: data, methods, unknown rules, shipped defaults |
//! | `names` | A6–A8: protected, reserved and server-owned names |
//! | `sight` | A9, A13: what lists show, and what hidden images betray |
//! | `data` | B1, B5, B6: stored images do not change |
//! | `locations` | B2–B4: where data lies |
//! | `content` | E1–E3, E7, E8: what may be stored |
//! | `limits` | F1, F5–F7: sizes, quotas, lengths |
//! | `answers` | G3, G4: what answers tell |

mod answers;
mod content;
mod data;
mod decisions;
mod doors;
mod limits;
mod locations;
mod names;
mod sight;

use glance_tests::cloud::Service;
use glance_tests::{Answer, Client, Cloud};
use serde_json::{Value, json};

/// An id that no image has.
const NO_IMAGE: &str = "00000000-0000-4000-8000-000000000000";

fn add(name: &str, value: impl Into<Value>) -> Value {
    json!({"op": "add", "path": format!("/{name}"), "value": value.into()})
}

fn image_path(id: &str) -> String {
    format!("/v2/images/{id}")
}

/// Offers an image to a project, and answers for it where a status is given.
fn share(cloud: &Cloud, owner: &Client, id: &str, project: &str, status: Option<&str>) {
    let members = format!("/v2/images/{id}/members");
    owner.post(&members, &json!({"member": project})).send().expect(200);
    if let Some(status) = status {
        let answer = cloud.as_member(project).request("PUT", &format!("{members}/{project}"));
        answer.json(&json!({"status": status})).send().expect(200);
    }
}

/// The ids in a list.
fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/v2/images{query}")).send().expect(200).json();
    let images = list["images"].as_array().cloned().unwrap_or_default();
    images.iter().filter_map(|image| image["id"].as_str().map(str::to_owned)).collect()
}

/// A refusal in the form that clients read.
fn message(answer: &Answer) -> String {
    answer.json()["message"].as_str().unwrap_or_default().to_owned()
}

/// Starts the API server anew and gives its log when it ends by itself.
fn fails_to_start(cloud: &mut Cloud) -> String {
    cloud.kill(Service::Api);
    cloud.launch(Service::Api);
    let ended = cloud.process(Service::Api).wait(std::time::Duration::from_secs(20)).expect("an end");
    assert_eq!(ended.code(), Some(1), "{ended}");
    cloud.log(Service::Api)
}
