//! Which version of the API a request is for (images-v2 §1.3).

use super::versions::Versions;

/// Beginning of an `Accept` header that names a version.
const MEDIA_TYPE: &str = "application/vnd.openstack.images-";

/// What the path and the `Accept` header ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Negotiated {
    /// The list of versions, because it was asked for.
    List,
    /// The list of versions, because no offered version was asked for.
    Choices,
    /// A resource: the path with `/v2` in place of the version, so never with a minor version.
    Resource(String),
}

/// Finds the version. `path` is decoded; `accept` is the header as sent.
#[must_use]
pub fn negotiate(path: &str, accept: &str, versions: &Versions) -> Negotiated {
    let trimmed = path.trim_start_matches('/');
    let (first, rest) = trimmed.find('/').map_or((trimmed, ""), |slash| trimmed.split_at(slash));
    if first == "versions" {
        return Negotiated::List;
    }
    let (version, rest) = match accept.strip_prefix(MEDIA_TYPE) {
        Some(version) => (version, path),
        None => (first, rest),
    };
    if versions.allow(version) { Negotiated::Resource(format!("/v2{rest}")) } else { Negotiated::Choices }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_comes_from_path_or_accept() {
        let versions = Versions::offered(false, false);
        let resource = |path: &str| Negotiated::Resource(path.to_owned());
        let table = [
            ("/", "", Negotiated::Choices),
            ("", "", Negotiated::Choices),
            ("/versions", "", Negotiated::List),
            ("/versions/", "", Negotiated::List),
            ("/versions/v2", "application/vnd.openstack.images-v2", Negotiated::List),
            ("//versions", "", Negotiated::List),
            ("/v1/images", "", Negotiated::Choices),
            ("/v3/images", "", Negotiated::Choices),
            ("/va.1/images", "", Negotiated::Choices),
            ("/v10", "", Negotiated::Choices),
            ("/v2.8/images", "", Negotiated::Choices),
            ("/images", "", Negotiated::Choices),
            ("/v2", "", resource("/v2")),
            ("/v2/", "", resource("/v2/")),
            ("/v2.9/images", "*/*", resource("/v2/images")),
            ("//v2//images", "", resource("/v2//images")),
            ("/v2/images", "application/json", resource("/v2/images")),
            ("/images", "application/vnd.openstack.images-v2.3", resource("/v2/images")),
            ("/", "application/vnd.openstack.images-v2", resource("/v2/")),
            ("/v2/images", "application/vnd.openstack.images-v2", resource("/v2/v2/images")),
            ("/v2/images", "application/vnd.openstack.images-v2, */*", Negotiated::Choices),
            ("/v2/images", "application/vnd.openstack.images-v4", Negotiated::Choices),
        ];
        for (path, accept, expected) in table {
            assert_eq!(negotiate(path, accept, &versions), expected, "{path} {accept}");
        }
    }
}
