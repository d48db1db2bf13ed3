//! What the server says to the identity service to get a token: user and scope as the options describe them.

use serde_json::{Value, json};
use url::Url;

use super::{AuthOptions, AuthType, KeystoneError};
use crate::config::Secret;

/// An account that can log in.
#[derive(Clone)]
pub(super) struct Account {
    /// `…/v3`, without a slash at its end.
    pub(super) base: String,
    /// The body of `POST /v3/auth/tokens`. It holds the password.
    body: Value,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Account {
    /// The account of these options.
    ///
    /// # Errors
    /// [`KeystoneError::Options`] that names what is missing.
    pub(super) fn new(options: &AuthOptions) -> Result<Self, KeystoneError> {
        let url = options.auth_url.as_deref().ok_or_else(|| missing("auth_url"))?;
        let base = versioned(url).ok_or_else(|| KeystoneError::Options(format!("auth_url: '{url}' is no URL")))?;
        let auth = match options.auth_type {
            None => return Err(missing("auth_type")),
            Some(AuthType::Password) => password(options)?,
            Some(AuthType::ApplicationCredential) => application_credential(options)?,
        };
        Ok(Self { base, body: json!({ "auth": auth }) })
    }

    /// The request body for a token.
    pub(super) fn body(&self) -> Vec<u8> {
        self.body.to_string().into_bytes()
    }
}

fn missing(option: &str) -> KeystoneError {
    KeystoneError::Options(format!("{option} is not set"))
}

/// A URL of the identity service with the one version that is spoken here.
pub(super) fn versioned(url: &str) -> Option<String> {
    let parsed = Url::parse(url.trim()).ok()?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() || parsed.query().is_some() {
        return None;
    }
    let base = url.trim().trim_end_matches('/');
    let base = base.strip_suffix("/v3").or_else(|| base.strip_suffix("/v2.0")).unwrap_or(base);
    Some(format!("{base}/v3"))
}

fn password(options: &AuthOptions) -> Result<Value, KeystoneError> {
    let mut user = user(options)?;
    let secret = options.password.as_ref().map(Secret::expose).ok_or_else(|| missing("password"))?;
    user["password"] = json!(secret);
    let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
    if let Some(scope) = scope(options)? {
        auth["scope"] = scope;
    }
    Ok(auth)
}

fn application_credential(options: &AuthOptions) -> Result<Value, KeystoneError> {
    let secret = options.application_credential_secret.as_ref().map(Secret::expose);
    let secret = secret.ok_or_else(|| missing("application_credential_secret"))?;
    let credential = match (&options.application_credential_id, &options.application_credential_name) {
        (Some(id), _) => json!({"id": id, "secret": secret}),
        (None, Some(name)) => json!({"name": name, "secret": secret, "user": user(options)?}),
        (None, None) => return Err(missing("application_credential_id")),
    };
    let method = "application_credential";
    Ok(json!({"identity": {"methods": [method], method: credential}}))
}

fn user(options: &AuthOptions) -> Result<Value, KeystoneError> {
    if let Some(id) = &options.user_id {
        return Ok(json!({ "id": id }));
    }
    let name = options.username.as_ref().ok_or_else(|| missing("username"))?;
    let domain = domain(options, &options.user_domain_id, &options.user_domain_name);
    let domain = domain.ok_or_else(|| missing("user_domain_name"))?;
    Ok(json!({"name": name, "domain": domain}))
}

/// The domain of a user or a project: its own, else the common one.
fn domain(options: &AuthOptions, id: &Option<String>, name: &Option<String>) -> Option<Value> {
    let by_id = |id: &Option<String>| id.as_ref().map(|id| json!({ "id": id }));
    let by_name = |name: &Option<String>| name.as_ref().map(|name| json!({ "name": name }));
    by_id(id)
        .or_else(|| by_name(name))
        .or_else(|| by_id(&options.default_domain_id))
        .or_else(|| by_name(&options.default_domain_name))
}

/// What the token is to be good for; none for an unscoped one.
fn scope(options: &AuthOptions) -> Result<Option<Value>, KeystoneError> {
    if let Some(id) = &options.trust_id {
        return Ok(Some(json!({"OS-TRUST:trust": {"id": id}})));
    }
    if let Some(system) = &options.system_scope {
        if system.trim() != "all" {
            return Err(KeystoneError::Options(format!("system_scope: '{system}' is unknown; there is: all")));
        }
        return Ok(Some(json!({"system": {"all": true}})));
    }
    if let Some(id) = &options.project_id {
        return Ok(Some(json!({"project": {"id": id}})));
    }
    if let Some(name) = &options.project_name {
        let domain = domain(options, &options.project_domain_id, &options.project_domain_name);
        let domain = domain.ok_or_else(|| missing("project_domain_name"))?;
        return Ok(Some(json!({"project": {"name": name, "domain": domain}})));
    }
    let of_domain = match (&options.domain_id, &options.domain_name) {
        (Some(id), _) => Some(json!({"domain": {"id": id}})),
        (None, Some(name)) => Some(json!({"domain": {"name": name}})),
        (None, None) => None,
    };
    Ok(of_domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn account(lines: &str) -> Result<Account, KeystoneError> {
        let text = format!("[keystone_authtoken]\nauth_url = http://k:5000\n{lines}\n");
        Account::new(&Config::from_text(&text).unwrap().section().unwrap())
    }

    #[test]
    fn scopes_are_what_the_options_say() {
        let user = "auth_type = password\nusername = u\npassword = p\ndefault_domain_id = d\n";
        let table = [
            ("", Value::Null),
            ("project_name = x", json!({"project": {"name": "x", "domain": {"id": "d"}}})),
            ("project_id = x\nproject_name = y", json!({"project": {"id": "x"}})),
            ("project_name = x\nproject_domain_name = e", json!({"project": {"name": "x", "domain": {"name": "e"}}})),
            ("domain_name = e", json!({"domain": {"name": "e"}})),
            ("system_scope = all\nproject_name = x", json!({"system": {"all": true}})),
            ("trust_id = t\nproject_id = x", json!({"OS-TRUST:trust": {"id": "t"}})),
        ];
        for (lines, expected) in table {
            let body = account(&format!("{user}{lines}")).unwrap().body;
            assert_eq!(body["auth"]["scope"], expected, "{lines}");
            let found = &body["auth"]["identity"]["password"]["user"];
            assert_eq!(*found, json!({"name": "u", "domain": {"id": "d"}, "password": "p"}));
        }
    }

    #[test]
    fn application_credentials_bring_their_scope() {
        let kind = "auth_type = v3applicationcredential\napplication_credential_secret = s\nproject_name = ignored\n";
        let table = [
            ("application_credential_id = i", json!({"id": "i", "secret": "s"})),
            ("application_credential_name = n\nuser_id = u", json!({"name": "n", "secret": "s", "user": {"id": "u"}})),
        ];
        for (lines, expected) in table {
            let body = account(&format!("{kind}{lines}")).unwrap().body;
            assert_eq!(body["auth"]["identity"]["application_credential"], expected);
            assert_eq!(body["auth"].get("scope"), None);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let table = [
            ("", "auth_type is not set"),
            ("auth_type = password", "username is not set"),
            ("auth_type = password\nusername = u\npassword = p", "user_domain_name is not set"),
            ("auth_type = password\nuser_id = u", "password is not set"),
            ("auth_type = password\nuser_id = u\npassword = p\nproject_name = p", "project_domain_name is not set"),
            ("auth_type = password\nuser_id = u\npassword = p\nsystem_scope = some", "system_scope: 'some' is unknown"),
            ("auth_type = v3applicationcredential", "application_credential_secret is not set"),
        ];
        for (lines, expected) in table {
            let error = account(lines).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{lines}: {error}");
        }
    }

    #[test]
    fn urls_get_the_version_that_is_spoken() {
        for url in ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v3/", "http://k:5000/v2.0"] {
            assert_eq!(versioned(url).as_deref(), Some("http://k:5000/v3"), "{url}");
        }
        assert_eq!(versioned("https://k/identity/").as_deref(), Some("https://k/identity/v3"));
        for url in ["k:5000", "ftp://k", "", "http://k?x"] {
            assert_eq!(versioned(url), None, "{url}");
        }
    }

    #[test]
    fn the_account_shows_no_password() {
        let account = account("auth_type = password\nuser_id = u\npassword = hunter2").unwrap();
        assert!(!format!("{account:?}").contains("hunter2"));
    }
}
