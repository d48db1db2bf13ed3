//! Sample files, made from the declarations so that they cannot grow stale.

use std::fmt::Write;
use std::path::Path;

use super::{OptionSpec, SectionSpec};

/// The sample configuration file of a program: every option with its documentation, commented out at its default.
///
/// Sections of the same name merge, in the order given; the text ends with a line feed.
pub fn render(program: &str, sections: &[SectionSpec]) -> String {
    let mut text = format!(
        "# Sample configuration of {program}.\n\
         #\n\
         # Every option is shown with its default; remove the # in front to change it.\n"
    );
    let mut done: Vec<&str> = Vec::new();
    for section in sections {
        if done.contains(&section.group.as_str()) {
            continue;
        }
        done.push(&section.group);
        let _ = write!(text, "\n[{}]\n", section.group);
        for part in sections.iter().filter(|part| part.group == section.group) {
            render_part(&mut text, part);
        }
    }
    text
}

/// Keeps a sample file in step with its tables: says whether `file` holds `text`, or writes it when the environment has
/// `GLANCE_WRITE_SAMPLES`.
///
/// # Errors
/// A sentence for whoever runs the tests: the file is stale, missing or cannot be written.
pub fn keep(file: &Path, text: &str) -> Result<(), String> {
    if std::env::var_os("GLANCE_WRITE_SAMPLES").is_some() {
        return std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()));
    }
    match std::fs::read_to_string(file) {
        Ok(present) if present == text => Ok(()),
        _ => Err(format!("{} is stale; `cargo xtask samples` writes it anew", file.display())),
    }
}

fn render_part(text: &mut String, part: &SectionSpec) {
    if !part.doc.is_empty() {
        text.push('\n');
        comment(text, part.doc);
    }
    for option in &part.options {
        text.push('\n');
        comment(text, option.doc);
        let _ = writeln!(text, "# ({})", facts(option));
        match option.default.as_slice() {
            [] if option.multi => drop(writeln!(text, "#{} =", option.name)),
            [] => drop(writeln!(text, "#{} = <None>", option.name)),
            values => values.iter().for_each(|value| assignment(text, option.name, value)),
        }
    }
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "#{line}");
    }
}

fn assignment(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{}", format!("#{name} = {}", spelled(value)).trim_end());
}

/// The value as the file format needs it: dollar signs doubled, outer blanks and quotes kept by quotes.
fn spelled(value: &str) -> String {
    let value = value.replace('$', "$$").replace('\n', "\n#    ");
    let quoted = value.trim() != value || (value.len() > 1 && value.starts_with(['"', '\'']));
    if quoted { format!("\"{value}\"") } else { value }
}

/// Kind, bounds, allowed words and old names in one line.
fn facts(option: &OptionSpec) -> String {
    let mut facts = option.kind.to_owned();
    for (word, bound) in [("at least", option.min), ("at most", option.max)] {
        if let Some(bound) = bound {
            let _ = write!(facts, ", {word} {bound}");
        }
    }
    if !option.choices.is_empty() {
        let _ = write!(facts, ", one of {}", option.choices.join(", "));
    }
    if option.multi {
        facts.push_str(", may be repeated");
    }
    if !option.aliases.is_empty() {
        let _ = write!(facts, "; old names: {}", option.aliases.join(", "));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Multi, Secret, Section};

    crate::choices! {
        /// Colours.
        enum Colour {
            /// Red.
            Red = "red",
            /// Blue.
            Blue = "blue",
        }
    }

    crate::options! {
        /// How things look.
        struct Look in "look" {
            /// Colour of things.
            /// Second line.
            colour: Colour = Colour::Blue, aliases ["color", "DEFAULT.colour"];
            /// How many, in pieces.
            count: u32 = 5, min 1, max 10;
            /// A key.
            key: Option<Secret> = None;
            /// Names.
            names: Multi<String> = Multi(vec!["a".to_owned(), "$b ".to_owned()]);
            /// Nothing by default.
            others: Multi<String> = Multi(vec![]);
        }

        /// The same section, from another module.
        struct More in "look" {
            /// A list.
            list: Vec<u8> = vec![1, 2];
        }
    }

    const EXPECTED: &str = "\
# Sample configuration of glance-test.
#
# Every option is shown with its default; remove the # in front to change it.

[look]

# How things look.

# Colour of things.
# Second line.
# (string value, one of red, blue; old names: color, DEFAULT.colour)
#colour = blue

# How many, in pieces.
# (integer value, at least 1, at most 10)
#count = 5

# A key.
# (string value)
#key = <None>

# Names.
# (multi valued, may be repeated)
#names = a
#names = \"$$b \"

# Nothing by default.
# (multi valued, may be repeated)
#others =

# The same section, from another module.

# A list.
# (list value)
#list = 1,2
";

    #[test]
    fn the_sample_shows_every_option() {
        assert_eq!(render("glance-test", &[Look::spec(), More::spec()]), EXPECTED);
    }

    #[test]
    fn the_uncommented_sample_gives_the_defaults() {
        let text = render("glance-test", &[Look::spec(), More::spec()]);
        let lines =
            text.lines().map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
        let config = Config::from_text(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        let look: Look = config.section().unwrap();
        assert_eq!((look.colour, look.count, look.key, look.others.len()), (Colour::Blue, 5, None, 0));
        assert_eq!(*look.names, ["a", "$b "]);
        assert_eq!(config.section::<More>().unwrap().list, [1, 2]);
    }
}
