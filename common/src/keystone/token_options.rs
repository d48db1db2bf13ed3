//! The options by which tokens of callers are judged and remembered (import-tasks-stores-cache §9.3).

use std::path::PathBuf;

use crate::config::{ByteSize, Seconds, Secret};

crate::choices! {
    /// Which of the identity service's endpoints is asked.
    pub enum Interface {
        /// The public one.
        Public = "public" | "publicURL",
        /// The internal one.
        Internal = "internal" | "internalURL",
        /// The administrators' one.
        Admin = "admin" | "adminURL",
    }
}

crate::choices! {
    /// How entries in memcached are protected.
    pub enum SecurityStrategy {
        /// Not at all: who can write there is whoever he likes.
        None = "None" | "none" | "NONE",
        /// Nobody without the key can make an entry.
        Mac = "MAC" | "mac",
        /// Nobody without the key can make or read one.
        Encrypt = "ENCRYPT" | "encrypt",
    }
}

crate::options! {
    /// How tokens of callers are judged and remembered.
    pub struct TokenOptions in "keystone_authtoken" {
        /// URL of the identity service that callers without a good token are told; unset: auth_url.
        pub www_authenticate_uri: Option<String> = None, aliases ["auth_uri"];
        /// Endpoint of the identity service at which tokens are validated: public, internal or admin.
        pub interface: Interface = Interface::Internal;
        /// Seconds within which the identity service answers, attempts after the first included; unset: 4.5. More than
        /// five let callers wait longer for the news that it is away.
        pub http_connect_timeout: Option<Seconds> = None, min 0.1, max 3600;
        /// How often a call is tried again when no connection can be made.
        pub http_request_max_retries: u32 = 3, max 100;
        /// Ask for the catalogue of services with each token.
        pub include_service_catalog: bool = true;
        /// Roles of which a service must have one for its token to count as a service's.
        pub service_token_roles: Vec<String> = vec!["service".to_owned()];
        /// Whether it must. Off, every good token counts as a service's.
        pub service_token_roles_required: bool = true;
        /// Type of this service in the catalogue, such as image; needed for application credentials with access rules.
        pub service_type: Option<String> = None;
        /// Seconds for which a validated token is believed without asking again: a revoked one is good for so long. 0 or
        /// less: always ask.
        pub token_cache_time: i64 = 300;
        /// Memory for validated tokens.
        pub token_cache_size: ByteSize = ByteSize::new(32 << 20);
        /// Memcached servers, as host:port, that several servers share validated tokens through.
        pub memcached_servers: Vec<String> = vec![], aliases ["memcache_servers"];
        /// How entries there are protected: None, MAC or ENCRYPT.
        pub memcache_security_strategy: SecurityStrategy = SecurityStrategy::None;
        /// Key for MAC and ENCRYPT, the same on all servers.
        pub memcache_secret_key: Option<Secret> = None;
        /// Seconds for which a memcached server that failed is left alone.
        pub memcache_pool_dead_retry: Seconds = Seconds::new(300);
        /// Connections to each memcached server.
        pub memcache_pool_maxsize: usize = 10, min 1, max 1000;
        /// Seconds that a memcached server may take; more than one second counts as one.
        pub memcache_pool_socket_timeout: Seconds = Seconds::new(3);
        /// Seconds after which an idle connection is closed.
        pub memcache_pool_unused_timeout: Seconds = Seconds::new(60);
        /// Speak TLS to memcached.
        pub memcache_tls_enabled: bool = false;
        /// File with the authorities of memcached servers (PEM); unset: the system's.
        pub memcache_tls_cafile: Option<PathBuf> = None;
        /// File with the certificate that is shown to memcached servers (PEM).
        pub memcache_tls_certfile: Option<PathBuf> = None;
        /// File with its private key (PEM); unset: it is in memcache_tls_certfile.
        pub memcache_tls_keyfile: Option<PathBuf> = None;
        /// Authentication with memcached by SASL is not supported: with it, memcached is not used.
        pub memcache_sasl_enabled: bool = false;
    }
}

impl TokenOptions {
    /// What makes tokens less safe than they could be, and what is asked for and not done (I2): one sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let memcached = self.uses_memcached();
        let table = [
            (
                memcached && self.memcache_security_strategy == SecurityStrategy::None,
                "memcached_servers without memcache_security_strategy: who can write to memcached is whoever he likes",
            ),
            (
                self.memcache_sasl_enabled && !self.memcached_servers.is_empty(),
                "memcache_sasl_enabled is not supported: memcached is not used",
            ),
            (
                !self.service_token_roles_required,
                "service_token_roles_required is off: every good token counts as a service's",
            ),
        ];
        table.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect()
    }

    /// Are tokens shared through memcached?
    #[must_use]
    pub fn uses_memcached(&self) -> bool {
        !self.memcached_servers.is_empty() && !self.memcache_sasl_enabled && self.token_cache_time > 0
    }
}
