//! What stands between the socket and the handlers: marks on answers, limits, slow clients.

use std::time::{Duration, Instant};

use glance_tests::cloud::Service;
use glance_tests::process::Signal;
use glance_tests::{Answer, Body, Client, Cloud, NewImage, Request, eventually};
use serde_json::json;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn every_answer_forbids_sniffing() {
    let cloud = Cloud::builder().start();
    let (member, nobody) = (cloud.as_member("p1"), cloud.as_nobody());
    let id = NewImage::default().create(&member);
    member.upload(&id, Body::Bytes(b"<script>".to_vec())).send().expect(204);
    let calls = [
        nobody.get("/"),
        nobody.get("/healthcheck"),
        nobody.get("/metrics"),
        nobody.get("/v2/images"),
        nobody.request("OPTIONS", "/v2/images"),
        member.get("/v2/images"),
        member.get(&format!("/v2/images/{id}/file")),
        member.get("/v2/images/%3Cscript%3E").header("Accept", "text/html"),
        member.get("/v2/images").header("X-Long", &"x".repeat(20_000)),
    ];
    for call in calls {
        let answer = call.send();
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "H3: {answer}");
    }
    let page = member.get("/v2/images/%3Cscript%3E").header("Accept", "text/html").send().expect(404).text();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "H3: {page}");
}

fn allowed_origin(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[test]
fn other_origins_are_kept_out_until_named_and_reloads_name_them() {
    let mut cloud = Cloud::builder().start();
    let member = cloud.as_member("p1");
    let ask = || member.get("/v2/images").header("Origin", "https://a.example.org").send().expect(200);
    assert_eq!(allowed_origin(&ask()), None, "H4");
    cloud.set_option(Service::Api, "cors", "allowed_origin", "https://b.example.org");
    cloud.set_option(Service::Api, "cors.dashboard", "allowed_origin", "https://a.example.org");
    cloud.set_option(Service::Api, "cors.dashboard", "allow_credentials", "false");
    cloud.process(Service::Api).signal(Signal::Hangup);
    let answer = eventually(SOON, "an allowed origin", || {
        let answer = ask();
        allowed_origin(&answer).is_some().then_some(answer)
    });
    assert_eq!((allowed_origin(&answer), answer.header("vary")), (Some("https://a.example.org"), Some("Origin")));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    // Asking before needs no identity.
    let before = cloud.as_nobody().request("OPTIONS", "/v2/images/1/file").header("Origin", "https://b.example.org");
    let before = before.header("Access-Control-Request-Method", "PUT").send().expect(200);
    assert_eq!(before.header("access-control-allow-methods"), Some("PUT"));
    assert_eq!(before.header("access-control-allow-credentials"), Some("true"));
}

#[test]
fn projects_that_ask_too_often_are_told_when_to_ask_again() {
    let cloud = Cloud::builder()
        .api_option("rate_limit", "requests_per_second", "1")
        .api_option("rate_limit", "request_burst", "5")
        .start();
    let member = cloud.as_member("p1");
    let list = |client: &Client| client.get("/v2/images?limit=1").header("Accept", "application/json").send();
    let answers: Vec<Answer> = (0..10).map(|_| list(&member)).collect();
    let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers[..5].iter().all(|answer| answer.status == 200) && refused.len() >= 3, "F5: {answers:?}");
    let seconds = refused[0].header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert_eq!(seconds, Some(1));
    assert_eq!(refused[0].json()["code"], "429 Too Many Requests");
    assert!(refused[0].header("x-openstack-request-id").is_some());
    // Others are not concerned, and neither are administrators and services.
    list(&cloud.as_member("p2")).expect(200);
    for _ in 0..8 {
        list(&cloud.as_admin()).expect(200);
        list(&cloud.as_roles("service,reader", "p1")).expect(200);
        cloud.as_nobody().get("/versions").send().expect(200);
    }
    eventually(SOON, "the next request", || (list(&member).status == 200).then_some(()));
}

#[test]
fn creation_has_a_limit_of_its_own_that_reloads_keep() {
    let mut cloud = Cloud::builder().api_option("rate_limit", "creations_per_minute", "2").start();
    let member = cloud.as_member("p1");
    let create = || member.post("/v2/images", &json!({})).send();
    assert_eq!([create().status, create().status], [201, 201]);
    let seconds = create().expect(429).header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (20..=30).contains(&seconds)), "F5: {seconds:?}");
    for _ in 0..20 {
        member.get("/v2/images").send().expect(200);
    }
    let done = "the configuration was read again";
    cloud.process(Service::Api).signal(Signal::Hangup);
    eventually(SOON, "a reload", || cloud.log(Service::Api).contains(done).then_some(()));
    create().expect(429);
}

#[test]
fn clients_that_send_their_heads_in_drops_are_let_go() {
    let cloud = Cloud::builder().api_option("DEFAULT", "client_head_timeout", "1").start();
    let begin = Instant::now();
    let mut connection = cloud.api_address().connect().expect("a connection");
    connection.write(b"GET /v2/images HTTP/1.1\r\nHost: h\r\n").expect("an open connection");
    while connection.write(b"X-Slow: 1\r\n").is_ok() {
        assert!(begin.elapsed() < SOON, "F7: a slow head lives on");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn clients_that_send_their_documents_in_drops_are_told() {
    let cloud = Cloud::builder().api_option("DEFAULT", "json_body_timeout", "2").start();
    let identity = "X-Identity-Status: Confirmed\r\nX-Roles: member,reader\r\nX-Project-Id: p1\r\nX-User-Id: u\r\n";
    let head = format!("POST /v2/images HTTP/1.1\r\nHost: h\r\n{identity}Content-Length: 100000\r\n\r\n{{");
    let mut connection = cloud.api_address().connect().expect("a connection");
    connection.write(head.as_bytes()).expect("an open connection");
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(200));
        connection.write(b" ").expect("an open connection");
    }
    let answer = connection.answer(false).expect("an answer").expect(408);
    assert!(answer.text().contains("The request body did not arrive within 2 seconds."), "F7: {answer}");
}

#[test]
fn slow_uploads_that_go_on_are_never_cut() {
    let cloud = Cloud::builder()
        .api_option("DEFAULT", "client_socket_timeout", "2")
        .api_option("DEFAULT", "client_head_timeout", "1")
        .api_option("DEFAULT", "json_body_timeout", "1")
        .start();
    let owner = cloud.as_member("p1");
    let (slow, stuck) = (NewImage::default().create(&owner), NewImage::default().create(&owner));
    let mut upload = crate::v2::upload::begin_upload(&owner, &slow, 6, b"0");
    let mut pausing = crate::v2::upload::begin_upload(&owner, &stuck, 6, b"0");
    for _ in 0..5 {
        std::thread::sleep(Duration::from_secs(1));
        upload.write(b"1").expect("an open connection");
    }
    upload.answer(false).expect("an answer").expect(204);
    assert_eq!(owner.download(&slow), b"011111");
    // Who sends nothing for longer than the limit has ended its upload: F7.
    let _ = pausing.answer(false);
    eventually(SOON, "an image without data", || (owner.status(&stuck) == "queued").then_some(()));
}

#[test]
fn a_believed_proxy_names_client_and_scheme() {
    let cloud = Cloud::builder().api_option("oslo_middleware", "enable_proxy_headers_parsing", "true").start();
    let call = cloud.as_member("p1").get("/v2/images").header("X-Forwarded-For", "192.0.2.7, 198.51.100.1");
    call.send().expect(200);
    eventually(SOON, "a line with the client", || {
        cloud.log(Service::Api).contains("192.0.2.7 \"GET /v2/images HTTP/1.1\" status: 200").then_some(())
    });
    let plain = Cloud::builder().api_option("DEFAULT", "secure_proxy_ssl_header", "HTTP_X_FORWARDED_PROTO").start();
    let request = Request::new("GET", "/versions").header("X-Forwarded-Proto", "https");
    let versions =
        request.header("X-Forwarded-For", "192.0.2.9").send_to(&plain.api_address()).expect("an answer").json();
    let link = versions["versions"][0]["links"][0]["href"].as_str().unwrap_or_default().to_owned();
    assert!(link.starts_with("https://127.0.0.1:"), "{link}");
    assert!(!plain.log(Service::Api).contains("192.0.2.9"), "nobody said that proxies are believed");
}
