//! Secrets are masked in every message that leaves the process (G2).

use std::borrow::Cow;

/// What stands in a secret's place.
const STARS: &str = "***";

/// Names whose value is always a secret, in any letter case; a longer name that ends with one counts too
/// (`swift_store_admin_password`). `-` in a name counts as `_`.
const SECRET_NAMES: [&str; 21] = [
    "password",
    "passwd",
    "adminpass",
    "admin_pass",
    "new_pass",
    "sys_pswd",
    "passphrase",
    "auth_token",
    "service_token",
    "subject_token",
    "storage_token",
    "admin_token",
    "access_token",
    "secret_key",
    "secret_access_key",
    "private_key",
    "encryption_key",
    "store_key",
    "auth_secret",
    "client_secret",
    "signature",
];

/// Names that are a secret only where they are certainly a name: quoted, or in front of `=`.
const DOUBTFUL_NAMES: [&str; 6] = ["token", "secret", "access_key", "apikey", "credential", "temp_url_sig"];

/// Headers whose value goes on after a blank (`Basic dXNlcg==`).
const WHOLE_VALUE_NAMES: [&str; 2] = ["authorization", "cookie"];

/// How far into a URL a password is searched; more would make hostile text slow to search.
const MAX_URL: usize = 1024;

/// How a Keystone token in Fernet form begins.
const FERNET: &str = "gAAAA";

/// Replaces secrets by stars: passwords in URLs, `X-Auth-Token: …` and other tokens, `password=…` and other named
/// secrets in plain, quoted and JSON form, and Fernet tokens anywhere.
///
/// Better too much than too little: it looks at names and forms and knows no context. Text without a secret is
/// returned as it is.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut secrets: Vec<(usize, usize)> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        // A separator inside a found secret is part of it.
        if secrets.last().is_some_and(|(_, end)| at < *end) {
            continue;
        }
        let found = match byte {
            b':' if text[at..].starts_with("://") => in_url(text, at + 3),
            b':' | b'=' => after_name(text, at),
            b'g' => fernet(text, at),
            _ => None,
        };
        secrets.extend(found.filter(|(start, end)| start < end));
    }
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end) in secrets {
        masked.push_str(&text[done..start]);
        masked.push_str(STARS);
        done = end;
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

/// The password in a URL whose part behind `://` starts at `start`.
fn in_url(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = &text[start..text.floor_char_boundary(start + MAX_URL)];
    let url =
        &rest[..rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(rest.len())];
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    let colon = authority.find(':')?;
    if let Some(at) = authority.rfind('@') {
        return (colon < at).then_some((start + colon + 1, start + at));
    }
    // No @ before the first slash: a password with a slash in it, unless that colon begins a port.
    let after = &authority[colon + 1..];
    if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    url.rfind('@').map(|at| (start + colon + 1, start + at))
}

/// The value behind the separator at `at`, when what stands before it is the name of a secret.
fn after_name(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_equals = text.as_bytes()[at] == b'=';
    let before = text[..at].trim_end_matches([' ', '\t']);
    let unquoted = before.trim_end_matches(['"', '\'', '\\']);
    let is_quoted = unquoted.len() < before.len();
    let start = unquoted.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).map_or(0, |at| at + 1);
    // rfind gives the place of a character that may be longer than a byte.
    let name = unquoted.get(start..).unwrap_or_else(|| unquoted.trim_start_matches(|c: char| !c.is_ascii()));
    if name.is_empty() {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('-', "_");
    let ends_with = |names: &[&str]| names.iter().any(|secret| name.ends_with(secret));
    let whole = ends_with(&WHOLE_VALUE_NAMES);
    if !whole && !ends_with(&SECRET_NAMES) && !((is_equals || is_quoted) && ends_with(&DOUBTFUL_NAMES)) {
        return None;
    }
    value(text, at + 1, whole)
}

/// The value that starts behind blanks and a quote at `from`: up to that quote, or to a delimiter.
fn value(text: &str, from: usize, whole: bool) -> Option<(usize, usize)> {
    let rest = text[from..].trim_start_matches([' ', '\t', '=']);
    let rest = rest.strip_prefix('u').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(rest);
    let rest = rest.trim_start_matches('\\');
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
    let rest = if quote.is_some() { &rest[1..] } else { rest };
    let start = text.len() - rest.len();
    let is_end = |c: char| match quote {
        Some(quote) => c == quote || c == '\\' || c == '\n',
        None if whole => matches!(c, '"' | '\'' | ',' | '\n' | '\r'),
        None => c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&' | ')' | ']' | '}' | '\\'),
    };
    Some((start, start + rest.find(is_end).unwrap_or(rest.len())))
}

/// A Fernet token at `at`, that is not the middle of a word.
fn fernet(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &text[at..];
    if !rest.starts_with(FERNET) || text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '%');
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    (length >= 40).then_some((at, at + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_become_stars() {
        let token = format!("gAAAAABk{}", "aB-_9".repeat(20));
        let cases = [
            ("mysql+pymysql://glance:hunter2@h/db", "mysql+pymysql://glance:***@h/db"),
            ("swift+https://acc%3Auser:k/e+y%40@h/v1/c/o", "swift+https://acc%3Auser:***@h/v1/c/o"),
            ("s3://key:se:cr@et@h/b and http://u:p@x", "s3://key:***@h/b and http://u:***@x"),
            ("X-Auth-Token: abc.def", "X-Auth-Token: ***"),
            ("-H 'x-service-token: abc' -v", "-H 'x-service-token: ***' -v"),
            ("{'X-Auth-Token': 'abc', 'a': 'b'}", "{'X-Auth-Token': '***', 'a': 'b'}"),
            ("{u'x-subject-token': u'abc'}", "{u'x-subject-token': u'***'}"),
            ("{\"x-auth-token\": \"abc\", \"host\": \"h\"}", "{\"x-auth-token\": \"***\", \"host\": \"h\"}"),
            ("\"{\\\"password\\\": \\\"abc\\\"}\"", "\"{\\\"password\\\": \\\"***\\\"}\""),
            ("Authorization: Basic dXNlcjpw, Host: h", "Authorization: ***, Host: h"),
            ("admin_password = hunter2", "admin_password = ***"),
            ("password='it has blanks' next", "password='***' next"),
            ("s3_store_secret_key=a/b+c s3_store_host=h", "s3_store_secret_key=*** s3_store_host=h"),
            ("metadata_encryption_key: 0123456789abcdef", "metadata_encryption_key: ***"),
            ("GET /x?token=abc&a=b", "GET /x?token=***&a=b"),
            ("?X-Amz-Signature=aa&X-Amz-Credential=bb", "?X-Amz-Signature=***&X-Amz-Credential=***"),
            ("{\"secret\": \"abc\"}", "{\"secret\": \"***\"}"),
            ("temp_url_sig=abc", "temp_url_sig=***"),
            ("Bearer:password:x", "Bearer:password:***"),
        ];
        for (text, expected) in cases {
            assert_eq!(mask(text), expected, "{text}");
        }
        assert_eq!(mask(&format!("validating {token} now")), "validating *** now");
    }

    #[test]
    fn other_text_is_left_alone() {
        let cases = [
            "GET http://127.0.0.1:9292/v2/images 200",
            "http://h:80/x@y",
            "mailto://someone@example.org",
            "invalid token: expected '}'",
            "key = value, a: b, ö= ü, ::=::",
            "the secret: there is none",
            "password=",
            "gAAAA is short",
            "",
        ];
        for text in cases {
            assert_eq!(mask(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(?s)([:=\"'\\\\@/ ö]|://|password|token|gAAAA|u|.){0,40}") {
            let _ = mask(&text);
        }

        #[test]
        fn no_password_survives(password in "[a-zA-Z0-9+_.~!-]{4,20}") {
            prop_assume!(!"postgresql://glance:@localhost/glance X-Auth-Token: password".contains(&password));
            let text = format!("postgresql://glance:{password}@localhost/glance X-Auth-Token: {password} password=\"{password}\"");
            prop_assert!(!mask(&text).contains(&password));
        }
    }
}
