//! The Debian package, made from the programs of this build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use glance_tests::Must;
use glance_tests::process::program;
use tempfile::TempDir;

use crate::shipped::{deploy, is_taken};

/// Runs a command and gives what it prints.
#[track_caller]
fn output(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("DPKG_DEB_COMPRESSOR_TYPE", "none").output();
    let output = output.must(program.display());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{} {arguments:?}: {error}", program.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn dpkg_deb(arguments: &[&str]) -> String {
    output(Path::new("dpkg-deb"), arguments)
}

/// The package, and the folder that it was unpacked into.
struct Package {
    path: String,
    tree: PathBuf,
    _folder: TempDir,
}

/// Made once for all tests of this program.
fn package() -> &'static Package {
    static PACKAGE: OnceLock<Package> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let folder = TempDir::with_prefix("glance-package-").must("a temporary folder");
        let programs = program("glance-api");
        let programs = programs.parent().must("a folder").to_string_lossy().into_owned();
        let target = folder.path().to_string_lossy().into_owned();
        let path = output(&deploy().join("debian/build"), &[&programs, &target]).trim().to_owned();
        let tree = folder.path().join("tree");
        dpkg_deb(&["--raw-extract", &path, &tree.to_string_lossy()]);
        Package { path, tree, _folder: folder }
    })
}

fn read(file: &str) -> String {
    std::fs::read_to_string(package().tree.join(file)).must(file)
}

#[test]
fn it_takes_the_place_of_glance() {
    for field in ["Provides", "Conflicts", "Replaces"] {
        let value = dpkg_deb(&["--field", &package().path, field]);
        for other in ["glance-api", "glance-common", "glance-registry"] {
            assert!(value.contains(other), "{field}: {value}");
        }
    }
    let units = std::fs::read_dir(package().tree.join("lib/systemd/system")).must("units").count();
    assert_eq!(units, std::fs::read_dir(deploy().join("systemd")).must("units").count());
}

/// Whatever programs the servers' packages declare are in it, and run.
#[test]
fn it_holds_every_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for server in ["api-server", "registry-server"] {
        let manifest = std::fs::read_to_string(root.join(server).join("Cargo.toml")).must(server);
        let programs: Vec<&str> = manifest
            .split("[[bin]]")
            .skip(1)
            .filter_map(|part| part.lines().find_map(|line| line.strip_prefix("name = ")))
            .map(|name| name.trim_matches('"'))
            .collect();
        assert!(!programs.is_empty(), "{server}");
        for name in programs {
            let said = output(&package().tree.join("usr/bin").join(name), &["--version"]);
            assert!(said.starts_with(name), "{name}: {said}");
        }
    }
}

/// Both files are kept when an operator has changed them, hide what they hold, let nobody in unasked, and are understood.
#[test]
fn its_configuration_is_closed_and_the_operator_s() {
    assert_eq!(read("DEBIAN/conffiles"), "/etc/glance/glance-api.conf\n/etc/glance/glance-registry.conf\n");
    let listing = dpkg_deb(&["--contents", &package().path]);
    for (name, flavor) in [("glance-api", "keystone"), ("glance-registry", "trusted-auth")] {
        let path = format!("etc/glance/{name}.conf");
        let text = read(&path);
        assert!(text.lines().any(|line| line == format!("flavor = {flavor}")), "{path}");
        let line = listing.lines().find(|line| line.ends_with(&path)).must(&path);
        assert!(line.starts_with("-rw-r-----") && line.contains("root/root"), "{line}");
        let file = format!("--config-file=/etc/glance/{name}.conf");
        is_taken(name, &[&file], &[(PathBuf::from(format!("{name}.conf")), text)]);
    }
}

#[test]
fn its_scripts_are_sound() {
    for script in ["postinst", "prerm", "postrm"] {
        let path = package().tree.join("DEBIAN").join(script);
        output(Path::new("sh"), &["-n", &path.to_string_lossy()]);
    }
    let removal = read("DEBIAN/postrm");
    let mut steps = removal.lines().filter(|line| !line.starts_with('#'));
    assert!(steps.all(|line| !line.contains("/var/lib/glance")), "images are never removed: {removal}");
}

/// Named after the engine, without which the programs of this build are not those of a package.
mod postgres {
    #[test]
    fn it_needs_the_libraries_of_all_engines() {
        let value = super::dpkg_deb(&["--field", &super::package().path, "Depends"]);
        for library in ["libc6", "libpq5", "libmariadb3", "adduser"] {
            assert!(value.contains(library), "{library}: {value}");
        }
    }
}
