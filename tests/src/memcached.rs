//! A memcached of the tests' own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::cloud::free_port;
use crate::must::{Must, eventually};
use crate::process::Process;

/// A running memcached, empty at the start. Dropping it stops it.
#[derive(Debug)]
pub struct Memcached {
    port: u16,
    process: Process,
    _folder: TempDir,
}

impl Memcached {
    /// Starts one; installs the Debian package where it is missing.
    ///
    /// # Panics
    /// When that fails.
    pub fn start() -> Self {
        let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/install-packages");
        let status = Command::new(&tool).arg("memcached").status().must(tool.display());
        assert!(status.success(), "memcached cannot be installed");
        let folder = TempDir::with_prefix("glance-memcached-").must("a temporary folder");
        let port = free_port();
        let arguments = ["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-u", "nobody"].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = Process::spawn(Path::new("/usr/bin/memcached"), &arguments, &[], &folder.path().join("log"));
        let memcached = Self { port, process: process.must("memcached"), _folder: folder };
        eventually(Duration::from_secs(10), "memcached", || TcpStream::connect(("127.0.0.1", port)).ok());
        memcached
    }

    /// Where it listens, as an option names it.
    pub fn server(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// An entry.
    ///
    /// # Panics
    /// When it does not answer in its protocol.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut connection = self.connect();
        connection.get_mut().write_all(format!("get {name}\r\n").as_bytes()).must("memcached");
        let head = line(&mut connection);
        let length = head.strip_prefix("VALUE ")?.rsplit(' ').next().and_then(|text| text.parse().ok()).must(&head);
        let mut entry = vec![0; length];
        std::io::Read::read_exact(&mut connection, &mut entry).must("an entry");
        Some(entry)
    }

    /// Writes an entry.
    ///
    /// # Panics
    /// When it is not stored.
    pub fn set(&self, name: &str, entry: &[u8]) {
        let mut connection = self.connect();
        let mut message = format!("set {name} 0 60 {}\r\n", entry.len()).into_bytes();
        message.extend_from_slice(entry);
        message.extend_from_slice(b"\r\n");
        connection.get_mut().write_all(&message).must("memcached");
        assert_eq!(line(&mut connection), "STORED");
    }

    fn connect(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).must("memcached"))
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    connection.read_line(&mut line).must("a line of memcached");
    line.trim_end().to_owned()
}
