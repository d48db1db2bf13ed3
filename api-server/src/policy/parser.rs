//! Rules as text or as lists, read into trees.
//!
//! The language (images-v2 §4.1), words separated by blanks, parentheses attached to words or not:
//!
//! ```text
//! rule  = [ or ]                       an empty rule always holds
//! or    = and { "or" and }
//! and   = unary { "and" unary }
//! unary = "not" unary | "(" or ")" | check
//! check = "@" | "!" | kind ":" match   kind: role, rule, an attribute of the caller, or a literal
//! ```
//!
//! The older form is a list of lists: the inner ones are joined with "and", the outer one with "or".

use serde_json::Value;

use super::check::{CallerKey, Check, Left, Part, Template};

/// How deep parentheses, negations and references may be nested.
pub(super) const DEEPEST: usize = 100;

/// A rule that refers to others by name.
pub(super) type NamedCheck = Check<String>;

/// Why a rule was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Something else was expected at this place.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What could stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A word that is no check.
    #[error("'{0}' is no check: a check is @, ! or has the form kind:match")]
    NoCheck(String),
    /// A check that asks a remote server.
    #[error("'{0}': checks that ask a remote server are not supported")]
    Remote(String),
    /// A `%` that begins no `%(name)s`.
    #[error("'{0}': a % must begin %(name)s, or be doubled")]
    Template(String),
    /// Parentheses and negations within each other, deeper than anybody writes them.
    #[error("nested deeper than {DEEPEST} levels")]
    TooDeep,
    /// Neither text nor list.
    #[error("a rule is a text or a list, not {0}")]
    WrongType(&'static str),
}

/// Reads a rule in either form.
pub(super) fn parse(rule: &Value) -> Result<NamedCheck, ParseError> {
    match rule {
        Value::String(text) => parse_text(text),
        Value::Array(list) => parse_list(list),
        Value::Null => Err(ParseError::WrongType("nothing; write \"\" for a rule that always holds")),
        Value::Bool(_) => Err(ParseError::WrongType("a boolean")),
        Value::Number(_) => Err(ParseError::WrongType("a number")),
        Value::Object(_) => Err(ParseError::WrongType("a mapping")),
    }
}

/// Reads a rule in text form.
pub(super) fn parse_text(text: &str) -> Result<NamedCheck, ParseError> {
    let mut parser = Parser { tokens: tokens(text).peekable(), depth: 0 };
    if parser.tokens.peek().is_none() {
        return Ok(Check::Constant(true));
    }
    let rule = parser.or()?;
    match parser.tokens.next() {
        None => Ok(rule),
        Some(token) => Err(ParseError::Unexpected { expected: "'and', 'or' or the end", found: token.shown() }),
    }
}

/// Reads the list form. Empty inner lists are skipped; if nothing is left of a list that had items, nobody passes.
fn parse_list(list: &[Value]) -> Result<NamedCheck, ParseError> {
    if list.is_empty() {
        return Ok(Check::Constant(true));
    }
    let mut any = Vec::new();
    for item in list {
        match item {
            Value::String(check) if !check.is_empty() => any.push(parse_check(check)?),
            Value::Array(checks) if !checks.is_empty() => {
                let all: Result<Vec<_>, _> = checks.iter().map(parse_item).collect();
                any.push(joined(all?, Check::And));
            }
            Value::String(_) | Value::Array(_) => {}
            _ => return Err(ParseError::WrongType("a list of anything but texts and lists")),
        }
    }
    Ok(if any.is_empty() { Check::Constant(false) } else { joined(any, Check::Or) })
}

/// One check of an inner list.
fn parse_item(item: &Value) -> Result<NamedCheck, ParseError> {
    item.as_str().map_or(Err(ParseError::WrongType("a list of lists of anything but texts")), parse_check)
}

/// A single one stands for itself.
fn joined(mut checks: Vec<NamedCheck>, join: fn(Vec<NamedCheck>) -> NamedCheck) -> NamedCheck {
    match checks.pop() {
        Some(only) if checks.is_empty() => only,
        Some(last) => {
            checks.push(last);
            join(checks)
        }
        None => join(checks),
    }
}

/// A piece of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    Check(&'a str),
}

impl Token<'_> {
    fn shown(self) -> String {
        match self {
            Self::Open => "'('".to_owned(),
            Self::Close => "')'".to_owned(),
            Self::And => "'and'".to_owned(),
            Self::Or => "'or'".to_owned(),
            Self::Not => "'not'".to_owned(),
            Self::Check(text) => format!("'{text}'"),
        }
    }
}

/// Cuts a rule into words and parentheses. A parenthesis belongs to the rule only at the edges of a word, so that
/// `%(name)s` stays whole.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    text.split_whitespace().flat_map(|word| {
        let inner = word.trim_start_matches('(');
        let opening = word.len() - inner.len();
        let core = inner.trim_end_matches(')');
        let closing = inner.len() - core.len();
        let middle = (!core.is_empty()).then(|| keyword(core));
        std::iter::repeat_n(Token::Open, opening).chain(middle).chain(std::iter::repeat_n(Token::Close, closing))
    })
}

fn keyword(word: &str) -> Token<'_> {
    match word {
        _ if word.eq_ignore_ascii_case("and") => Token::And,
        _ if word.eq_ignore_ascii_case("or") => Token::Or,
        _ if word.eq_ignore_ascii_case("not") => Token::Not,
        check => Token::Check(check),
    }
}

/// Recursive descent over the tokens.
struct Parser<'a, I: Iterator<Item = Token<'a>>> {
    tokens: std::iter::Peekable<I>,
    depth: usize,
}

impl<'a, I: Iterator<Item = Token<'a>>> Parser<'a, I> {
    fn or(&mut self) -> Result<NamedCheck, ParseError> {
        let mut any = vec![self.and()?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            any.push(self.and()?);
        }
        Ok(joined(any, Check::Or))
    }

    fn and(&mut self) -> Result<NamedCheck, ParseError> {
        let mut all = vec![self.unary()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            all.push(self.unary()?);
        }
        Ok(joined(all, Check::And))
    }

    fn unary(&mut self) -> Result<NamedCheck, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::TooDeep);
        }
        let check = match self.tokens.next() {
            Some(Token::Not) => Check::Not(Box::new(self.unary()?)),
            Some(Token::Open) => self.parenthesised()?,
            Some(Token::Check(text)) => parse_check(text)?,
            other => {
                let found = other.map_or_else(|| "the end".to_owned(), Token::shown);
                return Err(ParseError::Unexpected { expected: "a check", found });
            }
        };
        self.depth -= 1;
        Ok(check)
    }

    fn parenthesised(&mut self) -> Result<NamedCheck, ParseError> {
        let inner = self.or()?;
        match self.tokens.next() {
            Some(Token::Close) => Ok(inner),
            other => {
                let found = other.map_or_else(|| "the end".to_owned(), Token::shown);
                Err(ParseError::Unexpected { expected: "')'", found })
            }
        }
    }
}

/// One check.
fn parse_check(text: &str) -> Result<NamedCheck, ParseError> {
    match text {
        "@" => return Ok(Check::Constant(true)),
        "!" => return Ok(Check::Constant(false)),
        _ => {}
    }
    let (kind, wanted) = text.split_once(':').ok_or_else(|| ParseError::NoCheck(text.to_owned()))?;
    Ok(match kind {
        "" => return Err(ParseError::NoCheck(text.to_owned())),
        "rule" => Check::Rule(wanted.to_owned()),
        "role" => Check::Role(template(wanted)?),
        "http" | "https" => return Err(ParseError::Remote(text.to_owned())),
        _ => Check::Equal(left(kind), template(wanted)?),
    })
}

/// The left side: a literal in the spelling of Python, else an attribute of the caller.
fn left(kind: &str) -> Left {
    let quoted = |quote| kind.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(text) = quoted('\'').or_else(|| quoted('"')) {
        return Left::Literal(text.to_owned());
    }
    if matches!(kind, "True" | "False" | "None") || kind.parse::<i64>().is_ok() {
        return Left::Literal(kind.to_owned());
    }
    CallerKey::named(kind).map_or_else(|| Left::Unknown(kind.to_owned()), Left::Caller)
}

/// The right side: text with `%(name)s`, and `%%` for a percent sign.
fn template(text: &str) -> Result<Template, ParseError> {
    let wrong = || ParseError::Template(text.to_owned());
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            plain.push('%');
            rest = after;
            continue;
        }
        let (name, after) = after.strip_prefix('(').and_then(|named| named.split_once(")s")).ok_or_else(wrong)?;
        if name.is_empty() || name.contains(['(', ')', '%']) {
            return Err(wrong());
        }
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Attribute(name.to_owned()));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Template(parts))
}
