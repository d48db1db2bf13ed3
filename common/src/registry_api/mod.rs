//! The private protocol between API servers (and other tools) and the registry: HTTP/1.1 and JSON under `/v3`.
//!
//! Everything that must be atomic is one call, which the registry runs in one transaction. A call that changes
//! something may carry a request key ([`headers::REQUEST_KEY`]); repeating it with the same key has no second effect
//! and gives the first answer again.
//!
//! | Method and path | Body → answer |
//! |---|---|
//! | `GET /v3` | → [`ServiceInfo`] |
//! | `POST /v3/images` | [`NewImage`] → 201 [`Image`](crate::model::Image) |
//! | `POST /v3/images/search` | [`ImageQuery`] → [`ImageList`] |
//! | `GET /v3/images/{id}` | → `Image`; `?deleted=true` shows soft-deleted ones to administrators |
//! | `PATCH /v3/images/{id}` | [`ImageUpdate`] → `Image` |
//! | `DELETE /v3/images/{id}` | [`ImageDelete`] → `Image` as it was |
//! | `PUT /v3/images/{id}/properties/{name}` | [`PropertyWrite`] → 204 |
//! | `DELETE /v3/images/{id}/properties/{name}` | [`PropertyRemove`] → 204 |
//! | `GET /v3/images/{id}/locations` | → [`LocationList`]: those whose data is to go |
//! | `POST /v3/images/{id}/locations` | [`NewLocation`] → 201 [`Location`](crate::model::Location) |
//! | `PUT /v3/images/{id}/locations/{location}` | [`NewLocation`] → `Location` |
//! | `DELETE /v3/images/{id}/locations/{location}` | [`LocationRemove`] → 204 |
//! | `GET /v3/images/{id}/members` | → [`MemberList`] |
//! | `PUT /v3/images/{id}/members/{member}` | [`NewMember`] → [`Member`] |
//! | `PATCH /v3/images/{id}/members/{member}` | [`MemberUpdate`] → `Member` |
//! | `DELETE /v3/images/{id}/members/{member}` | → 204 |
//! | `PUT /v3/images/{id}/tags/{tag}` | [`TagAdd`] → 204 |
//! | `DELETE /v3/images/{id}/tags/{tag}` | → 204 |
//! | `POST /v3/leases` | [`NewLease`] → 201 [`Lease`] |
//! | `GET /v3/leases` | `?kind=…&expired=true` → [`LeaseList`] |
//! | `PUT /v3/leases/{id}` | [`LeaseRenewal`] → `Lease` |
//! | `POST /v3/leases/{id}/claim` | [`LeaseRenewal`] → `Lease`, now held by the caller |
//! | `DELETE /v3/leases/{id}` | `?holder=…` → 204 |
//! | `PUT /v3/leases/{id}/reservation` | [`ReservationGrowth`] → [`Reservation`] |
//! | `GET /v3/usage` | `?project=…` → [`Usage`] |
//!
//! Errors are [`ErrorBody`] with a stable [`ErrorCode`]. Hidden and missing images are the same `not_found`.

mod error;
mod image;
mod lease;
mod member;
mod patch;
mod query;
mod quota;
mod tag;

pub use error::{ErrorBody, ErrorCode, ErrorDetail};
pub use image::{
    ImageDelete, ImageFields, ImageUpdate, LocationList, LocationRemove, LocationsChange, NewImage, NewLocation,
    PropertiesChange, PropertyExpectation, PropertyRemove, PropertyWrite, ServiceInfo,
};
pub use lease::{Lease, LeaseList, LeaseRenewal, NewLease};
pub use member::{Member, MemberList, MemberUpdate, NewMember};
pub use patch::Patch;
pub use query::{
    Comparison, DeletedFilter, Direction, Filter, FlagField, ImageList, ImageQuery, MemberStatusFilter, NumberField,
    SortField, SortKey, TextField, TimeField, VisibilityFilter,
};
pub use quota::{QuotaClaim, Reservation, ReservationGrowth, Resource, Usage};
pub use tag::TagAdd;

/// Version of this protocol. Nodes refuse to work with a registry that speaks another one.
pub const PROTOCOL: u32 = 3;

/// Where the protocol lives on the registry.
pub const PREFIX: &str = "/v3";

/// Header names of the protocol.
pub mod headers {
    /// `Confirmed` when the peer vouches for the identity headers.
    pub const IDENTITY_STATUS: &str = "x-identity-status";
    /// User id of the end caller.
    pub const USER_ID: &str = "x-user-id";
    /// Project id of the end caller.
    pub const PROJECT_ID: &str = "x-project-id";
    /// Older spelling of [`PROJECT_ID`], sent by other tools.
    pub const TENANT_ID: &str = "x-tenant-id";
    /// Roles of the end caller, comma separated.
    pub const ROLES: &str = "x-roles";
    /// `true` when the policy of the API node calls the end caller an administrator; absent means "judge by roles".
    pub const IS_ADMIN: &str = "x-glance-is-admin";
    /// `true` when the end caller may only read.
    pub const READ_ONLY: &str = "x-glance-read-only";
    /// The end caller's token, for registries that ask the identity service themselves.
    pub const AUTH_TOKEN: &str = "x-auth-token";
    /// The request id of the end caller's request.
    pub const REQUEST_ID: &str = "x-openstack-request-id";
    /// Key (at most 64 characters) that makes a repeated change have one effect.
    pub const REQUEST_KEY: &str = "x-glance-request-key";
    /// Proof that the peer knows `registry_auth_secret`.
    pub const SIGNATURE: &str = "x-glance-signature";
}
