//! The catalogue of services that comes with a token, and the choice of an endpoint in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// All services of a cloud, as a token shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog(Vec<Service>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Endpoint {
    /// `public`, `internal` or `admin`.
    interface: String,
    #[serde(default, alias = "region_id")]
    region: Option<String>,
    url: String,
}

/// A service as `X-Service-Catalog` spells it: the endpoints of a region in one object, with keys such as `publicURL`.
#[derive(Deserialize)]
struct HeaderService {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    endpoints: Vec<Map<String, Value>>,
}

impl Catalog {
    /// The services in the `catalog` of a token. Entries that make no sense are left out.
    #[must_use]
    pub fn from_token(catalog: &Value) -> Self {
        let services = catalog.as_array().into_iter().flatten();
        Self(services.filter_map(|service| service_of(service.clone())).collect())
    }

    /// The services in an `X-Service-Catalog` header (images-v2 §3.1). `null` stands for none.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub fn from_header(text: &str) -> Result<Self, serde_json::Error> {
        let services: Option<Vec<Value>> = match serde_json::from_str(text)? {
            Value::Array(services) => Some(services),
            _ => None,
        };
        let known = services.into_iter().flatten().filter_map(|service| serde_json::from_value(service).ok());
        Ok(Self(known.map(HeaderService::into_service).collect()))
    }

    /// The text of an `X-Service-Catalog` header.
    #[must_use]
    pub fn to_header(&self) -> String {
        Value::Array(self.0.iter().map(Service::for_header).collect()).to_string()
    }

    /// Whether there are no services at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a service of this type is there.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        self.0.iter().any(|service| service.kind == kind)
    }

    /// The URL of the first endpoint of this type of service for this interface (`public`, `internal`, `admin`, also
    /// spelled `publicURL` and so on), in the region where one is named.
    #[must_use]
    pub fn endpoint(&self, kind: &str, interface: &str, region: Option<&str>) -> Option<&str> {
        let interface = interface.strip_suffix("URL").unwrap_or(interface);
        let endpoints = self.0.iter().filter(|service| service.kind == kind).flat_map(|service| &service.endpoints);
        let fits = |endpoint: &&Endpoint| {
            endpoint.interface.eq_ignore_ascii_case(interface)
                && region.is_none_or(|region| endpoint.region.as_deref() == Some(region))
        };
        endpoints.filter(|endpoint| !endpoint.url.is_empty()).find(fits).map(|endpoint| endpoint.url.as_str())
    }
}

/// A service of a token, without endpoints that make no sense.
fn service_of(mut service: Value) -> Option<Service> {
    let endpoints = service.get_mut("endpoints").map(Value::take).unwrap_or_default();
    let mut service: Service = serde_json::from_value(without_endpoints(service)).ok()?;
    let list = endpoints.as_array().into_iter().flatten();
    service.endpoints = list.filter_map(endpoint_of).collect();
    Some(service)
}

fn without_endpoints(mut service: Value) -> Value {
    if let Some(object) = service.as_object_mut() {
        object.remove("endpoints");
    }
    service
}

/// Endpoints name their region once or twice.
fn endpoint_of(value: &Value) -> Option<Endpoint> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Endpoint {
        interface: text("interface")?,
        region: text("region").or_else(|| text("region_id")),
        url: text("url")?,
    })
}

impl HeaderService {
    fn into_service(self) -> Service {
        let mut endpoints = Vec::new();
        for group in &self.endpoints {
            let region = group.get("region").and_then(Value::as_str).map(str::to_owned);
            for (key, url) in group {
                let (Some(interface), Some(url)) = (key.strip_suffix("URL"), url.as_str()) else { continue };
                endpoints.push(Endpoint {
                    interface: interface.to_owned(),
                    region: region.clone(),
                    url: url.to_owned(),
                });
            }
        }
        Service { kind: self.kind, name: self.name, endpoints }
    }
}

impl Service {
    fn for_header(&self) -> Value {
        let mut regions: Vec<(Option<&str>, Map<String, Value>)> = Vec::new();
        for endpoint in &self.endpoints {
            let region = endpoint.region.as_deref();
            let at = regions.iter().position(|(known, _)| *known == region).unwrap_or_else(|| {
                regions.push((region, region.map(|name| ("region".to_owned(), json!(name))).into_iter().collect()));
                regions.len() - 1
            });
            let key = format!("{}URL", endpoint.interface.to_lowercase());
            regions[at].1.insert(key, json!(endpoint.url));
        }
        let endpoints: Vec<_> = regions.into_iter().map(|(_, group)| group).collect();
        json!({"type": self.kind, "name": self.name, "endpoints": endpoints})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::from_token(&json!([
            {"type": "image", "name": "glance", "id": "1", "endpoints": [
                {"id": "a", "interface": "public", "region": "one", "region_id": "one", "url": "http://one"},
                {"id": "b", "interface": "internal", "region": "one", "region_id": "one", "url": "http://one.internal"},
                {"id": "c", "interface": "public", "region_id": "two", "url": "http://two"},
                {"id": "d", "interface": "public"},
            ]},
            {"name": "no type"},
            {"type": "empty", "endpoints": []},
            7,
        ]))
    }

    #[test]
    fn endpoints_are_chosen_by_interface_and_region() {
        let catalog = catalog();
        let table = [
            ("image", "public", None, Some("http://one")),
            ("image", "publicURL", Some("two"), Some("http://two")),
            ("image", "internal", Some("one"), Some("http://one.internal")),
            ("image", "internal", Some("two"), None),
            ("image", "admin", None, None),
            ("volume", "public", None, None),
            ("empty", "public", None, None),
        ];
        for (kind, interface, region, expected) in table {
            assert_eq!(catalog.endpoint(kind, interface, region), expected, "{kind} {interface} {region:?}");
        }
        assert!(catalog.has("empty") && !catalog.has("volume") && Catalog::default().is_empty());
    }

    #[test]
    fn the_header_says_the_same() {
        let header = catalog().to_header();
        assert!(header.contains(r#"{"region":"one","publicURL":"http://one","internalURL":"http://one.internal"}"#));
        let again = Catalog::from_header(&header).unwrap();
        for (interface, region) in [("public", "one"), ("public", "two"), ("internal", "one"), ("internal", "two")] {
            let find = |catalog: &Catalog| catalog.endpoint("image", interface, Some(region)).map(str::to_owned);
            assert_eq!(find(&again), find(&catalog()));
        }
        assert!(Catalog::from_header("null").unwrap().is_empty() && Catalog::from_header("[").is_err());
        assert!(Catalog::from_header("[3, {}]").unwrap().is_empty());
    }
}
