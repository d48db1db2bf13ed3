//! The http driver: images on web servers, for reading only (spec/stores.md §5).
//!
//! Redirects are followed here, not by the client library, so that every hop is judged: see `address.rs`.

mod address;
mod config;
mod fetch;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::{Client, Method};

use address::Address;
pub use config::HttpOptions;
use fetch::{cut, declared_length};

use super::{
    BodyError, ByteRange, ByteStream, Capabilities, Location, ObjectId, Opened, ReadBody, Reading, Store, StoreError,
    StoreErrorKind, Written,
};

/// A store of type `http`.
#[derive(Debug)]
pub struct HttpStore {
    client: Client,
}

impl HttpStore {
    /// Prepares the client.
    ///
    /// # Errors
    /// A reason in words when the certificates or proxies of the options cannot be used.
    pub fn open(options: &HttpOptions) -> Result<Opened, String> {
        let store = Self { client: config::client(options)? };
        Ok(Opened { store: Arc::new(store), problem: None })
    }
}

#[async_trait]
impl Store for HttpStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: false,
            delete: false,
            ranged_get: true,
            needs_size: false,
            refuses_duplicates: false,
            min_part_bytes: 0,
            max_part_bytes: None,
        }
    }

    async fn put(&self, _object: &ObjectId, _size: Option<u64>, _body: ByteStream) -> Result<Written, StoreError> {
        Err(StoreErrorKind::StoreAddDisabled.into())
    }

    async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError> {
        let address = Address::parse(&at.url)?;
        let response = fetch::request(&self.client, Method::GET, address, range).await?;
        let is_part = fetch::answers_range(&response, range)?;
        let size = match range {
            Some(range) => Some(range.length),
            None => declared_length(&response),
        };
        let bytes = response.bytes_stream().map_err(|error| {
            log::debug!("an http store stopped in the middle of an image: {error}");
            BodyError::Source
        });
        let body: ByteStream = match range {
            // A server may ignore the range and send everything.
            Some(range) if !is_part => cut(bytes.boxed(), range),
            _ => bytes.boxed(),
        };
        Ok(Reading { size, body: ReadBody::Stream(body) })
    }

    async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError> {
        let address = Address::parse(&at.url)?;
        let response =
            fetch::request(&self.client, Method::HEAD, address, None).await.map_err(|error| match error.kind() {
                StoreErrorKind::RemoteServiceUnavailable => {
                    let reason = "The HTTP URL is invalid: its server cannot be reached".to_owned();
                    StoreError::from(StoreErrorKind::BadStoreUri { reason }).caused_by(error)
                }
                _ => error,
            })?;
        Ok(declared_length(&response))
    }

    async fn delete(&self, _at: &Location) -> Result<(), StoreError> {
        Err(StoreErrorKind::StoreDeleteNotSupported.into())
    }

    fn url_prefixes(&self) -> Vec<String> {
        vec!["http".to_owned()]
    }
}

#[cfg(test)]
mod tests;
