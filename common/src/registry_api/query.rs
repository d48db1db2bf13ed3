//! Lists of images: what to find, in which order, from where on.

use serde::{Deserialize, Serialize};

use crate::model::{Image, MemberStatus, Timestamp, Visibility};

/// Which images to list (images-v2 §7.5–§7.8, registry §14).
///
/// Errors: `marker_not_found` when the marker is unknown or hidden, `invalid`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageQuery {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Order. `created_at` and `id` are appended where absent, in [`ImageQuery::tie_direction`], so that it is total.
    pub sort: Vec<SortKey>,
    /// Direction of the appended keys.
    pub tie_direction: Direction,
    /// Id of the image after which the page starts.
    pub marker: Option<String>,
    /// Rows at most; none means the registry's own maximum.
    pub limit: Option<u32>,
    /// Restrict by visibility; none leaves out the community images of others.
    pub visibility: Option<VisibilityFilter>,
    /// Which shared images of others are listed.
    pub member_status: MemberStatusFilter,
    /// Soft-deleted rows, for administrators; others always get live rows only.
    pub deleted: DeletedFilter,
    /// Show rows with status `killed` too (only API v1 with `changes-since` does).
    pub include_killed: bool,
    /// Judge an administrator like a member of its project.
    pub as_regular_user: bool,
}

/// Answer to a search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImageList {
    /// The page.
    pub images: Vec<Image>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Filter {
    /// The column is one of the values. An empty list matches nothing.
    Text {
        /// Column.
        field: TextField,
        /// Accepted values.
        any_of: Vec<String>,
    },
    /// Compare a number; NULL never matches.
    Number {
        /// Column.
        field: NumberField,
        /// How.
        op: Comparison,
        /// With what.
        value: i64,
    },
    /// Compare a point in time; NULL never matches.
    Time {
        /// Column.
        field: TimeField,
        /// How.
        op: Comparison,
        /// With what.
        value: Timestamp,
    },
    /// A yes or no column.
    Flag {
        /// Column.
        field: FlagField,
        /// Wanted value.
        value: bool,
    },
    /// The image has this live tag.
    Tag(String),
    /// A live custom property has this value.
    Property {
        /// Name.
        name: String,
        /// Value.
        value: String,
    },
    /// Matches no image: what a value that cannot occur amounts to.
    Nothing,
}

/// Columns compared as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the columns of the image table speak for themselves")]
pub enum TextField {
    Id,
    Name,
    Status,
    DiskFormat,
    ContainerFormat,
    Owner,
    Checksum,
    OsHashAlgo,
    OsHashValue,
}

/// Columns compared as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the columns of the image table speak for themselves")]
pub enum NumberField {
    Size,
    VirtualSize,
    MinRam,
    MinDisk,
}

/// Columns compared as points in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the columns of the image table speak for themselves")]
pub enum TimeField {
    CreatedAt,
    UpdatedAt,
}

/// Columns that are yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the columns of the image table speak for themselves")]
pub enum FlagField {
    Protected,
    OsHidden,
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Neq,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
}

/// One key of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortKey {
    /// Column. NULL counts as `''` or 0.
    pub field: SortField,
    /// Direction.
    pub direction: Direction,
}

/// Columns that lists can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the columns of the image table speak for themselves")]
pub enum SortField {
    Name,
    Status,
    ContainerFormat,
    DiskFormat,
    Size,
    Id,
    CreatedAt,
    UpdatedAt,
}

/// Direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first; the default of the Images API.
    #[default]
    Desc,
}

/// Which visibilities to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisibilityFilter {
    /// Everything the caller may see, community images of others included.
    All,
    /// Only this one.
    Only(Visibility),
    /// Every one but this.
    Except(Visibility),
}

/// Which shared images of others to list, by the caller's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatusFilter {
    /// Whatever the answer.
    All,
    /// Only with this answer.
    Only(MemberStatus),
}

impl Default for MemberStatusFilter {
    fn default() -> Self {
        Self::Only(MemberStatus::Accepted)
    }
}

/// Whether soft-deleted rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedFilter {
    /// Live rows only.
    #[default]
    Live,
    /// Deleted rows only.
    Deleted,
    /// Both.
    Any,
}
