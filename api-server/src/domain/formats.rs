//! Formats of disk and container (images-v2 §5.6).

/// The formats that this site accepts, in configured order. There are no rules between the two lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatLists {
    /// Accepted values of `disk_format`.
    pub disk: Vec<String>,
    /// Accepted values of `container_format`.
    pub container: Vec<String>,
}
