//! `cargo xtask check`.

use crate::Outcome;
use crate::shell::{self, ALL_ENGINES, cargo, must_succeed};

/// Packages that must not come in by some dependency's default features, and why.
const UNWANTED: &[(&str, &str)] =
    &[("aws-lc", "TLS is rustls with ring; a second crypto library in C doubles the build")];

/// Format, clippy, documentation, dependency rules. All with every database engine.
pub(crate) fn check() -> Outcome {
    shell::install(&["libpq-dev", "libmariadb-dev", "pkg-config"])?;
    must_succeed("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    let features = shell::all_features();
    let clippy = ["clippy", "--workspace", "--all-targets", "--features", &features, "--", "-D", "warnings"];
    must_succeed("clippy", &mut cargo(&clippy))?;
    let documentation = ["doc", "--workspace", "--no-deps", "--features", ALL_ENGINES];
    must_succeed("documentation", cargo(&documentation).env("RUSTDOCFLAGS", "-D warnings"))?;
    unwanted_packages()
}

fn unwanted_packages() -> Outcome {
    let arguments = ["tree", "--workspace", "--prefix", "none", "--edges", "normal,build", "--features", ALL_ENGINES];
    let tree = shell::output_of("cargo tree", &mut cargo(&arguments))?;
    for (name, reason) in UNWANTED {
        if let Some(line) = tree.lines().find(|line| line.starts_with(name)) {
            return Err(format!("{line} has come in: {reason}"));
        }
    }
    Ok(())
}
