//! Tables of refused requests: each row says which answer it wants and which words tell the client what is wrong.

use glance_tests::{Answer, Body, Client};

use super::Stage;

/// One refused request.
pub(super) struct Row {
    /// What is wrong with it.
    title: &'static str,
    /// Method and target; `{queued}` and `{active}` stand for the images of the stage, `{a*300}` for 300 times `a`.
    line: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    /// The status that must come.
    status: u16,
    /// Words that the message must have.
    says: &'static str,
}

/// A row without headers of its own.
pub(super) const fn row(
    title: &'static str,
    line: &'static str,
    body: &'static str,
    status: u16,
    says: &'static str,
) -> Row {
    Row { title, line, headers: &[], body, status, says }
}

impl Row {
    /// With headers.
    pub(super) const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }
}

/// A POST that is to create an image.
pub(super) const fn create(title: &'static str, body: &'static str, status: u16, says: &'static str) -> Row {
    row(title, "POST /v2/images", body, status, says)
}

/// A PATCH of the queued image in the newer dialect.
pub(super) const fn change(title: &'static str, body: &'static str, status: u16, says: &'static str) -> Row {
    row(title, "PATCH /v2/images/{queued}", body, status, says)
        .with(&[("Content-Type", "application/openstack-images-v2.1-json-patch")])
}

/// A PATCH of the queued image in the older dialect.
pub(super) const fn old_change(title: &'static str, body: &'static str, status: u16, says: &'static str) -> Row {
    row(title, "PATCH /v2/images/{queued}", body, status, says)
        .with(&[("Content-Type", "application/openstack-images-v2.0-json-patch")])
}

/// A GET.
pub(super) const fn get(title: &'static str, line: &'static str, status: u16, says: &'static str) -> Row {
    row(title, line, "", status, says)
}

/// Sends all rows as the owner of the stage's images, and fails with all that went wrong.
pub(super) fn run(rows: &[Row]) {
    let stage = Stage::new();
    let faults: Vec<String> = rows.iter().filter_map(|row| check(&stage, &stage.owner, row)).collect();
    stage.end(&faults, rows.len());
}

fn check(stage: &Stage, client: &Client, row: &Row) -> Option<String> {
    let line = repeated(&stage.fill(row.line));
    let (method, target) = line.split_once(' ')?;
    let mut call = client.request(method, target).header("Accept", "application/json");
    if !row.body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
        call = call.body(Body::Bytes(repeated(&stage.fill(row.body)).into_bytes()));
    }
    for (name, value) in row.headers {
        call = call.header(name, &repeated(value));
    }
    let fault = match call.try_send() {
        Ok(answer) => stage.fault(&answer, &[row.status]).or_else(|| silent(&answer, &stage.fill(row.says))),
        Err(error) => Some(format!("no answer: {error}")),
    };
    fault.map(|fault| format!("* {}: {}\n  {fault}", row.title, line.chars().take(200).collect::<String>()))
}

/// The fault of an answer that does not name what is wrong.
fn silent(answer: &Answer, says: &str) -> Option<String> {
    let json: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    let message = json.as_ref().and_then(|body| body["message"].as_str()).map_or_else(|| answer.text(), str::to_owned);
    (!message.contains(says)).then(|| format!("{says:?} wanted: {answer}"))
}

/// Replaces each `{text*count}`.
pub(super) fn repeated(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        whole.push_str(before);
        // the innermost braces count: those around are JSON
        let closed = after.split_once('}').filter(|(inside, _)| !inside.contains('{'));
        let piece = closed.and_then(|(inside, after)| {
            let (piece, count) = inside.rsplit_once('*')?;
            Some((piece.repeat(count.parse().ok()?), after))
        });
        match piece {
            Some((piece, after)) => {
                whole.push_str(&piece);
                rest = after;
            }
            None => {
                whole.push('{');
                rest = after;
            }
        }
    }
    whole + rest
}

#[test]
fn repetitions_are_written_out() {
    assert_eq!(repeated(r#"{"a": "{ab*3}", "{}": {x}}"#), r#"{"a": "ababab", "{}": {x}}"#);
}
