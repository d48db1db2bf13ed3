//! The error envelope that image clients know (images-v2 specification, section 2.3).

use super::accept::ErrorForm;

/// A refusal in words: a status, an explanation, and details that are empty most of the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    status: u16,
    explanation: String,
    detail: String,
    comment: String,
}

impl Fault {
    /// A refusal with the status's stock explanation.
    pub fn new(status: u16) -> Self {
        let explanation = stock_explanation(status).to_owned();
        Self { status, explanation, detail: String::new(), comment: String::new() }
    }

    /// Replaces the explanation.
    #[must_use]
    pub fn explained(mut self, explanation: impl Into<String>) -> Self {
        self.explanation = explanation.into();
        self
    }

    /// Adds a detail behind the explanation.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds a comment, in HTML an invisible one.
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// The same with explanation and detail in other words, where `translate` has any.
    #[must_use]
    pub fn in_words_of(mut self, translate: impl Fn(&str) -> Option<String>) -> Self {
        for text in [&mut self.explanation, &mut self.detail] {
            if let Some(translated) = translate(text) {
                *text = translated;
            }
        }
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What happened, in one sentence.
    pub fn explanation(&self) -> &str {
        &self.explanation
    }

    /// Content type and body in one of the three forms.
    pub fn render(&self, form: ErrorForm) -> (&'static str, String) {
        match form {
            ErrorForm::Html => ("text/html; charset=UTF-8", self.html()),
            ErrorForm::Json => ("application/json", self.json()),
            ErrorForm::Text => ("text/plain; charset=UTF-8", self.text()),
        }
    }

    fn code(&self) -> String {
        format!("{} {}", self.status, title(self.status))
    }

    fn message(&self, escape: fn(&str) -> String) -> String {
        let comment = match self.comment.as_str() {
            "" => String::new(),
            comment => format!("<!-- {} -->", escape(comment)),
        };
        let (explanation, detail) = (escape(&self.explanation), escape(&self.detail));
        // The sentences of these name method or content type; nothing stands behind their detail.
        if matches!(self.status, 405 | 415 | 501) {
            return format!("{explanation}<br /><br />\n{detail}");
        }
        format!("{explanation}<br /><br />\n{detail}\n{comment}\n")
    }

    fn html(&self) -> String {
        let (code, message) = (self.code(), self.message(escape_html));
        format!(
            "<html>\n <head>\n  <title>{code}</title>\n </head>\n <body>\n  <h1>{code}</h1>\n  \
             {message}\n </body>\n</html>"
        )
    }

    fn json(&self) -> String {
        let message = self.message(str::to_owned);
        serde_json::json!({"message": message, "code": self.code(), "title": title(self.status)}).to_string()
    }

    fn text(&self) -> String {
        format!("{}\n\n{}", self.code(), without_tags(&self.message(str::to_owned)))
    }
}

/// The reason phrase; 413 and 416 keep the older wording that clients know.
pub fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Request Range Not Satisfiable",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        _ => "Internal Server Error",
    }
}

/// The sentence that stands in for an explanation of its own.
pub fn stock_explanation(status: u16) -> &'static str {
    match status {
        400 => {
            "The server could not comply with the request since it is either malformed or otherwise \
             incorrect."
        }
        401 => {
            "This server could not verify that you are authorized to access the document you \
             requested. Either you supplied the wrong credentials (e.g., bad password), or your \
             browser does not understand how to supply the credentials required."
        }
        403 => "Access was denied to this resource.",
        404 => "The resource could not be found.",
        408 => "The server has waited too long for the request to be sent by the client.",
        409 => "There was a conflict when trying to complete your request.",
        410 => "This resource is no longer available. No forwarding address is given.",
        413 => "The body of your request was too large for this server.",
        414 => "The request URI was too long for this server.",
        416 => "The Range requested is not available.",
        429 => "The client has sent too many requests in a given amount of time.",
        431 => "The server is unwilling to process the request because its header fields are too large.",
        502 => "Bad gateway.",
        503 => "The server is currently unavailable. Please try again at a later time.",
        504 => "The gateway has timed out.",
        507 => "There was not enough space to save the resource.",
        _ => "The server has either erred or is incapable of performing the requested operation.",
    }
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The message without markup: line ends become blanks, `<br />` becomes a line end.
fn without_tags(message: &str) -> String {
    let one_line = message.replace('\n', " ").replace('\r', "");
    let broken = one_line.replace("<br />", "\n").replace("<!--", "").replace("-->", "");
    let mut plain = String::with_capacity(broken.len());
    let mut rest = broken.as_str();
    while let Some((before, tail)) = rest.split_once('<') {
        let Some((_, after)) = tail.split_once('>') else { break };
        plain.push_str(before);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_found() -> Fault {
        Fault::new(404).explained("No image found with ID nope")
    }

    #[test]
    fn json_has_message_code_and_title() {
        let (content_type, body) = not_found().render(ErrorForm::Json);
        assert_eq!(content_type, "application/json");
        assert_eq!(
            body,
            r#"{"message":"No image found with ID nope<br /><br />\n\n\n","code":"404 Not Found","title":"Not Found"}"#
        );
    }

    #[test]
    fn text_has_the_exact_bytes() {
        let (_, body) = not_found().render(ErrorForm::Text);
        assert_eq!(body, "404 Not Found\n\nNo image found with ID nope\n\n   ");
    }

    #[test]
    fn html_escapes_what_came_from_outside() {
        let (_, body) = Fault::new(400).explained("a <b> & 'c'").render(ErrorForm::Html);
        assert_eq!(
            body,
            "<html>\n <head>\n  <title>400 Bad Request</title>\n </head>\n <body>\n  \
             <h1>400 Bad Request</h1>\n  a &lt;b&gt; &amp; &#x27;c&#x27;<br /><br />\n\n\n\n \
             </body>\n</html>"
        );
    }

    #[test]
    fn detail_and_comment_stand_behind_the_explanation() {
        let fault = Fault::new(431).with_detail("too much").with_comment("max size 64");
        let (_, json) = fault.render(ErrorForm::Json);
        assert!(json.contains(r"<br /><br />\ntoo much\n<!-- max size 64 -->\n"), "{json}");
        let (_, text) = fault.render(ErrorForm::Text);
        assert!(text.ends_with("\n\n too much  max size 64  "), "{text:?}");
    }

    #[test]
    fn some_messages_end_with_their_detail() {
        let fault = Fault::new(415).explained("not <x>.\n").with_detail("why");
        let (_, json) = fault.render(ErrorForm::Json);
        assert!(json.contains(r#""message":"not <x>.\n<br /><br />\nwhy""#), "{json}");
    }

    #[test]
    fn text_drops_tags_only() {
        assert_eq!(without_tags("a<i>b</i>c < d"), "abc < d");
    }
}
