//! Golden answers: what the reference answered to a scenario, and where we answer otherwise on
//! purpose (`ours`, with the key of the reason in `tests/compatibility.md`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::must::Must;
use crate::normal::Normal;
use crate::scenario::Scenario;

/// A golden file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Golden {
    /// Who answered.
    pub reference: String,
    /// One answer per step.
    pub answers: Vec<Entry>,
}

/// The answer to a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// Method and path of the step, to notice when scenario and golden file part.
    pub step: String,
    /// What the reference said.
    #[serde(flatten)]
    pub answer: Normal,
    /// What we say instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<Ours>,
}

/// A difference that is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ours {
    /// Key of the reason in the ledger.
    pub because: String,
    /// Our status, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Our headers, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Our body, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Entry {
    /// What we are to answer.
    pub fn wanted(&self) -> Normal {
        let mut wanted = self.answer.clone();
        if let Some(ours) = &self.ours {
            wanted.status = ours.status.unwrap_or(wanted.status);
            wanted.headers = ours.headers.clone().unwrap_or(wanted.headers);
            wanted.body = ours.body.clone().unwrap_or(wanted.body);
        }
        wanted
    }

    /// Notes `answer` as meant, because of a reason in the ledger.
    pub fn accept(&mut self, answer: &Normal, because: &str) {
        let differs = *answer != self.answer;
        self.ours = differs.then(|| Ours {
            because: because.into(),
            status: (answer.status != self.answer.status).then_some(answer.status),
            headers: (answer.headers != self.answer.headers).then(|| answer.headers.clone()),
            body: (answer.body != self.answer.body).then(|| answer.body.clone()),
        });
    }
}

/// The folder of the golden files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Where the golden answers to a scenario are.
pub fn path(name: &str) -> PathBuf {
    folder().join("scenarios").join(format!("{name}.json"))
}

/// Reads the golden answers to a scenario.
///
/// # Panics
/// When there are none.
pub fn load(name: &str) -> Golden {
    let path = path(name);
    let text =
        std::fs::read_to_string(&path).must(format!("{}; `cargo xtask golden --record` makes it", path.display()));
    serde_json::from_str(&text).must(path.display())
}

/// Writes golden answers.
///
/// # Panics
/// When the file cannot be written.
pub fn save(name: &str, golden: &Golden) {
    let path = path(name);
    std::fs::write(&path, text(golden)).must(path.display());
}

/// One answer a line: small, and a change shows as the line it is.
fn text(golden: &Golden) -> String {
    let answers = golden.answers.iter().map(|entry| serde_json::to_string(entry).must("an answer as JSON"));
    let answers: Vec<String> = answers.collect();
    let name = serde_json::to_string(&golden.reference).must("a name as JSON");
    format!("{{\"reference\": {name}, \"answers\": [\n{}\n]}}\n", answers.join(",\n"))
}

/// Golden answers made of a recording; differences that were accepted before are kept where the
/// step and the reference's answer are still the same.
pub fn recorded(scenario: &Scenario, answers: Vec<Normal>, reference: &str, earlier: Option<&Golden>) -> Golden {
    let entries = scenario.steps.iter().zip(answers).map(|(step, answer)| {
        let known = earlier
            .and_then(|golden| golden.answers.iter().find(|entry| entry.step == step.what && entry.answer == answer));
        Entry { step: step.what.clone(), answer, ours: known.and_then(|entry| entry.ours.clone()) }
    });
    Golden { reference: reference.into(), answers: entries.collect() }
}

/// Compares answers with golden ones: one text per step that differs.
///
/// # Panics
/// When the golden file belongs to another version of the scenario.
pub fn compare(scenario: &Scenario, golden: &Golden, answers: &[Normal]) -> Vec<String> {
    let steps: Vec<&String> = scenario.steps.iter().map(|step| &step.what).collect();
    let recorded: Vec<&String> = golden.answers.iter().map(|entry| &entry.step).collect();
    assert_eq!(steps, recorded, "{} changed; `cargo xtask golden --record {0}` is due", scenario.name);
    let pairs = golden.answers.iter().zip(answers).enumerate();
    pairs
        .filter(|(_, (entry, answer))| entry.wanted() != **answer)
        .map(|(at, (entry, answer))| {
            let title = format!("{} step {} {}", scenario.name, at + 1, entry.step);
            format!("{title}\n{}", difference(&entry.wanted(), answer))
        })
        .collect()
}

/// Differing lines that are shown of one answer.
const SHOWN: usize = 30;

/// The differing lines of two answers; `-` is wanted, `+` is what came.
fn difference(wanted: &Normal, found: &Normal) -> String {
    let (wanted, found) = (lines(wanted), lines(found));
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("  - {line}\n"));
    let extra = found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("  + {line}\n"));
    let lines: Vec<String> = missing.chain(extra).collect();
    let more = lines.len().saturating_sub(SHOWN);
    let note = if more > 0 { format!("  … and {more} more lines\n") } else { String::new() };
    lines.into_iter().take(SHOWN).chain([note]).collect()
}

fn lines(answer: &Normal) -> Vec<String> {
    let mut lines = vec![format!("status {}", answer.status)];
    lines.extend(answer.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let body = match &answer.body {
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        // one line per value, each with its path, so that order does not matter
        other => paths(other, ""),
    };
    lines.extend(body);
    lines
}

fn paths(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().flat_map(|(key, item)| paths(item, &format!("{at}/{key}"))).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().flat_map(|(index, item)| paths(item, &format!("{at}/{index}"))).collect()
        }
        other => vec![format!("{at} = {other}")],
    }
}
