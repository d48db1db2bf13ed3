//! Users and services at work while parts of the cloud come and go.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use glance_tests::http::{Address, Answer, Connection};
use glance_tests::{Body, Client, Must, NewImage, Request};
use serde_json::json;

/// One request that was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) id: String,
    /// For the report of a failure.
    #[expect(dead_code, reason = "shown by Debug")]
    pub(super) what: String,
    pub(super) start: Instant,
    pub(super) end: Instant,
    /// What is wrong with the answer, if anything.
    pub(super) failure: Option<String>,
}

/// Workers that send requests until they are told to stop.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    workers: Vec<JoinHandle<Vec<Sent>>>,
}

impl Traffic {
    /// Starts two workers for each client: one keeps its connection, one takes a new one for each request.
    pub(super) fn start(clients: &[Client]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicU64::new(0));
        let mut workers = Vec::new();
        for client in clients {
            let lasting = NewImage::named("lasting").upload(client, &[7; 300_000]);
            for keep in [true, false] {
                let worker = Worker {
                    client: client.clone(),
                    lasting: lasting.clone(),
                    keep,
                    connection: None,
                    sent: Vec::new(),
                    count: Arc::clone(&count),
                };
                let stop = Arc::clone(&stop);
                workers.push(std::thread::spawn(move || worker.run(&stop)));
            }
        }
        Self { stop, count, workers }
    }

    /// How many requests were answered so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Stops and gives everything that was sent.
    pub(super) fn stop(self) -> Vec<Sent> {
        self.stop.store(true, Ordering::Relaxed);
        self.workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| panic!("a worker failed")))
            .collect()
    }
}

struct Worker {
    client: Client,
    /// An image that is always there.
    lasting: String,
    keep: bool,
    connection: Option<Connection>,
    sent: Vec<Sent>,
    count: Arc<AtomicU64>,
}

impl Worker {
    fn run(mut self, stop: &AtomicBool) -> Vec<Sent> {
        while !stop.load(Ordering::Relaxed) {
            // what is left undone by a failed request shows in the list of requests
            let _ = self.round();
        }
        self.sent
    }

    /// Everything that users do, once.
    fn round(&mut self) -> Option<()> {
        let client = self.client.clone();
        let lasting = format!("/v2/images/{}", self.lasting);
        self.send(client.get(&lasting).into_request(), 200)?;
        self.send(client.get("/v2/images?limit=5").into_request(), 200)?;
        let body = json!({"name": "passing", "disk_format": "raw", "container_format": "bare"});
        let created = self.send(client.post("/v2/images", &body).into_request(), 201)?;
        let id = created.json()["id"].as_str().must("an id").to_owned();
        self.send(client.upload(&id, Body::Bytes(vec![1; 40_000])).into_request(), 204)?;
        let data = self.send(client.get(&format!("{lasting}/file")).into_request(), 200)?;
        assert!(data.body == [7; 300_000], "another image's data");
        self.send(client.delete(&format!("/v2/images/{id}")).into_request(), 204)?;
        Some(())
    }

    fn send(&mut self, request: Request, status: u16) -> Option<Answer> {
        let id = format!("req-{}", uuid::Uuid::new_v4());
        let request = request.header("X-OpenStack-Request-ID", &id);
        let address = self.client.address.clone();
        let start = Instant::now();
        let outcome = if self.keep { self.exchange(&request, &address) } else { request.send_to(&address) };
        let failure = match &outcome {
            Ok(answer) if answer.status == status => None,
            Ok(answer) => Some(answer.to_string()),
            Err(error) => Some(error.to_string()),
        };
        let what = format!("{} {} at {}", request.method, request.target, address.authority);
        let good = failure.is_none();
        self.sent.push(Sent { id, what, start, end: Instant::now(), failure });
        self.count.fetch_add(1, Ordering::Relaxed);
        outcome.ok().filter(|_| good)
    }

    /// Sends on the connection of the last request, if that is still good.
    fn exchange(&mut self, request: &Request, address: &Address) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => address.connect()?,
        };
        let answer = connection.exchange(request, &address.authority)?;
        if answer.status < 500 && !answer.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}
