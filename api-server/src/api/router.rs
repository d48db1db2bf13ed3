//! The route table's machinery: which handler serves a path and a method, and what `Allow` says otherwise
//! (images-v2 §1.6).

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::Method;
use futures_util::future::LocalBoxFuture;

use super::call::{Call, Params};
use crate::error::{ApiError, Situation};

/// What a handler gives back: the answer, or the refusal that [`super::error_response`] renders.
pub type Answer = Result<HttpResponse, ApiError>;

type Handler = Box<dyn Fn(Call) -> LocalBoxFuture<'static, Answer> + Send + Sync>;

/// Methods that exist. Others get 501 on unknown paths.
const KNOWN: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

/// One line of the route table.
pub struct Route {
    method: Method,
    path: &'static str,
    handler: Handler,
    rejects_body: bool,
    allow: Allow,
}

/// What the `Allow` header of the path says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allow {
    /// The methods of all lines with this path, in table order.
    Derived,
    /// This text.
    Exactly(&'static str),
    /// Other methods are answered as if the path were unknown.
    Never,
}

/// A line of the table: `path` has `{names}` for whole segments; `handler` is an `async fn(Call) -> Answer`.
pub fn route<F, Fut>(method: Method, path: &'static str, handler: F) -> Route
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + 'static,
{
    let handler: Handler = Box::new(move |call| Box::pin(handler(call)));
    Route { method, path, handler, rejects_body: false, allow: Allow::Derived }
}

impl Route {
    /// Refuses a request with a body (400), before the handler runs.
    #[must_use]
    pub fn rejects_body(mut self) -> Self {
        self.rejects_body = true;
        self
    }

    /// The path's `Allow` header is this text, whatever its methods are.
    #[must_use]
    pub fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Allow::Exactly(methods);
        self
    }

    /// Other methods on the path are 404, not 405.
    #[must_use]
    pub fn others_not_found(mut self) -> Self {
        self.allow = Allow::Never;
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its `{names}`.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Does the route refuse a body?
    #[must_use]
    pub fn refuses_body(&self) -> bool {
        self.rejects_body
    }

    /// Runs the handler.
    pub fn run(&self, call: Call) -> LocalBoxFuture<'static, Answer> {
        (self.handler)(call)
    }
}

/// All lines of one path.
struct Resource {
    segments: Vec<Segment>,
    routes: Vec<Route>,
}

/// One segment of a path.
#[derive(PartialEq, Eq)]
enum Segment {
    Word(&'static str),
    Name(&'static str),
}

/// The table, grouped by path.
pub struct Router {
    resources: Vec<Resource>,
}

impl Router {
    /// Groups the lines by path; the order of paths decides where two match.
    #[must_use]
    pub fn new(table: Vec<Route>) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in table {
            match resources.iter_mut().find(|resource| resource.routes.iter().any(|r| r.path == route.path)) {
                Some(resource) => resource.routes.push(route),
                None => resources.push(Resource { segments: segments(route.path), routes: vec![route] }),
            }
        }
        Self { resources }
    }

    /// The route for a method and a decoded path.
    ///
    /// # Errors
    /// 405 with `Allow`, 404 or 501.
    pub fn find(&self, method: &Method, path: &str) -> Result<(&Route, Params), ApiError> {
        let Some((resource, params)) = self.resources.iter().find_map(|r| Some((r, r.matches(path)?))) else {
            return Err(unknown_path(method));
        };
        match resource.routes.iter().find(|route| route.method == method) {
            Some(route) => Ok((route, params)),
            None => Err(resource.wrong_method(method)),
        }
    }

    /// All lines, in table order by path.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.resources.iter().flat_map(|resource| &resource.routes)
    }
}

impl Resource {
    /// The values of the names, when the path fits. Names stand for one non-empty segment.
    fn matches(&self, path: &str) -> Option<Params> {
        let mut given = path.strip_prefix('/')?.split('/');
        let mut params = Vec::new();
        for segment in &self.segments {
            let text = given.next()?;
            match segment {
                Segment::Word(word) if *word == text => {}
                Segment::Name(name) if !text.is_empty() => params.push((*name, text)),
                _ => return None,
            }
        }
        if given.next().is_some() {
            return None;
        }
        Some(Params(params.into_iter().map(|(name, text)| (name, text.to_owned())).collect()))
    }

    /// The refusal for a method that no line of this path has.
    fn wrong_method(&self, method: &Method) -> ApiError {
        let stated = self.routes.iter().map(|route| route.allow).find(|allow| *allow != Allow::Derived);
        let allow = match stated {
            Some(Allow::Never) => return unknown_path(method),
            Some(Allow::Exactly(methods)) => methods.to_owned(),
            Some(Allow::Derived) | None => {
                self.routes.iter().map(|route| route.method.as_str()).collect::<Vec<_>>().join(", ")
            }
        };
        ApiError::stock(Situation::MethodNotAllowed { method: method.to_string(), allow })
    }
}

/// The refusal for a path that no line has.
fn unknown_path(method: &Method) -> ApiError {
    if KNOWN.contains(method) {
        ApiError::hidden()
    } else {
        ApiError::stock(Situation::NotImplemented { method: method.to_string() })
    }
}

fn segments(path: &'static str) -> Vec<Segment> {
    let segment = |text: &'static str| match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => Segment::Name(name),
        None => Segment::Word(text),
    };
    path.trim_start_matches('/').split('/').map(segment).collect()
}
