//! Choosing a representation by the `Accept` header (RFC 9110, section 12.5.1).

/// The forms of an error body (images-v2 specification, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// A small page, for browsers and for `*/*`.
    Html,
    /// An object with message, code and title.
    Json,
    /// Plain text, for those who named nothing that we have.
    Text,
}

impl ErrorForm {
    /// The form for a request with this `Accept` header. HTML is offered first, JSON second.
    pub fn choose(accept: Option<&str>) -> Self {
        match best_offer(accept.unwrap_or_default(), &["text/html", "application/json"]) {
            Some(0) => Self::Html,
            Some(_) => Self::Json,
            None => Self::Text,
        }
    }
}

/// The index of the offer that `accept` prefers; among equals the first one. `None` when it accepts
/// none of them, which an empty header does. A header that cannot be parsed accepts everything.
///
/// Offers are plain `type/subtype` in lower case.
pub fn best_offer(accept: &str, offers: &[&str]) -> Option<usize> {
    let Some(ranges) = parse(accept) else {
        return (!offers.is_empty()).then_some(0);
    };
    let mut best: Option<(usize, u16)> = None;
    for (index, offer) in offers.iter().enumerate() {
        let quality = quality_of(offer, &ranges);
        if quality > best.map_or(0, |(_, quality)| quality) {
            best = Some((index, quality));
        }
    }
    best.map(|(index, _)| index)
}

/// One element of the header.
struct MediaRange {
    /// In lower case, without parameters.
    name: String,
    /// Whether it has parameters besides the quality; no offer has any, so none fits then.
    narrowed: bool,
    /// Thousandths.
    quality: u16,
}

/// `None` when the header breaks the grammar.
fn parse(accept: &str) -> Option<Vec<MediaRange>> {
    let elements = accept.split(',').map(str::trim).filter(|element| !element.is_empty());
    elements.map(parse_range).collect()
}

fn parse_range(element: &str) -> Option<MediaRange> {
    let mut parts = element.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let (kind, subtype) = name.split_once('/')?;
    let wildcard_kind = kind == "*" && subtype != "*";
    if !is_token(kind) || !is_token(subtype) || wildcard_kind {
        return None;
    }
    let mut range = MediaRange { name, narrowed: false, quality: 1000 };
    for parameter in parts.filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=')?;
        if key.eq_ignore_ascii_case("q") {
            range.quality = parse_quality(value)?;
            // What follows the quality are extensions, not parameters of the type.
            break;
        }
        range.narrowed = true;
    }
    Some(range)
}

/// A quality in thousandths: `0.5` as 500; at most three decimals.
pub fn parse_quality(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let well_formed = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !well_formed {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// The quality that the most specific fitting range gives to `offer`; 0 when none fits.
fn quality_of(offer: &str, ranges: &[MediaRange]) -> u16 {
    let kind = offer.split_once('/').map_or(offer, |(kind, _)| kind);
    let specificity = |range: &MediaRange| match range.name.as_str() {
        _ if range.narrowed => 0,
        name if name == offer => 3,
        name if name.strip_suffix("/*") == Some(kind) => 2,
        "*/*" => 1,
        _ => 0,
    };
    let mut best = (0, 0);
    for range in ranges {
        let specificity = specificity(range);
        if specificity > best.0 {
            best = (specificity, range.quality);
        }
    }
    best.1
}

fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_form_follows_accept() {
        let table = [
            (None, ErrorForm::Text),
            (Some(""), ErrorForm::Text),
            (Some("text/plain"), ErrorForm::Text),
            (Some("application/xml"), ErrorForm::Text),
            (Some("*/*"), ErrorForm::Html),
            (Some("text/html"), ErrorForm::Html),
            (Some("text/*"), ErrorForm::Html),
            (Some("text/html, application/json"), ErrorForm::Html),
            (Some("application/json, text/html"), ErrorForm::Html),
            (Some("application/json"), ErrorForm::Json),
            (Some("APPLICATION/Json"), ErrorForm::Json),
            (Some("application/*"), ErrorForm::Json),
            (Some("text/html;q=0.5, application/json;q=0.9"), ErrorForm::Json),
            (Some("application/json, */*;q=0.1"), ErrorForm::Json),
            (Some("text/html;q=0, */*"), ErrorForm::Json),
            (Some("*/*;q=0"), ErrorForm::Text),
            (Some("text/html;level=1"), ErrorForm::Text),
            (Some("application/json;q=0.001"), ErrorForm::Json),
            (Some(", ,application/json"), ErrorForm::Json),
            // Not parseable: as if everything were accepted.
            (Some("json"), ErrorForm::Html),
            (Some("text/html;q=2"), ErrorForm::Html),
            (Some("*/json"), ErrorForm::Html),
        ];
        for (accept, expected) in table {
            assert_eq!(ErrorForm::choose(accept), expected, "Accept: {accept:?}");
        }
    }

    #[test]
    fn the_most_specific_range_decides_about_an_offer() {
        let offers = ["text/plain", "text/html", "application/json"];
        let table = [
            ("*/*", Some(0)),
            ("text/*;q=0.5, text/html", Some(1)),
            ("text/*, text/plain;q=0.1", Some(1)),
            ("application/json, text/plain", Some(0)),
            ("image/png", None),
        ];
        for (accept, expected) in table {
            assert_eq!(best_offer(accept, &offers), expected, "Accept: {accept:?}");
        }
    }
}
