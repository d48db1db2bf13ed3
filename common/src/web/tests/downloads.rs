//! Files on their way to clients, over real sockets.

use std::time::Instant;

use futures_util::StreamExt;

use super::super::sendfile::read_ahead;
use super::*;

const MEBIBYTE: usize = 1024 * 1024;

/// Names of this process's threads that send files. Other tests have some too, so counts are only
/// compared with generous bounds.
fn sending_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "file-send").count()
}

/// Descriptors of this process on `path`.
fn open_descriptors(path: &std::path::Path) -> usize {
    let listing = std::fs::read_dir("/proc/self/fd").unwrap();
    listing
        .filter(|entry| {
            entry.as_ref().is_ok_and(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target == path))
        })
        .count()
}

#[actix_web::test]
async fn a_whole_file_arrives_unchanged() {
    for length in [0, 1, 4096, 3 * MEBIBYTE + 17, 20 * MEBIBYTE] {
        let site = Site::start(length).await;
        let answer = site.get("/file").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-length"), Some(length.to_string().as_str()));
        assert_eq!(answer.header("transfer-encoding"), None);
        assert!(answer.body == site.content, "{length} bytes differ");
        site.stop().await;
    }
    assert!(sending_threads() > 0, "the files were not sent by the kernel");
}

#[actix_web::test]
async fn parts_arrive_unchanged_on_one_connection() {
    let site = Site::start(2 * MEBIBYTE).await;
    let mut client = site.connect().await;
    for (first, length) in [(0, 1), (1, 70_000), (MEBIBYTE, MEBIBYTE), (2 * MEBIBYTE - 1, 1), (5, 0)] {
        client.send(format!("GET /file?first={first}&length={length} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let answer = client.answer().await;
        assert!(answer.body == site.content[first..first + length], "{first}+{length}");
    }
    site.stop().await;
}

#[actix_web::test]
async fn pipelined_requests_are_answered_in_order() {
    let site = Site::start(MEBIBYTE).await;
    let mut client = site.connect().await;
    let file = "GET /file HTTP/1.1\r\nHost: x\r\n\r\n";
    let part = "GET /file?first=7&length=100000 HTTP/1.1\r\nHost: x\r\n\r\n";
    let hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send([file, hello, part, hello, file].concat()).await;
    for expected in [&site.content[..], b"hello", &site.content[7..100_007], b"hello", &site.content] {
        assert!(client.answer().await.body == expected);
    }
    site.stop().await;
}

#[actix_web::test]
async fn head_has_the_length_and_no_body() {
    let site = Site::start(5000).await;
    let mut client = site.connect().await;
    client.send("HEAD /file HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (status, head) = client.head().await;
    assert_eq!(status, 200);
    assert!(head.contains("content-length: 5000"), "{head}");
    assert_eq!(client.answer().await.text(), "hello");
    site.stop().await;
}

#[actix_web::test]
async fn http_1_0_gets_the_file_and_the_end() {
    let site = Site::start(MEBIBYTE).await;
    let mut client = site.connect().await;
    client.send("GET /file HTTP/1.0\r\n\r\n").await;
    assert!(client.answer().await.body == site.content);
    assert!(client.rest().await.is_empty());
    site.stop().await;
}

#[actix_web::test]
async fn a_file_that_became_shorter_breaks_the_connection() {
    let site = Site::start(MEBIBYTE).await;
    site.file.as_file().set_len(600_000).unwrap();
    let mut client = site.connect().await;
    client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (_, head) = client.head().await;
    assert!(head.contains("content-length: 1048576"), "{head}");
    assert!(client.rest().await == site.content[..600_000]);
    site.stop().await;
}

#[actix_web::test]
async fn aborted_downloads_leave_nothing_behind() {
    let site = Site::start(40 * MEBIBYTE).await;
    for round in 0..60 {
        let mut client = site.connect().await;
        client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
        if round % 2 == 0 {
            client.head().await;
        }
    }
    eventually("all files are closed", async || open_descriptors(site.file.path()) == 1).await;
    assert!(sending_threads() <= 64, "{}", sending_threads());
    assert!(site.get("/file").await.body == site.content);
    eventually("no request is in flight", async || {
        site.get("/metrics").await.text().contains("test_requests_in_flight 1")
    })
    .await;
    site.stop().await;
}

#[actix_web::test]
async fn a_client_that_pauses_holds_no_thread_and_gets_the_rest() {
    let options = ServeOptions { transfer_threads: 1, ..options() };
    let site = Site::start_with(options, Health::new(), hooks(), 30 * MEBIBYTE).await;
    let mut paused = Vec::new();
    for _ in 0..5 {
        let mut client = site.connect().await;
        client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
        client.head().await;
        paused.push(client);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let began = Instant::now();
    assert!(site.get("/file").await.body == site.content);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    for client in &mut paused {
        while client.read.len() < site.content.len() {
            assert!(client.read_more().await, "cut off at {}", client.read.len());
        }
        assert!(client.read == site.content);
    }
    site.stop().await;
}

#[actix_web::test]
async fn a_client_that_stops_taking_is_cut_off() {
    let limit = Duration::from_millis(800);
    let options = ServeOptions { client_socket_timeout: limit, ..options() };
    let site = Site::start_with(options, Health::new(), hooks(), 40 * MEBIBYTE).await;
    let mut client = site.connect().await;
    client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.head().await;
    eventually("the file is closed", async || open_descriptors(site.file.path()) == 1).await;
    assert!(client.rest().await.len() < site.content.len());
    site.stop().await;
}

#[actix_web::test]
async fn bytes_sent_are_counted() {
    let site = Site::start(MEBIBYTE).await;
    site.get("/file").await;
    site.get("/hello").await;
    let expected = format!("test_sent_bytes_total {}", MEBIBYTE + "hello".len());
    let metrics = site.get("/metrics").await.text();
    assert!(metrics.contains(&expected), "{metrics}");
    site.stop().await;
}

#[actix_web::test]
async fn read_ahead_yields_the_part_and_bounds_its_memory() {
    let content = noise(5 * MEBIBYTE);
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &content).unwrap();
    let open = || std::fs::File::open(file.path()).unwrap();
    for (first, length) in [(0, content.len()), (1, 300_000), (MEBIBYTE, 0), (content.len() - 1, 1)] {
        let chunks: Vec<_> = read_ahead(open(), first as u64, length as u64).collect().await;
        let bytes: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.unwrap()).collect();
        assert!(bytes == content[first..first + length], "{first}+{length}");
    }
}

#[actix_web::test]
async fn read_ahead_of_a_short_file_ends_with_an_error() {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), noise(MEBIBYTE + 5)).unwrap();
    let mut stream = read_ahead(std::fs::File::open(file.path()).unwrap(), 0, 2 * MEBIBYTE as u64);
    let mut read = 0;
    let error = loop {
        match stream.next().await {
            Some(Ok(chunk)) => read += chunk.len(),
            Some(Err(error)) => break error,
            None => panic!("no error after {read} bytes"),
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(read, MEBIBYTE);
    assert!(stream.next().await.is_none());
}
