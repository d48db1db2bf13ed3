//! How often tokens were known, and what the identity service said of the others.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// Counters of a server. They live as long as the program, whatever a reload replaces.
#[derive(Debug, Clone)]
pub struct Figures {
    lookups: IntCounterVec,
    validations: IntCounterVec,
    /// Of `lookups`: the one that most requests count.
    known: IntCounter,
}

/// Where a token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// In this process.
    Memory,
    /// In memcached.
    Memcached,
    /// Nowhere: the identity service had to be asked.
    Nowhere,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The token is good.
    Good,
    /// It is unknown, expired or revoked.
    Bad,
    /// Nobody knows: the identity service is away.
    Failed,
}

impl Figures {
    /// Counters whose names begin with `prefix`, such as `glance_api`.
    ///
    /// # Errors
    /// When `prefix` does not make a valid name.
    pub fn new(prefix: &str) -> Result<Self, prometheus::Error> {
        let opts = |suffix: &str, help: &str| Opts::new(format!("{prefix}_{suffix}"), help);
        let lookups = opts("token_lookups_total", "Tokens looked for, by where they were found");
        let validations = opts("token_validations_total", "Tokens that the identity service was asked about");
        let lookups = IntCounterVec::new(lookups, &["found"])?;
        let known = lookups.with_label_values(&[Found::Memory.label()]);
        let figures = Self { lookups, validations: IntCounterVec::new(validations, &["verdict"])?, known };
        // shown from the start, as zeros
        for found in [Found::Memcached, Found::Nowhere] {
            figures.lookups.with_label_values(&[found.label()]);
        }
        for verdict in [Verdict::Good, Verdict::Bad, Verdict::Failed] {
            figures.validations.with_label_values(&[verdict.label()]);
        }
        Ok(figures)
    }

    /// Adds them to what `/metrics` shows.
    ///
    /// # Errors
    /// When others have the same names.
    pub fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.lookups.clone()))?;
        registry.register(Box::new(self.validations.clone()))
    }

    /// A token was found.
    pub(super) fn lookup(&self, found: Found) {
        if found == Found::Memory {
            return self.known.inc();
        }
        self.lookups.with_label_values(&[found.label()]).inc();
    }

    /// The identity service was asked.
    pub(super) fn validation(&self, verdict: Verdict) {
        self.validations.with_label_values(&[verdict.label()]).inc();
    }
}

impl Found {
    fn label(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Memcached => "memcached",
            Self::Nowhere => "nowhere",
        }
    }
}

impl Verdict {
    fn label(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Failed => "failed",
        }
    }
}
