//! Making images: defaults for everything, tests name what matters to them.

use serde_json::{Value, json};

use crate::caller::Client;
use crate::http::Body;

/// An image to be created.
#[derive(Debug, Clone)]
pub struct NewImage {
    body: Value,
}

impl Default for NewImage {
    fn default() -> Self {
        Self { body: json!({"name": "an image", "disk_format": "raw", "container_format": "bare"}) }
    }
}

impl NewImage {
    /// An image with a name, formats `raw` and `bare`.
    pub fn named(name: &str) -> Self {
        Self::default().with("name", name)
    }

    /// Sets a property, of the base ones or of one's own.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body[key] = value.into();
        self
    }

    /// Creates it and gives its id.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn create(&self, client: &Client) -> String {
        let answer = client.post("/v2/images", &self.body).send().expect(201);
        answer.json()["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Creates it with data and gives its id.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn upload(&self, client: &Client, data: &[u8]) -> String {
        let id = self.create(client);
        client.upload(&id, Body::Bytes(data.to_vec())).send().expect(204);
        id
    }
}
