//! Input that is wrong: a clear refusal, no panic, nothing told of the inside, and the server
//! serves on.

mod bombs;
mod changes;
mod creation;
mod framing;
mod heads;
mod lists;
mod requests;
mod resources;
mod table;

use glance_tests::{Answer, Client, Cloud, NewImage, Request};

/// Words that would tell of the server's inside.
const INSIDE: &[&str] = &[
    "panicked",
    "stack backtrace",
    ".rs:",
    "/src/",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "sqlite",
    "diesel",
    "/v3/",
    "127.0.0.1:",
    "No such file",
    "os error",
];

/// A cloud with the images that the rows speak of.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    pub(crate) owner: Client,
    queued: String,
    active: String,
}

impl Stage {
    fn new() -> Self {
        let cloud = Cloud::builder().start();
        let owner = cloud.as_member("p1");
        let queued = NewImage::named("queued").create(&owner);
        let active = NewImage::named("active").upload(&owner, b"0123456789");
        Self { cloud, owner, queued, active }
    }

    /// The text with the images' ids.
    fn fill(&self, text: &str) -> String {
        text.replace("{queued}", &self.queued).replace("{active}", &self.active)
    }

    /// What is wrong with an answer, if anything.
    fn fault(&self, answer: &Answer, allowed: &[u16]) -> Option<String> {
        if !allowed.contains(&answer.status) {
            return Some(format!("{allowed:?} wanted: {answer}"));
        }
        // Links of the version list hold the address that the client used itself.
        let text = answer.text().replace(&self.owner.address.authority, "");
        let folder = self.cloud.path().to_string_lossy().into_owned();
        let told = INSIDE.iter().copied().chain([&*folder]).find(|word| text.contains(word));
        if let Some(word) = told {
            return Some(format!("it tells {word:?}: {answer}"));
        }
        let health = Request::new("GET", "/healthcheck").send_to(&self.owner.address);
        health.map_or(true, |health| health.status != 200).then(|| "the server does not answer any more".to_owned())
    }

    /// Nothing of the stage has changed, and nobody panicked.
    fn end(self, faults: &[String], rows: usize) {
        assert!(faults.is_empty(), "{}\n{} of {rows} rows failed", faults.join("\n"), faults.len());
        assert_eq!(self.owner.status(&self.queued), "queued");
        assert_eq!(self.owner.download(&self.active), b"0123456789");
        for service in [glance_tests::cloud::Service::Api, glance_tests::cloud::Service::Registry] {
            let log = self.cloud.log(service);
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}
