//! From findings to a decision.

use thiserror::Error;

use super::findings::{Check, Detected, DiskFormat, Findings};

/// What the operator allows (`[image_format]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// `require_image_format_match`: content has to be what was declared.
    pub require_match: bool,
    /// `gpt_safety_checks_nonfatal`: checks of partition tables that only warn.
    pub gpt_nonfatal: Vec<String>,
    /// `raw_image_content`: formats that an image declared `raw` may hold.
    pub raw_content: Vec<DiskFormat>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            require_match: true,
            gpt_nonfatal: Vec::new(),
            raw_content: vec![DiskFormat::Gpt, DiskFormat::Iso, DiskFormat::Luks],
        }
    }
}

/// Why content is refused, in the words clients know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Readers could disagree on what it is (E3).
    #[error("Multiple formats detected: {0}")]
    Ambiguous(String),
    /// It is not what the client said (E1).
    #[error("Image disk_format {declared} does not match stream data {found}")]
    Mismatch {
        /// What the client said.
        declared: String,
        /// What it is.
        found: DiskFormat,
    },
    /// It could make a reader do harm (E2); the log tells which checks failed.
    #[error("Image failed safety checks")]
    Unsafe(Vec<Check>),
    /// It ends within its own header.
    #[error("Incomplete file cannot be safety checked")]
    Incomplete,
}

impl Rules {
    /// Decide whether content with these findings may be an image declared as `declared`.
    ///
    /// The answer is the virtual size in bytes, where it is known and not zero.
    ///
    /// # Errors
    /// A [`Refusal`], whose text is shown to the client with status 415.
    pub fn judge(&self, declared: &str, findings: &Findings) -> Result<Option<u64>, Refusal> {
        let found = self.the_one(&findings.detected)?;
        let format = found.map_or(DiskFormat::Raw, |detected| detected.format);
        if let Some(detected) = found {
            self.check_safety(detected)?;
        }
        let declared_format = DiskFormat::from_name(declared);
        let size = match declared_format {
            Some(known) if known == format => found.map_or(Some(findings.total), |detected| detected.virtual_size),
            Some(DiskFormat::Raw) if self.raw_content.contains(&format) || !self.require_match => Some(findings.total),
            // Formats such as `ami` have no marks of their own: anything unmarked may be one.
            None if format == DiskFormat::Raw => None,
            _ if !self.require_match => None,
            _ => return Err(Refusal::Mismatch { declared: declared.to_owned(), found: format }),
        };
        Ok(size.filter(|&bytes| bytes > 0))
    }

    /// The format that counts when several match: an ISO with a partition table is an ISO, anything else is refused.
    fn the_one<'a>(&self, detected: &'a [Detected]) -> Result<Option<&'a Detected>, Refusal> {
        let formats: Vec<DiskFormat> = detected.iter().map(|d| d.format).collect();
        match formats.as_slice() {
            [] => Ok(None),
            [_] => Ok(detected.first()),
            [DiskFormat::Iso, DiskFormat::Gpt] => Ok(detected.first()),
            several if self.require_match => {
                let names: Vec<&str> = several.iter().map(|format| format.as_str()).collect();
                Err(Refusal::Ambiguous(names.join(",")))
            }
            // The operator does not care what it is; what could do harm is refused all the same.
            _ => detected.iter().try_for_each(|d| self.check_safety(d)).map(|()| detected.first()),
        }
    }

    fn check_safety(&self, detected: &Detected) -> Result<(), Refusal> {
        let nonfatal =
            |check: &Check| detected.format == DiskFormat::Gpt && self.gpt_nonfatal.iter().any(|name| name == check);
        let mut failed: Vec<Check> = detected.failed.iter().copied().filter(|check| !nonfatal(check)).collect();
        if detected.virtual_size.is_some_and(|bytes| i64::try_from(bytes).is_err()) {
            failed.push("virtual_size");
        }
        if !failed.is_empty() {
            return Err(Refusal::Unsafe(failed));
        }
        if detected.complete { Ok(()) } else { Err(Refusal::Incomplete) }
    }
}
