//! Handlers of image data: `/v2/images/{image_id}/file`.
//!
//! Beside what the original answers, downloads carry a strong `ETag` (the digest of the data) and honour
//! `If-None-Match` and `If-Range`, so that clients can go on with a broken download safely.

use std::io;

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use glance_common::http::conditional::{if_range_holds, none_match_hits};
use glance_common::http::range::{self, requested_part};
use glance_common::model::Image;
use glance_common::web::sendfile::file_body;

use crate::api::body::with_stream;
use crate::api::{Answer, Call};
use crate::error::ApiError;
use crate::service::download::{Download, begin_download};
use crate::service::upload::{DataUpload, upload_data as store_data};
use crate::stores::{ByteRange, ByteStream, ReadBody, Reading};

/// `PUT /v2/images/{image_id}/file`
pub(crate) async fn upload_data(call: Call) -> Answer {
    let content_type = call.header("content-type").map(str::to_owned);
    check_content_type(content_type.as_deref())?;
    let announced = announced_size(&call)?;
    let store = call.header("x-image-meta-store").map(str::to_owned);
    let id = call.param("image_id").to_owned();
    let Call { app, context, payload, .. } = call;
    with_stream(payload, app.ingestor.buffers(), |body| {
        let upload = DataUpload { announced, store, content_type, body };
        store_data(&context, &app, &id, upload)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /v2/images/{image_id}/file`
pub(crate) async fn download_data(call: Call) -> Answer {
    let prefer = call.query.iter().find(|(key, _)| key == "prefer").map(|(_, value)| value.as_str());
    let download = begin_download(&call.context, &call.app, call.param("image_id"), prefer).await?;
    if !download.has_locations() {
        // Nothing has no part, but what is no range at all is told.
        range_of(&call, u64::MAX)?;
        return Ok(HttpResponse::NoContent().finish());
    }
    let tag = entity_tag(&download.image);
    if let (Some(header), Some(tag)) = (call.header("if-none-match"), &tag)
        && none_match_hits(header, tag)
    {
        return Ok(HttpResponse::NotModified().insert_header(("etag", tag.as_str())).finish());
    }
    let part = wanted_part(&call, &download, tag.as_deref())?;
    let range = part.as_ref().map(|part| ByteRange { offset: part.first, length: part.len() });
    match download.open(&call.app, range).await? {
        Some(reading) => Ok(data_answer(&call.http, &download.image, part, tag, reading)),
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// # Errors
/// 415 for anything but plain bytes; parameters do not matter.
fn check_content_type(content_type: Option<&str>) -> Result<(), ApiError> {
    let media_type = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
    if media_type.is_some_and(|text| text.eq_ignore_ascii_case("application/octet-stream")) {
        return Ok(());
    }
    let detail = format!("Invalid content type {}", media_type.unwrap_or("None"));
    Err(ApiError::unsupported_media(content_type, detail))
}

/// The size that the client announces, by its own header or by the length of the body; 0 says nothing.
///
/// # Errors
/// 400 for a header that is no number.
fn announced_size(call: &Call) -> Result<Option<u64>, ApiError> {
    const OWN_HEADER: &str = "x-openstack-image-size";
    let size = if call.http.headers().contains_key(OWN_HEADER) {
        let number = call.header(OWN_HEADER).and_then(|text| text.trim().parse().ok());
        Some(number.ok_or_else(|| ApiError::bad_request("Invalid or missing image size in request headers."))?)
    } else {
        call.header("content-length").and_then(|text| text.trim().parse().ok())
    };
    Ok(size.filter(|size| *size > 0))
}

/// A strong tag: an image that was active never has other bytes, so their digest names them.
fn entity_tag(image: &Image) -> Option<String> {
    let digest = image.os_hash_value.as_deref().or(image.checksum.as_deref())?;
    Some(format!("\"{digest}\""))
}

/// The part that is asked for; none for all of it. A part is only sent of the data that `If-Range` names.
///
/// # Errors
/// 400 and 416 (images-v2 §9.6).
fn wanted_part(call: &Call, download: &Download, tag: Option<&str>) -> Result<Option<range::ByteRange>, ApiError> {
    let Some(size) = download.image.size.and_then(|size| u64::try_from(size).ok()) else {
        return Ok(None);
    };
    if call.header("if-range").is_some_and(|header| !if_range_holds(header, tag)) {
        return Ok(None);
    }
    range_of(call, size)
}

fn range_of(call: &Call, size: u64) -> Result<Option<range::ByteRange>, ApiError> {
    requested_part(call.header("range"), call.header("content-range"), size).map_err(|error| {
        let text = error.to_string();
        if error.status() == 400 { ApiError::bad_request(text) } else { ApiError::range_not_satisfiable_detail(text) }
    })
}

fn data_answer(
    request: &HttpRequest,
    image: &Image,
    part: Option<range::ByteRange>,
    tag: Option<String>,
    reading: Reading,
) -> HttpResponse {
    let whole = image.size.and_then(|size| u64::try_from(size).ok());
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = part.as_ref().map(range::ByteRange::len).or(whole).or(reading.size);
    let content_range = part.zip(whole).map(|(part, whole)| part.content_range(whole));
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/octet-stream");
    let headers = [("content-md5", image.checksum.clone()), ("etag", tag), ("content-range", content_range)];
    for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        answer.insert_header((name, value));
    }
    finish(answer, request, length, reading.body)
}

/// A body that ends before its announced length breaks the connection, so that the client notices.
fn finish(mut answer: HttpResponseBuilder, request: &HttpRequest, length: Option<u64>, body: ReadBody) -> HttpResponse {
    match (body, length) {
        (ReadBody::File { file, offset, length: given }, length) => {
            let length = length.unwrap_or(given);
            answer.no_chunking(length).body(file_body(request, file, offset, length))
        }
        (ReadBody::Stream(stream), Some(length)) => {
            answer.body(BoxBody::new(SizedStream::new(length, exactly(stream, length))))
        }
        (ReadBody::Stream(stream), None) => {
            let stream = stream.map(|chunk| chunk.map_err(io::Error::other));
            answer.body(BoxBody::new(BodyStream::new(stream)))
        }
    }
}

/// The first `length` bytes of a stream; an error where it has fewer.
fn exactly(stream: ByteStream, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((stream, length), |(mut stream, left)| async move {
        if left == 0 {
            return None;
        }
        match stream.next().await {
            Some(Ok(mut chunk)) => {
                chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                let left = left - chunk.len() as u64;
                Some((Ok(chunk), (stream, left)))
            }
            Some(Err(error)) => Some((Err(io::Error::other(error)), (stream, 0))),
            None => Some((Err(io::ErrorKind::UnexpectedEof.into()), (stream, 0))),
        }
    })
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::stores::BodyError;

    #[test]
    fn only_plain_bytes_are_taken() {
        let table = [
            (Some("application/octet-stream"), None),
            (Some("Application/Octet-Stream; x=y"), None),
            (Some("application/json"), Some("Invalid content type application/json")),
            (None, Some("Invalid content type None")),
        ];
        for (content_type, wanted) in table {
            let refusal = check_content_type(content_type).err();
            assert_eq!(refusal.as_ref().and_then(ApiError::detail), wanted);
        }
    }

    #[actix_web::test]
    async fn a_stream_is_as_long_as_announced_or_fails() {
        let run = async |chunks: Vec<Result<&'static [u8], BodyError>>, length| {
            let chunks = chunks.into_iter().map(|chunk| chunk.map(Bytes::from_static));
            let mut stream = Box::pin(exactly(Box::pin(stream::iter(chunks)), length));
            let mut bytes = Vec::new();
            while let Some(chunk) = stream.next().await {
                match chunk {
                    Ok(chunk) => bytes.extend_from_slice(&chunk),
                    Err(error) => return Err(error.kind()),
                }
            }
            Ok(String::from_utf8(bytes).unwrap())
        };
        assert_eq!(run(vec![Ok(b"abc"), Ok(b"def")], 6).await, Ok("abcdef".into()));
        assert_eq!(run(vec![Ok(b"abc"), Ok(b"def")], 4).await, Ok("abcd".into()));
        assert_eq!(run(vec![Ok(b"abc")], 4).await, Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(run(vec![Ok(b"abc"), Err(BodyError::Source)], 6).await, Err(io::ErrorKind::Other));
    }
}
