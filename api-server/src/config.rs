//! The options of the API server, one struct per section (images-v2 §14).
//!
//! Stores, policy and the client of the registry declare their own sections beside their code.

use std::path::PathBuf;
use std::time::Duration;

use glance_common::config::{ByteSize, Config, ConfigError, Seconds, Section, SectionSpec};
use glance_common::web::{HealthOptions, SocketOptions};

use crate::api::middleware::RateLimitOptions;
use crate::formats::{DiskFormat, Rules};
use crate::stores::ingest::HashAlgorithm;

/// Largest value of a list limit: pages beyond it would only exhaust memory.
const LARGEST_PAGE: u32 = 1_000_000;

/// Words of a list option.
fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

glance_common::choices! {
    /// How the rules in the property protection file are written.
    pub enum ProtectionFormat {
        /// Lists of roles.
        Roles = "roles",
        /// Names of policy rules.
        Policies = "policies",
    }
}

glance_common::options! {
    /// The port, and who may reach it.
    pub struct ServerOptions in "DEFAULT" {
        /// Port to listen on; 0 takes any free one.
        pub bind_port: u16 = 9292;
        /// Allow the trusted-auth pipelines on an address that others than this machine and private networks can reach.
        /// Whoever reaches that port is whoever he says he is: only behind a proxy that removes foreign identity headers.
        pub trusted_auth_allow_public: bool = false;
    }

    /// What the Images API shows and allows.
    pub struct ApiOptions in "DEFAULT" {
        /// URL under which clients reach the service; in the version list in place of what the request says.
        pub public_endpoint: Option<String> = None;
        /// Header in which a proxy names the scheme that clients used, in the spelling of WSGI, such as
        /// HTTP_X_FORWARDED_PROTO; an older way than enable_proxy_headers_parsing.
        pub secure_proxy_ssl_header: Option<String> = None;
        /// Folder of the image cache; set, versions 2.14, 2.16 and 2.18 are offered.
        pub image_cache_dir: Option<PathBuf> = None;
        /// Images on a page when the client names no limit.
        pub limit_param_default: u32 = 25, min 1, max LARGEST_PAGE;
        /// Images on a page at most.
        pub api_limit_max: u32 = 1000, min 1, max LARGEST_PAGE;
        /// Show the URL of an image's first location. It may hold secrets: only for nodes that users do not reach.
        pub show_image_direct_url: bool = false;
        /// Show and change all locations of an image. They may hold secrets: only for nodes that users do not reach.
        pub show_multiple_locations: bool = false;
        /// Compute the digest of locations that are added by URL.
        pub do_secure_hash: bool = true;
        /// How often reading such a location is tried again.
        pub http_retries: u32 = 3;
        /// Digest of image data beside MD5.
        pub hashing_algorithm: HashAlgorithm = HashAlgorithm::Sha512;
        /// Largest image in bytes.
        pub image_size_cap: ByteSize = ByteSize::new(1_099_511_627_776);
        /// Bytes that a project may store, in B, KB, MB, GB or TB; 0: unlimited. Ignored with use_keystone_limits.
        pub user_storage_quota: ByteSize = ByteSize::new(0);
        /// Custom properties of an image; negative: unlimited.
        pub image_property_quota: i32 = 128;
        /// Tags of an image; negative: unlimited.
        pub image_tag_quota: i32 = 128;
        /// Members of an image; negative: unlimited.
        pub image_member_quota: i32 = 128;
        /// Locations of an image; negative: unlimited.
        pub image_location_quota: i32 = 10;
        /// Ask the identity service how much a project may use; see [oslo_limit].
        pub use_keystone_limits: bool = false;
        /// Let callers without identity read what the policy lets everybody read.
        pub allow_anonymous_access: bool = false;
        /// Longest request id that a client may send, in characters; 0: any length.
        pub max_request_id_length: usize = 64;
        /// File with rules for custom properties; unset: none are protected.
        pub property_protection_file: Option<PathBuf> = None;
        /// How its rules are written.
        pub property_protection_rule_format: ProtectionFormat = ProtectionFormat::Roles;
        /// Leave the data of deleted images to the scrubber.
        pub delayed_delete: bool = false;
        /// Seconds that it waits before it removes them.
        pub scrub_time: Seconds = Seconds::new(0);
        /// Ways to import; empty: none.
        pub enabled_import_methods: Vec<String> = words(&["glance-direct", "web-download", "copy-image"]);
        /// Where staged data lies without enabled_backends.
        pub node_staging_uri: String = "file:///tmp/staging/".to_owned();
        /// URL under which other nodes reach this one; unset: public_endpoint.
        pub worker_self_reference_url: Option<String> = None;
        /// Seconds after which other nodes finish or undo what a node began and no longer reports on.
        pub worker_lease_seconds: u32 = 60, min 3, max 86400;
        /// Seconds between two looks for such work.
        pub worker_recovery_interval: Seconds = Seconds::new(5);
        /// Largest JSON document that a client may send, in bytes.
        pub max_json_body_size: ByteSize = ByteSize::new(4_194_304), aliases ["oslo_middleware.max_request_body_size"];
        /// Seconds in which a JSON document must have arrived; 0: any time, as long as it does not pause for
        /// client_socket_timeout. Image data may take as long as it needs.
        pub json_body_timeout: Seconds = Seconds::new(60);
    }

    /// Which formats images may have.
    pub struct ImageFormatOptions in "image_format" {
        /// Container formats.
        pub container_formats: Vec<String> =
            words(&["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]),
            aliases ["DEFAULT.container_formats"];
        /// Disk formats.
        pub disk_formats: Vec<String> =
            words(&["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"]),
            aliases ["DEFAULT.disk_formats"];
        /// Refuse data that is not in the declared disk format.
        pub require_image_format_match: bool = true;
        /// Findings in partition tables that are logged and not refused.
        pub gpt_safety_checks_nonfatal: Vec<String> = Vec::new();
        /// Formats that an image declared raw may hold. Others are refused: a reader that guesses the format could be led
        /// to open other files. Takes effect with require_image_format_match.
        pub raw_image_content: Vec<DiskFormat> = vec![DiskFormat::Gpt, DiskFormat::Iso, DiskFormat::Luks];
        /// Kinds of VMDK that are converted.
        pub vmdk_allowed_types: Vec<String> = words(&["streamOptimized", "monolithicSparse"]);
    }

    /// Headers of proxies.
    pub struct MiddlewareOptions in "oslo_middleware" {
        /// Believe what Forwarded and X-Forwarded headers say of scheme, host and path. Only behind a proxy that sets them.
        pub enable_proxy_headers_parsing: bool = false;
    }

    /// The choice of a pipeline.
    pub struct PipelineOptions in "paste_deploy" {
        /// Who says who a caller is: nothing (nobody is asked), keystone (tokens) or trusted-auth (an authenticating proxy);
        /// each also with caching or cachemanagement, as in keystone+caching.
        pub flavor: Option<String> = None;
        /// Named by older set-ups; pipelines are built in and no file is read.
        pub config_file: Option<String> = None;
    }
}

impl ApiOptions {
    /// What JSON documents may be.
    #[must_use]
    pub fn json_limits(&self) -> JsonLimits {
        JsonLimits { bytes: self.max_json_body_size.bytes(), time: self.json_body_timeout.duration() }
    }
}

/// Limits of a JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Size in bytes.
    pub bytes: u64,
    /// Time until it is there; zero: none.
    pub time: Duration,
}

impl ImageFormatOptions {
    /// What content may be stored.
    #[must_use]
    pub fn content_rules(&self) -> Rules {
        Rules {
            require_match: self.require_image_format_match,
            gpt_nonfatal: self.gpt_safety_checks_nonfatal.clone(),
            raw_content: self.raw_image_content.clone(),
        }
    }
}

/// All sections that the API server itself reads.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The socket.
    pub socket: SocketOptions,
    /// The port.
    pub server: ServerOptions,
    /// The healthcheck.
    pub health: HealthOptions,
    /// The Images API.
    pub api: ApiOptions,
    /// Formats of images.
    pub formats: ImageFormatOptions,
    /// Proxy headers.
    pub middleware: MiddlewareOptions,
    /// The pipeline.
    pub pipeline: PipelineOptions,
    /// How often projects may ask.
    pub rate_limit: RateLimitOptions,
}

impl Options {
    /// Reads all sections.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            socket: config.section()?,
            server: config.section()?,
            health: config.section()?,
            api: config.section()?,
            formats: config.section()?,
            middleware: config.section()?,
            pipeline: config.section()?,
            rate_limit: config.section()?,
        })
    }

    /// Options that ask for what this server does not do, and switches that show more than users should see (security
    /// requirements B3, I2): one sentence each, for the log at start.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let api = &self.api;
        let flavor = self.pipeline.flavor.as_deref().unwrap_or_default();
        let table = [
            (flavor.contains("cach"), "[paste_deploy] flavor: this version has no image cache"),
            (api.delayed_delete, "delayed_delete: this version has no scrubber; the data of deleted images stays"),
            (
                api.show_image_direct_url,
                "show_image_direct_url: everybody who sees an image sees where its data is; only for nodes that users do \
                 not reach",
            ),
            (
                api.show_multiple_locations,
                "show_multiple_locations: everybody who sees an image sees where its data is; only for nodes that users \
                 do not reach",
            ),
            (
                !self.formats.require_image_format_match,
                "require_image_format_match is off: content need not be what was declared",
            ),
        ];
        table.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect()
    }

    /// The tables of all these options.
    #[must_use]
    pub fn tables() -> Vec<SectionSpec> {
        vec![
            SocketOptions::spec(),
            ServerOptions::spec(),
            HealthOptions::spec(),
            ApiOptions::spec(),
            ImageFormatOptions::spec(),
            MiddlewareOptions::spec(),
            PipelineOptions::spec(),
            RateLimitOptions::spec(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_done_and_what_is_risky_is_told() {
        let table = [
            ("", 0),
            ("user_storage_quota = 5GB\nuse_keystone_limits = true", 0),
            ("delayed_delete = true", 1),
            ("show_image_direct_url = true\nshow_multiple_locations = true", 2),
            ("[paste_deploy]\nflavor = trusted-auth+caching", 1),
            ("[image_format]\nrequire_image_format_match = false", 1),
        ];
        for (lines, count) in table {
            let config = Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap();
            assert_eq!(Options::read(&config).unwrap().warnings().len(), count, "{lines}");
        }
    }
}
