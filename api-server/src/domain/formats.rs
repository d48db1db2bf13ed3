//! Formats of disk and container (images-v2 §5.6), and what they say of the size of the disk.

/// The formats that this site accepts, in configured order. There are no rules between the two lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatLists {
    /// Accepted values of `disk_format`.
    pub disk: Vec<String>,
    /// Accepted values of `container_format`.
    pub container: Vec<String>,
}

/// Size in bytes of the disk in data whose content nobody inspects: that of the data for a bare raw disk (null for
/// no data at all), unknown for everything else (images-v2 §9.3).
#[must_use]
pub fn virtual_size_of(disk_format: Option<&str>, container_format: Option<&str>, size: u64) -> Option<i64> {
    let is_bare_raw = disk_format == Some("raw") && container_format == Some("bare");
    if is_bare_raw && size > 0 { i64::try_from(size).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_raw_disk_is_as_large_as_its_data() {
        let table = [
            ("raw", "bare", 5, Some(5)),
            ("raw", "bare", 0, None),
            ("raw", "ovf", 5, None),
            ("qcow2", "bare", 5, None),
        ];
        for (disk, container, size, wanted) in table {
            assert_eq!(virtual_size_of(Some(disk), Some(container), size), wanted, "{disk}/{container}/{size}");
        }
    }
}
