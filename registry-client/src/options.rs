//! The options by which a registry is found and trusted (registry §9, §11).

use std::path::PathBuf;

use glance_common::config::{Seconds, Secret};

glance_common::choices! {
    /// How the registry is spoken to when it is named by host and port.
    pub enum Protocol {
        /// Plain HTTP.
        Http = "http",
        /// HTTP over TLS.
        Https = "https",
    }
}

glance_common::options! {
    /// Where the registry is, and how its clients prove who they are.
    pub struct ClientOptions in "DEFAULT" {
        /// Address of the registry. The wildcard addresses 0.0.0.0 and :: stand for this machine.
        pub registry_host: String = "0.0.0.0".to_owned();
        /// Port of the registry.
        pub registry_port: u16 = 9191, min 1;
        /// How to speak to registry_host: http or https.
        pub registry_client_protocol: Protocol = Protocol::Http;
        /// File with the private key of the client certificate (PEM). Needs registry_client_cert_file.
        /// The environment variable GLANCE_CLIENT_KEY_FILE is used when this is not set.
        pub registry_client_key_file: Option<PathBuf> = None;
        /// File with the client certificate and its chain (PEM). Needs registry_client_key_file.
        /// The environment variable GLANCE_CLIENT_CERT_FILE is used when this is not set.
        pub registry_client_cert_file: Option<PathBuf> = None;
        /// File with the certificates of the authorities that may sign the registry's (PEM). Not set: those of the
        /// system. The environment variable GLANCE_CLIENT_CA_FILE is used when this is not set.
        pub registry_client_ca_file: Option<PathBuf> = None;
        /// Accept any certificate of the registry. Unsafe.
        pub registry_client_insecure: bool = false;
        /// Seconds that work outliving its caller's request may wait for the registry, retries included. 0 means
        /// as long as the work itself allows.
        pub registry_client_timeout: Seconds = Seconds::new(600);
        /// Registries to use instead of registry_host, as URLs such as http://10.0.0.5:9191. Calls are spread over
        /// them; one that fails is left out for a while.
        pub registry_endpoints: Vec<String> = vec![];
        /// Secret shared with the registries: every call is signed with it. At least 16 characters.
        pub registry_auth_secret: Option<Secret> = None;
        /// Give registries that ask for it (their flavor is keystone) the token of the caller, or one of this server's own
        /// for work that outlives a caller's.
        pub use_user_token: bool = true;
        /// Seconds within which an ordinary call of the registry is answered or given up, retries included.
        pub registry_request_timeout: Seconds = Seconds::new(5), min 0.1, max 600;
    }
}
