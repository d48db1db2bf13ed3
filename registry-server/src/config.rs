//! The options of the registry (registry §11); `[database]` is [`crate::db::DatabaseOptions`].

use std::sync::Arc;

use glance_common::config::{ByteSize, Config, ConfigError, Secret, Section, SectionSpec};
use glance_common::keystone::{Figures, KeystoneError, Validator, ValidatorOptions};
use glance_common::registry_auth::{SharedKey, WeakSecret};
use glance_common::web::tls::TlsError;
use glance_common::web::{HealthOptions, ServeOptions, SocketOptions};
use thiserror::Error;

use crate::auth::{Authentication, Flavor, FlavorError, IdentityRules, PeerTrust};
use crate::db::{CipherKeyError, DatabaseOptions, LocationCipher};

glance_common::options! {
    /// Port, trust and limits of the registry.
    pub struct RegistryOptions in "DEFAULT" {
        /// Port to listen on; 0 takes any free one.
        pub bind_port: u16 = 9191;
        /// Longest body of a request.
        pub max_request_body: ByteSize = ByteSize::new(16 << 20), min 1024, max (1_u64 << 30);
        /// Secret shared with the API servers. Set: only requests signed with it are served. Not set, and no
        /// ca_file: only requests from loopback and private addresses are. At least 16 characters.
        pub registry_auth_secret: Option<Secret> = None;
        /// Role that makes an administrator, where the peer does not say who is one.
        pub admin_role: String = "admin".to_owned();
        /// Let requests without a confirmed identity, or without a token, read what is public (flavors trusted-auth and
        /// keystone).
        pub allow_anonymous_access: bool = false;
        /// Longest request id in characters. 0: any length.
        pub max_request_id_length: usize = 64;
        /// Images in a list at most.
        pub api_limit_max: u32 = 1000, min 1;
        /// Images in a list of the older protocol, where the caller names no number.
        pub limit_param_default: u32 = 25, min 1;
        /// Serve the protocol of older registries too: `/images`, `/shared-images` and `/`, and the same under `/v1`.
        /// Read at the start only.
        pub enable_v1_registry: bool = true;
        /// Key with which URLs of locations are encrypted in the database: 16, 24 or 32 bytes.
        pub metadata_encryption_key: Option<Secret> = None;
    }

    /// The pipeline that requests go through.
    pub struct PipelineOptions in "paste_deploy" {
        /// Empty: requests without identity are served as an administrator's. trusted-auth: they are refused.
        /// Identity headers are believed in both, from peers that may speak for others. keystone: tokens say who asks.
        pub flavor: Option<String> = None;
    }
}

/// Why a configuration that can be read cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A bad value, or a file that cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A flavor that cannot be served.
    #[error(transparent)]
    Flavor(#[from] FlavorError),
    /// The TLS files do not go together.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The encryption key has the wrong length.
    #[error(transparent)]
    CipherKey(#[from] CipherKeyError),
    /// A secret that anybody could guess.
    #[error(transparent)]
    WeakSecret(#[from] WeakSecret),
    /// Tokens cannot be judged.
    #[error("[keystone_authtoken] {0}")]
    Tokens(#[from] KeystoneError),
}

/// Everything that the registry is told, read and judged.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The socket.
    pub socket: SocketOptions,
    /// `[DEFAULT]`.
    pub registry: RegistryOptions,
    /// `[paste_deploy]`.
    pub pipeline: PipelineOptions,
    /// `[healthcheck]`.
    pub health: HealthOptions,
    /// `[database]`.
    pub database: DatabaseOptions,
    /// `[keystone_authtoken]`, with the flavor that reads it.
    pub tokens: Option<ValidatorOptions>,
}

impl Settings {
    /// Read all sections.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        let pipeline: PipelineOptions = config.section()?;
        let wants_tokens = Flavor::parse(pipeline.flavor.as_deref()) == Ok(Flavor::Keystone);
        Ok(Self {
            socket: config.section()?,
            registry: config.section()?,
            pipeline,
            health: config.section()?,
            database: config.section()?,
            tokens: wants_tokens.then(|| ValidatorOptions::read(config)).transpose()?,
        })
    }

    /// The sections that are read here.
    #[must_use]
    pub fn sections(config: &Config) -> Vec<SectionSpec> {
        let mut sections = vec![
            SocketOptions::spec(),
            RegistryOptions::spec(),
            PipelineOptions::spec(),
            HealthOptions::spec(),
            DatabaseOptions::spec(),
        ];
        sections.extend(ValidatorOptions::tables(config));
        sections
    }

    /// How the socket is served.
    ///
    /// # Errors
    /// [`SettingsError::Tls`] when the files of TLS do not go together.
    pub fn serve_options(&self) -> Result<ServeOptions, SettingsError> {
        let options = self.socket.serve_options(self.registry.bind_port)?;
        // Nothing is sent from files here.
        Ok(ServeOptions { transfer_threads: 1, ..options })
    }

    /// How callers are known: by signature where a secret is set, else by certificate, else by address.
    ///
    /// # Errors
    /// [`SettingsError::Flavor`], [`SettingsError::WeakSecret`], [`SettingsError::Tokens`].
    pub fn authentication(&self, figures: Figures) -> Result<Authentication, SettingsError> {
        let own = &self.registry;
        let flavor = Flavor::parse(self.pipeline.flavor.as_deref())?;
        let peers = match &own.registry_auth_secret {
            Some(secret) => PeerTrust::secret(SharedKey::new(secret)?),
            None if self.socket.ca_file.is_some() => PeerTrust::Certificate,
            None if flavor == Flavor::Keystone => PeerTrust::Anyone,
            None => PeerTrust::PrivateNetwork,
        };
        let validator = self.tokens.as_ref().map(|options| Validator::new(options, figures)).transpose()?;
        let rules = IdentityRules {
            flavor,
            admin_role: own.admin_role.trim().to_lowercase(),
            allow_anonymous: own.allow_anonymous_access,
        };
        Ok(Authentication { peers: Arc::new(peers), rules, validator })
    }

    /// Are peers known the same way under both settings?
    pub(crate) fn knows_peers_like(&self, other: &Self) -> bool {
        let secret = |settings: &Self| settings.registry.registry_auth_secret.as_ref().map(|s| s.expose().to_owned());
        let rest = |settings: &Self| (settings.socket.ca_file.is_some(), settings.tokens.is_some());
        secret(self) == secret(other) && rest(self) == rest(other)
    }

    /// How URLs of locations are kept.
    ///
    /// # Errors
    /// [`SettingsError::CipherKey`].
    pub fn cipher(&self) -> Result<LocationCipher, SettingsError> {
        match self.registry.metadata_encryption_key.as_ref().filter(|key| !key.is_empty()) {
            Some(key) => Ok(LocationCipher::new(key.expose())?),
            None => Ok(LocationCipher::none()),
        }
    }

    /// Logs a warning for every option that makes the registry less safe than it could be (security requirement I2).
    pub fn warn_of_risks(&self) {
        for risk in self.risks() {
            log::warn!("{risk}");
        }
    }

    /// The texts of [`Settings::warn_of_risks`].
    #[must_use]
    pub fn risks(&self) -> Vec<&'static str> {
        let own = &self.registry;
        let by_address_only = own.registry_auth_secret.is_none() && self.socket.ca_file.is_none();
        let local = matches!(self.socket.bind_host.trim(), "127.0.0.1" | "::1" | "localhost");
        let tokens = Flavor::parse(self.pipeline.flavor.as_deref()) == Ok(Flavor::Keystone);
        let open = self.pipeline.flavor.as_deref().is_none_or(|flavor| flavor.trim().is_empty());
        let table = [
            (
                by_address_only && !local && !tokens,
                "every host of a private network may speak for any user: set registry_auth_secret, or cert_file, \
                 key_file and ca_file",
            ),
            (open, "[paste_deploy] flavor is empty: requests without identity are served as an administrator's"),
            (own.allow_anonymous_access, "allow_anonymous_access: requests without identity may read public images"),
        ];
        let of_tokens = self.tokens.iter().flat_map(ValidatorOptions::warnings);
        table.into_iter().filter(|(risky, _)| *risky).map(|(_, text)| text).chain(of_tokens).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(lines: &str) -> Settings {
        Settings::read(&Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap()).unwrap()
    }

    fn figures() -> Figures {
        Figures::new("test").unwrap()
    }

    #[test]
    fn the_strongest_proof_that_is_configured_is_demanded() {
        glance_common::web::tls::install_provider();
        let tls = "cert_file = c\nkey_file = k\nca_file = a";
        let secret = "registry_auth_secret = sixteen letters.";
        let keystone = "[paste_deploy]\nflavor = keystone\n[keystone_authtoken]\nauth_url = http://k\n\
                        auth_type = password\nuser_id = u\npassword = p";
        let table = [
            ("", "PrivateNetwork"),
            (tls, "Certificate"),
            (secret, "Secret"),
            (&format!("{tls}\n{secret}"), "Secret"),
            (keystone, "Anyone"),
            (&format!("{secret}\n{keystone}"), "Secret"),
        ];
        for (lines, expected) in table {
            let found = format!("{:?}", settings(lines).authentication(figures()).unwrap().peers);
            assert!(found.starts_with(expected), "{lines}: {found}");
        }
        assert!(settings("registry_auth_secret = short").authentication(figures()).is_err());
        // As everywhere in the files, empty is not set: the start tells the risk.
        assert_eq!(settings("registry_auth_secret =").risks(), settings("").risks());
    }

    #[test]
    fn risks_are_told() {
        let table = [
            ("", 2),
            ("bind_host = 127.0.0.1", 1),
            ("bind_host = 127.0.0.1\n[paste_deploy]\nflavor = trusted-auth", 0),
            ("registry_auth_secret = sixteen letters.\n[paste_deploy]\nflavor = trusted-auth", 0),
            ("allow_anonymous_access = true", 3),
        ];
        for (lines, count) in table {
            assert_eq!(settings(lines).risks().len(), count, "{lines}");
        }
    }
}
