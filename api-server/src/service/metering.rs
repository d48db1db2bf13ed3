//! Bytes whose number nobody announced, counted against the limits of a project while they pass (F1, F2).
//!
//! What has come is always reserved in the registry before it goes on to the store. Reservations grow by a quarter of
//! what has come, between [`SMALLEST_STEP`] and [`LARGEST_STEP`], so that a large upload asks seldom and a small one
//! holds little that others need.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use glance_common::context::RequestContext;
use glance_common::registry_api::{QuotaClaim, ReservationGrowth};
use glance_registry_client::RegistryError;

use super::lease::HOLDER;
use crate::state::AppState;
use crate::stores::{BodyError, ByteStream};

/// The smallest growth, in bytes.
const SMALLEST_STEP: u64 = 256 << 10;
/// The largest one.
const LARGEST_STEP: u64 = 64 << 20;
/// How long an upload waits for a registry that is away.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a metered body was ended, for whoever started it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending(Arc<Mutex<Option<RegistryError>>>);

impl Ending {
    /// What the registry said, if it was the registry who ended the body.
    pub(super) fn take(&self) -> Option<RegistryError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The limits of an upload and where it stands.
pub(super) struct Meter {
    pub(super) app: Arc<AppState>,
    /// In whose name the registry is asked; the caller's token may expire meanwhile.
    pub(super) service: RequestContext,
    pub(super) lease: String,
    pub(super) claim: QuotaClaim,
    pub(super) ending: Ending,
}

/// A body on its way.
struct Metered {
    meter: Meter,
    body: ByteStream,
    seen: u64,
    reserved: u64,
}

impl Meter {
    /// The same body, ended where the limits end.
    pub(super) fn watch(self, body: ByteStream) -> ByteStream {
        let metered = Metered { meter: self, body, seen: 0, reserved: 0 };
        stream::unfold(Some(metered), async |metered| metered?.step().await).boxed()
    }

    /// Has more reserved: `needed` bytes in all, and some in advance.
    async fn grow(&self, needed: u64) -> Result<u64, RegistryError> {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let growth = ReservationGrowth {
            holder: HOLDER.clone(),
            project: self.claim.project.clone(),
            limits: self.claim.limits.clone(),
            at_least: signed(needed),
            wish: signed(wish(needed)),
        };
        let registry = self.app.registry.patient(PATIENCE);
        let reservation = registry.grow_reservation(&self.service, &self.lease, &growth).await?;
        Ok(u64::try_from(reservation.bytes).unwrap_or(0))
    }
}

impl Metered {
    async fn step(mut self) -> Option<(Result<Bytes, BodyError>, Option<Self>)> {
        let chunk = match self.body.next().await? {
            Ok(chunk) => chunk,
            Err(error) => return Some((Err(error), None)),
        };
        self.seen += chunk.len() as u64;
        // what is beyond the size cap is refused for that further on
        let cap = self.meter.app.options.api.image_size_cap.bytes();
        if self.seen > self.reserved && self.seen <= cap {
            match self.meter.grow(self.seen).await {
                Ok(reserved) => self.reserved = reserved,
                Err(error) => {
                    *self.meter.ending.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return Some((Err(BodyError::OverQuota { announced: None, remaining: self.reserved }), None));
                }
            }
        }
        Some((Ok(chunk), Some(self)))
    }
}

/// What is asked for when so many bytes are needed.
const fn wish(needed: u64) -> u64 {
    let step = needed / 4;
    let step = if step < SMALLEST_STEP { SMALLEST_STEP } else { step };
    needed.saturating_add(if step > LARGEST_STEP { LARGEST_STEP } else { step })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_with_the_upload() {
        let (kib, mib) = (1 << 10, 1 << 20);
        for (needed, step) in
            [(1, 256 * kib), (mib, 256 * kib), (4 * mib, mib), (80 * mib, 20 * mib), (1 << 40, 64 * mib)]
        {
            assert_eq!(wish(needed), needed + step);
        }
        assert_eq!(wish(u64::MAX), u64::MAX);
    }
}
