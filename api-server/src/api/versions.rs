//! Which minor versions of API v2 are offered, and the document that lists them (images-v2 §1.2, §1.3).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

/// The versions before all optional features; their order never changes.
const OLDEST: [u8; 8] = [7, 6, 5, 4, 3, 2, 1, 0];

/// The minor versions of one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// As listed: not sorted, because clients know this order.
    listed: Vec<u8>,
    /// The one with the status CURRENT.
    current: u8,
    /// How clients may spell them.
    spellings: Vec<String>,
}

impl Versions {
    /// The versions for a server with several stores and with an image cache, or without.
    #[must_use]
    pub fn offered(several_stores: bool, cache: bool) -> Self {
        let newest: &[u8] = match (cache, several_stores) {
            (false, false) => &[15, 9, 17],
            (false, true) => &[15, 13, 12, 11, 10, 9, 8, 17],
            (true, false) => &[18, 17, 16, 15, 14, 9],
            (true, true) => &[18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8],
        };
        let listed = [newest, &OLDEST].concat();
        let spellings = listed.iter().map(|minor| format!("v2.{minor}")).chain(["v2".to_owned()]).collect();
        Self { listed, current: if cache { 18 } else { 17 }, spellings }
    }

    /// Is this the spelling of an offered version: `v2`, `v2.0`, …?
    #[must_use]
    pub fn allow(&self, version: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == version)
    }

    /// The list, with links below `base`, which ends without a slash.
    #[must_use]
    pub fn respond(&self, status: StatusCode, base: &str) -> HttpResponse {
        let href = format!("{base}/v2/");
        let entry = |minor: &u8| -> Value {
            let status = if *minor == self.current { "CURRENT" } else { "SUPPORTED" };
            json!({ "id": format!("v2.{minor}"), "status": status, "links": [{ "rel": "self", "href": href }] })
        };
        let versions: Vec<_> = self.listed.iter().map(entry).collect();
        let body = json!({ "versions": versions }).to_string();
        HttpResponse::build(status).insert_header(("content-type", "application/json")).body(body)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn the_list_has_the_order_and_the_form_that_clients_know() {
        let table = [
            (false, false, "15 9 17* 7 6 5 4 3 2 1 0"),
            (true, false, "15 13 12 11 10 9 8 17* 7 6 5 4 3 2 1 0"),
            (false, true, "18* 17 16 15 14 9 7 6 5 4 3 2 1 0"),
            (true, true, "18* 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0"),
        ];
        for (several_stores, cache, expected) in table {
            let answer = Versions::offered(several_stores, cache).respond(StatusCode::OK, "http://h:1");
            let body = to_bytes(answer.into_body()).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            let entry = |entry: &Value| {
                assert_eq!(entry["links"], json!([{ "rel": "self", "href": "http://h:1/v2/" }]));
                let minor = entry["id"].as_str().unwrap().strip_prefix("v2.").unwrap().to_owned();
                if entry["status"] == "CURRENT" { minor + "*" } else { minor }
            };
            let listed: Vec<_> = body["versions"].as_array().unwrap().iter().map(entry).collect();
            assert_eq!(listed.join(" "), expected);
        }
    }

    #[test]
    fn only_offered_versions_are_allowed() {
        let plain = Versions::offered(false, false);
        for version in ["v2", "v2.0", "v2.7", "v2.9", "v2.15", "v2.17"] {
            assert!(plain.allow(version), "{version}");
        }
        for version in
            ["", "v", "v1", "v3", "2.0", "v2.8", "v2.13", "v2.14", "v2.18", "v2.00", "v2.", "v20", "v2.+1", "V2"]
        {
            assert!(!plain.allow(version), "{version}");
        }
        assert!(Versions::offered(true, false).allow("v2.13") && !Versions::offered(true, false).allow("v2.14"));
        assert!(Versions::offered(false, true).allow("v2.18") && !Versions::offered(false, true).allow("v2.8"));
    }
}
