//! In which form a client wants to read a refusal (images-v2 §2.3).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// The forms of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `text/html`, offered first.
    Html,
    /// `application/json`, offered second.
    Json,
    /// `text/plain`, for everybody else.
    Plain,
}

/// The form for a request.
#[must_use]
pub fn form_for(headers: &HeaderMap) -> ErrorForm {
    let values: Vec<_> = headers.get_all(ACCEPT).map(|value| value.to_str().unwrap_or("?")).collect();
    if values.is_empty() { ErrorForm::Plain } else { form_for_accept(&values.join(", ")) }
}

/// The form for the value of an `Accept` header. One that is not in the grammar counts as "anything".
fn form_for_accept(accept: &str) -> ErrorForm {
    let ranges: Option<Vec<_>> =
        accept.split(',').map(str::trim).filter(|range| !range.is_empty()).map(media_range).collect();
    let Some(ranges) = ranges else { return ErrorForm::Html };
    let html = quality(&ranges, "text", "html");
    let json = quality(&ranges, "application", "json");
    match (html, json) {
        (0, 0) => ErrorForm::Plain,
        (html, json) if json > html => ErrorForm::Json,
        _ => ErrorForm::Html,
    }
}

/// One range of an `Accept` header. Its quality is counted in thousandths.
struct MediaRange<'a> {
    main: &'a str,
    sub: &'a str,
    quality: u16,
    /// Ranges with parameters fit no offer, since no offer has any.
    plain: bool,
}

fn media_range(text: &str) -> Option<MediaRange<'_>> {
    let mut pieces = text.split(';').map(str::trim);
    let (main, sub) = pieces.next()?.split_once('/')?;
    if !is_token(main) || !is_token(sub) || (main == "*" && sub != "*") {
        return None;
    }
    let mut range = MediaRange { main, sub, quality: 1000, plain: true };
    while let Some(piece) = pieces.next() {
        let (name, value) = piece.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            range.quality = thousandths(value.trim())?;
            break; // what follows belongs to the quality
        }
        range.plain = false;
    }
    Some(range)
}

fn is_token(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_letter)
}

/// `1`, `0.5`, `0.125`: at most three decimals, at most 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let in_form = matches!(whole, "0" | "1") && decimals.len() <= 3 && decimals.bytes().all(|b| b.is_ascii_digit());
    let decimals = format!("{decimals:0<3}").parse::<u16>().ok().filter(|_| in_form)?;
    let value = if whole == "1" { 1000 + decimals } else { decimals };
    (value <= 1000).then_some(value)
}

/// Quality of an offer: that of the most specific range that fits; among equals the highest.
fn quality(ranges: &[MediaRange<'_>], main: &str, sub: &str) -> u16 {
    let specificity = |range: &MediaRange<'_>| {
        let same = |pattern: &str, word: &str| pattern.eq_ignore_ascii_case(word);
        match () {
            () if !range.plain => None,
            () if same(range.main, main) && same(range.sub, sub) => Some(2),
            () if same(range.main, main) && range.sub == "*" => Some(1),
            () if range.main == "*" => Some(0),
            () => None,
        }
    };
    let fitting = ranges.iter().filter_map(|range| Some((specificity(range)?, range.quality)));
    fitting.max().map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_comes_first_and_json_second() {
        let table = [
            ("*/*", ErrorForm::Html),
            ("text/html", ErrorForm::Html),
            ("text/*", ErrorForm::Html),
            ("application/json", ErrorForm::Json),
            ("Application/JSON", ErrorForm::Json),
            ("application/*", ErrorForm::Json),
            ("application/json, text/html", ErrorForm::Html),
            ("application/json, text/html;q=0.9", ErrorForm::Json),
            ("application/json;q=0.5, */*;q=0.5", ErrorForm::Html),
            ("application/json, */*;q=0.1", ErrorForm::Json),
            ("text/html;q=0, application/json;q=0.1", ErrorForm::Json),
            ("*/*, text/html;q=0", ErrorForm::Json),
            ("text/html;q=0", ErrorForm::Plain),
            ("text/plain", ErrorForm::Plain),
            ("application/xml", ErrorForm::Plain),
            ("application/json;charset=utf-8", ErrorForm::Plain),
            ("", ErrorForm::Plain),
            ("nonsense", ErrorForm::Html),
            ("text/html;q=7", ErrorForm::Html),
            ("*/json", ErrorForm::Html),
        ];
        for (accept, form) in table {
            assert_eq!(form_for_accept(accept), form, "{accept}");
        }
        assert_eq!(form_for(&HeaderMap::new()), ErrorForm::Plain);
    }
}
