//! What clients do wrong, and handlers too.

use super::*;

async fn exchange(site: &Site, bytes: &[u8]) -> String {
    let mut client = site.connect().await;
    client.send(bytes).await;
    String::from_utf8_lossy(&client.rest().await).into_owned()
}

#[actix_web::test]
async fn a_panic_is_a_500_and_the_worker_lives() {
    let site = Site::start(0).await;
    for _ in 0..3 {
        let mut client = site.connect().await;
        client.send("GET /panic HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 500);
        assert!(answer.text().contains(r#""code":"500 Internal Server Error""#), "{}", answer.text());
        assert!(!answer.text().contains("as the test wants it"));
        client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(client.answer().await.text(), "hello");
    }
    let metrics = site.get("/metrics").await.text();
    assert!(metrics.contains(r#"status="500"} 3"#), "{metrics}");
    site.stop().await;
}

#[actix_web::test]
async fn overlong_lines_are_refused() {
    let site = Site::start(0).await;
    let long = "x".repeat(17_000);
    let fits = "x".repeat(16_000);
    let table = [
        (format!("GET /hello?{fits} HTTP/1.1\r\nHost: x\r\n\r\n"), 200),
        (format!("GET /hello?{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
        (format!("GET /hello HTTP/1.1\r\nHost: x\r\nA: {fits}\r\n\r\n"), 200),
        (format!("GET /hello HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n"), 431),
        (format!("GET /healthcheck HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n"), 431),
        (format!("GET /hello HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "x".repeat(140_000)), 431),
        (format!("GET /hello HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(200)), 431),
    ];
    for (request, expected) in table {
        let mut client = site.connect().await;
        client.send(&request).await;
        assert_eq!(client.answer().await.status, expected, "{:.60}", request);
    }
    site.stop().await;
}

#[actix_web::test]
async fn what_is_not_http_is_a_400_and_the_end() {
    let site = Site::start(0).await;
    let table: &[&[u8]] = &[
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET /hello\r\n\r\n",
        b"GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n",
        b"GET /h\xffllo\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n",
    ];
    for request in table {
        let answer = exchange(&site, request).await;
        let shown = String::from_utf8_lossy(request);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{shown:?} gave {answer:?}");
    }
    assert_eq!(site.get("/hello").await.status, 200);
    site.stop().await;
}

#[actix_web::test]
async fn bodies_have_a_limit() {
    let site = Site::start(0).await;
    let chunked =
        |size: usize| format!("Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{}\r\n0\r\n\r\n", "b".repeat(size));
    let sized = |size: usize| format!("Content-Length: {size}\r\n\r\n{}", "b".repeat(size));
    let announced_only = "Content-Length: 1000000000000\r\n\r\n".to_owned();
    let table =
        [(sized(1000), 200), (chunked(1000), 200), (sized(1001), 413), (chunked(1001), 413), (announced_only, 413)];
    for (rest, expected) in table {
        let mut client = site.connect().await;
        client.send(format!("POST /echo HTTP/1.1\r\nHost: x\r\n{rest}")).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, expected, "{:.60}", rest);
        assert!(expected != 200 || answer.body.len() == 1000);
    }
    site.stop().await;
}

#[actix_web::test]
async fn a_client_that_stops_sending_its_body_is_told_so() {
    let limit = Duration::from_millis(300);
    let options = ServeOptions { client_socket_timeout: limit, ..options() };
    let site = Site::start_with(options, Health::new(), hooks(), 0).await;
    let answer = exchange(&site, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?}");
    site.stop().await;
}

#[actix_web::test]
async fn heads_that_come_in_drops_are_not_waited_for() {
    let limit = Duration::from_secs(1);
    let options = ServeOptions { client_head_timeout: limit, client_socket_timeout: limit * 4, ..options() };
    let site = Site::start_with(options, Health::new(), hooks(), 0).await;
    for first in ["", "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let mut client = site.connect().await;
        client.send(first).await;
        if !first.is_empty() {
            assert_eq!(client.answer().await.status, 200);
        }
        let began = std::time::Instant::now();
        client.send("GET /hello HTTP/1.1\r\nHo").await;
        let rest = client.rest().await;
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "), "{rest:?}");
    }
    // The second head hides behind the first one.
    let mut client = site.connect().await;
    client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHo").await;
    assert_eq!(client.answer().await.status, 200);
    assert!(client.rest().await.is_empty());
    // A slow handler is no slow head, nor is a pause between requests.
    let mut client = site.connect().await;
    for path in ["/slow", "/hello"] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(client.answer().await.status, 200);
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    site.stop().await;
}

#[actix_web::test]
async fn idle_connections_are_closed_and_reuse_can_be_forbidden() {
    let limit = Duration::from_millis(300);
    let idle = ServeOptions { client_socket_timeout: limit, ..options() };
    let single = ServeOptions { http_keepalive: false, ..options() };
    for options in [idle, single] {
        let site = Site::start_with(options, Health::new(), hooks(), 0).await;
        let mut client = site.connect().await;
        client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(client.answer().await.text(), "hello");
        assert!(client.rest().await.is_empty());
        site.stop().await;
    }
}
