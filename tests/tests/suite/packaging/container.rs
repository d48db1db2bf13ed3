//! The Dockerfile, read as a builder reads it: no builder is at hand, so its rules are held here.

use std::path::Path;

use glance_tests::Must;

use crate::shipped::deploy;

/// Instructions that the image may use.
const KNOWN: [&str; 10] = ["FROM", "RUN", "COPY", "WORKDIR", "USER", "EXPOSE", "CMD", "STOPSIGNAL", "ENV", "LABEL"];

/// One instruction with its text, continued lines joined.
#[derive(Debug)]
struct Instruction {
    name: String,
    text: String,
}

fn read() -> Vec<Instruction> {
    let text = std::fs::read_to_string(deploy().join("container/Dockerfile")).must("the Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let instructions = joined.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (name, text) = line.trim().split_once(' ').unwrap_or((line, ""));
        Instruction { name: name.to_owned(), text: text.split_whitespace().collect::<Vec<_>>().join(" ") }
    });
    instructions.collect()
}

/// The instructions of the last stage: what the image is made of.
fn last_stage(all: &[Instruction]) -> &[Instruction] {
    let start = all.iter().rposition(|one| one.name == "FROM").must("a FROM");
    &all[start..]
}

fn texts<'a>(instructions: &'a [Instruction], name: &str) -> Vec<&'a str> {
    instructions.iter().filter(|one| one.name == name).map(|one| one.text.as_str()).collect()
}

#[test]
fn every_instruction_is_one_and_every_stage_is_there() {
    let all = read();
    let mut stages = Vec::new();
    for Instruction { name, text } in &all {
        assert!(KNOWN.contains(&name.as_str()), "{name} {text}");
        if name == "FROM" {
            let (image, stage) = text.split_once(" AS ").unwrap_or((text, ""));
            let tag = image.split_once(':').must(format!("{image} has no tag")).1;
            assert_ne!(tag, "latest", "{image} is another one every day");
            stages.push(stage);
        }
        if let Some(rest) = text.strip_prefix("--from=") {
            let stage = rest.split(' ').next().unwrap_or_default();
            assert!(stages.contains(&stage), "COPY from {stage}, which is none of {stages:?}");
        }
        if text.contains("apt-get install") {
            let clean = ["apt-get update", "--no-install-recommends", "--yes", "rm -rf /var/lib/apt/lists/*"];
            assert!(clean.iter().all(|part| text.contains(part)), "{text}");
        }
    }
    assert_eq!(stages.len(), 2, "one stage builds, one is shipped: {stages:?}");
}

#[test]
fn the_image_runs_without_rights_and_ends_well() {
    let all = read();
    let shipped = last_stage(&all);
    let user = *texts(shipped, "USER").last().must("a USER");
    let numbers: Vec<u32> =
        user.split(':').map(|part| part.parse().must("a number, which clusters can judge")).collect();
    assert!(numbers.iter().all(|number| *number > 0), "{user}");
    let position = |name: &str| shipped.iter().rposition(|one| one.name == name).unwrap_or_default();
    assert!(position("USER") > position("RUN") && position("USER") > position("COPY"), "the user comes last");
    assert_eq!(texts(shipped, "STOPSIGNAL"), ["SIGTERM"]);
    // a shell between would keep SIGTERM from the program
    assert!(texts(shipped, "CMD").iter().all(|text| text.starts_with('[')), "{shipped:?}");
    assert!(shipped.iter().all(|one| !one.text.contains("rust") && !one.text.contains("-dev")), "tools of the build");
}

/// The account is the one of the Debian package, so that both may use the same files.
#[test]
fn the_account_is_that_of_the_package() {
    let user = texts(&read(), "USER").last().must("a USER").split(':').next().unwrap_or_default().to_owned();
    let script = std::fs::read_to_string(deploy().join("debian/postinst")).must("postinst");
    assert!(script.contains(&format!("--uid {user}")), "{user}");
}

/// All engines, locked dependencies, and nothing of the sources left out that the build reads.
#[test]
fn the_build_is_the_one_of_the_packages() {
    let all = read();
    let build = texts(&all, "RUN").into_iter().find(|text| text.contains("cargo build")).must("a build").to_owned();
    for part in ["--release", "--locked", "glance-registry/postgres,glance-registry/mysql"] {
        assert!(build.contains(part), "{part}: {build}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ignored = std::fs::read_to_string(root.join(".dockerignore")).must(".dockerignore");
    let ignored: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    for needed in ["Cargo.lock", ".cargo", "common", "registry-client", "registry-server", "api-server", "tests"] {
        assert!(root.join(needed).exists() && !ignored.contains(&needed), "{needed}");
    }
    assert!(ignored.contains(&"target") && ignored.contains(&".git"), "{ignored:?}");
    let version = std::fs::read_to_string(root.join("Cargo.toml")).must("Cargo.toml");
    let version = version.lines().find_map(|line| line.strip_prefix("rust-version = ")).must("a version");
    assert!(texts(&all, "FROM")[0].contains(version.trim_matches('"')), "another Rust than {version}");
}
