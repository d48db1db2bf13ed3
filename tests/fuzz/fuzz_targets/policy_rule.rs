//! A rule of the policy language: it is refused, or gives an answer, the same one every time.
#![no_main]

use glance_api::policy::{Enforcer, NoTarget, Rule};
use glance_common::context::RequestContext;

libfuzzer_sys::fuzz_target!(|rule: &str| {
    let text = serde_json::json!({"get_image": rule, "own": rule}).to_string();
    let Ok(policy) = Enforcer::from_text(&text, true) else { return };
    let caller = RequestContext::default();
    let first = policy.allows(&caller, Rule::GetImage, &NoTarget);
    assert_eq!(first, policy.allows(&caller, Rule::GetImage, &NoTarget), "{rule}");
    let _ = policy.allows_named(&caller, "own", &NoTarget);
    assert!(!policy.allows_named(&caller, "nobody-defined-this", &NoTarget) || rule.contains("default"));
});
