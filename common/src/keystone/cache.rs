//! Validated tokens that are believed for a while: in this process, and in memcached where several servers share them.
//!
//! An entry is known by the SHA-256 of its token; the token itself is kept nowhere. None outlives its token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use moka::Expiry;
use moka::future::Cache;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::figures::{Figures, Found};
use super::memcached::Memcached;
use super::sealed::Seal;
use super::token::shared;
use super::{KeystoneError, TokenInfo, TokenOptions};

/// Bytes of memory that an entry takes beside its text, about.
const ENTRY_BYTES: usize = 400;
/// An entry in memory takes about so much more than its JSON text.
const SPREAD: usize = 2;

/// The name of a token in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenKey([u8; 32]);

impl TokenKey {
    pub(super) fn of(token: &str) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(key)
    }

    /// The name in memcached; another form of entries gets another number.
    fn name(self) -> String {
        format!("glance-token-1-{}", hex::encode(self.0))
    }
}

/// A token, and until when it is believed.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    #[serde(with = "shared")]
    info: Arc<TokenInfo>,
    /// Unix seconds.
    until: i64,
    /// Bytes of the text.
    #[serde(skip)]
    size: usize,
}

impl Entry {
    fn new(info: TokenInfo, seconds: i64) -> Self {
        let until = Utc::now().timestamp().saturating_add(seconds).min(info.expires_at.timestamp());
        Self { info: Arc::new(info), until, size: 0 }
    }

    fn seconds_left(&self) -> u64 {
        u64::try_from(self.until.saturating_sub(Utc::now().timestamp())).unwrap_or(0)
    }

    fn is_over(&self) -> bool {
        self.seconds_left() == 0
    }
}

/// Why no token was found: nobody knows it, or nobody could be asked.
#[derive(Debug)]
enum Miss {
    Unknown,
    Failed(KeystoneError),
}

/// Entries end by the clock of the process too.
struct Ends;

impl Expiry<TokenKey, Arc<Entry>> for Ends {
    fn expire_after_create(&self, _: &TokenKey, entry: &Arc<Entry>, _: Instant) -> Option<Duration> {
        Some(Duration::from_secs(entry.seconds_left()))
    }
}

/// The cache.
#[derive(Debug)]
pub(super) struct TokenCache {
    memory: Option<Cache<TokenKey, Arc<Entry>>>,
    shared: Option<(Memcached, Seal)>,
    seconds: i64,
    figures: Figures,
}

impl TokenCache {
    /// The cache of these options.
    ///
    /// # Errors
    /// Those of [`Memcached::new`] and [`Seal::new`].
    pub(super) fn new(options: &TokenOptions, figures: Figures) -> Result<Self, KeystoneError> {
        let memory = (options.token_cache_time > 0).then(|| {
            let weigh =
                |_: &TokenKey, entry: &Arc<Entry>| u32::try_from(entry.size * SPREAD + ENTRY_BYTES).unwrap_or(u32::MAX);
            let bytes = options.token_cache_size.bytes();
            Cache::builder().max_capacity(bytes).weigher(weigh).expire_after(Ends).build()
        });
        let shared =
            if options.uses_memcached() { Some((Memcached::new(options)?, Seal::new(options)?)) } else { None };
        Ok(Self { memory, shared, seconds: options.token_cache_time, figures })
    }

    /// What is known of a token, asked for with `fetch` where nothing is: once for all who want to know at that moment.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub(super) async fn find(
        &self,
        token: &str,
        fetch: impl Future<Output = Result<Option<TokenInfo>, KeystoneError>>,
    ) -> Result<Option<Arc<TokenInfo>>, KeystoneError> {
        let Some(memory) = &self.memory else {
            self.figures.lookup(Found::Nowhere);
            return Ok(fetch.await?.map(Arc::new));
        };
        let key = TokenKey::of(token);
        if let Some(entry) = memory.get(&key).await
            && !entry.is_over()
        {
            self.figures.lookup(Found::Memory);
            return Ok(Some(Arc::clone(&entry.info)));
        }
        match memory.try_get_with(key, self.fill(key, fetch)).await {
            Ok(entry) => Ok(Some(Arc::clone(&entry.info))),
            Err(miss) => match &*miss {
                Miss::Unknown => Ok(None),
                Miss::Failed(error) => Err(error.clone()),
            },
        }
    }

    async fn fill(
        &self,
        key: TokenKey,
        fetch: impl Future<Output = Result<Option<TokenInfo>, KeystoneError>>,
    ) -> Result<Arc<Entry>, Miss> {
        if let Some(entry) = self.shared_entry(key).await {
            self.figures.lookup(Found::Memcached);
            return Ok(Arc::new(entry));
        }
        self.figures.lookup(Found::Nowhere);
        let info = fetch.await.map_err(Miss::Failed)?.ok_or(Miss::Unknown)?;
        let mut entry = Entry::new(info, self.seconds);
        if let Ok(text) = serde_json::to_vec(&entry) {
            entry.size = text.len();
            self.share(key, &text, entry.seconds_left()).await;
        }
        Ok(Arc::new(entry))
    }

    async fn shared_entry(&self, key: TokenKey) -> Option<Entry> {
        let (memcached, seal) = self.shared.as_ref()?;
        let name = key.name();
        let text = seal.open(&name, &memcached.get(&name).await?)?;
        let entry: Entry = serde_json::from_slice(&text).ok()?;
        // an entry of a server with longer times is not believed for longer here
        let until = entry.until.min(Utc::now().timestamp().saturating_add(self.seconds));
        let entry = Entry { until: until.min(entry.info.expires_at.timestamp()), size: text.len(), ..entry };
        (!entry.is_over()).then_some(entry)
    }

    async fn share(&self, key: TokenKey, text: &[u8], seconds: u64) {
        let Some((memcached, seal)) = self.shared.as_ref().filter(|_| seconds > 0) else { return };
        let name = key.name();
        if let Some(entry) = seal.close(&name, text) {
            memcached.set(&name, &entry, seconds).await;
        }
    }
}
