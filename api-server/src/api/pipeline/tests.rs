//! What every request meets before and after its handler.

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use glance_common::config::Config;
use tempfile::TempDir;

use super::*;
use crate::api::router::route;

/// An answer, read to its end.
struct Seen {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Shows what a handler receives.
async fn echo(call: Call) -> Answer {
    let Call { context, params, query, origin, .. } = call;
    let values = [params.get("image_id"), params.get("tag")].map(Option::unwrap_or_default).join("|");
    let caller = format!("{:?} admin={} read_only={}", context.project_id, context.is_admin, context.read_only);
    Ok(HttpResponse::Ok().body(format!("{values} {query:?} {} {caller} {}", origin.base(), context.request_id)))
}

async fn broken(_call: Call) -> Answer {
    Err(ApiError::internal("the secret of the house"))
}

fn table() -> Vec<Route> {
    vec![
        route(Method::GET, "/v2/images", echo),
        route(Method::POST, "/v2/images", echo),
        route(Method::GET, "/v2/images/{image_id}", echo).rejects_body(),
        route(Method::PATCH, "/v2/images/{image_id}", echo),
        route(Method::DELETE, "/v2/images/{image_id}", echo).rejects_body(),
        route(Method::GET, "/v2/images/{image_id}/tasks", echo).others_not_found(),
        route(Method::POST, "/v2/images/{image_id}/locations", echo).allow("POST"),
        route(Method::GET, "/v2/images/{image_id}/locations", echo),
        route(Method::PUT, "/v2/images/{image_id}/tags/{tag}", echo).rejects_body(),
        route(Method::GET, "/v2/broken", broken),
    ]
}

/// A server with these options and the table above. The folder holds its store.
fn edge(options: &str) -> (Arc<Edge>, TempDir) {
    glance_common::web::tls::install_provider();
    let folder = tempfile::tempdir().unwrap();
    let store = format!("[glance_store]\nfilesystem_store_datadir = {}\n", folder.path().display());
    let config = Config::from_text(&format!("{store}{options}")).unwrap();
    let app = AppState::build(&config).unwrap();
    (Arc::new(Edge::with_routes(app, table())), folder)
}

async fn ask(options: &str, request: TestRequest) -> Seen {
    let (edge, _folder) = edge(options);
    let service = init_service(App::new().configure(|config| edge.configure(config))).await;
    let response = call_service(&service, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
    Seen { status, headers, body }
}

const TRUSTED: &str = "[paste_deploy]\nflavor = trusted-auth\n";

fn method(method: &str, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(Method::from_bytes(method.as_bytes()).unwrap())
}

fn confirmed(request: TestRequest) -> TestRequest {
    request.insert_header(("x-identity-status", "Confirmed")).insert_header(("x-project-id", "p"))
}

#[actix_web::test]
async fn known_and_unknown_paths_and_methods() {
    let table = [
        ("GET", "/v2/images", 200, None),
        ("PUT", "/v2/images", 405, Some("GET, POST")),
        ("HEAD", "/v2/images", 405, Some("GET, POST")),
        ("BREW", "/v2/images", 405, Some("GET, POST")),
        ("POST", "/v2/images/1", 405, Some("GET, PATCH, DELETE")),
        ("PUT", "/v2/images/1/locations", 405, Some("POST")),
        ("GET", "/v2/images/1/locations", 200, None),
        ("GET", "/v2/images/1/tasks", 200, None),
        ("POST", "/v2/images/1/tasks", 404, None),
        ("BREW", "/v2/images/1/tasks", 501, None),
        ("GET", "/v2.9/images/1", 200, None),
        ("GET", "/v2/images/", 404, None),
        ("GET", "/v2/images//", 404, None),
        ("GET", "/v2//images", 404, None),
        ("GET", "/v2/images/1/", 404, None),
        ("GET", "/v2/", 404, None),
        ("GET", "/v2/nothing", 404, None),
        ("HEAD", "/v2/nothing", 404, None),
        ("BREW", "/v2/nothing", 501, None),
        ("TRACE", "/v2/nothing", 501, None),
        ("PUT", "/v2/images/1/tags/a%2Fb", 404, None),
        ("PUT", "/v2/images/1/tags/a%20b", 200, None),
        ("GET", "/v2/images/%ff", 400, None),
        ("GET", "/v2/images?name=%ff", 400, None),
        ("GET", "/v1/images", 300, None),
        ("DELETE", "/", 300, None),
        ("POST", "/versions/x", 200, None),
        ("GET", "/%ff/images", 300, None),
        ("OPTIONS", "/v2/images", 200, None),
        ("OPTIONS", "/", 200, None),
        ("OPTIONS", "/nothing/%ff", 200, None),
    ];
    for (name, path, status, allow) in table {
        let seen = ask("", method(name, path)).await;
        assert_eq!((seen.status, seen.header("allow")), (status, allow), "{name} {path}: {}", seen.body);
        if name == "OPTIONS" || (name == "HEAD" && status == 405) {
            assert_eq!(seen.body, "", "{name} {path}");
        }
    }
}

#[actix_web::test]
async fn handlers_receive_what_was_sent() {
    let request = method("PUT", "/v2.3/images/1%C3%A9/tags/a%2Bb?x=1&x=a+b").insert_header(("host", "h:9292"));
    let seen = ask("", request.insert_header(("x-openstack-request-id", "abc"))).await;
    let expected = "1é|a+b [(\"x\", \"1\"), (\"x\", \"a b\")] http://h:9292 None admin=true read_only=false req-abc";
    assert_eq!(seen.body, expected);
}

#[actix_web::test]
async fn the_root_of_v2_redirects() {
    let request = method("GET", "/v2.0").insert_header(("host", "h:9292"));
    let seen = ask("", request).await;
    assert_eq!((seen.status, seen.header("location"), seen.body.as_str()), (302, Some("http://h:9292/v2/"), ""));
    assert_eq!(ask(TRUSTED, method("GET", "/v2")).await.status, 401);
    let proxied = method("GET", "/v2").insert_header(("x-forwarded-proto", "https")).insert_header(("host", "h"));
    let seen = ask("[oslo_middleware]\nenable_proxy_headers_parsing = true\n", proxied).await;
    assert_eq!(seen.header("location"), Some("https://h/v2/"));
}

#[actix_web::test]
async fn the_version_list_names_the_public_endpoint() {
    let seen = ask("", method("GET", "/").insert_header(("host", "h:9292"))).await;
    assert_eq!((seen.status, seen.header("content-type")), (300, Some("application/json")));
    assert!(seen.body.contains(r#""href":"http://h:9292/v2/""#), "{}", seen.body);
    let seen =
        ask("[DEFAULT]\npublic_endpoint = https://h/img//\nimage_cache_dir = /c\n", method("GET", "/versions")).await;
    assert!(
        seen.body.contains(r#"{"id":"v2.18","status":"CURRENT","links":[{"rel":"self","href":"https://h/img/v2/"}]}"#)
    );
}

#[actix_web::test]
async fn callers_are_who_the_proxy_says() {
    let seen = ask(TRUSTED, method("GET", "/v2/images")).await;
    assert_eq!((seen.status, seen.header("x-openstack-request-id")), (401, None));
    assert!(seen.body.contains("could not verify that you are authorized"), "{}", seen.body);
    let seen = ask(TRUSTED, confirmed(method("GET", "/v2/images")).insert_header(("x-roles", "Admin"))).await;
    assert!(seen.body.contains("Some(\"p\") admin=true read_only=false"), "{}", seen.body);
    let seen = ask(TRUSTED, confirmed(method("GET", "/v2/images")).insert_header(("x-roles", "member"))).await;
    assert!(seen.body.contains("Some(\"p\") admin=false read_only=false"), "{}", seen.body);
    let open = format!("[DEFAULT]\nallow_anonymous_access = true\n{TRUSTED}");
    let seen = ask(&open, method("GET", "/v2/images").insert_header(("x-project-id", "p"))).await;
    assert!(seen.body.contains("None admin=false read_only=true"), "{}", seen.body);
    let seen = ask("", confirmed(method("GET", "/v2/images"))).await;
    assert!(seen.body.contains("None admin=true"), "without authentication headers mean nothing: {}", seen.body);
}

#[actix_web::test]
async fn answers_carry_the_request_id() {
    for (path, status) in [("/v2/images", 200), ("/v2/nothing", 404), ("/v2/broken", 500), ("/v2/images/%ff", 400)] {
        let seen = ask("", method("GET", path)).await;
        assert_eq!(seen.status, status);
        assert!(seen.header("x-openstack-request-id").unwrap().starts_with("req-"), "{path}");
    }
    for request in [method("GET", "/"), method("GET", "/versions"), method("OPTIONS", "/v2/images")] {
        assert_eq!(ask("", request).await.header("x-openstack-request-id"), None);
    }
    let long = "x".repeat(65);
    let seen = ask("", method("GET", "/v2/images").insert_header(("x-openstack-request-id", long.clone()))).await;
    assert_eq!(seen.status, 431);
    assert!(seen.body.contains("x-openstack-request-id is too long, max size 64"), "{}", seen.body);
    let any = method("GET", "/v2/images").insert_header(("x-openstack-request-id", long.clone()));
    let seen = ask("[DEFAULT]\nmax_request_id_length = 0\n", any).await;
    assert_eq!((seen.status, seen.header("x-openstack-request-id").unwrap().len()), (200, 69));
}

#[actix_web::test]
async fn bodies_are_refused_where_none_belong() {
    let table = [
        ("GET", "/v2/images/1", ("content-length", "3"), 400),
        ("GET", "/v2/images/1", ("content-length", "0"), 200),
        ("GET", "/v2/images/1", ("transfer-encoding", "chunked"), 200),
        ("DELETE", "/v2/images/1", ("content-length", "2"), 400),
        ("PUT", "/v2/images/1/tags/a", ("transfer-encoding", "chunked"), 400),
        ("PATCH", "/v2/images/1", ("content-length", "3"), 200),
        ("GET", "/v2/images", ("content-length", "3"), 200),
    ];
    for (name, path, header, status) in table {
        let seen = ask("", method(name, path).insert_header(header)).await;
        assert_eq!(seen.status, status, "{name} {path} {header:?}");
        assert!(status == 200 || seen.body.contains("A body is not expected with this request."), "{}", seen.body);
    }
}

#[actix_web::test]
async fn failures_show_nothing_of_their_cause() {
    let seen = ask("", method("GET", "/v2/broken").insert_header(("accept", "application/json"))).await;
    assert_eq!(seen.status, 500);
    assert!(!seen.body.contains("secret") && seen.body.contains("500 Internal Server Error"), "{}", seen.body);
}

#[test]
fn the_route_table_is_sound() {
    let routes = routes::table();
    for (index, route) in routes.iter().enumerate() {
        assert!(route.path().starts_with("/v2/") && !route.path().ends_with('/'), "{}", route.path());
        let twins = routes.iter().filter(|twin| twin.path() == route.path() && twin.method() == route.method());
        assert_eq!(twins.count(), 1, "line {index}: {} {}", route.method(), route.path());
    }
}
