//! Addresses, good and bad. The bad ones are tried on every door.

use super::*;

fn judge(change: impl FnOnce(&mut ImportFilteringOptions)) -> UrlJudge {
    let mut options = ImportFilteringOptions::default();
    change(&mut options);
    UrlJudge::new(&options)
}

fn texts(list: &str) -> Vec<String> {
    list.split(' ').map(str::to_owned).collect()
}

#[test]
fn addresses_of_strangers_pass() {
    let judge = judge(|_| {});
    for text in [
        "http://8.8.8.8/",
        "http://8.8.8.8:443/",
        "http://u:p@8.8.8.8/",
        "HTTP://8.8.8.8/x?y#z",
        "https://[2001:4860:4860::8888]/",
        "https://images.example.com/a%20b",
        "https://images.example.com./a",
        "http://images.example.com:80/",
    ] {
        assert!(judge.check(text).is_ok(), "{text}: {:?}", judge.check(text));
    }
}

/// D3, D5, D6: loopback, link-local, private and own addresses in every spelling, other schemes and ports.
#[test]
fn d3_d5_d6_bad_addresses_are_refused() {
    let judge = judge(|_| {});
    for text in [
        "",
        "x",
        "//8.8.8.8/",
        "http:",
        "http://",
        "http:///x",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://134744072/",
        "http://8.8.2056/",
        "http://0x8.8.8.8/",
        "http://８.8.8.8/",
        "http://8.8.8.8./",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://u@127.0.0.1/",
        "http://8.8.8.8@127.0.0.1/",
        "http://127.0.0.1#@8.8.8.8/",
        "http://127.0.0.1\\@8.8.8.8/",
        "http://8.8.8.8 /",
        " http://8.8.8.8/",
        "http://8.8.8.8\n/",
        "http://8.8.8.8:8080/",
        "http://8.8.8.8:0/",
        "http://8.8.8.8:99999/",
        "http://8.8.8.8:x/",
        "http://%31%32%37.0.0.1/",
    ] {
        assert!(judge.check(text).is_err(), "{text}");
    }
}

#[test]
fn d6_rules_for_ports_and_schemes_count_for_ports_that_are_left_out() {
    let judge = judge(|options| options.allowed_ports = vec![8080]);
    assert!(judge.check("http://8.8.8.8:8080/").is_ok());
    assert!(judge.check("http://8.8.8.8/").is_err());
    let judge = self::judge(|options| {
        options.allowed_ports.clear();
        options.disallowed_ports = vec![22];
        options.allowed_schemes.clear();
        options.disallowed_schemes = texts("HTTP");
    });
    assert!(judge.check("https://8.8.8.8:9999/").is_ok());
    assert!(judge.check("https://8.8.8.8:22/").is_err() && judge.check("http://8.8.8.8/").is_err());
    assert!(judge.check("ftp://8.8.8.8/").is_err(), "what cannot be fetched is not allowed either");
}

#[test]
fn the_list_of_what_is_allowed_wins() {
    let judge = judge(|options| {
        options.allowed_hosts = texts("Images.Example.com 127.0.0.1 [::1]");
        options.disallowed_hosts = texts("images.example.com");
    });
    for text in ["http://IMAGES.example.com/", "http://images.example.com./", "http://127.0.0.1/", "http://[::1]/"] {
        assert!(judge.check(text).is_ok(), "{text}");
    }
    for text in ["http://8.8.8.8/", "http://example.com/", "http://127.0.0.2/"] {
        assert!(judge.check(text).is_err(), "{text}");
    }
    let judge = self::judge(|options| options.disallowed_hosts = texts("example.com 8.8.8.8"));
    for text in ["http://example.com/", "http://EXAMPLE.COM./", "http://8.8.8.8/", "http://[::ffff:8.8.8.8]/"] {
        assert!(judge.check(text).is_err(), "{text}");
    }
}

#[test]
fn d4_the_addresses_of_a_name_are_judged() {
    let addresses =
        || ["8.8.8.8:0", "127.0.0.1:0", "10.0.0.1:0", "[::1]:0"].map(|text| text.parse().unwrap()).into_iter();
    let admitted = |judge: &UrlJudge| judge.admitted("name", addresses()).len();
    assert_eq!(admitted(&judge(|_| {})), 1);
    assert_eq!(admitted(&judge(|options| options.allow_private_addresses = true)), 2);
    assert_eq!(admitted(&judge(|options| options.disallowed_hosts = texts("8.8.8.8"))), 0);
    assert_eq!(admitted(&judge(|options| options.allowed_hosts = texts("name"))), 4);
}

#[tokio::test]
async fn d4_a_name_for_this_machine_is_refused_unless_it_is_listed() {
    assert!(judge(|_| {}).judge("http://localhost/").await.is_err());
    assert!(judge(|options| options.allowed_hosts = texts("localhost")).judge("http://localhost/").await.is_ok());
    let client = |judge: UrlJudge| Arc::new(judge).guard(reqwest::Client::builder().no_proxy(), Vec::new()).build();
    glance_common::web::tls::install_provider();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let refused = client(judge(|_| {})).unwrap().get(&url).send();
    assert!(refused.await.unwrap_err().is_connect());
    let accepted = listener.accept();
    let request = client(judge(|options| options.allowed_hosts = texts("localhost"))).unwrap().get(&url).send();
    tokio::select! {
        connection = accepted => assert!(connection.is_ok()),
        answer = request => panic!("{answer:?} from nobody"),
    }
}
