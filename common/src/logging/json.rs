//! Events as JSON, with the keys of oslo's JSON formatter that mean something here.

use serde_json::json;

use super::event::{Event, level_name, level_number};

/// One event as one line of JSON, without a line feed. `time` is the event's time as configured.
pub(super) fn line(event: &Event<'_>, program: &str, hostname: &str, time: &str) -> String {
    let context = event.request.as_ref().map(|request| {
        let who = request.identity().cloned().unwrap_or_default();
        json!({
            "request_id": request.request_id(),
            "global_request_id": request.global_request_id(),
            "user": who.user,
            "project": who.project,
            "domain": who.domain,
            "user_domain": who.user_domain,
            "project_domain": who.project_domain,
        })
    });
    json!({
        "message": event.message,
        "asctime": time,
        "name": event.name,
        "levelname": level_name(event.level),
        "levelno": level_number(event.level),
        "pathname": event.file,
        "filename": event.file.rsplit('/').next(),
        "module": event.module,
        "lineno": event.line,
        "created": event.time.timestamp_micros() as f64 / 1e6,
        "msecs": event.time.timestamp_subsec_millis(),
        "thread_name": std::thread::current().name(),
        "process_name": program,
        "process": std::process::id(),
        "hostname": hostname,
        "context": context.unwrap_or_else(|| json!({})),
    })
    .to_string()
}
