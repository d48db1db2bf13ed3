//! Running programs, and where things are.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;

/// Cargo features that give tests and servers all three database engines.
pub(crate) const ALL_ENGINES: &str =
    "glance-registry/postgres,glance-registry/mysql,glance-tests/postgres,glance-tests/mysql";

/// Cargo features that build every piece of code there is, the tests with the reference included.
pub(crate) fn all_features() -> String {
    format!("{ALL_ENGINES},glance-tests/reference")
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    // this program lies in target/debug
    let own = env::current_exe().ok();
    let found = own.as_deref().and_then(|path| path.ancestors().nth(2)).map(Path::to_owned);
    found.unwrap_or_else(|| root().join("target"))
}

/// Cargo, in the folder of the workspace.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// A script of `tests/tools`.
pub(crate) fn tool<A: AsRef<OsStr>>(name: &str, arguments: &[A]) -> Command {
    let mut command = Command::new(root().join("tests/tools").join(name));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command and fails with its name when it fails.
pub(crate) fn must_succeed(what: &str, command: &mut Command) -> Outcome {
    println!("== {what}");
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{what}: {error}"))?;
    if !status.success() {
        return Err(format!("{what} failed ({status})"));
    }
    println!("== {what}: done in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs a command and gives what it prints.
pub(crate) fn output_of(what: &str, command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{what}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{what} failed ({})", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Installs missing Debian packages.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    let mut command = tool("install-packages", packages);
    let status = command.status().map_err(|error| format!("install-packages: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("these packages are needed: {}", packages.join(" "))) }
}

/// Is this program on the search path?
pub(crate) fn is_there(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// A scratch folder that everybody may enter; removed when this value is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let path = env::temp_dir().join(format!("glance-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // left behind it only takes room in the folder for such things
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
