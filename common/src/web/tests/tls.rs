//! The port with TLS.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Identity, Version};

use super::super::TlsOptions;
use super::super::tls::install_provider;
use super::*;

/// An authority and the files it signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Certificate and key for localhost.
    fn sign(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn write(&self) -> TlsOptions {
        let (certificate, key) = self.sign();
        let options = TlsOptions { cert_file: self.path("cert.pem"), key_file: self.path("key.pem"), ca_file: None };
        std::fs::write(&options.cert_file, certificate).unwrap();
        std::fs::write(&options.key_file, key).unwrap();
        options
    }
}

fn client(authority: &Authority) -> reqwest::ClientBuilder {
    install_provider();
    let root = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).timeout(PATIENCE)
}

fn url(address: SocketAddr, path: &str) -> String {
    format!("https://localhost:{}{path}", address.port())
}

async fn secure_site(tls: TlsOptions, length: usize) -> Site {
    let options = ServeOptions { tls: Some(tls), ..options() };
    Site::start_with(options, Health::new(), hooks(), length).await
}

#[actix_web::test]
async fn files_arrive_unchanged_over_both_protocols() {
    let authority = Authority::new();
    let site = secure_site(authority.write(), 5_000_017).await;
    let clients = [(client(&authority), Version::HTTP_2), (client(&authority).http1_only(), Version::HTTP_11)];
    for (builder, version) in clients {
        let client = builder.build().unwrap();
        for (first, length) in [(0, 5_000_017), (3, 300_000), (4_999_999, 18)] {
            let path = format!("/file?first={first}&length={length}");
            let answer = client.get(url(site.address(), &path)).send().await.unwrap();
            assert_eq!(answer.version(), version);
            assert_eq!(answer.content_length(), Some(length as u64));
            assert!(answer.bytes().await.unwrap() == site.content[first..first + length], "{first}+{length}");
        }
    }
    site.stop().await;
}

#[actix_web::test]
async fn new_certificates_serve_new_connections_and_old_ones_stay() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = old.write();
    let site = secure_site(tls.clone(), 0).await;
    let hello = url(site.address(), "/hello");
    let before = client(&old).build().unwrap();
    assert_eq!(before.get(&hello).send().await.unwrap().status(), 200);

    std::fs::write(&tls.cert_file, "nonsense").unwrap();
    site.serving.reload().await;
    assert_eq!(client(&old).build().unwrap().get(&hello).send().await.unwrap().status(), 200);

    let (certificate, key) = new.sign();
    std::fs::write(&tls.cert_file, certificate).unwrap();
    std::fs::write(&tls.key_file, key).unwrap();
    site.serving.reload().await;
    assert_eq!(before.get(&hello).send().await.unwrap().status(), 200, "the open connection was cut");
    assert!(client(&old).build().unwrap().get(&hello).send().await.is_err());
    assert_eq!(client(&new).build().unwrap().get(&hello).send().await.unwrap().status(), 200);
    site.stop().await;
}

#[actix_web::test]
async fn with_authorities_every_client_shows_a_certificate_of_theirs() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let ca_file = Some(authority.path("ca.pem"));
    std::fs::write(authority.path("ca.pem"), authority.pem()).unwrap();
    let site = secure_site(TlsOptions { ca_file, ..authority.write() }, 0).await;
    let identity = |issuer: &Authority| {
        let (certificate, key) = issuer.sign();
        Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap()
    };
    let hello = url(site.address(), "/hello");
    let known = client(&authority).identity(identity(&authority)).build().unwrap();
    assert_eq!(known.get(&hello).send().await.unwrap().status(), 200);
    let unknown = client(&authority).identity(identity(&stranger)).build().unwrap();
    assert!(unknown.get(&hello).send().await.is_err());
    assert!(client(&authority).build().unwrap().get(&hello).send().await.is_err());
    site.stop().await;
}

#[actix_web::test]
async fn stopping_ends_idle_connections_and_finishes_busy_ones() {
    let authority = Authority::new();
    let site = secure_site(authority.write(), 0).await;
    let client = client(&authority).build().unwrap();
    let hello = client.get(url(site.address(), "/hello")).send().await.unwrap();
    assert_eq!((hello.status().as_u16(), hello.version()), (200, Version::HTTP_2));
    let slow = tokio::spawn(client.get(url(site.address(), "/slow")).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = std::time::Instant::now();
    site.stop().await;
    assert_eq!(slow.await.unwrap().unwrap().text().await.unwrap(), "slow but here");
    assert!(began.elapsed() < Duration::from_millis(4500), "{:?}", began.elapsed());
}

#[actix_web::test]
async fn plain_text_on_the_secure_port_harms_nobody() {
    let authority = Authority::new();
    let site = secure_site(authority.write(), 0).await;
    let mut plain = site.connect().await;
    plain.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    plain.rest().await;
    let answer = client(&authority).build().unwrap().get(url(site.address(), "/hello")).send().await;
    assert_eq!(answer.unwrap().status(), 200);
    site.stop().await;
}

#[actix_web::test]
async fn unusable_files_stop_the_start_with_a_reason() {
    let authority = Authority::new();
    let good = authority.write();
    let (_, other_key) = authority.sign();
    std::fs::write(authority.path("other.pem"), other_key).unwrap();
    let missing = Path::new("missing.pem").to_owned();
    let table = [
        (TlsOptions { cert_file: missing.clone(), ..good.clone() }, "cannot read certificate file missing.pem"),
        (TlsOptions { key_file: missing.clone(), ..good.clone() }, "cannot read key file missing.pem"),
        (TlsOptions { ca_file: Some(missing.clone()), ..good.clone() }, "cannot read authorities file missing.pem"),
        (TlsOptions { cert_file: good.key_file.clone(), ..good.clone() }, "cannot read certificate file"),
        (TlsOptions { key_file: authority.path("other.pem"), ..good.clone() }, "certificate and key cannot be used"),
    ];
    for (tls, expected) in table {
        let error = Server::bind(ServeOptions { tls: Some(tls), ..options() }).await.err().unwrap();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    for (cert, key) in [(Some(missing.clone()), None), (None, Some(missing))] {
        let error = TlsOptions::from_files(cert, key, None).unwrap_err().to_string();
        assert!(error.contains("you must specify both a cert_file and key_file"), "{error}");
    }
    assert_eq!(TlsOptions::from_files(None, None, None).unwrap(), None);
}
