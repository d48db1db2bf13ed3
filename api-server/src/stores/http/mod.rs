//! The http driver: images on web servers, for reading only (spec/stores.md §5).
//!
//! Redirects are followed here, not by the client library, so that every hop is judged: its form in `address.rs`, where
//! it leads by [`UrlJudge`], which the operator configures.

mod address;
mod config;
mod fetch;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::{Client, Method, Response};

use address::Address;
pub use config::HttpOptions;
use fetch::{cut, declared_length};

use crate::outgoing::UrlJudge;

use super::{
    BodyError, ByteRange, ByteStream, Capabilities, Location, ObjectId, Opened, ReadBody, Reading, Store, StoreError,
    StoreErrorKind, Written,
};

/// A store of type `http`.
#[derive(Debug)]
pub struct HttpStore {
    client: Client,
    judge: Arc<UrlJudge>,
}

impl HttpStore {
    /// Prepares the client, which talks to servers that pass the judge and to no others.
    ///
    /// # Errors
    /// A reason in words when the certificates or proxies of the options cannot be used.
    pub fn open(options: &HttpOptions, judge: &Arc<UrlJudge>) -> Result<Opened, String> {
        let store = Self { client: config::client(options, judge)?, judge: Arc::clone(judge) };
        Ok(Opened { store: Arc::new(store), problem: None })
    }

    async fn request(&self, method: Method, at: &Location, range: Option<ByteRange>) -> Result<Response, StoreError> {
        let address = Address::parse(&at.url)?;
        // As it is written: what is taken apart and put together again may look better than it was.
        self.judge.check(&at.url).map_err(fetch::refused)?;
        fetch::request(&self.client, &self.judge, method, address, range).await
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
        let response = self.request(Method::GET, at, range).await?;
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
        let response = self.request(Method::HEAD, at, None).await.map_err(|error| match error.kind() {
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

    fn places(&self, _object: &ObjectId) -> Vec<Location> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
