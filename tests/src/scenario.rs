//! Scenarios: lists of requests in JSON (`tests/scenarios`), run against any image service.
//!
//! A step: `{"do": "PUT /v2/images/${id}/file", "as": "member,reader:p1", "data": "ABC"}`.
//!
//! | key | meaning |
//! |---|---|
//! | `do` | method and path |
//! | `as` | `roles[,more]:project[:user]`, or `nobody`; default `admin:admin-project` |
//! | `headers` | more headers |
//! | `json`, `data`, `hex` | the body: JSON, text, or bytes in hexadecimal; `json` sets a content type |
//! | `chunked` | send the body in chunks of so many bytes |
//! | `save` | `{variable: path}`: dotted path into the JSON answer, or `header:Name` |
//! | `wait` | `{"path": …, "is": …}`: repeat until it holds, ten seconds at most |
//! | `ignore` | JSON keys and headers that are not compared |
//! | `note` | for the reader |
//!
//! `${variable}` is replaced everywhere; `${host}` is the service's address, `${web}` the URL of a web server with
//! twenty bytes of data (see [`crate::web`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::bytes::from_hex;
use crate::caller::Caller;
use crate::http::{Address, Answer, Body, Request};
use crate::must::Must;
use crate::normal::{Mask, Normal, normal};
use crate::web::WebServer;

/// What the web server of the scenarios serves.
const WEB_DATA: &[u8] = b"0123456789abcdefghij";

/// One step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Method and path.
    #[serde(rename = "do")]
    pub what: String,
    #[serde(rename = "as", default = "administrator")]
    caller: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    data: Option<String>,
    hex: Option<String>,
    chunked: Option<usize>,
    #[serde(default)]
    save: BTreeMap<String, String>,
    wait: Option<Wait>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    path: String,
    is: String,
}

fn administrator() -> String {
    "admin:admin-project".into()
}

/// A list of steps with a name.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// File name without its ending, below `tests/scenarios`.
    pub name: String,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The folder of the scenarios.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Reads a scenario.
///
/// # Panics
/// When there is none, or it is not as described above.
pub fn load(name: &str) -> Scenario {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).must(path.display());
    let steps = serde_json::from_str(&text).must(path.display());
    Scenario { name: name.into(), steps }
}

/// The names of all scenarios, without those in sub-folders.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).must("the folder of the scenarios");
    let paths = files.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// Runs all steps against a service that keeps its files below `data`, and gives the answers in
/// compared form. A missing answer has the status 0.
pub fn run(scenario: &Scenario, address: &Address, data: &Path) -> Vec<Normal> {
    let mut run = Run { address, data, variables: BTreeMap::new() };
    let web = WebServer::start(WEB_DATA);
    run.variables.insert("host".into(), address.authority.clone());
    run.variables.insert("web".into(), web.url());
    scenario.steps.iter().map(|step| run.step(step)).collect()
}

/// Stands for a connection that ended without an answer, which the reference has for some requests.
fn no_answer(error: &std::io::Error) -> Answer {
    Answer { status: 0, headers: Vec::new(), body: format!("no answer: {error}").into_bytes() }
}

struct Run<'a> {
    address: &'a Address,
    data: &'a Path,
    variables: BTreeMap<String, String>,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Normal {
        let request = self.request(step);
        let end = Instant::now() + Duration::from_secs(10);
        let answer = loop {
            let answer = request.send_to(self.address).unwrap_or_else(|error| no_answer(&error));
            let done = step
                .wait
                .as_ref()
                .is_none_or(|wait| self.find(&answer, &wait.path).is_some_and(|found| found == self.fill(&wait.is)));
            if done || Instant::now() > end {
                break answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        for (name, path) in &step.save {
            let value = self.find(&answer, path).unwrap_or_else(|| format!("missing-{name}"));
            self.variables.insert(name.clone(), value);
        }
        normal(&answer, &self.mask(), &step.ignore)
    }

    fn mask(&self) -> Mask {
        let mut mask = Mask::default();
        mask.add(&self.data.to_string_lossy(), "data");
        for (name, value) in self.variables.iter().filter(|(name, _)| *name != "host") {
            mask.add(value, name);
        }
        mask.add(&self.address.authority, "host");
        mask
    }

    fn request(&self, step: &Step) -> Request {
        let line = self.fill(&step.what);
        let (method, target) = line.split_once(' ').must(format!("no path in {line:?}"));
        let mut request = Request::new(method, target);
        request.headers = Caller::parse(&step.caller).headers();
        let data = match (&step.json, &step.data, &step.hex) {
            (Some(value), _, _) => {
                request = request.header("Content-Type", "application/json");
                Some(self.fill(&value.to_string()).into_bytes())
            }
            (_, Some(text), _) => Some(self.fill(text).into_bytes()),
            (_, _, Some(digits)) => Some(from_hex(digits).must("hexadecimal digits")),
            _ => None,
        };
        request.body = match (data, step.chunked) {
            (None, _) => Body::None,
            (Some(data), None) => Body::Bytes(data),
            (Some(data), Some(size)) => Body::Chunked(data, size),
        };
        for (name, value) in &step.headers {
            request = request.header(name, &self.fill(value));
        }
        request
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.variables {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    }

    /// What a dotted path or `header:Name` leads to, as text.
    fn find(&self, answer: &Answer, path: &str) -> Option<String> {
        if let Some(name) = path.strip_prefix("header:") {
            return answer.header(&name.to_ascii_lowercase()).map(str::to_owned);
        }
        let document: Value = serde_json::from_slice(&answer.body).ok()?;
        let mut value = &document;
        for key in path.split('.') {
            value = match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
                other => other.get(key)?,
            };
        }
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}
