//! Unified limits: what the identity service allows a project (images-v2 §11.3).
//!
//! Limits are registered for a service and a region, which the endpoint in `[oslo_limit]` names. A project has the
//! registered limit unless it has one of its own; what is not registered is not allowed at all. Both lists are asked
//! for with the server's own account, which needs a role that may read them (`reader` in the whole system), and
//! remembered for some seconds; many who ask at once wait for the same answer.

mod options;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use glance_common::config::{Config, ConfigError, SectionSpec};
use glance_common::keystone::{KeystoneError, Session};
use glance_common::registry_api::Resource;
use moka::future::Cache;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

pub use options::{Interface, LimitOptions};

/// Projects whose limits are remembered.
const PROJECTS: u64 = 1000;
/// How long it is remembered for which service and region limits are registered.
const PLACE_LIFE: Duration = Duration::from_secs(300);
/// The only model of limits that has a meaning here; the reference fails with any other.
const MODEL: &str = "flat";

/// Limits by what they limit; a negative one is none.
pub type Limits = BTreeMap<Resource, i64>;

/// Why limits are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// The identity service does not answer.
    #[error(transparent)]
    Identity(#[from] KeystoneError),
    /// Options or catalogue name no endpoint.
    #[error("[oslo_limit]: {0}")]
    Endpoint(String),
    /// The identity service has another model of limits.
    #[error("limits of the model {0} are not supported")]
    Model(String),
}

impl LimitsError {
    /// May the same call succeed a little later?
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Identity(KeystoneError::Unreachable { .. } | KeystoneError::TimedOut { .. }) => true,
            Self::Identity(KeystoneError::Status { status }) => *status >= 500,
            Self::Identity(_) | Self::Endpoint(_) | Self::Model(_) => false,
        }
    }
}

/// For what limits are registered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The identity service.
    url: String,
    service: String,
    region: Option<String>,
}

/// Which list of limits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum List {
    Registered,
    Of(String),
}

/// Asks for limits and remembers them.
pub struct UnifiedLimits {
    account: Result<Session, KeystoneError>,
    options: LimitOptions,
    place: Cache<(), Arc<Place>>,
    lists: Cache<List, Arc<Limits>>,
}

impl UnifiedLimits {
    /// Reads the options, and connects to nothing. An account that cannot be used is logged; then all that is limited
    /// fails, and the rest of the service works.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn open(config: &Config) -> Result<Self, ConfigError> {
        let options::Options { limits, account } = options::Options::read(config)?;
        let account = Session::new(&account).inspect_err(|error| {
            log::error!("[oslo_limit]: nothing that use_keystone_limits limits will work: {error}");
        });
        Ok(Self {
            account,
            place: Cache::builder().time_to_live(PLACE_LIFE).build(),
            lists: Cache::builder().max_capacity(PROJECTS).time_to_live(limits.limit_cache_time.duration()).build(),
            options: limits,
        })
    }

    /// The tables of the options.
    #[must_use]
    pub fn option_tables(config: &Config) -> Vec<SectionSpec> {
        options::Options::tables(config)
    }

    /// What a project is allowed: a number for each resource of the identity service. Without a project the registered
    /// limits hold.
    ///
    /// # Errors
    /// [`LimitsError`].
    pub async fn of_project(&self, project: Option<&str>) -> Result<Limits, LimitsError> {
        let session = self.account.as_ref().map_err(Clone::clone)?;
        let after = session.limit();
        let lists = tokio::time::timeout(after, self.lists(session, project)).await;
        let (registered, own) = lists.map_err(|_| KeystoneError::TimedOut { after })??;
        let unified = Resource::ALL.iter().filter(|resource| **resource != Resource::UserStorage);
        let limit = |resource| own.get(resource).or_else(|| registered.get(resource)).copied().unwrap_or(0);
        Ok(unified.map(|resource| (*resource, limit(resource))).collect())
    }

    /// The registered limits and those of the project.
    async fn lists(&self, session: &Session, project: Option<&str>) -> Result<(Arc<Limits>, Arc<Limits>), LimitsError> {
        let registered = self.list(session, List::Registered).await?;
        let own = match project {
            Some(project) => self.list(session, List::Of(project.to_owned())).await?,
            None => Arc::default(),
        };
        Ok((registered, own))
    }

    /// A list, from memory if it is young enough.
    async fn list(&self, session: &Session, list: List) -> Result<Arc<Limits>, LimitsError> {
        let place = self.place(session).await?;
        let url = place.list_url(&list);
        let (rows, number) = match &list {
            List::Registered => ("registered_limits", "default_limit"),
            List::Of(_) => ("limits", "resource_limit"),
        };
        let fetched = self.lists.try_get_with(list, async {
            let answer = session.get(&url).await?;
            read_limits(&answer, rows, number).map(Arc::new)
        });
        fetched.await.map_err(|error: Arc<LimitsError>| LimitsError::clone(&error))
    }

    async fn place(&self, session: &Session) -> Result<Arc<Place>, LimitsError> {
        let found = self.place.try_get_with((), async { self.find_place(session).await.map(Arc::new) });
        found.await.map_err(|error: Arc<LimitsError>| LimitsError::clone(&error))
    }

    async fn find_place(&self, session: &Session) -> Result<Place, LimitsError> {
        let url = self.identity_url(session).await?;
        let model = session.get(&format!("{url}/limits/model")).await?;
        let model = model["model"]["name"].as_str().unwrap_or("(none)");
        if model != MODEL {
            return Err(LimitsError::Model(model.to_owned()));
        }
        let endpoint = match &self.options.endpoint_id {
            Some(id) => self.endpoint_by_id(session, &url, id).await?,
            None => self.endpoint_by_service(session, &url).await?,
        };
        let text = |name: &str| endpoint[name].as_str().map(str::to_owned);
        let service = text("service_id").ok_or_else(|| LimitsError::Endpoint("the endpoint has no service".into()))?;
        Ok(Place { url, service, region: text("region_id") })
    }

    async fn identity_url(&self, session: &Session) -> Result<String, LimitsError> {
        if let Some(url) = &self.options.endpoint_override {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let interface = self.options.valid_interfaces.first().copied().unwrap_or(Interface::Public);
        Ok(session.identity_url(interface.as_str()).await?)
    }

    async fn endpoint_by_id(&self, session: &Session, url: &str, id: &str) -> Result<Value, LimitsError> {
        match session.get(&format!("{url}/endpoints/{}", plain(id))).await {
            Ok(answer) => Ok(answer["endpoint"].clone()),
            Err(KeystoneError::Status { status: 404 }) => {
                Err(LimitsError::Endpoint(format!("there is no endpoint {id}")))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn endpoint_by_service(&self, session: &Session, url: &str) -> Result<Value, LimitsError> {
        let LimitOptions { endpoint_service_type: kind, endpoint_service_name: name, .. } = &self.options;
        if kind.is_none() && name.is_none() {
            let text = "set endpoint_id, endpoint_service_type or endpoint_service_name";
            return Err(LimitsError::Endpoint(text.to_owned()));
        }
        let wanted = [("type", kind.as_deref()), ("name", name.as_deref())];
        let service = only(session, &format!("{url}/services"), &wanted, "services").await?;
        let wanted = [
            ("service_id", service["id"].as_str()),
            ("region_id", self.options.endpoint_region_name.as_deref()),
            ("interface", Some(self.options.endpoint_interface.as_str())),
        ];
        only(session, &format!("{url}/endpoints"), &wanted, "endpoints").await
    }
}

impl Place {
    fn list_url(&self, list: &List) -> String {
        let (path, project) = match list {
            List::Registered => ("registered_limits", None),
            List::Of(project) => ("limits", Some(project.as_str())),
        };
        let region = self.region.as_deref();
        let wanted = [("service_id", Some(self.service.as_str())), ("region_id", region), ("project_id", project)];
        with_query(&format!("{}/{path}", self.url), &wanted)
    }
}

/// The one row of a list that fits.
async fn only(session: &Session, url: &str, wanted: &[(&str, Option<&str>)], rows: &str) -> Result<Value, LimitsError> {
    let answer = session.get(&with_query(url, wanted)).await?;
    match answer[rows].as_array().map(Vec::as_slice) {
        Some([one]) => Ok(one.clone()),
        Some([_, ..]) => Err(LimitsError::Endpoint(format!("several {rows} fit"))),
        _ => Err(LimitsError::Endpoint(format!("none of the {rows} fits"))),
    }
}

/// The limits in an answer that this service knows. Of several for one resource the first counts.
fn read_limits(answer: &Value, rows: &str, number: &str) -> Result<Limits, LimitsError> {
    let nonsense = || KeystoneError::Nonsense(format!("no list of {rows}"));
    let mut limits = Limits::new();
    for row in answer[rows].as_array().ok_or_else(nonsense)? {
        let known = serde_json::from_value::<Resource>(row["resource_name"].clone());
        if let (Ok(resource), Some(limit)) = (known, row[number].as_i64()) {
            limits.entry(resource).or_insert(limit);
        }
    }
    Ok(limits)
}

fn with_query(url: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", plain((*value)?))));
    format!("{url}?{}", given.collect::<Vec<_>>().join("&"))
}

fn plain(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_asked_for_by_service_and_region() {
        let place = |region: Option<&str>| Place {
            url: "http://id/v3".to_owned(),
            service: "s1".to_owned(),
            region: region.map(str::to_owned),
        };
        let url = place(Some("Region One")).list_url(&List::Of("p/1".to_owned()));
        assert_eq!(url, "http://id/v3/limits?service_id=s1&region_id=Region%20One&project_id=p%2F1");
        assert_eq!(place(None).list_url(&List::Registered), "http://id/v3/registered_limits?service_id=s1");
    }

    #[test]
    fn limits_of_other_services_are_left_out() {
        let answer = json!({"limits": [
            {"resource_name": "cores", "resource_limit": 5},
            {"resource_name": "image_size_total", "resource_limit": 7},
            {"resource_name": "image_size_total", "resource_limit": 8},
            {"resource_name": "image_count_total", "resource_limit": -1},
        ]});
        let expected = Limits::from([(Resource::SizeTotal, 7), (Resource::CountTotal, -1)]);
        assert_eq!(read_limits(&answer, "limits", "resource_limit"), Ok(expected));
        assert!(read_limits(&json!({}), "limits", "resource_limit").is_err());
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let away = KeystoneError::Unreachable { cause: String::new() };
        let table = [
            (LimitsError::Identity(away), true),
            (LimitsError::Identity(KeystoneError::Status { status: 503 }), true),
            (LimitsError::Identity(KeystoneError::Status { status: 403 }), false),
            (LimitsError::Identity(KeystoneError::Account { status: 401 }), false),
            (LimitsError::Endpoint(String::new()), false),
        ];
        for (error, passes) in table {
            assert_eq!(error.passes(), passes, "{error:?}");
        }
    }
}
