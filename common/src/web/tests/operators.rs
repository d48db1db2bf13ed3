//! `/healthcheck`, `/readyz`, `/metrics` and the request id.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;

async fn ask(site: &Site, request_line: &str, headers: &str) -> Answer {
    let mut client = site.connect().await;
    client.send(format!("{request_line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
    client.answer().await
}

#[actix_web::test]
async fn the_healthcheck_is_that_of_glance() {
    let disable = tempfile::tempdir().unwrap();
    let file = disable.path().join("healthcheck_disable");
    let health = Health::new().disable_by_file(&file);
    let site = Site::start_with(options(), health, hooks(), 0).await;
    let json = |reason: &str| serde_json::json!({"detailed": false, "reasons": [reason]});
    for (reason, status, head_status) in [("OK", 200, 204), ("DISABLED BY FILE", 503, 503)] {
        for path in ["/healthcheck", "/healthcheck/", "/healthcheck/deep?x=1"] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = ask(&site, &format!("{method} {path}"), "").await;
                assert_eq!((answer.status, answer.text().as_str()), (status, reason), "{method} {path}");
                assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
                assert_eq!(answer.header("x-openstack-request-id"), None);
            }
        }
        let head = ask(&site, "HEAD /healthcheck", "").await;
        assert_eq!(head.status, head_status);
        let answer = ask(&site, "GET /healthcheck", "Accept: application/json\r\n").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap(), json(reason));
        let answer = ask(&site, "GET /healthcheck", "Accept: text/html\r\n").await;
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(answer.text().contains(&format!("<TD>{reason}</TD>")), "{}", answer.text());
        std::fs::write(&file, "").unwrap();
    }
    assert_eq!(ask(&site, "GET /healthcheckup", "").await.status, 404);
    site.stop().await;
}

#[actix_web::test]
async fn readiness_names_each_check_and_hides_its_reason() {
    let healthy = Arc::new(AtomicBool::new(true));
    let (asked, seen) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&healthy));
    let count = Arc::clone(&asked);
    let health = Health::new()
        .check("database", PATIENCE, move || {
            count.fetch_add(1, Ordering::Relaxed);
            let healthy = seen.load(Ordering::Relaxed);
            async move { healthy.then_some(()).ok_or_else(|| "secret reason".to_owned()) }
        })
        .check("stores", PATIENCE, async || Ok(()));
    let site = Site::start_with(options(), health, hooks(), 0).await;
    let ready = site.get("/readyz").await;
    let expected = r#"{"ready":true,"draining":false,"checks":{"database":"ok","stores":"ok"}}"#;
    assert_eq!((ready.status, ready.text().as_str()), (200, expected));
    for _ in 0..20 {
        site.get("/readyz").await;
    }
    assert!(asked.load(Ordering::Relaxed) <= 3, "every question runs the checks");

    healthy.store(false, Ordering::Relaxed);
    eventually("the failure shows", async || site.get("/readyz").await.status == 503).await;
    let text = site.get("/readyz").await.text();
    assert_eq!(text, r#"{"ready":false,"draining":false,"checks":{"database":"failed","stores":"ok"}}"#);
    site.stop().await;
}

#[actix_web::test]
async fn a_check_that_hangs_is_not_waited_for() {
    let health = Health::new().check("registry", Duration::from_millis(100), std::future::pending);
    let site = Site::start_with(options(), health, hooks(), 0).await;
    let answer = site.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains(r#""registry":"timed_out""#), "{}", answer.text());
    site.stop().await;
}

#[actix_web::test]
async fn a_draining_server_is_not_ready_and_closes_connections() {
    let health = Health::new();
    let site = Site::start_with(options(), health.clone(), hooks(), 0).await;
    health.start_draining();
    let mut client = site.connect().await;
    client.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(answer.text().contains(r#""draining":true"#));
    assert!(client.rest().await.is_empty());
    site.stop().await;
}

#[actix_web::test]
async fn metrics_tell_routes_apart_but_not_paths() {
    let site = Site::start(10).await;
    site.get("/file?first=3").await;
    site.get("/nowhere/at/all").await;
    ask(&site, "BREW /file", "").await;
    ask(&site, "POST /echo", "Content-Length: 0\r\n").await;
    let mut client = site.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd").await;
    assert_eq!(client.answer().await.text(), "abcd");
    let answer = site.get("/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    for line in [
        r#"test_requests_total{method="GET",route="/file",status="200"} 1"#,
        r#"test_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        r#"test_requests_total{method="POST",route="/echo",status="200"} 2"#,
        r#"test_request_duration_seconds_count{method="POST",route="/echo"} 2"#,
        "test_received_bytes_total 4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.contains(r#"method="other""#) && !text.contains("BREW"), "{text}");
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        assert!(value.is_some_and(|value| value > 0.0), "{name}");
    }
    assert_eq!(ask(&site, "POST /metrics", "").await.status, 405);
    site.stop().await;
}

#[actix_web::test]
async fn only_scopes_that_ask_for_it_name_the_request() {
    let site = Site::start(0).await;
    let table = [
        ("", None),
        ("X-OpenStack-Request-ID: req-abc\r\n", Some("req-abc")),
        ("x-openstack-request-id: abc\r\n", Some("req-abc")),
    ];
    for (headers, expected) in table {
        let answer = ask(&site, "GET /named/hello", headers).await;
        let id = answer.header("x-openstack-request-id").unwrap();
        assert!(expected.map_or(id.len() == 40 && id.starts_with("req-"), |expected| id == expected), "{id}");
    }
    assert_eq!(ask(&site, "GET /hello", "").await.header("x-openstack-request-id"), None);
    let panicked = ask(&site, "GET /named/panic", "X-OpenStack-Request-ID: abc\r\n").await;
    assert_eq!((panicked.status, panicked.header("x-openstack-request-id")), (500, Some("req-abc")));
    assert_eq!(ask(&site, "GET /panic", "").await.header("x-openstack-request-id"), None);

    let long = format!("X-OpenStack-Request-ID: {}\r\nAccept: application/json\r\n", "x".repeat(65));
    let refused = ask(&site, "GET /named/hello", &long).await;
    assert_eq!(refused.status, 431);
    assert!(refused.text().contains("x-openstack-request-id is too long, max size 64"), "{}", refused.text());
    site.stop().await;
}
