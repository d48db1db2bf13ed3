//! The options of an account with the identity service (import-tasks-stores-cache §9.3), in any section that has one.

use std::path::PathBuf;

use crate::config::{Config, ConfigError, Seconds, Secret, Section, SectionSpec};

crate::choices! {
    /// How the server proves who it is.
    pub enum AuthType {
        /// User and password.
        Password = "password" | "v3password",
        /// An application credential, which brings its own scope.
        ApplicationCredential = "v3applicationcredential",
    }
}

crate::options! {
    /// The identity service, and the account that this server has with it.
    pub struct AuthOptions in "keystone_authtoken" {
        /// URL of the identity service, with or without /v3 at its end.
        pub auth_url: Option<String> = None;
        /// How the server proves who it is: password or v3applicationcredential.
        pub auth_type: Option<AuthType> = None, aliases ["auth_plugin"];
        /// Section that holds the account; unset: this one.
        pub auth_section: Option<String> = None;
        /// Name of the user.
        pub username: Option<String> = None, aliases ["user_name", "user-name"];
        /// Id of the user, in place of name and domain.
        pub user_id: Option<String> = None, aliases ["user-id"];
        /// Password of the user.
        pub password: Option<Secret> = None;
        /// Id of the user's domain.
        pub user_domain_id: Option<String> = None, aliases ["user-domain-id"];
        /// Name of the user's domain.
        pub user_domain_name: Option<String> = None, aliases ["user-domain-name"];
        /// Id of the project that the account acts in.
        pub project_id: Option<String> = None, aliases ["project-id", "tenant_id", "tenant-id"];
        /// Name of that project.
        pub project_name: Option<String> = None, aliases ["project-name", "tenant_name", "tenant-name"];
        /// Id of the project's domain.
        pub project_domain_id: Option<String> = None, aliases ["project-domain-id"];
        /// Name of the project's domain.
        pub project_domain_name: Option<String> = None, aliases ["project-domain-name"];
        /// Id of the domain for user and project where theirs is not set.
        pub default_domain_id: Option<String> = None, aliases ["default-domain-id"];
        /// Name of the domain for user and project where theirs is not set.
        pub default_domain_name: Option<String> = None, aliases ["default-domain-name"];
        /// Id of the domain that the account acts in, in place of a project.
        pub domain_id: Option<String> = None, aliases ["domain-id"];
        /// Name of that domain.
        pub domain_name: Option<String> = None, aliases ["domain-name"];
        /// all: the account acts in the whole system, in place of a project.
        pub system_scope: Option<String> = None, aliases ["system-scope"];
        /// Id of the trust that the account acts by.
        pub trust_id: Option<String> = None, aliases ["trust-id"];
        /// Id of the application credential.
        pub application_credential_id: Option<String> = None, aliases ["application-credential-id"];
        /// Name of the application credential, with user and the user's domain.
        pub application_credential_name: Option<String> = None, aliases ["application-credential-name"];
        /// Secret of the application credential.
        pub application_credential_secret: Option<Secret> = None, aliases ["application-credential-secret"];
        /// File with the certificates of the authorities that may sign the identity service's (PEM); unset: the system's.
        pub cafile: Option<PathBuf> = None;
        /// File with the certificate that the server shows (PEM).
        pub certfile: Option<PathBuf> = None;
        /// File with its private key (PEM); unset: it is in certfile.
        pub keyfile: Option<PathBuf> = None;
        /// Accept any certificate of the identity service. Unsafe.
        pub insecure: bool = false;
        /// Region of the catalogue whose endpoints are used.
        pub region_name: Option<String> = None, aliases ["region-name"];
        /// Seconds within which the identity service answers, attempts after the first included; unset: 4.5.
        pub timeout: Option<Seconds> = None, min 0.1, max 3600;
        /// How often a call is tried again when no connection can be made or a balancer answers for a service that is away.
        pub connect_retries: u32 = 3, aliases ["connect-retries"], max 100;
    }
}

impl AuthOptions {
    /// The options in `group`, the account taken from its `auth_section` where it names one.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn load(config: &Config, group: &str) -> Result<Self, ConfigError> {
        let own: Self = config.section_at(group, &[])?;
        let Some(section) = own.auth_section.clone() else { return Ok(own) };
        let account: Self = config.section_at(&section, &[])?;
        Ok(Self {
            cafile: own.cafile,
            certfile: own.certfile,
            keyfile: own.keyfile,
            insecure: own.insecure,
            region_name: own.region_name,
            timeout: own.timeout,
            connect_retries: own.connect_retries,
            ..account
        })
    }

    /// The tables of the sections that [`AuthOptions::load`] reads, for the warnings about unknown options.
    #[must_use]
    pub fn tables(config: &Config, group: &str) -> Vec<SectionSpec> {
        let mut tables = vec![Self::spec_at(group)];
        tables.extend(config.raw(group, "auth_section").map(Self::spec_at));
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_may_be_in_another_section() {
        let text = "[keystone_authtoken]\nauth_section = account\ninsecure = true\nusername = ignored\n\
                    [account]\nauth_type = v3password\nusername = glance\ninsecure = false\ntenant_name = service\n";
        let config = Config::from_text(text).unwrap();
        let options = AuthOptions::load(&config, "keystone_authtoken").unwrap();
        assert_eq!((options.username.as_deref(), options.project_name.as_deref()), (Some("glance"), Some("service")));
        assert_eq!((options.auth_type, options.insecure), (Some(AuthType::Password), true));
        let groups: Vec<String> =
            AuthOptions::tables(&config, "keystone_authtoken").into_iter().map(|t| t.group).collect();
        assert_eq!(groups, ["keystone_authtoken", "account"]);
    }

    #[test]
    fn other_ways_to_log_in_are_refused() {
        let config = Config::from_text("[keystone_authtoken]\nauth_type = v3oidcpassword\n").unwrap();
        let refused = AuthOptions::load(&config, "keystone_authtoken").unwrap_err().to_string();
        assert!(refused.contains("password, v3applicationcredential"), "{refused}");
    }
}
