//! What callers see of registries that are down, hang, lie or come back.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use glance_common::config::{Seconds, Secret};
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId};
use glance_common::registry_api::{ImageUpdate, ServiceInfo};
use glance_registry_client::{ClientOptions, RegistryClient, RegistryError};

const INFO: &str = r#"{"protocol":3,"schema_revision":"r","version":"v"}"#;
const UNAVAILABLE: &str = r#"{"error":{"type":"unavailable","message":"the database is away"}}"#;

/// What a stub does with a request after it has read it.
#[derive(Clone, Copy)]
enum Act {
    /// Send this and close.
    Say(&'static str),
    /// Keep the connection open for long, after sending this.
    Hang(&'static str),
}

/// A stub of a registry that notes every request and acts by its number.
struct Stub {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn start(act: impl Fn(usize) -> Act + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), act)
    }

    fn start_at(address: SocketAddr, act: impl Fn(usize) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(read_request(&mut stream));
                    seen.len() - 1
                };
                let (text, hang) = match act(number) {
                    Act::Say(text) => (text, false),
                    Act::Hang(text) => (text, true),
                };
                stream.write_all(text.as_bytes()).unwrap();
                if hang {
                    thread::spawn(move || (thread::sleep(Duration::from_secs(60)), stream));
                }
            }
        });
        Self { address, requests }
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The values of a header in all requests so far.
    fn header(&self, name: &str) -> Vec<Option<String>> {
        let of = |request: &String| {
            let line = request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.map(ToOwned::to_owned)
        };
        self.requests.lock().unwrap().iter().map(of).collect()
    }
}

/// Reads a head and the body that it announces.
fn read_request(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        text.extend_from_slice(&buffer[..count]);
        let head = String::from_utf8_lossy(&text);
        if let Some((head, body)) = head.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return head.to_owned();
            }
        }
        if count == 0 {
            return head.into_owned();
        }
    }
}

/// A complete answer.
fn answer(status: &str, body: &str) -> &'static str {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").leak()
}

/// A port on which nobody listens.
fn dead() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn client(addresses: &[SocketAddr], seconds: u64) -> RegistryClient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = ClientOptions {
        registry_endpoints: addresses.iter().map(|address| format!("http://{address}")).collect(),
        registry_request_timeout: Seconds::new(seconds),
        registry_auth_secret: Some(Secret::from("a secret for this test")),
        ..ClientOptions::default()
    };
    RegistryClient::new(&options).unwrap()
}

async fn info(client: &RegistryClient) -> Result<ServiceInfo, RegistryError> {
    client.info(&RequestContext::unauthenticated("req-1")).await
}

#[tokio::test]
async fn a_registry_that_is_down_is_unreachable_at_once() {
    let begun = Instant::now();
    let error = info(&client(&[dead()], 5)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error:?}");
    assert!(error.retry_after().is_some() && begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(!error.to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_registry_that_hangs_is_given_up_in_time() {
    for part in ["", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"proto"] {
        let stub = Stub::start(move |_| Act::Hang(part));
        let begun = Instant::now();
        let error = info(&client(&[stub.address], 1)).await.unwrap_err();
        assert!(matches!(error, RegistryError::TimedOut { .. }), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn answers_of_no_registry_are_told_apart() {
    let html = "<html>hello</html>";
    let table = [
        ("HELLO\r\n\r\n", "nonsense"),
        (answer("200 OK", html), "nonsense"),
        (answer("200 OK", ""), "nonsense"),
        (answer("200 OK", r#"{"protocol":4,"schema_revision":"r","version":"v"}"#), "nonsense"),
        (answer("404 Not Found", html), "nonsense"),
        (answer("307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/", ""), "nonsense"),
        (answer("409 Conflict", r#"{"error":{"type":"of_the_future","message":"m"}}"#), "nonsense"),
        (answer("502 Bad Gateway", html), "unavailable"),
        (answer("503 Service Unavailable", UNAVAILABLE), "unavailable"),
        ("", "unreachable"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{}", "unreachable"),
    ];
    for (text, expected) in table {
        let stub = Stub::start(move |_| Act::Say(text));
        let error = info(&client(&[stub.address], 5)).await.unwrap_err();
        let found = match &error {
            RegistryError::Nonsense { .. } => "nonsense",
            RegistryError::Unavailable { .. } => "unavailable",
            RegistryError::Unreachable { .. } => "unreachable",
            _ => "other",
        };
        assert_eq!(found, expected, "{text}: {error:?}");
    }
}

#[tokio::test]
async fn the_registrys_advice_to_wait_is_passed_on() {
    let stub = Stub::start(|_| Act::Say(answer("503 Service Unavailable\r\nretry-after: 7", UNAVAILABLE)));
    let error = info(&client(&[stub.address], 5)).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(stub.count(), 2, "asked once more");
}

#[tokio::test]
async fn a_dead_endpoint_costs_nothing_when_another_one_lives() {
    let good = Stub::start(|_| Act::Say(answer("200 OK", INFO)));
    let client = client(&[dead(), good.address], 5);
    let begun = Instant::now();
    for _ in 0..20 {
        info(&client).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(good.count(), 20);
}

#[tokio::test]
async fn a_hanging_endpoint_is_waited_for_once() {
    let hanging = Stub::start(|_| Act::Hang(""));
    let good = Stub::start(|_| Act::Say(answer("200 OK", INFO)));
    let client = client(&[hanging.address, good.address], 1);
    let begun = Instant::now();
    for _ in 0..10 {
        info(&client).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(hanging.count(), 1);
}

#[tokio::test]
async fn a_registry_that_comes_back_is_used_again() {
    let address = dead();
    let client = client(&[address], 5);
    assert!(info(&client).await.is_err());
    let _stub = Stub::start_at(address, |_| Act::Say(answer("200 OK", INFO)));
    info(&client).await.unwrap();
}

#[tokio::test]
async fn patient_calls_outlast_an_outage() {
    let stub = Stub::start(|number| match number {
        0..4 => Act::Say(answer("503 Service Unavailable", UNAVAILABLE)),
        _ => Act::Say(answer("200 OK", INFO)),
    });
    let client = client(&[stub.address], 5);
    assert!(info(&client).await.is_err());
    info(&client.patient(Duration::from_secs(20))).await.unwrap();
    assert_eq!(stub.count(), 5);
}

#[tokio::test]
async fn a_repeated_change_keeps_its_request_key_and_gets_a_new_signature() {
    let stub = Stub::start(|number| match number {
        0 => Act::Say(""),
        _ => Act::Say(answer("404 Not Found", r#"{"error":{"type":"not_found","message":"no such image"}}"#)),
    });
    let client = client(&[stub.address], 5);
    let context = RequestContext::unauthenticated("req-1");
    let change = client.update_image(&context, &ImageId::generate(), &ImageUpdate::default()).await;
    assert_eq!(change, Err::<Image, _>(RegistryError::NotFound("no such image".into())));

    let keys = stub.header("x-glance-request-key");
    assert!(keys.len() == 2 && keys[0].is_some() && keys[0] == keys[1], "{keys:?}");
    let signatures = stub.header("x-glance-signature");
    assert!(signatures[0].is_some() && signatures[0] != signatures[1], "{signatures:?}");
    assert_eq!(stub.header("x-openstack-request-id"), [Some("req-1".into()), Some("req-1".into())]);
}
