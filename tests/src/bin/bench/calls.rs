//! Showing one image and listing 25, beside the reference and beside the bare framework.

use std::time::Duration;

use glance_tests::cloud::free_port;
use glance_tests::http::Address;
use glance_tests::process::{Process, program};
use glance_tests::{Caller, Client, Cloud, Keystone, Must, NewImage, Request, Scope, eventually};
use serde_json::json;

use crate::Options;
use crate::report::{Figure, Goal, Report};
use crate::tools::{wrk, wrk_micros};

/// Measures both calls on ours, on the constant, and on the reference when there is one.
pub(crate) fn measure(options: &Options, report: &mut Report) {
    let cloud = Cloud::builder().start();
    let caller = Caller::with_roles("member,reader", "bench");
    let ours = Targets::prepare(&cloud.caller(caller.clone()));
    let reference = options
        .reference
        .as_deref()
        .map(|url| Targets::prepare(&Client { address: Address::from_url(url), caller: caller.clone() }));
    let port = free_port();
    let log = cloud.path().join("constant.log");
    let _constant =
        Process::spawn(&program("glance-constant"), &[&port.to_string()], &[], &log).must("glance-constant");
    let address = Address::loopback(port);
    eventually(Duration::from_secs(10), "the constant", || Request::new("GET", "/one").send_to(&address).ok());

    for (name, target) in [("show", 15.0), ("list", 20.0)] {
        let rate = wrk(ours.url(name), &caller, options.seconds);
        let bare = wrk(&format!("http://127.0.0.1:{port}/{name}"), &caller, options.seconds);
        report.add(Figure {
            name: format!("{name} beside the framework"),
            ours: rate,
            unit: "req/s",
            against: "actix with a constant".into(),
            limit: bare,
            target: None,
        });
        if let Some(reference) = &reference {
            report.add(Figure {
                name: format!("{name} beside the reference"),
                ours: rate,
                unit: "req/s",
                against: "the reference".into(),
                limit: wrk(reference.url(name), &caller, options.seconds),
                target: Some((Goal::AtLeast, target)),
            });
        }
    }
}

/// What a token that is known already costs a request, beside the headers of a trusted proxy. The rounds alternate, and
/// the best of each side counts: other load only makes them worse.
pub(crate) fn measure_tokens(options: &Options, report: &mut Report) {
    let keystone = Keystone::start();
    let clouds = [Cloud::builder().start(), Cloud::builder().keystone(&keystone).start()];
    let callers =
        [Caller::with_roles("member,reader", "bench"), keystone.caller("blue-member", Scope::Project("blue"))];
    let targets = [0, 1].map(|at| Targets::prepare(&clouds[at].caller(callers[at].clone())));
    let mut best = [f64::INFINITY; 2];
    for _ in 0..5 {
        for at in [0, 1] {
            let micros = wrk_micros(targets[at].url("show"), &callers[at], options.seconds.div_ceil(3));
            best[at] = best[at].min(micros);
        }
    }
    report.add(Figure {
        name: "show, added by a known token".into(),
        ours: best[1] - best[0],
        unit: "us",
        against: format!("allowed; {:.0} us without", best[0]),
        limit: 50.0,
        target: Some((Goal::AtMost, 1.0)),
    });
}

/// The URLs to ask of one service.
struct Targets {
    show: String,
    list: String,
}

impl Targets {
    /// Makes 25 images with properties and tags.
    fn prepare(client: &Client) -> Self {
        let mut last = String::new();
        for number in 0..25 {
            last = NewImage::named(&format!("image {number}"))
                .with("os_distro", "debian")
                .with("os_version", "12")
                .with("architecture", "x86_64")
                .with("tags", json!(["bench", "stable"]))
                .create(client);
        }
        let base = format!("http://{}/v2/images", client.address.authority);
        Self { show: format!("{base}/{last}"), list: format!("{base}?limit=25") }
    }

    fn url(&self, name: &str) -> &str {
        if name == "show" { &self.show } else { &self.list }
    }
}
