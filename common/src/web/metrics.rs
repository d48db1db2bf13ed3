//! Figures of a server in the Prometheus text form.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use super::process::ProcessFigures;

/// Upper bounds in seconds: from a cached lookup to a large image.
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0];

/// The figures of one server. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    received: IntCounter,
    sent: IntCounter,
    resident_bytes: IntGauge,
    open_files: IntGauge,
    started: IntGauge,
}

/// One answered request.
pub(super) struct Answered<'a> {
    pub(super) method: &'a str,
    /// The route's pattern, never the path: the number of label values stays bounded.
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) duration: Duration,
    pub(super) received: u64,
    pub(super) sent: u64,
}

impl Metrics {
    /// Figures whose names begin with `prefix`, such as `glance_api`.
    ///
    /// # Errors
    /// When `prefix` does not make a valid metric name.
    pub fn new(prefix: &str) -> Result<Self, prometheus::Error> {
        let name = |suffix: &str| format!("{prefix}_{suffix}");
        let labels = &["method", "route", "status"];
        let durations = HistogramOpts::new(name("request_duration_seconds"), "Time until the last byte of the answer")
            .buckets(DURATION_BUCKETS.to_vec());
        let metrics = Self {
            registry: Registry::new(),
            requests: IntCounterVec::new(Opts::new(name("requests_total"), "Requests answered"), labels)?,
            durations: HistogramVec::new(durations, &["method", "route"])?,
            in_flight: IntGauge::new(name("requests_in_flight"), "Requests being answered")?,
            received: IntCounter::new(name("received_bytes_total"), "Body bytes from clients")?,
            sent: IntCounter::new(name("sent_bytes_total"), "Body bytes to clients")?,
            resident_bytes: IntGauge::new("process_resident_memory_bytes", "Memory in use")?,
            open_files: IntGauge::new("process_open_fds", "Open file descriptors")?,
            started: IntGauge::new("process_start_time_seconds", "Start as Unix time")?,
        };
        metrics.register_all()?;
        Ok(metrics)
    }

    fn register_all(&self) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(self.requests.clone()))?;
        self.registry.register(Box::new(self.durations.clone()))?;
        for gauge in [&self.in_flight, &self.resident_bytes, &self.open_files, &self.started] {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        for counter in [&self.received, &self.sent] {
            self.registry.register(Box::new(counter.clone()))?;
        }
        Ok(())
    }

    /// The registry behind `/metrics`, for further figures of a server crate.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All figures as text.
    ///
    /// # Errors
    /// When a figure of a server crate cannot be shown.
    pub(super) fn render(&self, process: &ProcessFigures) -> Result<String, prometheus::Error> {
        self.resident_bytes.set(process.resident_bytes);
        self.open_files.set(process.open_files);
        self.started.set(process.started);
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    pub(super) fn request_began(&self) {
        self.in_flight.inc();
    }

    pub(super) fn request_ended(&self, answered: &Answered<'_>) {
        self.in_flight.dec();
        self.received.inc_by(answered.received);
        self.sent.inc_by(answered.sent);
        let status = answered.status.to_string();
        self.requests.with_label_values(&[answered.method, answered.route, &status]).inc();
        self.duration(answered).observe(answered.duration.as_secs_f64());
    }

    fn duration(&self, answered: &Answered<'_>) -> Histogram {
        self.durations.with_label_values(&[answered.method, answered.route])
    }
}
