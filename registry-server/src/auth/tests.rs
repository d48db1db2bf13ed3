//! Every way in, and every forged way.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use glance_common::config::Secret;
use glance_common::registry_auth::{SharedKey, Signed, Stamp, unix_now};

use super::*;

type Lines<'a> = &'a [(&'static str, &'a str)];

const PUBLIC: &str = "203.0.113.5";
const PRIVATE: &str = "10.0.0.5";

fn rules(flavor: Flavor, allow_anonymous: bool) -> IdentityRules {
    IdentityRules { flavor, admin_role: "admin".into(), allow_anonymous }
}

fn headers(lines: Lines<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

fn ask(peers: PeerTrust, rules: IdentityRules, peer: &str, headers: &HeaderMap) -> Result<RequestContext, String> {
    let authentication = Authentication { peers: peers.into(), rules, validator: None };
    judge(&authentication, peer, headers)
}

fn judge(authentication: &Authentication, peer: &str, headers: &HeaderMap) -> Result<RequestContext, String> {
    let head = Head { method: "GET", target: "/v3/images/1", headers, peer: peer.parse().ok() };
    let caller = actix_web::rt::System::new().block_on(authentication.authenticate(&head, "req-1"));
    caller.map(|caller| caller.context).map_err(|error| error.to_string())
}

/// User, project, roles, administrator, read-only: what tests compare.
fn shown(context: &RequestContext) -> String {
    let RequestContext { user_id, project_id, roles, is_admin, read_only, .. } = context;
    let text = |id: &Option<String>| id.clone().unwrap_or_else(|| "-".into());
    let mut shown = format!("{} {} [{}]", text(user_id), text(project_id), roles.join(" "));
    for (on, word) in [(*is_admin, " admin"), (*read_only, " reads")] {
        shown.push_str(if on { word } else { "" });
    }
    shown
}

#[test]
fn identity_headers_of_a_private_peer_are_believed() {
    let confirmed = ("x-identity-status", "Confirmed");
    let table: [(Lines<'_>, &str, &str); 14] = [
        (&[], "- - [] admin", "the identity is not confirmed"),
        (&[confirmed], "- - []", "- - []"),
        (&[confirmed, ("x-user-id", "u"), ("x-project-id", "p")], "u p []", "u p []"),
        (&[confirmed, ("x-tenant-id", "t")], "- t []", "- t []"),
        (&[confirmed, ("x-tenant-id", "")], "- - []", "- - []"),
        (&[confirmed, ("x-project-id", "p"), ("x-tenant-id", "t")], "- p []", "- p []"),
        (&[confirmed, ("x-roles", "Member, ADMIN ,,")], "- - [member admin] admin", "- - [member admin] admin"),
        (&[confirmed, ("x-roles", "admin"), ("x-glance-is-admin", "false")], "- - [admin]", "- - [admin]"),
        (&[confirmed, ("x-glance-is-admin", "True")], "- - [] admin", "- - [] admin"),
        (&[confirmed, ("x-glance-read-only", "true")], "- - [] reads", "- - [] reads"),
        (
            &[confirmed, ("x-glance-is-admin", "maybe")],
            "x-glance-is-admin must be true or false",
            "x-glance-is-admin must be true or false",
        ),
        (&[confirmed, ("x-user-id", "a"), ("x-user-id", "b")], "x-user-id is given twice", "x-user-id is given twice"),
        (
            &[("x-identity-status", "Invalid"), ("x-roles", "admin")],
            "the identity is not confirmed",
            "the identity is not confirmed",
        ),
        (&[("x-roles", "admin")], "the identity is not confirmed", "the identity is not confirmed"),
    ];
    for (lines, open, trusted) in table {
        for (flavor, expected) in [(Flavor::Open, open), (Flavor::TrustedAuth, trusted)] {
            let answer = ask(PeerTrust::PrivateNetwork, rules(flavor, false), PRIVATE, &headers(lines));
            let answer = answer.map_or_else(|error| error, |context| shown(&context));
            assert_eq!(answer, expected, "{flavor:?} {lines:?}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut map = headers(&[("x-identity-status", "Confirmed")]);
    map.insert(HeaderName::from_static("x-user-id"), HeaderValue::from_bytes(b"\xff").unwrap());
    let answer = ask(PeerTrust::PrivateNetwork, rules(Flavor::Open, false), PRIVATE, &map);
    assert_eq!(answer.unwrap_err(), "x-user-id is not UTF-8");
}

#[test]
fn anonymous_callers_read_only_where_they_are_allowed() {
    let allowed = rules(Flavor::TrustedAuth, true);
    for lines in [&[][..], &[("x-identity-status", "Invalid"), ("x-roles", "admin")][..]] {
        let answer = ask(PeerTrust::PrivateNetwork, allowed.clone(), PRIVATE, &headers(lines)).unwrap();
        assert_eq!(shown(&answer), "- - [] reads");
    }
}

#[test]
fn a_peer_on_a_public_network_is_refused_whatever_it_says() {
    let forged = headers(&[("x-identity-status", "Confirmed"), ("x-roles", "admin"), ("x-forwarded-for", "127.0.0.1")]);
    for map in [HeaderMap::new(), forged] {
        for peer in [PUBLIC, "unknown"] {
            for flavor in [Flavor::Open, Flavor::TrustedAuth] {
                let answer = ask(PeerTrust::PrivateNetwork, rules(flavor, true), peer, &map);
                assert_eq!(answer.unwrap_err(), "the peer is not on a private network", "{peer} {flavor:?}");
            }
        }
    }
}

#[test]
fn a_client_certificate_stands_for_any_network() {
    let map = headers(&[("x-identity-status", "Confirmed"), ("x-project-id", "p")]);
    let answer = ask(PeerTrust::Certificate, rules(Flavor::TrustedAuth, false), PUBLIC, &map).unwrap();
    assert_eq!(shown(&answer), "- p []");
}

/// A request signed with this secret; the lines are changed afterwards, as somebody on the way would.
fn signed(secret: &str, nonce: u64, before: Lines<'_>, after: Lines<'_>) -> HeaderMap {
    let map = headers(before);
    let signed =
        Signed { method: "GET", target: "/v3/images/1", header: |name: &str| map.get(name).map(HeaderValue::as_bytes) };
    let signature =
        SharedKey::new(&Secret::from(secret)).unwrap().sign(&signed, b"", Stamp { time: unix_now(), nonce });
    let mut map = headers(after);
    map.insert(HeaderName::from_static("x-glance-signature"), HeaderValue::from_str(&signature).unwrap());
    map
}

#[test]
fn a_signature_is_demanded_where_a_secret_is_set() {
    let secret = "the secret of this test";
    let peers = PeerTrust::secret(SharedKey::new(&Secret::from(secret)).unwrap());
    let authentication = Authentication { peers: peers.into(), rules: rules(Flavor::Open, false), validator: None };
    let own: &[_] = &[("x-identity-status", "Confirmed"), ("x-project-id", "p")];
    let forged: &[_] = &[("x-identity-status", "Confirmed"), ("x-project-id", "other")];
    let refused = "the request is not signed by a peer of this registry";

    let good = signed(secret, 1, own, own);
    assert_eq!(judge(&authentication, PUBLIC, &good).map(|context| shown(&context)), Ok("- p []".into()));
    let table = [
        ("the same again", good),
        ("no signature", headers(own)),
        ("no identity and no signature", HeaderMap::new()),
        ("another secret", signed("another secret of the test", 2, own, own)),
        ("changed identity", signed(secret, 3, own, forged)),
        ("identity taken away", signed(secret, 4, own, &[])),
        ("role added", signed(secret, 5, own, &[own[0], own[1], ("x-roles", "admin")])),
    ];
    for (case, map) in table {
        assert_eq!(judge(&authentication, "127.0.0.1", &map).unwrap_err(), refused, "{case}");
    }
    let nobody = signed(secret, 6, &[], &[]);
    assert_eq!(judge(&authentication, PUBLIC, &nobody).map(|context| shown(&context)), Ok("- - [] admin".into()));
}
