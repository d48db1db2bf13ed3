//! Time from the start of a server to its first answer.

use std::time::{Duration, Instant};

use glance_tests::cloud::Service;
use glance_tests::{Cloud, Request};

use crate::report::{Figure, Goal, Report};

/// Starts each server several times; the best counts.
pub(crate) fn measure(report: &mut Report) {
    let mut cloud = Cloud::builder().start();
    for service in [Service::Registry, Service::Api] {
        let best = (0..7).map(|_| first_answer(&mut cloud, service)).fold(f64::MAX, f64::min);
        report.add(Figure {
            name: format!("{} first answer", service.program()),
            ours: best,
            unit: "ms",
            against: "150 ms".into(),
            limit: 150.0,
            target: Some((Goal::AtMost, 1.0)),
        });
    }
}

fn first_answer(cloud: &mut Cloud, service: Service) -> f64 {
    cloud.kill(service);
    let address = match service {
        Service::Registry => cloud.registry_address(),
        Service::Api => cloud.api_address(),
    };
    let request = Request::new("GET", "/healthcheck");
    let start = Instant::now();
    cloud.launch(service);
    while request.send_to(&address).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "{} does not start", service.program());
        std::thread::sleep(Duration::from_micros(500));
    }
    start.elapsed().as_secs_f64() * 1000.0
}
