//! What stands before every driver: abilities are checked before the driver runs, and new locations get the store's id.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{
    ByteRange, ByteStream, Capabilities, Location, ObjectId, Reading, Store, StoreError, StoreErrorKind, Written,
};

/// A driver behind its guard.
#[derive(Debug)]
pub struct Guarded {
    inner: Arc<dyn Store>,
    abilities: Capabilities,
    /// Written into the metadata of new locations; `None` in a single-store set-up, which has no store ids.
    store_id: Option<String>,
}

impl Guarded {
    /// Guards `inner`. `read_only` takes away storing and deleting, for a driver with a bad configuration.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, store_id: Option<String>, read_only: bool) -> Self {
        let abilities = inner.capabilities();
        let abilities = if read_only { abilities.read_only() } else { abilities };
        Self { inner, abilities, store_id }
    }
}

#[async_trait]
impl Store for Guarded {
    fn capabilities(&self) -> Capabilities {
        self.abilities
    }

    async fn put(&self, object: &ObjectId, size: Option<u64>, body: ByteStream) -> Result<Written, StoreError> {
        if !self.abilities.write {
            return Err(StoreErrorKind::StoreAddDisabled.into());
        }
        let mut written = self.inner.put(object, size, body).await?;
        if let Some(id) = &self.store_id {
            written.location.set_store_id(id);
        }
        Ok(written)
    }

    async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError> {
        match range {
            Some(range) if !self.abilities.ranged_get => {
                Err(StoreErrorKind::StoreRandomGetNotSupported { range }.into())
            }
            _ => self.inner.get(at, range).await,
        }
    }

    async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError> {
        self.inner.size(at).await
    }

    async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        if !self.abilities.delete {
            return Err(StoreErrorKind::StoreDeleteNotSupported.into());
        }
        self.inner.delete(at).await
    }

    fn url_prefixes(&self) -> Vec<String> {
        self.inner.url_prefixes()
    }

    fn places(&self, object: &ObjectId) -> Vec<Location> {
        let mut places = self.inner.places(object);
        if let Some(id) = &self.store_id {
            places.iter_mut().for_each(|place| place.set_store_id(id));
        }
        places
    }

    fn properties(&self) -> Map<String, Value> {
        self.inner.properties()
    }

    async fn recover(&self) -> Result<usize, StoreError> {
        if !self.abilities.write {
            return Ok(0);
        }
        self.inner.recover().await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.inner.probe().await
    }
}
