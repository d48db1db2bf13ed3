//! The first and a later page of a list, with few and with very many images in the database.

use std::time::Instant;

use glance_tests::{Caller, Client, Cloud, Engine, Must};

use crate::Options;
use crate::report::{Figure, Goal, Report};

/// Images in the small database.
const FEW: u64 = 1000;

/// Asked for one figure; the median counts.
const ROUNDS: usize = 101;

/// The lists that are measured: a title and a query.
const LISTS: &[(&str, &str)] =
    &[("first page", "limit=25"), ("by name", "limit=25&sort=name:asc"), ("of a status", "limit=25&status=active")];

/// Measures lists with a thousand images and with the asked number.
pub(crate) fn measure(options: &Options, engine: Engine, report: &mut Report) {
    let cloud = Cloud::builder().database(engine).start();
    let client = cloud.caller(Caller::with_roles("member,reader", "p7"));
    insert(&cloud, 0, FEW);
    let few = latencies(&client, FEW);
    insert(&cloud, FEW, options.images);
    let many = latencies(&client, options.images);
    for ((title, small), (_, large)) in few.iter().zip(&many) {
        report.add(Figure {
            name: format!("{} {title} of {}", engine.name(), options.images),
            ours: *large,
            unit: "ms",
            against: format!("{title} of {FEW}"),
            limit: *small,
            // no index of Glance's schema orders names, so all of them are sorted
            target: (title != "by name").then_some((Goal::AtMost, 1.5)),
        });
    }
}

/// Median milliseconds of each list, and of a page in the middle of the first.
fn latencies(client: &Client, images: u64) -> Vec<(String, f64)> {
    let mut figures: Vec<(String, f64)> =
        LISTS.iter().map(|(title, query)| ((*title).to_owned(), latency(client, query))).collect();
    let middle = id(images / 2 / 10 * 10);
    figures.push(("page in the middle".into(), latency(client, &format!("limit=25&marker={middle}"))));
    figures
}

fn latency(client: &Client, query: &str) -> f64 {
    let call = client.get(&format!("/v2/images?{query}"));
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            call.send().expect(200);
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// The id of a row; it agrees with the SQL below.
fn id(number: u64) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// Puts rows into the database: every tenth image is public, the others are shared and spread
/// over fifty projects; each has a property, a tag and a location.
fn insert(cloud: &Cloud, from: u64, until: u64) {
    let (numbers, hexadecimal, time, falsehood) = match cloud.database.engine {
        Engine::Sqlite => (
            format!(
                "(WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {until}) SELECT i FROM n)"
            ),
            "printf('%08x', i)",
            "strftime('%Y-%m-%d %H:%M:%f000', 1600000000 + i, 'unixepoch')",
            "0",
        ),
        Engine::Postgres => (
            format!("(SELECT i FROM generate_series({from}, {}) AS g(i))", until - 1),
            "lpad(to_hex(i), 8, '0')",
            "to_timestamp(1600000000 + i) AT TIME ZONE 'UTC'",
            "false",
        ),
        Engine::MariaDb => panic!("lists are measured on SQLite and PostgreSQL"),
    };
    let id = format!("{hexadecimal} || '-0000-4000-8000-000000000000'");
    let enumeration = if cloud.database.engine == Engine::Postgres { "::image_visibility" } else { "" };
    let statements = [
        format!(
            "INSERT INTO images (id, name, size, status, created_at, updated_at, deleted, disk_format, \
             container_format, owner, min_disk, min_ram, protected, visibility, os_hidden) \
             SELECT {id}, 'image ' || {hexadecimal}, i, 'active', {time}, {time}, {falsehood}, 'raw', 'bare', \
             'p' || (i % 50), 0, 0, {falsehood}, \
             (CASE WHEN i % 10 = 0 THEN 'public' ELSE 'shared' END){enumeration}, {falsehood} FROM {numbers} AS s"
        ),
        format!(
            "INSERT INTO image_properties (image_id, name, value, created_at, deleted) \
             SELECT {id}, 'os_distro', 'debian', {time}, {falsehood} FROM {numbers} AS s"
        ),
        format!(
            "INSERT INTO image_tags (image_id, value, created_at, deleted) \
             SELECT {id}, 'bench', {time}, {falsehood} FROM {numbers} AS s"
        ),
        format!(
            "INSERT INTO image_locations (image_id, value, meta_data, status, created_at, deleted) \
             SELECT {id}, 'file:///nowhere/' || {hexadecimal}, '{{\"store\": \"fast\"}}', 'active', {time}, \
             {falsehood} FROM {numbers} AS s"
        ),
    ];
    let mut session = cloud.database.session();
    // what PostgreSQL would do by itself soon, in the middle of the measurement
    let tidy = if cloud.database.engine == Engine::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    for statement in statements.iter().map(String::as_str).chain([tidy]) {
        session.batch(statement).must(statement);
    }
}
