//! Access rules: the only requests that an application credential may make.

use super::TokenInfo;
use super::validator::Credentials;

/// May this token make this request?
///
/// Without rules, any; also where a trusted peer has judged them. With rules, only where the type of this service is known and in the token's catalogue; then one of
/// the rules must fit, unless a service passes the request on.
pub(super) fn allow(token: &TokenInfo, service_type: Option<&str>, credentials: &Credentials<'_>) -> bool {
    let Some(rules) = token.access_rules.as_ref().filter(|_| !credentials.is_judged) else { return true };
    let Some(own) = service_type else {
        log::warn!("a token with access rules is refused: set [keystone_authtoken] service_type to allow such tokens");
        return false;
    };
    if !token.catalog.has(own) {
        return false;
    }
    let fits = |rule: &super::AccessRule| {
        rule.service == own && rule.method == credentials.method && matches(&rule.path, credentials.path)
    };
    credentials.service_token.is_some() || rules.iter().any(fits)
}

/// `{name}` and `*` stand for one segment of a path or a part of one, `**` for anything.
fn matches(pattern: &str, path: &str) -> bool {
    match next_piece(pattern) {
        None => path.is_empty(),
        Some((Piece::Literal(text), rest)) => path.strip_prefix(text).is_some_and(|path| matches(rest, path)),
        Some((Piece::Segment, rest)) => {
            let end = path.find('/').unwrap_or(path.len());
            let ends = path[..end].char_indices().map(|(at, first)| at + first.len_utf8());
            ends.rev().any(|end| matches(rest, &path[end..]))
        }
        Some((Piece::Anything, rest)) => {
            let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
            ends.rev().any(|end| matches(rest, &path[end..]))
        }
    }
}

enum Piece<'a> {
    Literal(&'a str),
    Segment,
    Anything,
}

fn next_piece(pattern: &str) -> Option<(Piece<'_>, &str)> {
    if pattern.is_empty() {
        return None;
    }
    if let Some(rest) = pattern.strip_prefix("**") {
        return Some((Piece::Anything, rest));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        return Some((Piece::Segment, rest));
    }
    if let Some((_, rest)) = pattern.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return Some((Piece::Segment, rest));
    }
    // a brace that nothing closes stands for itself
    let end = pattern.char_indices().skip(1).find(|(_, letter)| matches!(letter, '*' | '{'));
    let (text, rest) = pattern.split_at(end.map_or(pattern.len(), |(at, _)| at));
    Some((Piece::Literal(text), rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_fit_patterns() {
        let table = [
            ("/v2/images", "/v2/images", true),
            ("/v2/images", "/v2/images/1", false),
            ("/v2/images/{image_id}", "/v2/images/1", true),
            ("/v2/images/{image_id}", "/v2/images/", false),
            ("/v2/images/{image_id}", "/v2/images/1/file", false),
            ("/v2/images/*/file", "/v2/images/1/file", true),
            ("/v2/images/*/file", "/v2/images/1/2/file", false),
            ("/v2/**", "/v2/images/1/2/file", true),
            ("/v2/**", "/v2/", true),
            ("**/file", "/v2/images/1/file", true),
            ("**", "", true),
            ("/v2/{a}{b}", "/v2/xy", true),
            ("/v2/{a}{b}", "/v2/x", false),
            ("/é/{open", "/é/{open", true),
            ("é*", "éx", true),
            ("", "", true),
            ("", "/", false),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn rules_are_the_only_way() {
        let token = |rules: serde_json::Value| {
            let answer = json!({"token": {
                "user": {"id": "u"}, "expires_at": "2030-01-01T00:00:00Z",
                "catalog": [{"type": "image", "endpoints": []}],
                "application_credential": {"access_rules": rules},
            }});
            TokenInfo::from_answer(&answer).unwrap()
        };
        let own = json!([{"service": "image", "method": "GET", "path": "/v2/images"}]);
        let other = json!([{"service": "compute", "method": "GET", "path": "/v2/images"}]);
        let ask = Credentials { token: Some("t"), method: "GET", path: "/v2/images", ..Credentials::default() };
        let post = Credentials { method: "POST", ..ask };
        let by_service = Credentials { service_token: Some("s"), ..post };
        let table = [
            (&own, Some("image"), ask, true),
            (&own, Some("image"), post, false),
            (&own, Some("image"), by_service, true),
            (&own, None, ask, false),
            (&own, Some("volume"), by_service, false),
            (&other, Some("image"), ask, false),
            (&json!([]), Some("image"), ask, false),
        ];
        for (rules, kind, credentials, expected) in table {
            assert_eq!(allow(&token(rules.clone()), kind, &credentials), expected, "{rules} {kind:?} {credentials:?}");
        }
        assert!(allow(&token(serde_json::Value::Null), None, &post));
        assert!(allow(&token(own), None, &Credentials { is_judged: true, ..post }));
    }
}
