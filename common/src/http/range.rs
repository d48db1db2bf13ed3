//! Which part of an image a download asks for (images-v2 specification, section 9.6).

use std::fmt;

/// Bytes `first..=last` of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte, not before `first`.
    pub last: u64,
}

impl ByteRange {
    /// Number of bytes.
    #[expect(clippy::len_without_is_empty, reason = "a range holds at least one byte")]
    pub fn len(&self) -> u64 {
        self.last - self.first + 1
    }

    /// The `Content-Range` of a 206 answer for a resource of `size` bytes.
    pub fn content_range(&self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.first, self.last)
    }
}

/// Why a range cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeError {
    /// 400: more than one range in a `Range` header.
    Multiple,
    /// 416: a `Range` header that means nothing.
    InvalidRange,
    /// 416: a `Content-Range` header that means nothing.
    InvalidContentRange,
    /// 416: the range begins behind the end of a resource of `size` bytes.
    Start {
        /// The header that asked.
        header: RangeHeader,
        /// Bytes of the resource.
        size: u64,
    },
    /// 416: the range ends behind the end of a resource of `size` bytes.
    Stop {
        /// Bytes of the resource.
        size: u64,
    },
}

/// The two request headers that can ask for a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeHeader {
    /// The usual one.
    Range,
    /// The one of old clients.
    ContentRange,
}

impl fmt::Display for RangeHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Range => "Range",
            Self::ContentRange => "Content-Range",
        })
    }
}

impl RangeError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Multiple => 400,
            _ => 416,
        }
    }
}

/// The text that clients read: the explanation of the 400, the detail of a 416.
impl fmt::Display for RangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inclusive_end = |size: &u64| i128::from(*size) - 1;
        match self {
            Self::Multiple => formatter.write_str(
                "Requests with multiple ranges are not supported in Glance. You may make multiple \
                 single-range requests instead.",
            ),
            Self::InvalidRange => formatter.write_str("Invalid Range header."),
            Self::InvalidContentRange => formatter.write_str("Invalid Content-Range header."),
            Self::Start { header, size } => write!(
                formatter,
                "Invalid start position in {header} header. Start position MUST be in the inclusive \
                 range [0, {}].",
                inclusive_end(size)
            ),
            Self::Stop { size } => write!(
                formatter,
                "Invalid stop position in Content-Range header. The stop position MUST be in the \
                 inclusive range [0, {}].",
                inclusive_end(size)
            ),
        }
    }
}

impl std::error::Error for RangeError {}

/// The part of a resource of `size` bytes that a request with these headers asks for; `None`: all of
/// it, with status 200. `Range` wins over `Content-Range`.
///
/// A resource without data (`size` 0) satisfies no range; callers answer 204 before they ask.
///
/// # Errors
/// [`RangeError`], whose text and status are those of the answer.
pub fn requested_part(
    range: Option<&str>,
    content_range: Option<&str>,
    size: u64,
) -> Result<Option<ByteRange>, RangeError> {
    match (range, content_range) {
        (Some(range), _) => from_range(range, size).map(Some),
        (None, Some(content_range)) => from_content_range(content_range, size).map(Some),
        (None, None) => Ok(None),
    }
}

fn from_range(header: &str, size: u64) -> Result<ByteRange, RangeError> {
    if header.contains(',') {
        return Err(RangeError::Multiple);
    }
    let invalid = RangeError::InvalidRange;
    let (unit, bounds) = header.split_once('=').ok_or(invalid)?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Err(invalid);
    }
    let (first, last) = bounds.split_once('-').ok_or(invalid)?;
    let first = optional_number(first).ok_or(invalid)?;
    let last = optional_number(last).ok_or(invalid)?;
    let end = size.saturating_sub(1);
    let (first, last) = match (first, last) {
        (None, None) => return Err(invalid),
        (None, Some(0)) => (0, end),
        (None, Some(suffix)) => (size.saturating_sub(suffix), end),
        (Some(first), None) => (first, end),
        (Some(first), Some(last)) if last < first => return Err(invalid),
        (Some(first), Some(last)) => (first, last.min(end)),
    };
    if first >= size {
        return Err(RangeError::Start { header: RangeHeader::Range, size });
    }
    Ok(ByteRange { first, last })
}

fn from_content_range(header: &str, size: u64) -> Result<ByteRange, RangeError> {
    let (first, last, stated) = parse_content_range(header).ok_or(RangeError::InvalidContentRange)?;
    // A stated length that is wrong is forgiven as long as the range itself fits.
    if stated.is_none() && last >= size {
        return Err(RangeError::Stop { size });
    }
    if first >= size {
        return Err(RangeError::Start { header: RangeHeader::ContentRange, size });
    }
    if last >= size {
        return Err(RangeError::Stop { size });
    }
    Ok(ByteRange { first, last })
}

/// `bytes first-last/length`, where the length may be `*`.
fn parse_content_range(header: &str) -> Option<(u64, u64, Option<u64>)> {
    let (unit, rest) = header.trim().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (bounds, stated) = rest.split_once('/')?;
    let (first, last) = bounds.split_once('-')?;
    let (first, last) = (number(first.trim())?, number(last.trim())?);
    let stated = match stated.trim() {
        "*" => None,
        stated => Some(number(stated)?),
    };
    let fits = first <= last && stated.is_none_or(|stated| last < stated);
    fits.then_some((first, last, stated))
}

/// An empty text as `None`; the outer `None` stands for anything but digits.
fn optional_number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        digits => number(digits).map(Some),
    }
}

/// Digits; what exceeds 64 bits lies behind the end of every resource anyway.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: u64 = 10;
    const START: RangeError = RangeError::Start { header: RangeHeader::Range, size: SIZE };
    const CONTENT_START: RangeError = RangeError::Start { header: RangeHeader::ContentRange, size: SIZE };
    const STOP: RangeError = RangeError::Stop { size: SIZE };

    fn shown(result: Result<Option<ByteRange>, RangeError>) -> Result<String, RangeError> {
        result.map(|part| part.map_or_else(|| "all".to_owned(), |part| part.content_range(SIZE)))
    }

    #[test]
    fn range_header() {
        let table = [
            ("bytes=0-4", Ok("bytes 0-4/10")),
            ("bytes=3-", Ok("bytes 3-9/10")),
            ("bytes=-2", Ok("bytes 8-9/10")),
            ("bytes=-10", Ok("bytes 0-9/10")),
            ("bytes=-20", Ok("bytes 0-9/10")),
            ("bytes=-0", Ok("bytes 0-9/10")),
            ("bytes=0-100", Ok("bytes 0-9/10")),
            ("bytes=0-9", Ok("bytes 0-9/10")),
            ("bytes=9-9", Ok("bytes 9-9/10")),
            ("BYTES=0-0", Ok("bytes 0-0/10")),
            ("bytes = 0 - 4", Ok("bytes 0-4/10")),
            ("bytes=0-99999999999999999999999", Ok("bytes 0-9/10")),
            ("bytes=10-", Err(START)),
            ("bytes=10-11", Err(START)),
            ("bytes=99999999999999999999999-", Err(START)),
            ("bytes=5-3", Err(RangeError::InvalidRange)),
            ("bytes=", Err(RangeError::InvalidRange)),
            ("bytes=-", Err(RangeError::InvalidRange)),
            ("bytes=a-b", Err(RangeError::InvalidRange)),
            ("bytes=0x1-2", Err(RangeError::InvalidRange)),
            ("bytes=+1-2", Err(RangeError::InvalidRange)),
            ("bytes=1-2-3", Err(RangeError::InvalidRange)),
            ("bytes 0-4", Err(RangeError::InvalidRange)),
            ("foo=0-1", Err(RangeError::InvalidRange)),
            ("", Err(RangeError::InvalidRange)),
            ("bytes=0-1,3-4", Err(RangeError::Multiple)),
            ("nonsense,", Err(RangeError::Multiple)),
        ];
        for (header, expected) in table {
            let found = shown(requested_part(Some(header), None, SIZE));
            assert_eq!(found, expected.map(str::to_owned), "Range: {header}");
        }
    }

    #[test]
    fn content_range_header() {
        let table = [
            ("bytes 0-4/10", Ok("bytes 0-4/10")),
            ("bytes 0-4/*", Ok("bytes 0-4/10")),
            ("bytes 0-4/5", Ok("bytes 0-4/10")),
            ("bytes 3-16/15", Err(RangeError::InvalidContentRange)),
            ("bytes 5-3/10", Err(RangeError::InvalidContentRange)),
            ("bytes */10", Err(RangeError::InvalidContentRange)),
            ("bytes 0-4", Err(RangeError::InvalidContentRange)),
            ("octets 0-4/10", Err(RangeError::InvalidContentRange)),
            ("", Err(RangeError::InvalidContentRange)),
            ("bytes 3-10/*", Err(STOP)),
            ("bytes 3-12/20", Err(STOP)),
            ("bytes 12-14/20", Err(CONTENT_START)),
        ];
        for (header, expected) in table {
            let found = shown(requested_part(None, Some(header), SIZE));
            assert_eq!(found, expected.map(str::to_owned), "Content-Range: {header}");
        }
    }

    #[test]
    fn range_wins_and_no_header_means_everything() {
        let both = requested_part(Some("bytes=1-2"), Some("bytes 3-4/10"), SIZE);
        assert_eq!(shown(both), Ok("bytes 1-2/10".to_owned()));
        assert_eq!(requested_part(None, None, SIZE), Ok(None));
    }

    #[test]
    fn messages_and_statuses_are_those_of_glance() {
        let table = [
            (
                RangeError::Multiple,
                400,
                "Requests with multiple ranges are not supported in Glance. You may make multiple \
                 single-range requests instead.",
            ),
            (RangeError::InvalidRange, 416, "Invalid Range header."),
            (RangeError::InvalidContentRange, 416, "Invalid Content-Range header."),
            (
                START,
                416,
                "Invalid start position in Range header. Start position MUST be in the inclusive \
                 range [0, 9].",
            ),
            (
                CONTENT_START,
                416,
                "Invalid start position in Content-Range header. Start position MUST be in the \
                 inclusive range [0, 9].",
            ),
            (
                STOP,
                416,
                "Invalid stop position in Content-Range header. The stop position MUST be in the \
                 inclusive range [0, 9].",
            ),
        ];
        for (error, status, text) in table {
            assert_eq!((error.status(), error.to_string().as_str()), (status, text));
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_resource(header in "(bytes)?[=, 0-9-]{0,12}", size: u64) {
            if let Ok(Some(part)) = requested_part(Some(&header), None, size) {
                prop_assert!(part.first <= part.last && part.last < size);
            }
        }
    }
}
