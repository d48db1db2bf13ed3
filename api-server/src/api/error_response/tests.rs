//! What clients read, byte by byte.

use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::test::TestRequest;

use super::*;

/// Status, content type and body of a refusal for a client with this `Accept`.
async fn answered(error: ApiError, accept: Option<&str>) -> (u16, String, String) {
    let mut request = TestRequest::default();
    if let Some(accept) = accept {
        request = request.insert_header(("accept", accept));
    }
    let response = respond(&error, &request.to_http_request());
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

#[actix_web::test]
async fn json_messages_end_in_breaks() {
    let (status, content_type, body) =
        answered(ApiError::not_found("No image found with ID nope"), Some("application/json")).await;
    assert_eq!((status, content_type.as_str()), (404, "application/json"));
    let expected =
        r#"{"message":"No image found with ID nope<br /><br />\n\n\n","code":"404 Not Found","title":"Not Found"}"#;
    assert_eq!(body, expected);
    let (_, _, body) = answered(ApiError::forbidden_detail("Read-only access"), Some("application/json")).await;
    let message = r#"Access was denied to this resource.<br /><br />\nRead-only access\n\n"#;
    assert!(body.contains(message), "{body}");
}

#[actix_web::test]
async fn the_form_follows_accept() {
    let table = [
        (None, "text/plain; charset=UTF-8", "404 Not Found\n\nNo such \n\n   ".to_owned()),
        (Some("text/plain"), "text/plain; charset=UTF-8", "404 Not Found\n\nNo such \n\n   ".to_owned()),
        (
            Some("*/*"),
            "text/html; charset=UTF-8",
            "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  \
             No such &lt;i&gt;<br /><br />\n\n\n\n </body>\n</html>"
                .to_owned(),
        ),
    ];
    for (accept, form, text) in table {
        let (_, content_type, body) = answered(ApiError::not_found("No such <i>"), accept).await;
        assert_eq!((content_type.as_str(), body), (form, text), "{accept:?}");
    }
    let mut two_lines = TestRequest::default().insert_header(("accept", "text/html;q=0.1"));
    two_lines = two_lines.append_header(("accept", "application/json"));
    assert_eq!(form_for(two_lines.to_http_request().headers()), ErrorForm::Json);
}

#[actix_web::test]
async fn some_statuses_have_their_own_template() {
    let method = "BREW".to_owned();
    let table = [
        (
            ApiError::stock(Situation::MethodNotAllowed { method: method.clone(), allow: "GET".into() }),
            "405 Method Not Allowed",
            "The method BREW is not allowed for this resource. <br /><br />\n",
        ),
        (
            ApiError::stock(Situation::NotImplemented { method }),
            "501 Not Implemented",
            "\nThe request method BREW is not implemented for this server. <br /><br />\n",
        ),
        (
            ApiError::unsupported_media(Some("text/xml"), "why"),
            "415 Unsupported Media Type",
            "The request media type text/xml is not supported by this server.\n<br /><br />\nwhy",
        ),
        (
            ApiError::unsupported_media(None, "why"),
            "415 Unsupported Media Type",
            "The request media type ${CONTENT_TYPE} is not supported by this server.\n<br /><br />\nwhy",
        ),
        (ApiError::too_large("big"), "413 Request Entity Too Large", "big<br /><br />\n\n\n"),
        (
            ApiError::range_not_satisfiable_detail("Invalid Range header."),
            "416 Request Range Not Satisfiable",
            "The Range requested is not available.<br /><br />\nInvalid Range header.\n\n",
        ),
    ];
    for (error, code, message) in table {
        let (_, _, body) = answered(error, Some("application/json")).await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((body["code"].as_str(), body["message"].as_str()), (Some(code), Some(message)));
    }
}

#[test]
fn situations_bring_their_headers() {
    let request = TestRequest::default().to_http_request();
    let header = |error: ApiError, name: &str| {
        respond(&error, &request).headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header(ApiError::unavailable("away"), "retry-after").as_deref(), Some("5"));
    assert_eq!(header(ApiError::out_of_service("broken"), "retry-after"), None);
    let soon = Situation::Unavailable { retry_after: Some(Duration::from_millis(1500)) };
    assert_eq!(header(ApiError::stock(soon), "retry-after").as_deref(), Some("2"));
    let wrong = Situation::MethodNotAllowed { method: "PUT".into(), allow: "GET, POST".into() };
    assert_eq!(header(ApiError::stock(wrong), "allow").as_deref(), Some("GET, POST"));
    let patch = ApiError::unsupported_media(None, "").with_header("accept-patch", "a, b");
    assert_eq!(header(patch, "accept-patch").as_deref(), Some("a, b"));
}

#[actix_web::test]
async fn causes_are_never_shown() {
    let cause = "/var/lib/secret: SELECT password";
    for error in [ApiError::internal, |cause| ApiError::unavailable("away").caused_by(cause)] {
        for accept in ["application/json", "text/html", "text/plain"] {
            let (_, _, body) = answered(error(cause), Some(accept)).await;
            assert!(!body.contains("secret") && !body.contains("SELECT"), "{body}");
        }
    }
}

#[actix_web::test]
async fn comments_are_shown_as_comments() {
    let error = ApiError::stock(Situation::HeaderTooLarge).commented("x-openstack-request-id is too long, max size 64");
    let (status, _, body) = answered(error, Some("application/json")).await;
    assert_eq!(status, 431);
    assert!(body.contains("<!-- x-openstack-request-id is too long, max size 64 -->"), "{body}");
}
