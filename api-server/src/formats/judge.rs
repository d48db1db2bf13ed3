//! The inspection as a step of an upload.

use super::{FormatInspector, Refusal, Rules};
use crate::stores::ingest::{Inspector, Verdict};

/// Looks at a body while it is stored and judges it at the end, before the store keeps it.
#[derive(Debug)]
pub struct ContentJudge {
    inspector: FormatInspector,
    rules: Rules,
    declared: String,
}

impl ContentJudge {
    /// A judge of content that the client declared as `declared` (the image's `disk_format`).
    #[must_use]
    pub fn new(rules: Rules, declared: impl Into<String>) -> Self {
        Self { inspector: FormatInspector::new(), rules, declared: declared.into() }
    }
}

impl Inspector for ContentJudge {
    fn update(&mut self, bytes: &[u8]) {
        self.inspector.update(bytes);
    }

    fn finish(self: Box<Self>) -> Verdict {
        let Self { inspector, rules, declared } = *self;
        let findings = inspector.finish();
        match rules.judge(&declared, &findings) {
            Ok(virtual_size) => Verdict::Accepted { virtual_size },
            Err(refusal) => {
                if let Refusal::Unsafe(checks) = &refusal {
                    log::warn!("content declared as {declared:?} failed these safety checks: {}", checks.join(", "));
                }
                Verdict::Refused { reason: refusal.to_string() }
            }
        }
    }
}
