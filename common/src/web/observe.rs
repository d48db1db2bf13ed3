//! One log line and one set of figures for every request.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::ConnectionType;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, Version};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use bytes::Bytes;

use super::body::{ReceivedBytes, watch_payload};
use super::connection::{Connection, RequestInFlight};
use super::faults::NO_SNIFFING;
use super::health::Health;
use super::metrics::{Answered, Metrics};
use super::notes::RequestNotes;
use super::operations;
use super::sendfile::SentBytes;
use crate::logging;

/// Where access lines go, so that they can be filtered by name.
const LOG_TARGET: &str = "glance.access";
/// What is noted, as a status, for a client that left before there was an answer.
const CLIENT_GONE: u16 = 499;

/// What the middleware needs; one in each worker.
#[derive(Clone)]
pub(super) struct Observer {
    pub(super) metrics: Metrics,
    pub(super) health: Health,
}

/// The outermost middleware: counts the request until the last byte of its answer is on its way.
pub(super) async fn observe(
    observer: Observer,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut record = Record::begin(&observer, &request);
    record.received = watch_payload(&mut request);
    let draining = observer.health.is_draining();
    match next.call(request).await {
        Ok(mut response) => {
            record.take_from(&response);
            let (name, value) = NO_SNIFFING;
            response.headers_mut().insert(name, value);
            if draining {
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            Ok(response.map_body(|_, body| BoxBody::new(ObservedBody { body, record })))
        }
        Err(error) => {
            record.status = error.as_response_error().status_code().as_u16();
            Err(error)
        }
    }
}

/// The figures of one request, written down when it is dropped.
struct Record {
    metrics: Metrics,
    began: Instant,
    method: Method,
    version: Version,
    /// Without the query, which may hold what no log should.
    path: String,
    peer: String,
    route: Option<String>,
    status: u16,
    received: ReceivedBytes,
    sent: u64,
    sent_past_actix: SentBytes,
    notes: RequestNotes,
    _in_flight: Option<RequestInFlight>,
}

impl Record {
    fn begin(observer: &Observer, request: &ServiceRequest) -> Self {
        observer.metrics.request_began();
        let connection = request.conn_data::<Connection>();
        Self {
            metrics: observer.metrics.clone(),
            began: Instant::now(),
            method: request.method().clone(),
            version: request.version(),
            path: request.path().to_owned(),
            peer: request.peer_addr().map_or_else(|| "-".to_owned(), |peer| peer.ip().to_string()),
            route: None,
            status: CLIENT_GONE,
            received: ReceivedBytes::default(),
            sent: 0,
            sent_past_actix: SentBytes::default(),
            notes: RequestNotes::attach(request),
            _in_flight: connection.map(Connection::enter_request),
        }
    }

    fn take_from(&mut self, response: &ServiceResponse<BoxBody>) {
        self.status = response.status().as_u16();
        self.route = response.request().match_pattern();
        if let Some(sent) = response.request().extensions().get::<SentBytes>() {
            self.sent_past_actix = sent.clone();
        }
    }

    /// Operators scrape and probe every few seconds; that is no news.
    fn log_level(&self) -> log::Level {
        match operations::is_operation(&self.path) {
            true => log::Level::Debug,
            false => log::Level::Info,
        }
    }

    fn route_class(&self) -> &str {
        let noted = operations::class(&self.path).or(self.notes.route());
        noted.or(self.route.as_deref()).unwrap_or("unmatched")
    }

    fn log(&self, sent: u64, duration: Duration) {
        let client = self.notes.take_client();
        log::log!(
            target: LOG_TARGET,
            self.log_level(),
            "{} \"{} {} {:?}\" status: {} len: {sent} time: {:.6}",
            client.as_deref().unwrap_or(&self.peer),
            self.method,
            self.path,
            self.version,
            self.status,
            duration.as_secs_f64(),
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let duration = self.began.elapsed();
        let sent = self.sent + self.sent_past_actix.total();
        self.metrics.request_ended(&Answered {
            method: method_class(&self.method),
            route: self.route_class(),
            status: self.status,
            duration,
            received: self.received.total(),
            sent,
        });
        match self.notes.log() {
            Some(request) => logging::in_scope(request.clone(), || self.log(sent, duration)),
            None => self.log(sent, duration),
        }
    }
}

/// Methods that clients make up must not become label values.
fn method_class(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
}

/// A body that is counted; its record ends with it.
struct ObservedBody {
    body: BoxBody,
    record: Record,
}

impl MessageBody for ObservedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let chunk = Pin::new(&mut self.body).poll_next(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &chunk {
            self.record.sent += chunk.len() as u64;
        }
        chunk
    }
}
