//! Where lines go: a file, the standard error output, syslog, the journal.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use log::Level;

/// A log file that is opened anew when its path no longer leads to it (a renamed file, as logrotate leaves).
#[derive(Debug, Clone)]
pub(super) struct LogFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: Mutex<File>,
}

impl LogFile {
    /// Opens the file for appending; makes it, readable for the owner and the group, if missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = Mutex::new(open(path)?);
        Ok(Self(Arc::new(Inner { path: path.to_owned(), file })))
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Opens the file anew; keeps the old one on an error.
    pub(super) fn reopen(&self) -> io::Result<()> {
        let file = open(&self.0.path)?;
        *self.0.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_at(&file, &self.0.path)
            && let Ok(new) = open(&self.0.path)
        {
            *file = new;
        }
        file.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

/// Whether the path still leads to the open file.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(there)) => open.dev() == there.dev() && open.ino() == there.ino(),
        _ => false,
    }
}

/// A local datagram socket: one line, one datagram. It never waits: what the reader cannot take is lost.
#[derive(Debug)]
pub(super) struct Datagrams {
    path: PathBuf,
    socket: UnixDatagram,
}

impl Datagrams {
    /// Connects to the socket at a path.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        socket.set_nonblocking(true)?;
        Ok(Self { path: path.to_owned(), socket })
    }
}

impl Write for Datagrams {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The reader may have been restarted; then the socket must be found again.
        if self.socket.send(line).is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            *self = Self::connect(&self.path)?;
            self.socket.send(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Syslog's severity of a level.
const fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// A line as a syslog daemon wants it on its local socket (the form of RFC 3164).
pub(super) fn syslog_datagram(facility: u8, level: Level, program: &str, line: &str) -> Vec<u8> {
    let priority = facility * 8 + severity(level);
    let time = chrono::Local::now().format("%b %e %T");
    format!("<{priority}>{time} {program}[{}]: {line}", std::process::id()).into_bytes()
}

/// A line as the journal of systemd wants it. None of the values holds a line feed.
pub(super) fn journal_datagram(
    level: Level,
    program: &str,
    name: &str,
    request_id: Option<&str>,
    line: &str,
) -> Vec<u8> {
    let mut text =
        format!("MESSAGE={line}\nPRIORITY={}\nSYSLOG_IDENTIFIER={program}\nLOGGER_NAME={name}\n", severity(level));
    if let Some(id) = request_id {
        text.push_str("REQUEST_ID=");
        text.push_str(id);
        text.push('\n');
    }
    text.into_bytes()
}

/// The number of a syslog facility by its name, `LOG_LOCAL0` or `local0`.
pub(super) fn facility(name: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 20] = [
        ("KERN", 0),
        ("USER", 1),
        ("MAIL", 2),
        ("DAEMON", 3),
        ("AUTH", 4),
        ("SYSLOG", 5),
        ("LPR", 6),
        ("NEWS", 7),
        ("UUCP", 8),
        ("CRON", 9),
        ("AUTHPRIV", 10),
        ("FTP", 11),
        ("LOCAL0", 16),
        ("LOCAL1", 17),
        ("LOCAL2", 18),
        ("LOCAL3", 19),
        ("LOCAL4", 20),
        ("LOCAL5", 21),
        ("LOCAL6", 22),
        ("LOCAL7", 23),
    ];
    let name = name.trim().to_ascii_uppercase();
    let name = name.strip_prefix("LOG_").unwrap_or(&name);
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_file_is_left_at_once() {
        let root = tempfile::tempdir().unwrap();
        let (path, old) = (root.path().join("a.log"), root.path().join("a.log.1"));
        let mut file = LogFile::open(&path).unwrap();
        file.write_all(b"one\n").unwrap();
        std::fs::rename(&path, &old).unwrap();
        file.write_all(b"two\n").unwrap();
        file.reopen().unwrap();
        file.write_all(b"three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "one\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\nthree\n");
    }

    #[test]
    fn a_folder_that_vanished_does_not_stop_anything() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("logs");
        std::fs::create_dir(&folder).unwrap();
        let mut file = LogFile::open(&folder.join("a.log")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        file.write_all(b"lost\n").unwrap();
        assert!(file.reopen().is_err());
    }

    #[test]
    fn datagrams_survive_a_restart_of_the_reader() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        assert!(Datagrams::connect(&path).is_err());
        let receive = |reader: &UnixDatagram| {
            let mut buffer = [0; 64];
            let length = reader.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        };
        let reader = UnixDatagram::bind(&path).unwrap();
        let mut datagrams = Datagrams::connect(&path).unwrap();
        datagrams.write_all(b"one").unwrap();
        assert_eq!(receive(&reader), "one");
        drop(reader);
        std::fs::remove_file(&path).unwrap();
        assert!(datagrams.write_all(b"lost").is_err());
        let reader = UnixDatagram::bind(&path).unwrap();
        datagrams.write_all(b"two").unwrap();
        assert_eq!(receive(&reader), "two");
    }

    #[test]
    fn datagrams_carry_facility_and_severity() {
        let text = String::from_utf8(syslog_datagram(16, Level::Warn, "glance-api", "line")).unwrap();
        assert!(text.starts_with("<132>"), "{text}");
        assert!(text.ends_with(&format!(" glance-api[{}]: line", std::process::id())), "{text}");
        let text = String::from_utf8(journal_datagram(Level::Info, "p", "n", Some("req-1"), "l")).unwrap();
        assert_eq!(text, "MESSAGE=l\nPRIORITY=6\nSYSLOG_IDENTIFIER=p\nLOGGER_NAME=n\nREQUEST_ID=req-1\n");
        let facilities = ["LOG_USER", "local7", "Log_Daemon", "LOG_NOPE"].map(facility);
        assert_eq!(facilities, [Some(1), Some(23), Some(3), None]);
    }
}
