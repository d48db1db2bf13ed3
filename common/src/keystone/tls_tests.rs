//! Certificates of the identity service are verified unless the operator says otherwise (D9).

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::config::Config;

/// An identity service on TLS that gives everybody a token. Its URL, and the certificate of its authority.
async fn service() -> (String, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(own.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let mut block = [0; 4096];
            let _ = stream.read(&mut block).await;
            let body = r#"{"token": {"user": {"id": "u"}, "expires_at": "2099-01-01T00:00:00Z"}}"#;
            let head = format!("HTTP/1.1 201 x\r\nx-subject-token: own\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.flush().await;
        }
    });
    (format!("https://localhost:{port}"), issuer.pem())
}

#[tokio::test]
async fn certificates_are_verified_unless_told_otherwise() {
    let (url, authority) = service().await;
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right.pem"), folder.path().join("wrong.pem"));
    std::fs::write(&right, authority).unwrap();
    std::fs::write(&wrong, service().await.1).unwrap();
    let table = [
        (String::new(), false),
        (format!("cafile = {}", wrong.display()), false),
        (format!("cafile = {}", right.display()), true),
        ("insecure = true".to_owned(), true),
    ];
    for (lines, accepted) in table {
        let account = "auth_type = password\nuser_id = u\npassword = p\nconnect_retries = 0";
        let text = format!("[keystone_authtoken]\nauth_url = {url}\n{account}\n{lines}\n");
        let session = Session::new(&Config::from_text(&text).unwrap().section().unwrap()).unwrap();
        let token = session.token().await;
        assert_eq!(token.is_ok(), accepted, "{lines}: {token:?}");
    }
}

#[test]
fn files_that_are_no_certificates_stop_the_start() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.pem");
    std::fs::write(&file, "no certificate").unwrap();
    for (option, path) in [("cafile", "/no/such/file"), ("certfile", &*file.to_string_lossy())] {
        let account = "auth_url = https://localhost\nauth_type = password\nuser_id = u\npassword = p";
        let text = format!("[keystone_authtoken]\n{account}\n{option} = {path}\n");
        let refused = Session::new(&Config::from_text(&text).unwrap().section().unwrap());
        assert!(matches!(refused, Err(KeystoneError::File { .. })), "{option}");
    }
}
