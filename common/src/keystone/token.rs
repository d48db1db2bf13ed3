//! What the identity service knows of a token.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Catalog;

/// Somebody or something in a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Id of its domain.
    pub domain_id: Option<String>,
    /// Name of its domain.
    pub domain_name: Option<String>,
}

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// One project.
    Project(Named),
    /// One domain.
    Domain(Named),
    /// The whole system.
    System,
    /// Nothing yet.
    Unscoped,
}

/// One request that an application credential may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRule {
    /// Type of the service.
    #[serde(default)]
    pub service: String,
    /// Method.
    #[serde(default)]
    pub method: String,
    /// Path with `{name}`, `*` and `**`.
    #[serde(default)]
    pub path: String,
}

/// A token that the identity service knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Whose it is.
    pub user: Named,
    /// What it is good for.
    pub scope: TokenScope,
    /// Names of the roles, letter case kept.
    pub roles: Vec<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The project is the cloud's administrative project; true where the identity service knows no such thing.
    pub is_admin_project: bool,
    /// The services that the token can be used with; empty where they were not asked for.
    #[serde(with = "shared")]
    pub catalog: Arc<Catalog>,
    /// The only requests that the token may make; none where all are allowed.
    pub access_rules: Option<Vec<AccessRule>>,
}

impl TokenInfo {
    /// Reads the answer of the identity service: `{"token": {…}}`. None where it is not one.
    #[must_use]
    pub fn from_answer(answer: &Value) -> Option<Self> {
        let token = answer.get("token")?;
        let expires_at = DateTime::parse_from_rfc3339(token.get("expires_at")?.as_str()?).ok()?;
        let roles = token.get("roles").and_then(Value::as_array).into_iter().flatten();
        let rules = token.get("application_credential").and_then(|credential| credential.get("access_rules"));
        Some(Self {
            user: named(token.get("user")?)?,
            scope: scope(token)?,
            roles: roles.filter_map(|role| role.get("name")?.as_str().map(str::to_owned)).collect(),
            expires_at: expires_at.with_timezone(&Utc),
            is_admin_project: token.get("is_admin_project").and_then(Value::as_bool).unwrap_or(true),
            catalog: Arc::new(token.get("catalog").map(Catalog::from_token).unwrap_or_default()),
            // rules that cannot be read allow nothing
            access_rules: rules.filter(|rules| !rules.is_null()).map(|rules| {
                let rules = rules.as_array().into_iter().flatten();
                rules.filter_map(|rule| serde_json::from_value(rule.clone()).ok()).collect()
            }),
        })
    }

    /// Is it over, or within so many seconds?
    #[must_use]
    pub fn ends_within(&self, seconds: u32) -> bool {
        self.expires_at <= Utc::now() + TimeDelta::seconds(i64::from(seconds))
    }

    /// Has it one of these roles?
    #[must_use]
    pub fn has_any_role(&self, names: &[String]) -> bool {
        self.roles.iter().any(|role| names.contains(role))
    }
}

fn named(value: &Value) -> Option<Named> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let domain = value.get("domain").unwrap_or(&Value::Null);
    Some(Named {
        id: text(value, "id")?,
        name: text(value, "name").unwrap_or_default(),
        domain_id: text(domain, "id"),
        domain_name: text(domain, "name"),
    })
}

fn scope(token: &Value) -> Option<TokenScope> {
    if let Some(project) = token.get("project") {
        return named(project).map(TokenScope::Project);
    }
    if let Some(domain) = token.get("domain") {
        return named(domain).map(TokenScope::Domain);
    }
    match token.get("system").and_then(|system| system.get("all")) {
        Some(Value::Bool(true)) => Some(TokenScope::System),
        Some(_) => None,
        None => Some(TokenScope::Unscoped),
    }
}

/// A shared value is written as the value itself.
pub(super) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<T: Serialize, S: Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(to)
    }

    pub(in super::super) fn deserialize<'de, T, D>(from: D) -> Result<Arc<T>, D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        T::deserialize(from).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(part: Value) -> Option<TokenInfo> {
        let mut token = json!({
            "user": {"id": "u", "name": "user", "domain": {"id": "default", "name": "Default"}},
            "expires_at": "2030-01-01T00:00:00.000000Z",
            "roles": [{"id": "1", "name": "Member"}, {"id": "2"}],
        });
        let (into, from) = (token.as_object_mut().unwrap(), part.as_object().unwrap());
        into.extend(from.clone());
        TokenInfo::from_answer(&json!({ "token": token }))
    }

    #[test]
    fn tokens_have_one_scope() {
        let project = json!({"project": {"id": "p", "name": "project", "domain": {"id": "d", "name": "D"}}});
        let found = token(project).unwrap();
        let TokenScope::Project(project) = &found.scope else { panic!("{found:?}") };
        assert_eq!((project.id.as_str(), project.domain_id.as_deref()), ("p", Some("d")));
        assert_eq!(
            (found.user.domain_id.as_deref(), found.roles.as_slice()),
            (Some("default"), &["Member".into()][..])
        );
        assert!(found.is_admin_project && found.catalog.is_empty() && found.access_rules.is_none());

        assert!(matches!(token(json!({"domain": {"id": "d"}})).unwrap().scope, TokenScope::Domain(_)));
        assert_eq!(token(json!({"system": {"all": true}})).unwrap().scope, TokenScope::System);
        assert_eq!(token(json!({})).unwrap().scope, TokenScope::Unscoped);
        assert_eq!(token(json!({"system": {"all": "maybe"}})), None);
        assert_eq!(token(json!({"project": {}})), None);
    }

    #[test]
    fn what_is_no_token_is_none() {
        for answer in
            [json!({}), json!([]), json!({"token": {"user": {"id": "u"}}}), json!({"token": {"expires_at": 1}})]
        {
            assert_eq!(TokenInfo::from_answer(&answer), None, "{answer}");
        }
        assert_eq!(token(json!({"expires_at": "tomorrow"})), None);
    }

    #[test]
    fn access_rules_of_application_credentials_are_kept() {
        let rule = json!({"service": "image", "method": "GET", "path": "/v2/images"});
        let rules =
            |rules: Value| token(json!({"application_credential": {"access_rules": rules}})).unwrap().access_rules;
        assert_eq!(rules(json!([rule])).unwrap().len(), 1);
        assert_eq!(rules(json!([])), Some(vec![]));
        assert_eq!(rules(json!("anything")), Some(vec![]));
        assert_eq!(rules(Value::Null), None);
    }
}
