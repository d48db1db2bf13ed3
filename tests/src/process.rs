//! Programs of this workspace as child processes.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::must::Must;

/// Time a server gets between SIGTERM and SIGKILL when its test is over.
const FAREWELL: Duration = Duration::from_secs(10);

/// Signals that tests send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Read the configuration again.
    Hangup,
    /// Finish and leave.
    Terminate,
    /// Die now.
    Kill,
    /// Stand still.
    Stop,
    /// Go on after standing still.
    Continue,
}

impl Signal {
    fn number(self) -> libc::c_int {
        match self {
            Self::Hangup => libc::SIGHUP,
            Self::Terminate => libc::SIGTERM,
            Self::Kill => libc::SIGKILL,
            Self::Stop => libc::SIGSTOP,
            Self::Continue => libc::SIGCONT,
        }
    }
}

/// The path of a program that this workspace builds, found beside the running one.
///
/// # Panics
/// When it has not been built.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().must("the path of this program");
    // test programs lie in `deps`, one level below the others
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.must(format!("{name} is not built; `cargo build --workspace` builds it for {}", own.display()))
}

/// A child process with its output in a file. Dropping it stops it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` with its standard output and error appended to `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(program: &Path, arguments: &[&str], environment: &[(&str, &str)], log: &Path) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(log.parent().unwrap_or(Path::new(".")))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        let raw = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&raw).into_owned()
    }

    /// Sends it a signal. A process that has ended already gets none.
    pub fn signal(&mut self, signal: Signal) {
        if self.ended().is_some() {
            return;
        }
        let id = libc::pid_t::try_from(self.child.id()).must("a process id");
        send(id, signal.number());
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().must("the state of a child process")
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Its resident memory in bytes.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::Continue);
        self.signal(Signal::Terminate);
        if self.wait(FAREWELL).is_none() {
            self.signal(Signal::Kill);
            self.wait(FAREWELL);
        }
    }
}

#[expect(unsafe_code, reason = "the standard library has no way to send a signal")]
fn send(process: libc::pid_t, signal: libc::c_int) {
    // SAFETY: kill has no memory effects; the process is a child that has not been waited for,
    // so its number cannot belong to another one. A failure only means that it has ended.
    unsafe {
        libc::kill(process, signal);
    }
}
