//! Sessions and validators against a server that answers as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::Config;

/// What a call of the stub is answered with: status, headers, body.
type Said = (u16, &'static str, String);

/// A server that remembers what it was asked.
struct Stub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// `answer` gets the number of the call and its head.
    async fn start(answer: impl Fn(usize, &str) -> Said + Send + Sync + 'static) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut raw = Vec::new();
                    let mut block = [0; 4096];
                    // requests of these tests arrive with their bodies at once, or without any
                    while !raw.windows(4).any(|end| end == b"\r\n\r\n") {
                        let count = socket.read(&mut block).await.unwrap_or(0);
                        if count == 0 {
                            return;
                        }
                        raw.extend_from_slice(&block[..count]);
                    }
                    let head = String::from_utf8_lossy(&raw).split("\r\n\r\n").next().unwrap_or_default().to_owned();
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(head.clone());
                        seen.len()
                    };
                    let (status, headers, body) = answer(number, &head);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    let length = body.len();
                    let text = format!(
                        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
                    );
                    let _ = socket.write_all(text.as_bytes()).await;
                });
            }
        });
        Self { url, asked }
    }

    /// How many requests began so.
    fn count(&self, begin: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|head| head.starts_with(begin)).count()
    }

    fn config(&self, lines: &str) -> Config {
        let account = "auth_type = password\nuser_id = u\npassword = p\nregion_name = one";
        Config::from_text(&format!("[keystone_authtoken]\nauth_url = {}\n{account}\n{lines}\n", self.url)).unwrap()
    }

    fn session(&self, lines: &str) -> Session {
        Session::new(&self.config(lines).section().unwrap()).unwrap()
    }

    fn validator(&self, lines: &str) -> Validator {
        let options = ValidatorOptions::read(&self.config(lines)).unwrap();
        Validator::new(&options, Figures::new("test").unwrap()).unwrap()
    }
}

fn token(part: &str) -> String {
    format!("{{\"token\": {{\"user\": {{\"id\": \"u\"}}, \"expires_at\": \"2099-01-01T00:00:00Z\"{part}}}}}")
}

const OWN: &str = "x-subject-token: own\r\n";
const LOGIN: &str = "POST /v3/auth/tokens ";

#[tokio::test]
async fn all_who_need_a_token_wait_for_the_same_one() {
    let stub = Stub::start(|_, _| (201, OWN, token(""))).await;
    let session = stub.session("");
    let tokens = (0..20).map(|_| {
        let session = session.clone();
        async move { session.token().await.unwrap().expose().to_owned() }
    });
    let tokens = futures_util::future::join_all(tokens).await;
    assert!(tokens.iter().all(|token| token == "own"));
    assert_eq!(stub.count(LOGIN), 1);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_once() {
    let stub = Stub::start(|_, head| match head.starts_with(LOGIN) {
        true => (201, OWN, token("")),
        false => (401, "", String::new()),
    })
    .await;
    let refused = stub.session("").get(&format!("{}/v3/limits", stub.url)).await;
    assert_eq!(refused, Err(KeystoneError::Status { status: 401 }));
    assert_eq!((stub.count(LOGIN), stub.count("GET /v3/limits ")), (2, 2));
}

#[tokio::test]
async fn nobody_waits_twice_for_the_same_failure() {
    let stub = Stub::start(|_, _| (401, "", String::new())).await;
    let session = stub.session("");
    for _ in 0..5 {
        assert_eq!(session.token().await.unwrap_err(), KeystoneError::Account { status: 401 });
    }
    assert_eq!(stub.count(LOGIN), 1);
}

#[tokio::test]
async fn a_service_that_is_away_is_asked_again() {
    let stub = Stub::start(|number, _| match number {
        1 | 2 => (503, "", String::new()),
        _ => (201, OWN, token("")),
    })
    .await;
    assert!(stub.session("").token().await.is_ok());
    assert_eq!(stub.count(LOGIN), 3);
    let stub = Stub::start(|_, _| (503, "", String::new())).await;
    let refused = stub.session("connect_retries = 1").token().await;
    assert_eq!(refused.unwrap_err(), KeystoneError::Status { status: 503 });
    assert_eq!(stub.count(LOGIN), 2);
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let stub = Stub::start(|_, _| (201, OWN, " ".repeat(5 << 20))).await;
    assert!(matches!(stub.session("").token().await, Err(KeystoneError::Nonsense(_))));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stub = Stub { url: format!("http://{}", silent.local_addr().unwrap()), asked: Arc::default() };
    let refused = stub.session("timeout = 0.2").token().await;
    assert!(matches!(refused, Err(KeystoneError::TimedOut { .. })), "{refused:?}");
    let stub = Stub::start(|_, _| (201, OWN, "{}".to_owned())).await;
    assert!(matches!(stub.session("").token().await, Err(KeystoneError::Nonsense(_))));
}

#[tokio::test]
async fn a_token_is_validated_once_for_all_who_show_it() {
    let stub = Stub::start(|_, head| match head.starts_with(LOGIN) {
        true => (201, OWN, token("")),
        false => (200, "", token(", \"roles\": [{\"name\": \"Member\"}]")),
    })
    .await;
    let validator = stub.validator("");
    let credentials = Credentials { token: Some("t"), ..Credentials::default() };
    let judged = futures_util::future::join_all((0..20).map(|_| validator.judge(&credentials))).await;
    for caller in judged {
        assert_eq!(caller.unwrap().unwrap().roles, ["member"]);
    }
    assert_eq!(stub.count("GET /v3/auth/tokens "), 1);
    let asked = stub.asked.lock().unwrap().join("\n").to_lowercase();
    for part in ["x-subject-token: t", "x-auth-token: own", "openstack-identity-access-rules: 1"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test]
async fn tokens_are_validated_where_the_catalogue_says() {
    let other = Stub::start(|_, _| (200, "", token(""))).await;
    let endpoint = |interface: &str, url: &str| {
        format!("{{\"interface\": \"{interface}\", \"region\": \"one\", \"url\": \"{url}\"}}")
    };
    let endpoints = format!("{}, {}", endpoint("public", "http://127.0.0.1:1"), endpoint("internal", &other.url));
    let catalog = format!(", \"catalog\": [{{\"type\": \"identity\", \"endpoints\": [{endpoints}]}}]");
    let stub = Stub::start(move |_, _| (201, OWN, token(&catalog))).await;
    let credentials = Credentials { token: Some("t"), ..Credentials::default() };
    let validator = stub.validator("include_service_catalog = false");
    assert!(validator.judge(&credentials).await.unwrap().is_some());
    assert_eq!(other.count("GET /v3/auth/tokens?nocatalog "), 1);
    assert_eq!(validator.session().endpoint("identity", "internalURL", None).await.unwrap(), other.url);
    let missing = validator.session().endpoint("identity", "admin", None).await;
    assert!(matches!(missing, Err(KeystoneError::NoEndpoint { .. })));
}

#[tokio::test]
async fn what_no_token_looks_like_is_not_asked_about() {
    let stub = Stub::start(|_, _| (500, "", String::new())).await;
    let validator = stub.validator("");
    for text in ["", " ", "a b", "a\u{7f}", &"x".repeat(9000)] {
        let credentials = Credentials { token: Some(text), ..Credentials::default() };
        assert_eq!(validator.judge(&credentials).await, Ok(None), "{text}");
    }
    assert_eq!(stub.count(""), 0);
    let unclear = Credentials { token: Some("t"), ..Credentials::default() };
    assert_eq!(validator.judge(&unclear).await, Err(KeystoneError::Status { status: 500 }));
}
