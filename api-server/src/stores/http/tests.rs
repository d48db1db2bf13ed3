//! The http driver against a small server of its own.

use std::sync::Mutex;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::contract::{self, Subject, sample};
use super::*;
use crate::outgoing::ImportFilteringOptions;

/// What the server was asked: the request's line and headers, in lower case.
type Seen = Arc<Mutex<Vec<String>>>;

/// A web server with a few paths:
///
/// | path | answer |
/// |---|---|
/// | `/data` | the data, ranges honoured |
/// | `/plain` | the data, ranges ignored |
/// | `/wrong` | another range than asked for |
/// | `/unsized` | the data, without a length |
/// | `/short` | half of the promised data |
/// | `/status/N` | status N |
/// | `/hops/N` | N redirects, then the data |
/// | `/to/N?URL` | status N, leading to URL |
struct Server {
    base: String,
    seen: Seen,
}

impl Server {
    async fn start(data: &Bytes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let (data, log) = (data.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, data.clone(), Arc::clone(&log)));
            }
        });
        Self { base, seen }
    }

    fn at(&self, path: &str) -> Location {
        Location::new(format!("{}{path}", self.base))
    }

    fn last(&self) -> String {
        self.seen.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin, data: Bytes, log: Seen) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if socket.read_line(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let mut words = head.split_whitespace();
        let (is_head, path) = (words.next() == Some("head"), words.next().unwrap_or("/").to_owned());
        let range = head.lines().find_map(|line| line.strip_prefix("range: bytes=")).and_then(|text| {
            let (first, last) = text.trim().split_once('-')?;
            Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?))
        });
        log.lock().unwrap().push(head.clone());
        let (status, headers, body) = answer(&path, range, &data);
        let mut text = format!("HTTP/1.1 {status} X\r\n{headers}\r\n");
        if is_head {
            text = text.replace("Connection: close\r\n", "");
        }
        socket.write_all(text.as_bytes()).await?;
        if !is_head {
            socket.write_all(&body).await?;
        }
        if headers.contains("close") {
            return Ok(());
        }
    }
}

fn answer(path: &str, range: Option<(usize, usize)>, data: &Bytes) -> (u16, String, Bytes) {
    let whole = (200, format!("Content-Length: {}\r\n", data.len()), data.clone());
    let empty = |status, header: &str| (status, format!("{header}Content-Length: 0\r\n"), Bytes::new());
    let part = |first: usize, last: usize| {
        let body = data.slice(first..=last);
        let total = data.len();
        (206, format!("Content-Range: bytes {first}-{last}/{total}\r\nContent-Length: {}\r\n", body.len()), body)
    };
    let (name, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    match (name, range) {
        ("data", Some((first, last))) => part(first, last),
        ("data" | "plain", _) => whole,
        ("wrong", _) => part(0, 0),
        ("unsized", _) => (200, "Connection: close\r\n".to_owned(), data.clone()),
        ("short", _) => {
            (200, format!("Content-Length: {}\r\nConnection: close\r\n", data.len()), data.slice(..data.len() / 2))
        }
        ("status", _) => empty(rest.parse().unwrap_or(500), ""),
        ("hops", _) => match rest.parse::<u32>() {
            Ok(0) | Err(_) => whole,
            Ok(left) => empty(302, &format!("Location: /hops/{}\r\n", left - 1)),
        },
        ("to", _) => {
            let (status, target) = rest.split_once('?').unwrap_or((rest, ""));
            empty(status.parse().unwrap_or(500), &format!("Location: {target}\r\n"))
        }
        _ => empty(404, ""),
    }
}

/// A judge that lets through what is on this machine.
fn lenient() -> Arc<UrlJudge> {
    let hosts = vec!["127.0.0.1".to_owned(), "images.invalid".to_owned()];
    let options = ImportFilteringOptions { allowed_hosts: hosts, allowed_ports: Vec::new(), ..Default::default() };
    Arc::new(UrlJudge::new(&options))
}

fn open(options: &HttpOptions) -> Result<Arc<dyn Store>, String> {
    HttpStore::open(options, &lenient()).map(|opened| opened.store)
}

fn store() -> Arc<dyn Store> {
    open(&HttpOptions::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_of_reading_holds() {
    let data = sample(400_000);
    let server = Server::start(&data).await;
    let hostile = ["http://", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://u@127.0.0.1/", "127.0.0.1/x"];
    let hostile = hostile.map(str::to_owned).to_vec();
    let subject = Subject { store: store(), leavings: Box::new(Vec::new), hostile };
    for path in ["/data", "/plain", "/hops/4"] {
        contract::reading(&subject, &server.at(path), &data, &server.at("/none")).await;
    }
}

#[tokio::test]
async fn a_range_is_asked_for_and_checked() {
    let data = sample(100_000);
    let server = Server::start(&data).await;
    let range = Some(ByteRange { offset: 10, length: 5 });
    contract::read(store().get(&server.at("/data"), range).await.unwrap()).await;
    assert!(server.last().contains("range: bytes=10-14\r\n"), "{}", server.last());
    let error = store().get(&server.at("/wrong"), range).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::Backend));
    assert!(store().get(&server.at("/wrong"), None).await.is_err(), "a part is not the whole");
}

#[tokio::test]
async fn answers_keep_their_meaning() {
    let server = Server::start(&sample(10)).await;
    let https = "/to/302?https://127.0.0.1:1/";
    let cases = [
        ("/status/404", "NotFound"),
        ("/status/400", "BadStoreUri"),
        ("/status/403", "BadStoreUri"),
        ("/status/410", "BadStoreUri"),
        ("/status/500", "BadStoreUri"),
        ("/status/503", "BadStoreUri"),
        ("/status/301", "BadStoreUri"),
        ("/to/303?/data", "BadStoreUri"),
        ("/to/307?/data", "BadStoreUri"),
        ("/to/308?/data", "BadStoreUri"),
        ("/to/302?file:///etc/passwd", "BadStoreUri"),
        ("/to/302?gopher://127.0.0.1/", "BadStoreUri"),
        ("/to/302?http://a@127.0.0.1/", "BadStoreUri"),
        (https, "RemoteServiceUnavailable"),
        ("/to/302?/status/404", "NotFound"),
        ("/hops/5", "MaxRedirectsExceeded"),
    ];
    for (path, kind) in cases {
        let error = store().get(&server.at(path), None).await.unwrap_err();
        assert!(format!("{:?}", error.kind()).starts_with(kind), "{path}: {error:?}");
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    }
    assert!(store().get(&server.at("/to/301?/data"), None).await.is_ok());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = Location::new(format!("http://{}/x?token=secret", listener.local_addr().unwrap()));
    drop(listener);
    let error = store().get(&at, None).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::RemoteServiceUnavailable));
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let error = store().size(&at).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::BadStoreUri { .. }));
}

#[tokio::test]
async fn credentials_go_to_their_own_host_only() {
    let server = Server::start(&sample(10)).await;
    let other = Server::start(&sample(10)).await;
    let with_user = |path: String| Location::new(server.base.replace("http://", "http://user:pass@") + &path);
    store().get(&with_user("/data".to_owned()), None).await.unwrap();
    assert!(server.last().contains("authorization: basic dxnlcjpwyxnz\r\n"), "{}", server.last());
    store().get(&with_user(format!("/to/302?{}/data", other.base)), None).await.unwrap();
    assert!(other.last().starts_with("get /data"));
    assert!(!other.last().contains("authorization"), "{}", other.last());
}

#[tokio::test]
async fn a_length_that_is_not_told_or_not_kept() {
    let data = sample(200_000);
    let server = Server::start(&data).await;
    let reading = store().get(&server.at("/unsized"), None).await.unwrap();
    assert_eq!(reading.size, None);
    assert!(contract::read(reading).await == data);
    let reading = store().get(&server.at("/short"), None).await.unwrap();
    let ReadBody::Stream(stream) = reading.body else { panic!("a stream is expected") };
    let chunks: Vec<_> = stream.collect().await;
    assert_eq!(chunks.last(), Some(&Err(BodyError::Source)));
}

#[tokio::test]
async fn a_proxy_is_used_for_its_scheme() {
    let data = sample(10);
    let proxy = Server::start(&data).await;
    let information = format!("http:{}", proxy.base.trim_start_matches("http://"));
    let options = HttpOptions {
        http_proxy_information: glance_common::config::OptionValue::parse(&information).unwrap(),
        ..HttpOptions::default()
    };
    let store = open(&options).unwrap();
    store.size(&Location::new("http://images.invalid/data")).await.unwrap_err();
    assert!(proxy.last().starts_with("head http://images.invalid/data "), "{}", proxy.last());
}

#[test]
fn options_that_cannot_be_used_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let with = |file: Option<std::path::PathBuf>, proxies: &str| HttpOptions {
        https_ca_certificates_file: file,
        http_proxy_information: glance_common::config::OptionValue::parse(proxies).unwrap(),
        ..HttpOptions::default()
    };
    let cases = [
        (with(Some(folder.path().join("none.pem")), ""), "none.pem"),
        (with(Some(empty), ""), "no certificate"),
        (with(None, "ftp:127.0.0.1"), "neither http nor https"),
        (with(None, "http:::"), "not an address"),
    ];
    for (options, reason) in cases {
        let problem = open(&options).unwrap_err();
        assert!(problem.contains(reason), "{problem}");
    }
    let insecure = HttpOptions { https_insecure: true, ..HttpOptions::default() };
    assert!(open(&insecure).is_ok());
}

/// A certificate for 127.0.0.1 that vouches for itself, and a server with it.
async fn start_tls(data: &Bytes) -> (String, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let data = data.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, data) = (acceptor.clone(), data.clone());
            tokio::spawn(async move { serve(acceptor.accept(socket).await?, data, Seen::default()).await });
        }
    });
    (base, certified.cert.pem())
}

#[tokio::test]
async fn servers_are_verified_unless_it_is_switched_off() {
    let data = sample(1000);
    let (base, pem) = start_tls(&data).await;
    let (_, stranger) = start_tls(&data).await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let (own, other) = (write("own.pem", pem), write("other.pem", stranger));
    let cases = [
        (None, false, false),
        (None, true, true),
        (own.clone(), false, true),
        // A file of authorities makes the switch for insecure connections meaningless.
        (own, true, true),
        (other, true, false),
    ];
    for (file, insecure, reachable) in cases {
        let options = HttpOptions {
            https_ca_certificates_file: file.clone(),
            https_insecure: insecure,
            ..HttpOptions::default()
        };
        let store = open(&options).unwrap();
        let outcome = store.get(&Location::new(format!("{base}/data")), None).await;
        assert_eq!(outcome.is_ok(), reachable, "{file:?} {insecure}");
        let Ok(reading) = outcome else { continue };
        assert!(contract::read(reading).await == data);
        let down = store.get(&Location::new(format!("{base}/to/302?http://127.0.0.1:1/")), None).await.unwrap_err();
        assert!(matches!(down.kind(), StoreErrorKind::BadStoreUri { .. }), "https never falls back to http");
    }
}

/// D1, D2: every hop is judged, and what is refused is not asked.
#[tokio::test]
async fn d1_d2_only_servers_that_pass_are_asked() {
    let server = Server::start(&sample(10)).await;
    let strict = |hosts: &[&str]| {
        let allowed_hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let options = ImportFilteringOptions { allowed_hosts, allowed_ports: Vec::new(), ..Default::default() };
        HttpStore::open(&HttpOptions::default(), &Arc::new(UrlJudge::new(&options))).unwrap().store
    };
    let by_name = Location::new(server.base.replace("127.0.0.1", "localhost") + "/data");
    for at in [&server.at("/data"), &by_name] {
        for error in [strict(&[]).get(at, None).await.unwrap_err(), strict(&[]).size(at).await.unwrap_err()] {
            let kind = format!("{:?}", error.kind());
            assert!(kind.starts_with("BadStoreUri") || kind.starts_with("RemoteServiceUnavailable"), "{kind}");
        }
    }
    assert_eq!(server.last(), "", "nobody was asked");
    let away = server.at(&format!("/to/302?{}", by_name.url));
    assert!(strict(&["127.0.0.1"]).get(&away, None).await.is_err());
    assert!(server.last().starts_with("get /to/302"), "{}", server.last());
    assert!(strict(&["127.0.0.1", "localhost"]).get(&away, None).await.is_ok());
}
