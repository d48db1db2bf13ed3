//! Bytes that are no proper HTTP.

use std::time::Duration;

use glance_tests::eventually;

use super::Stage;

/// What may come back.
#[derive(Clone, Copy)]
enum Wanted {
    /// One of these statuses.
    Status(&'static [u16]),
    /// A refusal, or the end of the connection without an answer.
    RefusedOrClosed,
}
use Wanted::{RefusedOrClosed, Status};

const IDENTITY: &str =
    "Host: x\r\nX-Identity-Status: Confirmed\r\nX-Roles: member,reader\r\nX-Project-Id: p1\r\nX-User-Id: u\r\n";

/// Title, bytes (`{who}` stands for host and identity), what may come back.
const ROWS: &[(&str, &str, Wanted)] = &[
    ("no HTTP at all", "hello\r\n\r\n", RefusedOrClosed),
    ("binary noise", "\u{1}\u{2}\u{3}\u{0}\r\n\r\n", RefusedOrClosed),
    ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n", RefusedOrClosed),
    ("only line breaks", "\r\n\r\n\r\n\r\n", RefusedOrClosed),
    ("request line without path", "GET\r\n{who}\r\n", RefusedOrClosed),
    ("request line without version", "GET /v2/images\r\n{who}\r\n", RefusedOrClosed),
    ("unknown protocol version", "GET /v2/images HTTP/9.9\r\n{who}\r\n", RefusedOrClosed),
    ("blanks in the path", "GET /v2/ima ges HTTP/1.1\r\n{who}\r\n", RefusedOrClosed),
    ("control character in the path", "GET /v2/\u{1}images HTTP/1.1\r\n{who}\r\n", RefusedOrClosed),
    ("header without colon", "GET /v2/images HTTP/1.1\r\n{who}Broken\r\n\r\n", RefusedOrClosed),
    ("header without name", "GET /v2/images HTTP/1.1\r\n{who}: x\r\n\r\n", RefusedOrClosed),
    ("blank before the colon", "GET /v2/images HTTP/1.1\r\n{who}Name : x\r\n\r\n", RefusedOrClosed),
    ("NUL in a header", "GET /v2/images HTTP/1.1\r\n{who}Name: a\u{0}b\r\n\r\n", RefusedOrClosed),
    ("length that is a word", "POST /v2/images HTTP/1.1\r\n{who}Content-Length: many\r\n\r\n{}", RefusedOrClosed),
    ("negative length", "POST /v2/images HTTP/1.1\r\n{who}Content-Length: -1\r\n\r\n{}", RefusedOrClosed),
    ("length with a sign", "POST /v2/images HTTP/1.1\r\n{who}Content-Length: +2\r\n\r\n{}", RefusedOrClosed),
    ("hexadecimal length", "POST /v2/images HTTP/1.1\r\n{who}Content-Length: 0x2\r\n\r\n{}", RefusedOrClosed),
    (
        "length beyond 64 bits",
        "POST /v2/images HTTP/1.1\r\n{who}Content-Length: 99999999999999999999999\r\n\r\n{}",
        RefusedOrClosed,
    ),
    (
        "two lengths",
        "POST /v2/images HTTP/1.1\r\n{who}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        RefusedOrClosed,
    ),
    (
        "length and chunks",
        "POST /v2/images HTTP/1.1\r\n{who}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        RefusedOrClosed,
    ),
    ("unknown transfer coding", "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: zip\r\n\r\n{}", RefusedOrClosed),
    (
        "chunked twice",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        RefusedOrClosed,
    ),
    (
        "chunk size that is a word",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
        RefusedOrClosed,
    ),
    (
        "chunk size beyond 64 bits",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        RefusedOrClosed,
    ),
    (
        "chunk longer than said",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
        RefusedOrClosed,
    ),
    (
        "chunk without its end",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n",
        RefusedOrClosed,
    ),
    (
        "negative chunk size",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        RefusedOrClosed,
    ),
    (
        "body shorter than its length",
        "POST /v2/images HTTP/1.1\r\n{who}Content-Length: 500\r\n\r\n{\"name\":",
        RefusedOrClosed,
    ),
    (
        "chunks that stop",
        "POST /v2/images HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\n5\r\n{\"nam",
        RefusedOrClosed,
    ),
    (
        "upload shorter than its length",
        "PUT /v2/images/{queued}/file HTTP/1.1\r\n{who}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\nshort",
        RefusedOrClosed,
    ),
    (
        "upload of a chunk that is a lie",
        "PUT /v2/images/{queued}/file HTTP/1.1\r\n{who}Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n",
        RefusedOrClosed,
    ),
    ("unknown method on a known path", "BREW /v2/images HTTP/1.1\r\n{who}\r\n", Status(&[405, 501])),
    ("method of a thousand letters", "{long} /v2/images HTTP/1.1\r\n{who}\r\n", RefusedOrClosed),
    ("path of a megabyte", "GET /{megabyte} HTTP/1.1\r\n{who}\r\n", RefusedOrClosed),
    ("header of a megabyte", "GET /v2/images HTTP/1.1\r\n{who}X-Long: {megabyte}\r\n\r\n", RefusedOrClosed),
    ("ten thousand headers", "GET /v2/images HTTP/1.1\r\n{who}{headers}\r\n", RefusedOrClosed),
    (
        "header of twenty kilobytes",
        "GET /v2/images HTTP/1.1\r\n{who}X-Long: {long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}{long}\r\n\r\n",
        RefusedOrClosed,
    ),
];

#[test]
fn broken_framing_is_refused_and_never_obeyed() {
    let stage = Stage::new();
    let mut faults = Vec::new();
    let headers: String = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    for (title, text, wanted) in ROWS {
        let text = stage.fill(text);
        let text = text.replace("{who}", IDENTITY).replace("{long}", &"A".repeat(1000));
        let text = text.replace("{megabyte}", &"a".repeat(1 << 20)).replace("{headers}", &headers);
        let mut connection = stage.owner.address.connect().expect("a connection");
        // the server may close while we still write
        let _ = connection.write(text.as_bytes());
        connection.finish_writing();
        let fault = match (connection.answer(false), wanted) {
            (Ok(answer), Status(allowed)) => stage.fault(&answer, allowed),
            (Ok(answer), RefusedOrClosed) => {
                let refusals: Vec<u16> = (400..500).chain([501, 505]).collect();
                stage.fault(&answer, &refusals).map(|_| format!("a refusal wanted: {answer}"))
            }
            (Err(_), RefusedOrClosed) => None,
            (Err(error), Status(_)) => Some(format!("no answer: {error}")),
        };
        faults.extend(fault.map(|fault| format!("* {title}\n  {fault}")));
    }
    let listed = stage.owner.get("/v2/images").send().expect(200).json();
    assert_eq!(listed["images"].as_array().map(Vec::len), Some(2), "a broken request was obeyed: {listed}");
    eventually(Duration::from_secs(15), "the status queued", || {
        (stage.owner.status(&stage.queued) == "queued").then_some(())
    });
    stage.end(&faults, ROWS.len());
}

#[test]
fn slow_head_does_not_keep_others_waiting() {
    let stage = Stage::new();
    let idle: Vec<_> = (0..300).filter_map(|_| stage.owner.address.connect().ok()).collect();
    let mut slow: Vec<_> = (0..50).filter_map(|_| stage.owner.address.connect().ok()).collect();
    for connection in &mut slow {
        connection.write(b"GET /v2/images HTTP/1.1\r\nHost").expect("half a head");
    }
    for _ in 0..20 {
        stage.owner.get("/v2/images").send().expect(200);
    }
    drop(idle);
    stage.end(&[], slow.len());
}
