//! A registry in memory, on a port of its own: enough of `/v3` for the use cases, with faults on demand.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use glance_common::model::{Image, ImageId, ImageStatus, Location, LocationStatus, Timestamp};
use glance_common::registry_api::{
    ErrorBody, ErrorCode, ErrorDetail, ImageDelete, ImageUpdate, Lease, LeaseList, LeaseRenewal, LocationsChange,
    NewImage, NewLease, Patch, headers,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};

type Fault = Box<dyn FnMut(&Method, &str, &mut State) -> Option<ErrorCode> + Send>;
type Refused = (ErrorCode, Map<String, serde_json::Value>);

/// What the registry knows.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) images: BTreeMap<String, Image>,
    pub(crate) leases: Vec<Lease>,
    /// Method and path of every call.
    pub(crate) calls: Vec<String>,
    /// Asked before every call: may change the state, or refuse.
    fault: Option<Fault>,
}

/// The registry.
#[derive(Clone)]
pub(crate) struct FakeRegistry {
    state: Arc<Mutex<State>>,
    pub(crate) port: u16,
}

impl FakeRegistry {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = HttpServer::new(move || {
            let state = Arc::clone(&shared);
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let state = Arc::clone(&state);
                async move { answer(&mut lock(&state), &request, &body) }
            }))
        });
        actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        Self { state, port }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn image(&self, id: &ImageId) -> Image {
        self.state().images[id.as_str()].clone()
    }

    pub(crate) fn on_call(&self, fault: impl FnMut(&Method, &str, &mut State) -> Option<ErrorCode> + Send + 'static) {
        self.state().fault = Some(Box::new(fault));
    }

    pub(crate) fn heal(&self) {
        self.state().fault = None;
    }

    /// Calls since the last time, without heartbeats.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    pub(crate) fn expire_leases(&self) {
        for lease in &mut self.state().leases {
            lease.expires_at = Timestamp::from_naive(lease.created_at.naive() - Duration::from_secs(1));
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let (method, path) = (request.method().clone(), request.path().to_owned());
    state.calls.push(format!("{method} {path}"));
    if let Some(mut fault) = state.fault.take() {
        let code = fault(&method, &path, state);
        state.fault = Some(fault);
        if let Some(code) = code {
            return refuse(code, Map::new());
        }
    }
    let segments: Vec<&str> = path.trim_start_matches("/v3/").split('/').collect();
    let outcome = match (method.as_str(), segments.as_slice()) {
        ("POST", ["images"]) => state.create(read(body)),
        ("POST", ["images", "search"]) => {
            let images: Vec<&Image> = state.images.values().filter(|image| !image.deleted).collect();
            Ok(HttpResponse::Ok().json(json!({"images": images})))
        }
        ("GET", ["images", id]) => state.live(id).map(|image| HttpResponse::Ok().json(shown(image, request))),
        ("PATCH", ["images", id]) => state.update(id, read(body)),
        ("DELETE", ["images", id]) => state.delete(id, &read(body)),
        ("DELETE", ["images", id, "locations", row]) => {
            state.live(id).map(|image| image.locations.retain(|at| at.id.to_string() != *row)).map(|()| no_content())
        }
        ("POST", ["leases"]) => state.take(read(body)).map(|lease| HttpResponse::Created().json(lease)),
        ("GET", ["leases"]) => Ok(HttpResponse::Ok().json(state.expired(request.query_string()))),
        ("PUT", ["leases", id]) | ("POST", ["leases", id, "claim"]) => {
            state.renew(id, &read(body), method == Method::POST)
        }
        ("DELETE", ["leases", id]) => state.end(id).map(|()| no_content()),
        _ => Err((ErrorCode::NoRoute, Map::new())),
    };
    outcome.unwrap_or_else(|(code, details)| refuse(code, details))
}

/// The image as the caller sees it: only administrators are told where the data of a deactivated one is.
fn shown(image: &Image, request: &HttpRequest) -> Image {
    let to_admin = request.headers().get(headers::IS_ADMIN).is_some_and(|value| value == "true");
    let mut image = image.clone();
    if image.status == ImageStatus::Deactivated && !to_admin {
        image.locations.clear();
    }
    image
}

fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn refuse(code: ErrorCode, details: Map<String, serde_json::Value>) -> HttpResponse {
    let error = ErrorDetail { code, message: format!("{code:?}"), details };
    HttpResponse::build(StatusCode::from_u16(code.http_status()).unwrap()).json(ErrorBody { error })
}

fn plain<T>(code: ErrorCode) -> Result<T, Refused> {
    Err((code, Map::new()))
}

fn ok(answer: &impl Serialize) -> Result<HttpResponse, Refused> {
    Ok(HttpResponse::Ok().json(answer))
}

impl State {
    fn live(&mut self, id: &str) -> Result<&mut Image, Refused> {
        let found = self.images.get_mut(id).filter(|image| !image.deleted);
        found.ok_or((ErrorCode::NotFound, Map::new()))
    }

    fn create(&mut self, new: NewImage) -> Result<HttpResponse, Refused> {
        let id = new.id.unwrap_or_else(ImageId::generate);
        if self.images.contains_key(id.as_str()) {
            return plain(ErrorCode::Duplicate);
        }
        let now = Timestamp::now();
        let image = json!({
            "id": id, "name": new.name, "status": new.status, "visibility": new.visibility, "owner": new.owner,
            "disk_format": new.disk_format, "container_format": new.container_format, "min_disk": new.min_disk,
            "min_ram": new.min_ram, "protected": new.protected, "os_hidden": new.os_hidden, "created_at": now,
            "updated_at": now, "properties": new.properties, "tags": new.tags, "version": 1,
        });
        self.images.insert(id.to_string(), serde_json::from_value(image.clone()).unwrap());
        ok(&image)
    }

    fn update(&mut self, id: &str, update: ImageUpdate) -> Result<HttpResponse, Refused> {
        let image = self.live(id)?.clone();
        if !update.from.is_empty() && !update.from.contains(&image.status) {
            let details = json!({"status": image.status});
            return Err((ErrorCode::Conflict, details.as_object().cloned().unwrap()));
        }
        if update.if_version.is_some_and(|version| version != image.version) {
            return plain(ErrorCode::Stale);
        }
        if let Some(lease) = &update.end_lease {
            self.end(lease)?;
        }
        if let Some(lease) = update.take_lease {
            self.take(lease)?;
        }
        let image = self.live(id)?;
        let set = update.set;
        apply(&mut image.name, set.name);
        apply(&mut image.status, set.status);
        apply(&mut image.visibility, set.visibility);
        apply(&mut image.size, set.size);
        apply(&mut image.virtual_size, set.virtual_size);
        apply(&mut image.checksum, set.checksum);
        apply(&mut image.os_hash_algo, set.os_hash_algo);
        apply(&mut image.os_hash_value, set.os_hash_value);
        apply(&mut image.min_ram, set.min_ram);
        for name in update.properties.remove {
            image.properties.remove(&name);
        }
        image.properties.extend(update.properties.set);
        if let Some(LocationsChange::Add(added)) = update.locations {
            for at in added {
                let id = image.locations.len() as i64 + 1;
                image.locations.push(Location { id, url: at.url, metadata: at.metadata, status: at.status });
            }
        }
        image.version += 1;
        ok(image)
    }

    fn delete(&mut self, id: &str, delete: &ImageDelete) -> Result<HttpResponse, Refused> {
        let image = self.live(id)?;
        let before = image.clone();
        if !delete.from.is_empty() && !delete.from.contains(&image.status) {
            return plain(ErrorCode::Conflict);
        }
        if image.protected && !delete.ignore_protection {
            return plain(ErrorCode::Protected);
        }
        if let Some(lease) = &delete.end_lease {
            self.end(lease)?;
        }
        let image = self.live(id)?;
        image.deleted = true;
        image.status = delete.status;
        let gone =
            if delete.status == ImageStatus::Deleted { LocationStatus::Deleted } else { LocationStatus::PendingDelete };
        for location in &mut image.locations {
            location.status = gone;
        }
        ok(&before)
    }

    fn take(&mut self, new: NewLease) -> Result<Lease, Refused> {
        let now = Timestamp::now();
        if self.leases.iter().any(|lease| lease.resource == new.resource && lease.expires_at > now) {
            return plain(ErrorCode::LeaseHeld);
        }
        let expires_at = Timestamp::from_naive(now.naive() + Duration::from_secs(new.seconds.into()));
        let NewLease { id, kind, resource, image_id, holder, detail, .. } = new;
        let lease = Lease { id, kind, resource, image_id, holder, created_at: now, expires_at, detail };
        self.leases.push(lease.clone());
        Ok(lease)
    }

    fn expired(&self, query: &str) -> LeaseList {
        let now = Timestamp::now();
        let wanted = |lease: &&Lease| query.contains(&format!("kind={}", lease.kind)) && lease.expires_at <= now;
        LeaseList { leases: self.leases.iter().filter(wanted).cloned().collect() }
    }

    fn renew(&mut self, id: &str, renewal: &LeaseRenewal, claim: bool) -> Result<HttpResponse, Refused> {
        let now = Timestamp::now();
        let Some(lease) = self.leases.iter_mut().find(|lease| lease.id == id) else {
            return plain(ErrorCode::LeaseLost);
        };
        if claim && lease.expires_at > now {
            return plain(ErrorCode::LeaseHeld);
        }
        if !claim && lease.holder != renewal.holder {
            return plain(ErrorCode::LeaseLost);
        }
        lease.holder.clone_from(&renewal.holder);
        lease.expires_at = Timestamp::from_naive(now.naive() + Duration::from_secs(renewal.seconds.into()));
        ok(lease)
    }

    fn end(&mut self, id: &str) -> Result<(), Refused> {
        let before = self.leases.len();
        self.leases.retain(|lease| lease.id != id);
        if self.leases.len() == before { plain(ErrorCode::LeaseLost) } else { Ok(()) }
    }
}

fn apply<T>(field: &mut T, patch: Patch<T>) {
    if let Patch::Set(value) = patch {
        *field = value;
    }
}
