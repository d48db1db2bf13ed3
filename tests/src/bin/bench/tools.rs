//! The programs that set the limits: openssl, nginx, curl, wrk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use glance_tests::cloud::free_port;
use glance_tests::http::Address;
use glance_tests::process::Process;
use glance_tests::{Caller, Must, Request, eventually};

/// Bytes per second of a digest on one thread, as `openssl speed` tells.
pub(crate) fn openssl_speed(digest: &str) -> f64 {
    let printed = output(Command::new("openssl").args(["speed", "-mr", "-seconds", "3", "-bytes", "262144", digest]));
    // +F:2:md5:661000000.00
    let line = printed.lines().find(|line| line.starts_with("+F:")).must("a figure of openssl speed");
    line.rsplit(':').next().and_then(|figure| figure.parse().ok()).must(line)
}

/// Sends a file and gives bytes per second.
pub(crate) fn curl_upload(url: &str, caller: &Caller, file: &Path) -> f64 {
    let mut command = Command::new("curl");
    command.args(["-sS", "-o", "/dev/null", "-H", "Content-Type: application/octet-stream"]);
    command.args(["-H", "Expect:", "-w", "%{http_code} %{size_upload} %{time_total}", "-T"]).arg(file);
    identify(&mut command, caller);
    rate(&output(command.arg(url)), "204")
}

/// Fetches a URL to nowhere and gives bytes per second.
pub(crate) fn curl_download(url: &str, caller: &Caller) -> f64 {
    let mut command = Command::new("curl");
    command.args(["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{time_total}"]);
    identify(&mut command, caller);
    rate(&output(command.arg(url)), "200")
}

fn rate(printed: &str, wanted: &str) -> f64 {
    let mut words = printed.split_whitespace();
    let status = words.next().unwrap_or_default();
    assert_eq!(status, wanted, "{printed}");
    let mut number = || words.next().and_then(|word| word.parse::<f64>().ok()).must(printed);
    let (bytes, seconds) = (number(), number());
    bytes / seconds
}

/// Requests per second that wrk gets from a URL over eight connections.
pub(crate) fn wrk(url: &str, caller: &Caller, seconds: u64) -> f64 {
    wrk_over(8, url, caller, seconds)
}

fn wrk_over(connections: usize, url: &str, caller: &Caller, seconds: u64) -> f64 {
    let mut command = Command::new("wrk");
    command.args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s")]);
    identify(&mut command, caller);
    let printed = output(command.arg(url));
    assert!(!printed.contains("Non-2xx"), "{printed}");
    let line = printed.lines().find(|line| line.starts_with("Requests/sec:")).must(&printed);
    line.split_whitespace().nth(1).and_then(|figure| figure.parse().ok()).must(line)
}

/// Microseconds that a request takes on one connection, as wrk finds.
pub(crate) fn wrk_micros(url: &str, caller: &Caller, seconds: u64) -> f64 {
    1e6 / wrk_over(1, url, caller, seconds)
}

fn identify(command: &mut Command, caller: &Caller) {
    for (name, value) in caller.headers() {
        command.arg("-H").arg(format!("{name}: {value}"));
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().must(format!("{command:?}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// nginx with sendfile in front of a folder.
pub(crate) struct Nginx {
    _process: Process,
    /// Its URL, without a slash at the end.
    pub(crate) url: String,
}

impl Nginx {
    /// Starts it; `scratch` takes its configuration and logs.
    pub(crate) fn start(folder: &Path, scratch: &Path) -> Self {
        let port = free_port();
        let conf = scratch.join("nginx.conf");
        let text = format!(
            "daemon off; master_process off; user root; pid {0}/nginx.pid; error_log {0}/nginx.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;\n\
             client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;\n\
             uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;\n\
             server {{ listen 127.0.0.1:{port}; root {1}; }} }}\n",
            scratch.display(),
            folder.display()
        );
        std::fs::write(&conf, text).must(conf.display());
        let arguments = ["-c", &*conf.to_string_lossy()].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = scratch.join("nginx.out");
        let process = Process::spawn(Path::new("/usr/sbin/nginx"), &arguments, &[], &log).must("nginx");
        let address = Address::loopback(port);
        eventually(Duration::from_secs(10), "nginx", || Request::new("GET", "/").send_to(&address).ok());
        Self { _process: process, url: format!("http://127.0.0.1:{port}") }
    }
}

/// The best of several measurements: other load only makes them worse.
pub(crate) fn best(times: usize, mut measure: impl FnMut() -> f64) -> f64 {
    (0..times).map(|_| measure()).fold(0.0, f64::max)
}
