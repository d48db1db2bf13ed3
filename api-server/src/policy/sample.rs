//! The sample of a policy file: every rule with its default, as comments.

use std::fmt::Write;

use super::defaults::Rule;

/// Longest line of the file.
const WIDTH: usize = 120;

/// The text of the sample file.
#[must_use]
pub fn sample() -> String {
    let mut text = "# Rules of glance-api: who may do what. All are comments and show the defaults. To change one, put it into\n\
                    # policy.yaml, or into a file of the folder policy.d. What is written there counts as soon as it is saved.\n"
        .to_owned();
    for rule in Rule::ALL {
        let default = rule.default();
        text.push('\n');
        let mut describe = |line: &str| {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "# {}", line.trim());
        };
        default.doc.iter().for_each(|line| describe(line));
        if let Some(legacy) = default.legacy.filter(|legacy| *legacy != default.check) {
            describe(&format!("With enforce_new_defaults = false also: {legacy}"));
        }
        let line = format!("#\"{}\": \"{}\"", default.name, default.check);
        if line.len() <= WIDTH {
            text.push_str(&line);
        } else {
            let _ = write!(text, "#\"{}\": >-\n#  {}", default.name, default.check);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use glance_common::context::RequestContext;

    use super::*;
    use crate::policy::{Enforcer, NoTarget};

    #[test]
    fn without_its_comment_signs_the_sample_is_a_policy_with_the_defaults() {
        let text = sample();
        let rules: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("#\"") || line.starts_with("#  "))
            .map(|line| &line[1..])
            .collect();
        let enforcer = Enforcer::from_text(&rules.join("\n"), true).unwrap();
        assert!(rules.iter().filter(|line| !line.starts_with(' ')).count() == Rule::ALL.len());
        let admin = RequestContext { roles: vec!["admin".to_owned()], ..RequestContext::default() };
        assert!(
            enforcer.allows(&admin, Rule::GetImage, &NoTarget) && enforcer.allows(&admin, Rule::CopyImage, &NoTarget)
        );
        assert!(!enforcer.allows(&RequestContext::default(), Rule::GetImage, &NoTarget));
    }
}
