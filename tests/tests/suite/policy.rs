//! Policy files as operators keep them: found, read again when they change, and never half believed. Who may do what is
//! in the scenarios `access`, `rights` and `configured/policy`.

use std::fs;
use std::time::Duration;

use glance_tests::cloud::Service;
use glance_tests::{Client, Cloud, eventually};

const SOON: Duration = Duration::from_secs(10);

fn lists(client: &Client) -> u16 {
    client.get("/v2/images").send().status
}

#[test]
fn changed_files_take_effect_without_a_reload_and_broken_ones_do_not() {
    let cloud = Cloud::builder().file("policy.yaml", "get_images: role:lister\n").start();
    let (member, lister) = (cloud.as_member("p1"), cloud.as_roles("lister", "p1"));
    assert_eq!((lists(&member), lists(&lister)), (403, 200));
    let policy = cloud.path().join("policy.yaml");
    fs::write(&policy, "{\"get_images\": \"role:member or role:lister\"}").expect("a policy");
    eventually(SOON, "the new rules", || (lists(&member) == 200).then_some(()));

    // A4: a file that cannot be understood never means more rights; the rules before it go on.
    for broken in ["get_images: [", "get_images: 'role:member and'", "get_images: 'rule:get_images'", "- a\n"] {
        let told = || cloud.log(Service::Api).matches("the old rules stay in force").count();
        let before = told();
        fs::write(&policy, broken).expect("a policy");
        eventually(SOON, "a line in the log", || (told() > before).then_some(()));
        assert_eq!(
            (lists(&member), lists(&lister), lists(&cloud.as_roles("reader", "p1"))),
            (200, 200, 403),
            "{broken}"
        );
    }
    fs::remove_file(&policy).expect("no policy");
    eventually(SOON, "the built-in rules", || (lists(&lister) == 403).then_some(()));
}

#[test]
fn folders_add_to_the_file_in_the_order_of_names() {
    let cloud = Cloud::builder()
        .file("policy.yaml", "get_images: '!'\nadd_image: '!'\n")
        .api_option("oslo_policy", "policy_dirs+", "policy.d")
        .api_option("oslo_policy", "policy_dirs+", "more.d")
        .start();
    let member = cloud.as_member("p1");
    let creates = || member.post("/v2/images", &serde_json::json!({})).send().status;
    assert_eq!((lists(&member), creates()), (403, 403));
    for (folder, name, text) in [
        ("policy.d", "20-open.yaml", "get_images: '@'\n"),
        ("policy.d", "10-closed.json", "{\"get_images\": \"!\"}"),
        ("policy.d", ".hidden.yaml", "get_images: '!'\n"),
        ("more.d", "00.yaml", "add_image: '@'\n"),
    ] {
        let folder = cloud.path().join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), text).expect("a policy");
    }
    eventually(SOON, "the rules of the folders", || (lists(&member) == 200 && creates() == 201).then_some(()));
}

#[test]
fn no_server_starts_on_a_policy_that_it_cannot_understand() {
    let mut cloud = Cloud::builder().start();
    let broken = [
        ("get_images: [", "malformed"),
        ("get_images: 'role:a and'", "get_images"),
        ("a: 'rule:b'\nb: 'rule:a'\n", "refers to itself"),
    ];
    for (text, said) in broken {
        cloud.kill(Service::Api);
        fs::write(cloud.path().join("policy.yaml"), text).expect("a policy");
        cloud.launch(Service::Api);
        let ended = cloud.process(Service::Api).wait(SOON).expect("an end");
        let log = cloud.log(Service::Api);
        assert!(ended.code() == Some(1) && log.contains(said), "A4: {ended}: {log}");
    }
    fs::remove_file(cloud.path().join("policy.yaml")).expect("no policy");
    cloud.set_option(Service::Api, "oslo_policy", "policy_file", "elsewhere.yaml");
    cloud.launch(Service::Api);
    let ended = cloud.process(Service::Api).wait(SOON).expect("an end");
    assert!(ended.code() == Some(1) && cloud.log(Service::Api).contains("does not exist"), "A4: {ended}");
}

#[test]
fn rules_that_nobody_defined_hold_for_nobody() {
    let cloud =
        Cloud::builder().file("policy.yaml", "get_images: rule:typo\nget_image: 'undefined:%(owner)s'\n").start();
    assert_eq!((lists(&cloud.as_member("p1")), lists(&cloud.as_admin())), (403, 403), "A4");
    let log = cloud.log(Service::Api);
    assert!(
        log.contains("refers to the rule 'typo'") && log.contains("no caller has an attribute 'undefined'"),
        "{log}"
    );
}

#[test]
fn publishing_is_for_administrators_by_default() {
    let cloud = Cloud::builder().start();
    let publish =
        |client: &Client| client.post("/v2/images", &serde_json::json!({"visibility": "public"})).send().status;
    let callers = [cloud.as_member("p1"), cloud.as_roles("service,member,reader", "p1"), cloud.as_admin()];
    assert_eq!(callers.map(|caller| publish(&caller)), [403, 403, 201], "A5");
}
