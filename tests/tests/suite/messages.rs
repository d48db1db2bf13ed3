//! Refusals in the language that the client prefers.

use glance_tests::{Client, Cloud};
use serde_json::json;

/// What a missing image is answered with to a client with this `Accept-Language`.
fn missing(client: &Client, language: &str) -> String {
    let call = client.get("/v2/images/42").header("Accept", "application/json");
    let call = if language.is_empty() { call } else { call.header("Accept-Language", language) };
    let answer = call.send().expect(404);
    assert_eq!(answer.header("content-language"), None, "the original sends none");
    let body = answer.json();
    assert_eq!(
        (&body["code"], &body["title"]),
        (&json!("404 Not Found"), &json!("Not Found")),
        "these are for programs"
    );
    body["message"].as_str().unwrap_or_default().trim_end_matches("<br /><br />\n\n\n").to_owned()
}

#[test]
fn the_language_follows_the_qualities() {
    let cloud = Cloud::builder().start();
    let member = cloud.as_member("p1");
    let (english, german, chinese) =
        ("No image found with ID 42", "Es gibt kein Abbild mit der ID 42", "找不到 ID 为 42 的镜像");
    let table = [
        ("", english),
        ("en-US,en;q=0.5", english),
        ("de", german),
        ("de-AT, en;q=0.9", german),
        ("en;q=0.3, de;q=0.8, zh;q=0.5", german),
        ("zh-CN,zh;q=0.9,en;q=0.8", chinese),
        ("zh_CN", chinese),
        ("fr, zh-Hans;q=0.2", chinese),
        ("fr", english),
        ("zh-TW", english),
        ("de;q=0, *", english),
        ("de;q=2", english),
        (";;,=q", english),
    ];
    for (language, message) in table {
        assert_eq!(missing(&member, language), message, "Accept-Language: {language}");
    }
}

#[test]
fn all_kinds_of_refusals_are_told_in_other_languages() {
    let cloud = Cloud::builder().start();
    let (member, nobody) = (cloud.as_member("p1"), cloud.as_nobody());
    let long = "x".repeat(20_000);
    let table = [
        (nobody.get("/v2/images"), 401, "Der Server konnte nicht feststellen"),
        (member.get("/v2/nowhere"), 404, "Die Ressource wurde nicht gefunden."),
        (member.request("PUT", "/v2/images"), 405, "Die Methode PUT ist für diese Ressource nicht erlaubt."),
        (member.get("/v2/images?limit=x"), 400, "Der Parameter limit muss eine ganze Zahl sein"),
        (member.post("/v2/images", &json!({"size": 1})), 403, "Das Attribut &#x27;size&#x27; kann nur gelesen werden."),
        (
            member.post("/v2/images", &json!({"visibility": "public"})),
            403,
            "Sie sind nicht berechtigt, die Aktion publicize_image auszuführen.",
        ),
        (member.post("/v2/images", &json!({"min_ram": "a"})), 400, "Das übergebene Objekt entspricht nicht dem Schema"),
        (member.get("/v2/images").header("X-Long", &long), 431, "weil ihre Kopfzeilen zu groß sind"),
    ];
    for (call, status, part) in table {
        let answer = call.header("Accept-Language", "de").header("Accept", "text/html").send().expect(status);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=UTF-8"));
        assert!(answer.text().contains(part), "{answer}");
    }
}

#[test]
fn values_from_outside_stay_what_they_are() {
    let cloud = Cloud::builder().start();
    let member = cloud.as_member("p1");
    let call = member.get("/v2/images?sort_key=%3Cb%3E").header("Accept-Language", "zh");
    let page = call.clone().header("Accept", "text/html").send().expect(400).text();
    assert!(page.contains("排序键无效：&lt;b&gt;。"), "{page}");
    let document = call.header("Accept", "application/json").send().expect(400).json();
    assert!(document["message"].as_str().is_some_and(|text| text.starts_with("排序键无效：<b>。")), "{document}");
}
