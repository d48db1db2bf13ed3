//! What the registry says to requests that no good client sends.

use crate::support::Scratch;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

fn http() -> Client {
    Client::builder().tls_certs_only([]).no_proxy().build().unwrap()
}

/// Status, error code and error text of an answer.
async fn refusal(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
    let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
    (status, text("type"), text("message"))
}

/// Method, path and body; status, code and a part of the text that are expected.
type Case<'a> = (Method, String, Vec<u8>, u16, &'a str, &'a str);

#[actix_web::test]
async fn malformed_requests_get_a_clear_refusal() {
    let scratch = Scratch::start("max_request_body = 4096").await;
    let id = "0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b";
    let image = |id: &str| format!("/v3/images/{id}");
    let one = image(id);
    let good = r#"{"status":"queued","visibility":"private"}"#;
    let long = "x".repeat(5000);
    let deep = format!(r#"{{"filters":{}{}}}"#, "[".repeat(300), "]".repeat(300));
    let table: Vec<Case<'_>> = vec![
        (Method::GET, "/v3/nothing".into(), vec![], 404, "no_route", "no such path"),
        (Method::GET, "/v3/".into(), vec![], 404, "no_route", "no such path"),
        (Method::GET, "/v3/images/a/b/c/d".into(), vec![], 404, "no_route", "no such path"),
        (Method::GET, "/v3/images".into(), vec![], 405, "no_route", "no such method"),
        (Method::DELETE, "/v3/images".into(), vec![], 405, "no_route", "no such method"),
        (Method::POST, one.clone(), vec![], 405, "no_route", "no such method"),
        (Method::PUT, one.clone(), vec![], 405, "no_route", "no such method"),
        (Method::GET, "/v3/images/search".into(), vec![], 405, "no_route", "no such method"),
        (Method::HEAD, one.clone(), vec![], 405, "", ""),
        (Method::GET, image("no-id"), vec![], 404, "not_found", "not found"),
        (Method::GET, image(&long), vec![], 404, "not_found", "not found"),
        (Method::GET, image("%ff%fe"), vec![], 404, "not_found", "not found"),
        (Method::GET, image("%00"), vec![], 404, "not_found", "not found"),
        (Method::GET, image("..%2f..%2fetc%2fpasswd"), vec![], 404, "not_found", "not found"),
        (Method::GET, one.clone(), vec![], 404, "not_found", "not found"),
        (Method::GET, format!("{one}?deleted=maybe"), vec![], 400, "invalid", "the query is not as expected"),
        (Method::GET, format!("{one}?x=1"), vec![], 400, "invalid", "unknown field `x`"),
        (Method::PUT, format!("{one}/locations/x"), vec![], 404, "not_found", "not found"),
        (Method::PUT, format!("{one}/locations/99999999999999999999"), vec![], 404, "not_found", "not found"),
        (Method::DELETE, "/v3/leases/x".into(), vec![], 400, "invalid", "missing field `holder`"),
        (Method::POST, "/v3/images".into(), vec![], 400, "invalid", "EOF while parsing"),
        (Method::POST, "/v3/images".into(), b"{\"status\":".to_vec(), 400, "invalid", "EOF while parsing"),
        (Method::POST, "/v3/images".into(), b"<xml/>".to_vec(), 400, "invalid", "expected value"),
        (Method::POST, "/v3/images".into(), b"\xff\xfe{}".to_vec(), 400, "invalid", "expected value"),
        (Method::POST, "/v3/images".into(), format!("{good}{good}").into(), 400, "invalid", "trailing characters"),
        (Method::POST, "/v3/images".into(), b"[1]".to_vec(), 400, "invalid", "a list instead of an object"),
        (Method::POST, "/v3/images".into(), b"\"x\"".to_vec(), 400, "invalid", "invalid type: string"),
        (
            Method::POST,
            "/v3/images".into(),
            b"{\"status\":5,\"visibility\":\"public\"}".to_vec(),
            400,
            "invalid",
            "status: ",
        ),
        (Method::POST, "/v3/images".into(), format!("{good:9000}").into(), 413, "too_large", "larger than 4096"),
        (Method::POST, "/v3/images/search".into(), b"{\"limit\":-1}".to_vec(), 400, "invalid", "limit: invalid value"),
        (Method::POST, "/v3/images/search".into(), deep.into(), 400, "invalid", "filters"),
        (Method::PATCH, one.clone(), b"{\"set\":{\"min_ram\":1e99}}".to_vec(), 400, "invalid", "set.min_ram"),
        (Method::PATCH, one.clone(), b"{\"set\":{\"id\":\"x\"}}".to_vec(), 400, "invalid", "unknown field `id`"),
        (
            Method::PATCH,
            one.clone(),
            b"{\"locations\":{\"melt\":[]}}".to_vec(),
            400,
            "invalid",
            "unknown variant `melt`",
        ),
        (Method::DELETE, one.clone(), vec![], 400, "invalid", "EOF while parsing"),
        (Method::PUT, format!("{one}/properties/x"), b"{\"value\":7}".to_vec(), 400, "invalid", "value: invalid type"),
        (Method::POST, "/v3/leases".into(), b"{\"seconds\":-5}".to_vec(), 400, "invalid", "seconds"),
    ];
    let http = http();
    for (method, path, body, status, code, text) in table {
        let request = http.request(method.clone(), format!("{}{path}", scratch.url())).body(body.clone());
        let found = refusal(request.send().await.unwrap()).await;
        let case = format!("{method} {path:.80} {:.80}", String::from_utf8_lossy(&body));
        assert_eq!((found.0, found.1.as_str()), (status, code), "{case}: {}", found.2);
        assert!(found.2.contains(text), "{case}: {}", found.2);
    }
}

#[actix_web::test]
async fn wrong_methods_are_told_the_right_ones() {
    let scratch = Scratch::start("").await;
    let answer = http().put(format!("{}/v3/leases", scratch.url())).send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "POST, GET");
}

#[actix_web::test]
async fn request_ids_come_back() {
    let scratch = Scratch::start("max_request_id_length = 20").await;
    let url = format!("{}/v3/images/x", scratch.url());
    let answer = http().get(&url).header("x-openstack-request-id", "req-of-mine").send().await.unwrap();
    assert_eq!(answer.headers()["x-openstack-request-id"], "req-of-mine");
    let answer = http().get(&url).send().await.unwrap();
    assert!(answer.headers()["x-openstack-request-id"].to_str().unwrap().starts_with("req-"));
    let answer = http().get(&url).header("x-openstack-request-id", "r".repeat(21)).send().await.unwrap();
    assert_eq!(refusal(answer).await.0, 431);
}

#[actix_web::test]
async fn a_request_key_makes_a_repeated_change_have_one_effect() {
    let scratch = Scratch::start("").await;
    let (http, url) = (http(), format!("{}/v3/images", scratch.url()));
    let create = async |key: &str, name: &str, project: &str| {
        let body = json!({"status": "queued", "visibility": "private", "owner": project, "name": name});
        let request = http.post(&url).header("x-glance-request-key", key).body(body.to_string());
        let request = request.header("x-identity-status", "Confirmed").header("x-project-id", project);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, body)
    };
    let first = create("key-1", "n", "a").await;
    assert_eq!(first.0, 201);
    assert_eq!(create("key-1", "n", "a").await, first);
    assert_ne!(create("key-2", "n", "a").await.1["id"], first.1["id"]);
    for (name, project) in [("other", "a"), ("n", "b")] {
        let refused = create("key-1", name, project).await;
        assert_eq!((refused.0, &refused.1["error"]["type"]), (400, &json!("invalid")), "{name} of {project}");
    }
    for key in ["", "two words", &"k".repeat(65)] {
        assert_eq!(create(key, "n", "a").await.0, 400, "{key}");
    }
}

#[actix_web::test]
async fn identity_is_demanded_where_the_pipeline_says_so() {
    let scratch = Scratch::start("[paste_deploy]\nflavor = trusted-auth").await;
    let url = format!("{}/v3/images/search", scratch.url());
    let bare = http().post(&url).body("{}").send().await.unwrap();
    assert_eq!(refusal(bare).await.1, "unauthenticated");
    let unconfirmed = http().post(&url).body("{}").header("x-identity-status", "Invalid").header("x-roles", "admin");
    assert_eq!(refusal(unconfirmed.send().await.unwrap()).await.0, 401);
    let confirmed = http().post(&url).body("{}").header("x-identity-status", "Confirmed").header("x-project-id", "a");
    assert_eq!(confirmed.send().await.unwrap().status().as_u16(), 200);
    for (path, status) in [("/healthcheck", 200), ("/readyz", 200), ("/metrics", 200), ("/v3/openapi.json", 401)] {
        let answer = http().get(format!("{}{path}", scratch.url())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
}

#[actix_web::test]
async fn the_description_is_served() {
    let scratch = Scratch::start("").await;
    let answer = http().get(format!("{}/v3/openapi.json", scratch.url())).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let document: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}
