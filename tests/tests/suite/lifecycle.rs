//! Start, signals, TLS, configuration errors, and what a load balancer asks.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use glance_tests::bytes::pattern;
use glance_tests::cloud::Service;
use glance_tests::http::Address;
use glance_tests::process::{Process, Signal, program};
use glance_tests::{Body, Cloud, NewImage, Request, eventually, samples};

use crate::v2::upload::begin_upload;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn both_servers_tell_their_health_and_figures() {
    let cloud = Cloud::builder().start();
    for address in [cloud.api_address(), cloud.registry_address()] {
        let health = Request::new("GET", "/healthcheck").send_to(&address).expect("an answer").expect(200);
        assert_eq!(health.text(), "OK");
        Request::new("GET", "/readyz").send_to(&address).expect("an answer").expect(200);
        let metrics = Request::new("GET", "/metrics").send_to(&address).expect("an answer").expect(200).text();
        assert!(metrics.lines().any(|line| line.starts_with("# TYPE ")), "{metrics}");
    }
}

#[test]
fn healthcheck_can_be_switched_off_by_a_file() {
    let cloud = Cloud::builder().api_option("healthcheck", "disable_by_file_path", "@DATA@/maintenance").start();
    let ask = || Request::new("GET", "/healthcheck").send_to(&cloud.api_address()).expect("an answer");
    ask().expect(200);
    std::fs::write(cloud.path().join("maintenance"), "").expect("a file");
    eventually(SOON, "503 from the healthcheck", || (ask().status == 503).then_some(()));
}

#[test]
fn images_travel_over_tls() {
    let cloud = Cloud::builder().tls().start();
    let owner = cloud.as_member("p1");
    let sample = samples::ipxe();
    let id = NewImage::named("tls").with("disk_format", "iso").create(&owner);
    owner.upload(&id, Body::File(sample.path.clone())).send().expect(204);
    assert!(owner.download(&id) == sample.bytes(), "came back different");
    let created = owner.post("/v2/images", &serde_json::json!({})).send().expect(201);
    assert!(created.header("location").is_some_and(|url| url.starts_with("https://")), "{created}");
    let plain = Address { tls: None, ..cloud.api_address() };
    let answer = Request::new("GET", "/versions").send_to(&plain);
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status >= 400), "plain HTTP on a TLS port");
}

#[test]
fn sigterm_lets_running_transfers_finish() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let mut running = begin_upload(&owner, &id, 200_000, &pattern(1, 100_000));
    eventually(SOON, "the status saving", || (owner.status(&id) == "saving").then_some(()));
    cloud.process(Service::Api).signal(Signal::Terminate);
    eventually(SOON, "a closed port", || owner.address.connect().is_err().then_some(()));
    running.write(&pattern(1, 200_000)[100_000..]).expect("the rest of the body");
    running.answer(false).expect("an answer").expect(204);
    let status = cloud.process(Service::Api).wait(SOON).expect("an end");
    assert!(status.success(), "{status}");
    cloud.start(Service::Api);
    assert!(cloud.as_member("p1").download(&id) == pattern(1, 200_000), "came back different");
}

#[test]
fn second_sigterm_ends_at_once() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    let running = begin_upload(&owner, &id, 200_000, &[1; 1000]);
    eventually(SOON, "the status saving", || (owner.status(&id) == "saving").then_some(()));
    let start = Instant::now();
    cloud.process(Service::Api).signal(Signal::Terminate);
    eventually(SOON, "a closed port", || owner.address.connect().is_err().then_some(()));
    assert!(cloud.process(Service::Api).wait(Duration::from_millis(500)).is_none(), "it did not wait for the upload");
    cloud.process(Service::Api).signal(Signal::Terminate);
    cloud.process(Service::Api).wait(Duration::from_secs(3)).expect("an end");
    assert!(start.elapsed() < SOON);
    drop(running);
}

#[test]
fn idle_servers_end_quickly_and_well() {
    let mut cloud = Cloud::builder().start();
    for service in [Service::Api, Service::Registry] {
        cloud.process(service).signal(Signal::Terminate);
        let status = cloud.process(service).wait(SOON).expect("an end");
        assert!(status.success(), "{service:?}: {status}");
    }
}

#[test]
fn sighup_reads_options_and_policy_again_and_breaks_nothing() {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"data");
    NewImage::default().create(&owner);
    let pending = NewImage::default().create(&owner);
    let mut running = begin_upload(&owner, &pending, 10, b"12345");
    eventually(SOON, "the status saving", || (owner.status(&pending) == "saving").then_some(()));
    owner.get(&format!("/v2/images/{id}/file")).send().expect(200);

    // The default file, beside the configuration.
    std::fs::write(cloud.path().join("policy.yaml"), "\"download_image\": \"!\"\n").expect("a policy");
    cloud.set_option(Service::Api, "DEFAULT", "limit_param_default", "1");
    cloud.process(Service::Api).signal(Signal::Hangup);
    let shown = || owner.get("/v2/images").send().expect(200).json()["images"].as_array().map(Vec::len);
    eventually(SOON, "the new page size", || (shown() == Some(1)).then_some(()));
    eventually(SOON, "the new policy", || {
        (owner.get(&format!("/v2/images/{id}/file")).send().status == 403).then_some(())
    });
    running.write(b"67890").expect("the rest of the body");
    running.answer(false).expect("an answer").expect(204);
}

#[test]
fn sighup_opens_a_renamed_log_file_anew() {
    let mut cloud = Cloud::builder().api_option("DEFAULT", "log_file", "@DATA@/api-own.log").start();
    let (log, old) = (cloud.path().join("api-own.log"), cloud.path().join("api-old.log"));
    eventually(SOON, "a log file", || log.is_file().then_some(()));
    std::fs::rename(&log, &old).expect("a renamed log file");
    cloud.process(Service::Api).signal(Signal::Hangup);
    eventually(SOON, "a new log file", || {
        let _ = cloud.as_member("p1").get("/v2/images/nothing").send();
        std::fs::metadata(&log).ok().filter(|data| data.len() > 0).map(|_| ())
    });
}

#[test]
fn systemd_is_told_when_the_server_is_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(SOON)).expect("a timeout");
    let variable = format!("NOTIFY_SOCKET={}", path.display());
    let _cloud = Cloud::builder().api_under(&["env", &variable]).start();
    let mut buffer = [0; 1000];
    let count = socket.recv(&mut buffer).expect("a message");
    let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
    assert!(text.contains("READY=1"), "{text}");
}

#[test]
fn unknown_options_are_one_warning_each() {
    let cloud = Cloud::builder()
        .api_option("DEFAULT", "no_such_option", "1")
        .api_option("no_such_section", "a", "1")
        .registry_option("DEFAULT", "no_such_option", "1")
        .start();
    for service in [Service::Api, Service::Registry] {
        let log = cloud.log(service);
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("no_such_option")).collect();
        assert_eq!(lines.len(), 1, "{service:?}: {log}");
        assert!(lines[0].contains("WARN"), "{}", lines[0]);
    }
    assert!(cloud.log(Service::Api).contains("no_such_section"));
}

/// Starts a program that must refuse; gives what it says and its exit code.
fn refusal(name: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(program(name)).args(arguments).current_dir(folder.path()).output().expect(name);
    let text = [output.stdout, output.stderr].map(|raw| String::from_utf8_lossy(&raw).into_owned()).concat();
    (text, output.status.code())
}

#[test]
fn bad_values_are_refused_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.conf");
    let path = file.to_string_lossy().into_owned();
    for name in ["glance-api", "glance-registry"] {
        for (key, value) in [("bind_port", "many"), ("bind_port", "70000"), ("workers", "-3"), ("backlog", "1.5")] {
            std::fs::write(&file, format!("[DEFAULT]\n{key} = {value}\n")).expect("a file");
            let (text, code) = refusal(name, &["--config-file", &path]);
            assert!(code.is_some_and(|code| code != 0), "{name} {key} = {value} was accepted: {text}");
            for part in [&*path, "DEFAULT", key, value] {
                assert!(text.contains(part), "{name} does not say {part}: {text}");
            }
            assert!(!text.contains("panicked"), "{text}");
        }
    }
}

#[test]
fn missing_configuration_files_are_named() {
    for name in ["glance-api", "glance-registry"] {
        let (text, code) = refusal(name, &["--config-file", "/nonexistent/x.conf"]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("Failed to find some config files: /nonexistent/x.conf"), "{text}");
    }
}

#[test]
fn broken_policy_file_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, conf) = (folder.path().join("policy.yaml"), folder.path().join("api.conf"));
    let text =
        format!("[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\n[oslo_policy]\npolicy_file = {}\n", policy.display());
    std::fs::write(&conf, text).expect("a file");
    for broken in ["get_image: [", "\"get_image\": \"role:\"\n\"x\": \"(((\"\n", "- a\n- list\n"] {
        std::fs::write(&policy, broken).expect("a file");
        let (text, code) = refusal("glance-api", &["--config-file", &conf.to_string_lossy()]);
        assert!(code.is_some_and(|code| code != 0), "{broken:?} was accepted: {text}");
    }
}

#[test]
fn trusted_identity_is_refused_on_public_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("api.conf");
    std::fs::write(&conf, "[DEFAULT]\nbind_host = 0.0.0.0\nbind_port = 0\n[paste_deploy]\nflavor = trusted-auth\n")
        .expect("a file");
    let (text, code) = refusal("glance-api", &["--config-file", &conf.to_string_lossy()]);
    assert!(code.is_some_and(|code| code != 0), "{text}");
    assert!(text.contains("trusted_auth_allow_public"), "{text}");
}

#[test]
fn taken_port_stops_the_second_server() {
    let cloud = Cloud::builder().start();
    let conf = cloud.conf(Service::Api).to_string_lossy().into_owned();
    let log = cloud.path().join("second.log");
    let mut second = Process::spawn(&program("glance-api"), &["--config-file", &conf], &[], &log).expect("glance-api");
    let status = second.wait(Duration::from_secs(45)).expect("its end");
    assert!(!status.success(), "two servers share a port");
    assert!(second.log().to_lowercase().contains("could not bind"), "{}", second.log());
    cloud.as_member("p1").get("/v2/images").send().expect(200);
}

#[test]
fn lab_without_authentication_works() {
    let cloud = Cloud::builder().flavor("").api_option("oslo_policy", "enforce_new_defaults", "false").start();
    let anybody = cloud.as_nobody();
    let id = NewImage::default().upload(&anybody, b"lab data");
    assert_eq!(anybody.download(&id), b"lab data");
    assert!(anybody.show(&id)["owner"].is_null());
    anybody.delete(&format!("/v2/images/{id}")).send().expect(204);
}
