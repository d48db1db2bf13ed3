//! Which catalogue the client's `Accept-Language` asks for (RFC 9110 §12.5.4, lookup of RFC 4647).

use glance_common::http::accept::parse_quality;

use super::Catalogue;

/// What a wanted language gets: a catalogue, or English, which needs none. Subtags that a client adds are cut from the
/// right until a row fits; Chinese in traditional script is nobody's row but its own, for which there is no catalogue.
const LANGUAGES: [(&str, Option<&str>); 9] = [
    ("*", None),
    ("de", Some("de")),
    ("en", None),
    ("zh", Some("zh_CN")),
    ("zh-cn", Some("zh_CN")),
    ("zh-hans", Some("zh_CN")),
    ("zh-my", Some("zh_CN")),
    ("zh-sg", Some("zh_CN")),
    ("i-default", None),
];
/// Tags of a language that is not that of the shorter tag.
const APART: [&str; 4] = ["zh-hant", "zh-tw", "zh-hk", "zh-mo"];
/// Longest tag that is looked at.
const LONGEST: usize = 35;

/// The catalogue for the lines of the `Accept-Language` header; none means English. Of the languages that there are the
/// one with the highest quality counts, and among equals the first.
#[must_use]
pub fn catalogue_for<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'static Catalogue> {
    let mut best: (u16, Option<&str>) = (0, None);
    for element in lines.flat_map(|line| line.split(',')) {
        let (tag, quality) = element.split_once(';').unwrap_or((element, "q=1"));
        let Some(quality) =
            quality.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='))
        else {
            continue;
        };
        match (look_up(tag.trim()), parse_quality(quality.trim())) {
            (Some(language), Some(quality)) if quality > best.0 => best = (quality, language),
            _ => {}
        }
    }
    Catalogue::named(best.1?)
}

/// What a language tag gets; none where there is nothing for it.
fn look_up(tag: &str) -> Option<Option<&'static str>> {
    if tag.is_empty() || tag.len() > LONGEST {
        return None;
    }
    let tag = tag.to_ascii_lowercase().replace('_', "-");
    let mut wanted = tag.as_str();
    loop {
        if let Some((_, catalogue)) = LANGUAGES.iter().find(|(own, _)| *own == wanted) {
            return Some(*catalogue);
        }
        if APART.contains(&wanted) {
            return None;
        }
        wanted = wanted.rsplit_once('-')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_that_there_is_counts() {
        let table = [
            ("", "en"),
            ("de", "de"),
            ("DE-at", "de"),
            ("de_CH", "de"),
            ("zh-CN", "zh_CN"),
            ("zh_CN", "zh_CN"),
            ("zh", "zh_CN"),
            ("zh-Hans-SG", "zh_CN"),
            ("zh-TW", "en"),
            ("zh-Hant-CN", "en"),
            ("zh-TW, de;q=0.5", "de"),
            ("fr", "en"),
            ("fr, de;q=0.1", "de"),
            ("en, de", "en"),
            ("de, en", "de"),
            ("en-GB;q=0.8, de;q=0.9", "de"),
            ("de;q=0.3, zh;q=0.30, en;q=0.2", "de"),
            ("de;q=0", "en"),
            ("*", "en"),
            ("*;q=0.9, de;q=0.8", "en"),
            ("fr;q=1, *;q=0.1, de;q=0.2", "de"),
            ("de;q=2, zh;q=0.1", "zh_CN"),
            ("de;x=1, zh;q = 0.4", "zh_CN"),
            ("d, , ;q=1, de-", "de"),
            ("deu", "en"),
        ];
        for (header, language) in table {
            let found = catalogue_for([header].into_iter()).map_or("en", |catalogue| catalogue.language);
            assert_eq!(found, language, "{header}");
        }
        let long = "de-".repeat(100);
        assert!(catalogue_for([long.as_str(), "de"].into_iter()).is_some());
    }
}
