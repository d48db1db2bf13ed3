//! The list of versions where it depends on more than the request: options that change while the server runs, and ports
//! with TLS. Everything else is in the scenarios `versions` and `configured/versions_…`.

use std::time::Duration;

use glance_tests::cloud::Service;
use glance_tests::process::Signal;
use glance_tests::{Cloud, Request, eventually};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(10);

fn list(cloud: &Cloud) -> Value {
    Request::new("GET", "/versions").send_to(&cloud.api_address()).expect("an answer").expect(200).json()
}

/// The newest version, and the URL that all entries have.
fn newest(list: &Value) -> (String, String) {
    let entries = list["versions"].as_array().expect("a list");
    let href = |entry: &Value| entry["links"][0]["href"].as_str().unwrap_or_default().to_owned();
    assert!(entries.iter().all(|entry| href(entry) == href(&entries[0])), "{list}");
    let current = entries.iter().find(|entry| entry["status"] == "CURRENT").expect("a current version");
    (current["id"].as_str().unwrap_or_default().to_owned(), href(current))
}

#[test]
fn a_reload_changes_what_is_offered_and_where() {
    let mut cloud = Cloud::builder().start();
    let own = format!("http://{}/v2/", cloud.api_address().authority);
    assert_eq!(newest(&list(&cloud)), ("v2.17".to_owned(), own));
    let member = cloud.as_member("p1");
    member.get("/v2.18/images").send().expect(300);
    cloud.set_option(Service::Api, "DEFAULT", "image_cache_dir", "@DATA@/cache");
    cloud.set_option(Service::Api, "DEFAULT", "public_endpoint", "https://images.example.org/api/");
    cloud.process(Service::Api).signal(Signal::Hangup);
    eventually(SOON, "the new list", || (newest(&list(&cloud)).0 == "v2.18").then_some(()));
    assert_eq!(newest(&list(&cloud)).1, "https://images.example.org/api/v2/");
    member.get("/v2.18/images").send().expect(200);
}

#[test]
fn links_name_the_scheme_that_clients_used() {
    let cloud = Cloud::builder().tls().start();
    let (_, href) = newest(&list(&cloud));
    assert_eq!(href, format!("https://{}/v2/", cloud.api_address().authority));
}
