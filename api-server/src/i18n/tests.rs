//! Catalogues against the code, and what becomes of messages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// The messages of the catalogue without translations.
fn messages() -> Vec<String> {
    let text = include_str!("../../i18n/messages.pot");
    let lines = text.lines().filter_map(|line| line.strip_prefix("msgid \"")?.strip_suffix('"'));
    lines.map(unquoted).filter(|message| !message.is_empty()).collect()
}

fn unquoted(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\")
}

/// Everything that the two servers may say, with lines of literals put together and quotes as they are meant.
fn code() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> =
        ["api-server/src", "registry-server/src", "common/src"].map(|folder| root.join(folder)).into();
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("tests.rs") {
                code += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let continued: String =
        code.split("\\\n").enumerate().map(|(at, part)| if at == 0 { part } else { part.trim_start() }).collect();
    unquoted(&continued)
}

#[test]
fn every_message_stands_in_the_code() {
    let code = code();
    let strange: Vec<_> = messages().into_iter().filter(|message| !code.contains(message.as_str())).collect();
    assert!(strange.is_empty(), "nobody says {strange:#?}");
}

#[test]
fn every_catalogue_has_all_messages_with_their_values_and_no_others() {
    let messages: BTreeSet<String> = messages().into_iter().collect();
    assert!(messages.len() > 90 && TABLE.len() >= 2);
    for (language, translations) in TABLE {
        let known: BTreeSet<String> = translations.iter().map(|(message, _)| (*message).to_owned()).collect();
        assert_eq!(known, messages, "{language}");
        assert!(Catalogue::named(language).is_some());
        for (message, translation) in *translations {
            let names = |text: &'static str| Template::parse(text).sorted_names().join(" ");
            assert_eq!(names(message), names(translation), "{language}: {message}");
            let edges = |text: &str| (text.starts_with('\n'), text.ends_with('\n'), text.ends_with(' '));
            assert_eq!(edges(message), edges(translation), "{language}: {message}");
        }
    }
}

#[test]
fn messages_keep_their_values() {
    let german = Catalogue::named("de").unwrap();
    let table = [
        ("No image found with ID 42", Some("Es gibt kein Abbild mit der ID 42")),
        ("Read-only access", Some("Nur Lesezugriff")),
        ("Attribute 'size' is read-only.", Some("Das Attribut 'size' kann nur gelesen werden.")),
        (
            "Not allowed to list members for image 7: Only shared images have members.",
            Some(
                "Die Mitglieder des Abbilds 7 können nicht aufgelistet werden: Nur geteilte Abbilder haben Mitglieder.",
            ),
        ),
        (
            "Image status transition from active to saving is not allowed",
            Some("Der Übergang des Abbilds vom Status active zum Status saving ist nicht erlaubt"),
        ),
        ("the query is not as expected", None),
        ("", None),
    ];
    for (message, wanted) in table {
        assert_eq!(german.translate(message).as_deref(), wanted, "{message}");
    }
    let chinese = Catalogue::named("zh_CN").unwrap();
    assert_eq!(chinese.translate("Image ID 7 already exists!").as_deref(), Some("镜像 ID 7 已存在！"));
}
