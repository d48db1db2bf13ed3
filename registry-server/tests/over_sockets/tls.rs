//! Peers that are known by their certificate.

use std::path::Path;

use glance_registry_client::RegistryError;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::{Scratch, client, member, new_image};

/// Writes an authority and certificates for a server and a client, as `<prefix>-{ca,server,client}.{pem,key}`.
fn write_certificates(folder: &Path, prefix: &str) {
    let write = |name: &str, text: String| std::fs::write(folder.join(format!("{prefix}-{name}")), text).unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    write("ca.pem", authority.pem());
    for (name, hosts) in [("server", vec!["127.0.0.1".to_owned()]), ("client", vec![])] {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(hosts).unwrap().signed_by(&key, &authority).unwrap();
        write(&format!("{name}.pem"), certificate.pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

#[actix_web::test]
async fn a_client_certificate_is_demanded_and_believed() {
    let folder = tempfile::tempdir().unwrap();
    write_certificates(folder.path(), "own");
    write_certificates(folder.path(), "other");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let scratch = Scratch::start(&format!(
        "cert_file = {}\nkey_file = {}\nca_file = {}",
        path("own-server.pem"),
        path("own-server.key"),
        path("own-ca.pem")
    ))
    .await;
    let address = scratch.registry.local_addr();
    let connect = |lines: &str| client(&format!("registry_endpoints = https://{address}\n{lines}"));
    let authority = format!("registry_client_ca_file = {}\n", path("own-ca.pem"));
    let certificate = |of: &str| {
        let (cert, key) = (path(&format!("{of}-client.pem")), path(&format!("{of}-client.key")));
        format!("registry_client_cert_file = {cert}\nregistry_client_key_file = {key}\n")
    };

    let me = member("a");
    let good = connect(&format!("{authority}{}", certificate("own")));
    let image = good.create_image(&me, &new_image("a")).await.unwrap();
    let careless = connect(&format!("registry_client_insecure = true\n{}", certificate("own")));
    assert_eq!(careless.show_image(&me, &image.id).await.unwrap(), image);

    let table = [
        ("no certificate", authority.clone()),
        ("a certificate of another authority", format!("{authority}{}", certificate("other"))),
        ("a server of another authority", {
            format!("registry_client_ca_file = {}\n{}", path("other-ca.pem"), certificate("own"))
        }),
    ];
    for (case, lines) in table {
        let refused = connect(&lines).show_image(&me, &image.id).await;
        assert!(matches!(refused, Err(RegistryError::Unreachable { .. })), "{case}: {refused:?}");
    }
}
