//! How often a project may ask, and how many images it may create (F5). Off unless configured.
//!
//! Each node counts for itself, by the algorithm of the leaky bucket: a project that was quiet may send a burst, then
//! its requests must keep the rate. What is over it is answered with 429 and the time to wait, and costs nothing below.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use glance_common::context::RequestContext;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{ApiError, Situation};

/// Requests after which projects that were quiet long enough are forgotten.
const TIDY_AFTER: u32 = 4096;
/// The path on which images are created.
const CREATION: &str = "/v2/images";

glance_common::options! {
    /// How often a project may ask, counted on each node for itself. Callers without a project are counted as users.
    pub struct RateLimitOptions in "rate_limit" {
        /// Requests a second that a project may make in the long run; 0: as many as it likes.
        pub requests_per_second: u32 = 0;
        /// Requests that it may make at once after it was quiet; 0: as many as in one second.
        pub request_burst: u32 = 0;
        /// Images a minute that a project may create in the long run; 0: as many as it likes.
        pub creations_per_minute: u32 = 0;
        /// Images that it may create at once after it was quiet; 0: as many as in one minute.
        pub creation_burst: u32 = 0;
        /// Roles whose holders are not counted.
        pub exempt_roles: Vec<String> = vec!["admin".to_owned(), "service".to_owned()];
    }
}

/// The limits of one configuration, and what projects have used of them.
pub struct RateLimits {
    options: RateLimitOptions,
    requests: Option<Limit>,
    creations: Option<Limit>,
}

impl RateLimits {
    /// Limits that nobody has used anything of; none where nothing is limited.
    #[must_use]
    pub fn new(options: &RateLimitOptions) -> Option<Self> {
        let (requests, creations) = (
            Limit::new(options.requests_per_second, options.request_burst, Quota::per_second),
            Limit::new(options.creations_per_minute, options.creation_burst, Quota::per_minute),
        );
        (requests.is_some() || creations.is_some()).then(|| Self { options: options.clone(), requests, creations })
    }

    /// Are these the limits of that configuration? Then a reload keeps them and what was used.
    #[must_use]
    pub fn are_of(&self, options: &RateLimitOptions) -> bool {
        let figures = |options: &RateLimitOptions| {
            let RateLimitOptions { requests_per_second, request_burst, creations_per_minute, creation_burst, .. } =
                *options;
            [requests_per_second, request_burst, creations_per_minute, creation_burst]
        };
        figures(&self.options) == figures(options) && self.options.exempt_roles == options.exempt_roles
    }

    /// Counts a request; `path` is the decoded one with `/v2`.
    ///
    /// # Errors
    /// 429 with the time to wait, for a project that asks too often.
    pub fn admit(&self, caller: &RequestContext, method: &Method, path: &str) -> Result<(), ApiError> {
        if self.options.exempt_roles.iter().any(|role| caller.has_role(role)) {
            return Ok(());
        }
        let nobody = String::new();
        let key = caller.project_id.as_ref().or(caller.user_id.as_ref()).unwrap_or(&nobody);
        if let Some(limit) = &self.requests {
            limit.admit(key)?;
        }
        match &self.creations {
            Some(limit) if *method == Method::POST && path == CREATION => limit.admit(key),
            _ => Ok(()),
        }
    }
}

/// One limit for all projects.
struct Limit {
    buckets: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    since_tidied: AtomicU32,
}

impl Limit {
    fn new(rate: u32, burst: u32, per: fn(NonZeroU32) -> Quota) -> Option<Self> {
        let rate = NonZeroU32::new(rate)?;
        let quota = per(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(rate));
        let buckets = RateLimiter::keyed(quota);
        Some(Self { buckets, clock: DefaultClock::default(), since_tidied: AtomicU32::new(0) })
    }

    fn admit(&self, key: &String) -> Result<(), ApiError> {
        self.tidy();
        self.buckets.check_key(key).map(drop).map_err(|until| too_often(until.wait_time_from(self.clock.now())))
    }

    /// Keeps the buckets of projects that asked lately, so that memory does not grow with all that ever asked.
    fn tidy(&self) {
        if self.since_tidied.fetch_add(1, Ordering::Relaxed) == TIDY_AFTER {
            self.since_tidied.store(0, Ordering::Relaxed);
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
    }
}

fn too_often(wait: Duration) -> ApiError {
    ApiError::stock(Situation::TooManyRequests { retry_after: wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(project: Option<&str>, roles: &[&str]) -> RequestContext {
        RequestContext {
            user_id: Some("u".to_owned()),
            project_id: project.map(str::to_owned),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..RequestContext::default()
        }
    }

    fn limits(requests: u32, burst: u32, creations: u32) -> RateLimits {
        let options = RateLimitOptions {
            requests_per_second: requests,
            request_burst: burst,
            creations_per_minute: creations,
            ..RateLimitOptions::default()
        };
        RateLimits::new(&options).unwrap()
    }

    #[test]
    fn nothing_is_limited_unless_configured() {
        assert!(RateLimits::new(&RateLimitOptions::default()).is_none());
    }

    #[test]
    fn each_project_has_its_own_burst() {
        let limits = limits(1, 3, 0);
        let ask = |caller: &RequestContext| limits.admit(caller, &Method::GET, "/v2/images").is_ok();
        for one in
            [caller(Some("p"), &["member"]), caller(Some("q"), &[]), caller(None, &[]), RequestContext::anonymous("")]
        {
            assert_eq!([ask(&one), ask(&one), ask(&one), ask(&one)], [true, true, true, false]);
        }
        let exempt = [caller(Some("p"), &["Admin"]), caller(Some("p"), &["member", "service"])];
        assert!(exempt.iter().all(|exempt| (0..10).all(|_| ask(exempt))));
    }

    #[test]
    fn refusals_name_the_time_to_wait() {
        let limits = limits(0, 0, 2);
        let member = caller(Some("p"), &["member"]);
        let create = || limits.admit(&member, &Method::POST, "/v2/images");
        assert!(create().is_ok() && create().is_ok());
        let refusal = create().unwrap_err();
        let Situation::TooManyRequests { retry_after } = *refusal.situation() else { panic!("{refusal}") };
        assert!((25..=30).contains(&retry_after.as_secs()), "{retry_after:?}");
        for (method, path) in [(Method::GET, "/v2/images"), (Method::POST, "/v2/images/1/members")] {
            assert!(limits.admit(&member, &method, path).is_ok(), "{method} {path}");
        }
    }

    #[test]
    fn what_was_used_outlives_a_reload_that_changes_nothing() {
        let limits = limits(1, 1, 0);
        assert!(limits.are_of(&RateLimitOptions {
            requests_per_second: 1,
            request_burst: 1,
            ..RateLimitOptions::default()
        }));
        assert!(!limits.are_of(&RateLimitOptions {
            requests_per_second: 2,
            request_burst: 1,
            ..RateLimitOptions::default()
        }));
    }
}
