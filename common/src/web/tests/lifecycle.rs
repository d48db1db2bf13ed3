//! Starting, reloading and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Signal, getpid, kill_process};

use super::super::{BindError, ServeError};
use super::*;

#[actix_web::test]
async fn a_port_in_use_is_tried_again_and_then_named() {
    let site = Site::start(0).await;
    let port = site.address().port();
    let options = ServeOptions { bind_port: port, bind_retry: Duration::from_secs(1), ..options() };
    let error = Server::bind(options.clone()).await.err().unwrap();
    assert!(matches!(error, ServeError::Bind(BindError::InUse { .. })));
    assert_eq!(error.to_string(), format!("Could not bind to 127.0.0.1:{port} after trying for 1 seconds"));

    let patient = ServeOptions { bind_retry: PATIENCE, ..options };
    let waiting = tokio::spawn(Server::bind(patient));
    tokio::time::sleep(Duration::from_millis(300)).await;
    site.stop().await;
    assert_eq!(waiting.await.unwrap().unwrap().local_addr().port(), port);
}

#[actix_web::test]
async fn an_unknown_host_is_named() {
    let options = ServeOptions { bind_host: "no such host".to_owned(), ..options() };
    let error = Server::bind(options).await.err().unwrap();
    assert!(error.to_string().starts_with("cannot resolve no such host"), "{error}");
}

#[actix_web::test]
async fn stopping_finishes_what_runs_and_refuses_what_comes() {
    let site = Site::start(30 << 20).await;
    let address = site.address();
    let (mut slow, mut download, mut idle) = (site.connect().await, site.connect().await, site.connect().await);
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    download.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
    download.head().await;
    idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(idle.answer().await.text(), "hello");

    let Site { serving, content, .. } = site;
    let stopping = tokio::spawn(serving.stop(true));
    eventually("no connection is accepted", async || TcpStream::connect(address).await.is_err()).await;
    assert!(idle.rest().await.is_empty());
    let answer = slow.answer().await;
    assert_eq!(answer.text(), "slow but here");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(!stopping.is_finished(), "the download was not waited for");
    assert!(download.rest().await == content);
    stopping.await.unwrap().unwrap();
}

#[actix_web::test]
async fn stopping_does_not_wait_for_ever() {
    let options = ServeOptions { graceful_shutdown_timeout: Duration::from_secs(1), ..options() };
    let site = Site::start_with(options, Health::new(), hooks(), 30 << 20).await;
    let mut client = site.connect().await;
    client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.head().await;
    let (content, began) = (site.content.len(), std::time::Instant::now());
    site.serving.stop(true).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(client.rest().await.len() < content);
}

/// The only test that sends signals, since the whole process gets them.
#[actix_web::test]
async fn signals_reload_drain_and_stop() {
    let reloads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reloads);
    let hooks = hooks().on_reload(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Err("the file is broken".to_owned()) }
    });
    let signal = |signal| kill_process(getpid(), signal).unwrap();

    let with_signals = ServeOptions { handle_signals: true, ..options() };
    let Site { serving, file, .. } = Site::start_with(with_signals.clone(), Health::new(), hooks.clone(), 0).await;
    let address = serving.local_addr();
    let mut client = Client::connect(address).await;
    let running = tokio::spawn(serving.wait());
    tokio::time::sleep(Duration::from_millis(100)).await;
    signal(Signal::HUP);
    eventually("the hook was called", async || reloads.load(Ordering::Relaxed) == 1).await;
    client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    signal(Signal::TERM);
    assert_eq!(client.answer().await.text(), "slow but here");
    running.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(file);

    let Site { serving, file, .. } = Site::start_with(with_signals, Health::new(), hooks, 60 << 20).await;
    let mut client = Client::connect(serving.local_addr()).await;
    let running = tokio::spawn(serving.wait());
    client.send("GET /file HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.head().await;
    signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!running.is_finished(), "the first signal did not drain");
    signal(Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(2), running).await;
    ended.expect("the second signal did not stop").unwrap().unwrap();
    drop(file);
}
