//! The words an image, a location and a member can be in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text is none of the words of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown {kind} '{text}'")]
pub struct UnknownWord {
    /// What was to be read: "status", "visibility" and so on.
    pub kind: &'static str,
    /// The text that was given.
    pub text: String,
}

/// An enum whose variants are fixed words on the wire and in the database.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident ($kind:literal) { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it is written on the wire and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { kind: $kind, text: text.to_owned() }),
                }
            }
        }
    };
}

words! {
    /// Where an image is in its life (images-v2 §5.3).
    pub enum ImageStatus ("status") {
        /// Known by its metadata; no data yet.
        Queued = "queued",
        /// Data is being uploaded.
        Saving = "saving",
        /// Data is complete and can be read.
        Active = "active",
        /// An upload failed for good; only found in rows of old services.
        Killed = "killed",
        /// Gone; the row stays so that the id is never given out again.
        Deleted = "deleted",
        /// Data is being staged for an import.
        Uploading = "uploading",
        /// Staged data is being imported.
        Importing = "importing",
        /// Deleted for users; the scrubber removes the data later.
        PendingDelete = "pending_delete",
        /// Kept, but its data is only for administrators.
        Deactivated = "deactivated",
    }
}

words! {
    /// Who may see an image (images-v2 §5.4).
    pub enum Visibility ("visibility") {
        /// Everybody may use it; not in the default lists of others.
        Community = "community",
        /// Everybody sees and uses it.
        Public = "public",
        /// Only the owner.
        Private = "private",
        /// The owner and the members.
        Shared = "shared",
    }
}

words! {
    /// What is known of the data at a location (database §2.2). Only `active` ones are shown or read.
    pub enum LocationStatus ("location status") {
        /// In use.
        Active = "active",
        /// Waits for the scrubber.
        PendingDelete = "pending_delete",
        /// The data is gone.
        Deleted = "deleted",
        /// Announced by an import into several stores.
        Pending = "pending",
        /// Being written by an import into several stores.
        Uploading = "uploading",
    }
}

words! {
    /// What a member said to an image that was shared with it.
    pub enum MemberStatus ("member status") {
        /// No answer yet.
        Pending = "pending",
        /// Listed among the member's own images.
        Accepted = "accepted",
        /// Not listed; still readable by id.
        Rejected = "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_text_and_json() {
        for status in ImageStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
            let json = serde_json::to_string(status).unwrap_or_default();
            assert_eq!(json, format!("\"{status}\""));
        }
        assert!("Active".parse::<ImageStatus>().is_err());
        assert_eq!("community".parse(), Ok(Visibility::Community));
    }
}
