//! Leases for work in progress.

use glance_common::context::RequestContext;
use glance_common::registry_api::{Lease, LeaseList, LeaseRenewal, NewLease, Reservation, ReservationGrowth};
use reqwest::Method;

use crate::transport::Call;
use crate::{RegistryClient, RegistryError, segment};

const LEASES: &str = "/v3/leases";

impl RegistryClient {
    /// Take a lease.
    ///
    /// # Errors
    /// See [`NewLease`].
    pub async fn take_lease(&self, context: &RequestContext, lease: &NewLease) -> Result<Lease, RegistryError> {
        self.ask(context, Call::change(Method::POST, LEASES.to_owned()).with(lease)?).await
    }

    /// Leases of a kind, oldest first: all, or only those that others may take over.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn list_leases(
        &self,
        context: &RequestContext,
        kind: &str,
        only_expired: bool,
    ) -> Result<LeaseList, RegistryError> {
        let expired = if only_expired { "&expired=true" } else { "" };
        self.ask(context, Call::read(Method::GET, format!("{LEASES}?kind={}{expired}", segment(kind)?))).await
    }

    /// Keep a lease for longer.
    ///
    /// # Errors
    /// See [`LeaseRenewal`].
    pub async fn renew_lease(
        &self,
        context: &RequestContext,
        id: &str,
        renewal: &LeaseRenewal,
    ) -> Result<Lease, RegistryError> {
        self.ask(context, Call::change(Method::PUT, format!("{LEASES}/{}", segment(id)?)).with(renewal)?).await
    }

    /// Take over an expired lease.
    ///
    /// # Errors
    /// See [`LeaseRenewal`].
    pub async fn claim_lease(
        &self,
        context: &RequestContext,
        id: &str,
        renewal: &LeaseRenewal,
    ) -> Result<Lease, RegistryError> {
        self.ask(context, Call::change(Method::POST, format!("{LEASES}/{}/claim", segment(id)?)).with(renewal)?).await
    }

    /// Have more reserved under a lease of one's own.
    ///
    /// # Errors
    /// See [`ReservationGrowth`].
    pub async fn grow_reservation(
        &self,
        context: &RequestContext,
        id: &str,
        growth: &ReservationGrowth,
    ) -> Result<Reservation, RegistryError> {
        let target = format!("{LEASES}/{}/reservation", segment(id)?);
        self.ask(context, Call::change(Method::PUT, target).with(growth)?).await
    }

    /// Give a lease back: the work is done or undone.
    ///
    /// # Errors
    /// [`RegistryError::LeaseLost`] when it is gone or somebody else's.
    pub async fn end_lease(&self, context: &RequestContext, id: &str, holder: &str) -> Result<(), RegistryError> {
        let target = format!("{LEASES}/{}?holder={}", segment(id)?, segment(holder)?);
        self.tell(context, Call::change(Method::DELETE, target)).await
    }
}
