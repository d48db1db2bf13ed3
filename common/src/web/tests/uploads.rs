//! Bodies of requests on their way to a handler.

use actix_web::web::Payload;
use futures_util::StreamExt;
use ring::digest::{Context, SHA256, digest};

use super::*;
use crate::web::intake::BURST;

/// Reads a body, slowly if asked to, and tells its digest and its longest chunk.
pub(super) async fn examine(request: HttpRequest, mut payload: Payload) -> HttpResponse {
    let is_slow = request.query_string() == "slow";
    let (mut context, mut longest) = (Context::new(&SHA256), 0);
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return HttpResponse::BadRequest().finish() };
        longest = longest.max(chunk.len());
        context.update(&chunk);
        if is_slow {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
    HttpResponse::Ok().body(format!("{} {longest}", hex::encode(context.finish())))
}

fn chunked(data: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for piece in data.chunks(100_000) {
        body.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        body.extend_from_slice(piece);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

#[actix_web::test]
async fn bodies_of_any_length_arrive_whole_and_in_short_chunks() {
    let site = Site::start(10).await;
    for length in [0, 1, BURST - 100, BURST, BURST + 1, 3_000_000] {
        let data = noise(length);
        let expected = hex::encode(digest(&SHA256, &data));
        let framings = [
            (format!("Content-Length: {length}"), data.clone()),
            ("Transfer-Encoding: chunked".to_owned(), chunked(&data)),
        ];
        for (header, body) in framings {
            let mut client = site.connect().await;
            // The second request shows that the connection is read on after a body.
            for pace in ["slow", "fast"] {
                let head = format!("POST /examine?{pace} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
                client.send([head.as_bytes(), &body].concat()).await;
                let answer = client.answer().await.text();
                let (digest, longest) = answer.split_once(' ').unwrap();
                assert_eq!(digest, expected, "{length} bytes, {header}, {pace}");
                assert!(longest.parse::<usize>().unwrap() <= BURST, "{longest}");
            }
        }
    }
    site.stop().await;
}

#[actix_web::test]
async fn framing_that_is_longer_than_the_data_hangs_nobody() {
    let site = Site::start(10).await;
    let mut client = site.connect().await;
    let extension = "x".repeat(3 * BURST);
    let head = "POST /examine HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = format!("5;a={extension}\r\nhello\r\n0\r\n\r\n");
    // A server that refuses may close before everything is sent.
    let _ = client.stream.write_all(format!("{head}{body}").as_bytes()).await;
    let (status, _) = client.head().await;
    assert!([200, 400, 413, 431].contains(&status), "{status}");
    site.stop().await;
}

#[actix_web::test]
async fn a_body_that_nobody_reads_does_not_block_the_connection() {
    let site = Site::start(10).await;
    let mut client = site.connect().await;
    let body = noise(200_000);
    let head = format!("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = client.stream.write_all(&[head.as_bytes(), &body].concat()).await;
    assert_eq!(client.answer().await.status, 404);
    site.stop().await;
}
