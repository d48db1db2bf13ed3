//! `/healthcheck`, `/readyz` and `/metrics`: answered before everything else, to anybody.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use super::health::Health;
use super::metrics::Metrics;
use super::process::ProcessFigures;
use crate::http::accept::best_offer;

/// What the middleware needs; one in each worker.
#[derive(Clone)]
pub(super) struct Operations {
    pub(super) health: Health,
    pub(super) metrics: Metrics,
}

/// The operators' path that this path belongs to, if any.
pub(super) fn class(path: &str) -> Option<&'static str> {
    match path {
        "/readyz" => Some("/readyz"),
        "/metrics" => Some("/metrics"),
        path if is_healthcheck(path) => Some("/healthcheck"),
        _ => None,
    }
}

/// Whether this path is answered here.
pub(super) fn is_operation(path: &str) -> bool {
    class(path).is_some()
}

/// As in Glance, everything below the path is the check too.
fn is_healthcheck(path: &str) -> bool {
    path.strip_prefix("/healthcheck").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers the operators' paths and hands on the others.
pub(super) async fn operations(
    operations: Operations,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answer = match class(request.path()) {
        None => return next.call(request).await,
        Some("/healthcheck") => operations.healthcheck(&request).await,
        Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, HEAD")).finish()
        }
        Some("/readyz") => operations.readyz().await,
        Some(_) => operations.metrics().await,
    };
    Ok(request.into_response(answer))
}

impl Operations {
    /// Glance's own answer, in the form that `Accept` prefers: text, HTML or JSON.
    async fn healthcheck(&self, request: &ServiceRequest) -> HttpResponse {
        let disabled = self.health.is_disabled().await;
        let reason = if disabled { "DISABLED BY FILE" } else { "OK" };
        if request.method() == Method::HEAD {
            let status = if disabled { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT };
            return HttpResponse::new(status);
        }
        let status = if disabled { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        let accept = request.headers().get(ACCEPT).map_or("", |accept| accept.to_str().unwrap_or_default());
        let offers = ["text/plain", "text/html", "application/json"];
        let (content_type, body) = match best_offer(accept, &offers) {
            Some(1) => ("text/html; charset=UTF-8", healthcheck_page(reason)),
            Some(2) => ("application/json", healthcheck_json(reason)),
            _ => ("text/plain; charset=UTF-8", reason.to_owned()),
        };
        HttpResponse::build(status).insert_header((CONTENT_TYPE, content_type)).body(body)
    }

    async fn readyz(&self) -> HttpResponse {
        let readiness = self.health.readiness().await;
        let status = match readiness.ready {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        HttpResponse::build(status).json(readiness)
    }

    async fn metrics(&self) -> HttpResponse {
        let process = tokio::task::spawn_blocking(ProcessFigures::read).await.unwrap_or_default();
        match self.metrics.render(&process) {
            Ok(text) => {
                HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(text)
            }
            Err(error) => {
                log::error!("the metrics cannot be shown: {error}");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

fn healthcheck_json(reason: &str) -> String {
    format!("{{\n    \"detailed\": false,\n    \"reasons\": [\n        \"{reason}\"\n    ]\n}}")
}

fn healthcheck_page(reason: &str) -> String {
    format!(
        "<HTML>\n<HEAD><TITLE>Healthcheck Status</TITLE></HEAD>\n<BODY>\n\
         <H2>Result of 1 checks:</H2>\n<TABLE border=\"1\">\n\
         <TR><TH>Reason</TH></TR>\n<TR><TD>{reason}</TD></TR>\n</TABLE>\n</BODY>\n</HTML>"
    )
}
