//! What all requests share.

use std::sync::Arc;

use glance_common::config::{Config, ConfigError, Section, SectionSpec};
use glance_common::keystone::{Figures, KeystoneError, Validator, ValidatorOptions};
use glance_common::web::Cors;
use glance_registry_client::{ClientOptions, RegistryClient, SetupError};

use crate::api::middleware::RateLimits;
use crate::api::pipeline::{Flavor, FlavorError, Identification, Proxies};
use crate::api::v2::base_properties;
use crate::api::versions::Versions;
use crate::config::Options;
use crate::domain::{FormatLists, ImageSchema, Protections};
use crate::operator_files;
use crate::policy::{Enforcer, PolicyError, PolicyOptions};
use crate::service::{image_schema, protection};
use crate::stores::catalog::{CatalogError, StoreCatalog};
use crate::stores::ingest::Ingestor;
use crate::unified_limits::UnifiedLimits;

/// Everything a request needs beside itself. Built from one configuration and replaced as a whole on reload; a request
/// keeps the one that it began with.
pub struct AppState {
    /// The options.
    pub options: Options,
    /// The pipeline.
    pub flavor: Flavor,
    /// The offered versions of API v2.
    pub versions: Versions,
    /// Judges the tokens of callers, where those say who asks.
    pub validator: Option<Arc<Validator>>,
    /// Counts tokens; one for the process, kept on reload.
    pub token_figures: Figures,
    /// What is believed of proxies.
    pub proxies: Proxies,
    /// What pages of other origins may do, where any are named.
    pub cors: Option<Arc<Cors>>,
    /// How often projects may ask, where that is limited; kept on a reload that does not change it.
    pub rate_limits: Option<Arc<RateLimits>>,
    /// The policy rules.
    pub policy: Arc<Enforcer>,
    /// Rules for custom properties, where the operator has any.
    pub protections: Option<Arc<Protections>>,
    /// What an image may look like.
    pub image_schema: Arc<ImageSchema>,
    /// The registry.
    pub registry: RegistryClient,
    /// The stores.
    pub stores: Arc<StoreCatalog>,
    /// Limits of the identity service, where they are in force.
    pub unified_limits: Option<UnifiedLimits>,
    /// Takes uploads into stores; one for the process, kept on reload.
    pub ingestor: Arc<Ingestor>,
}

/// A configuration with which the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// An option has an impossible value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The flavor stands for no pipeline.
    #[error("Unable to load glance-api-{flavor} from configuration file {file}.\nGot: {error}")]
    Flavor {
        /// The flavor.
        flavor: String,
        /// The file that names it, as far as is known: the last one that was read.
        file: String,
        /// Why.
        error: FlavorError,
    },
    /// Tokens cannot be judged.
    #[error("[keystone_authtoken] {0}")]
    Tokens(#[from] KeystoneError),
    /// The counters cannot be made.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
    /// The policy cannot be read.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The property protections cannot be used.
    #[error(transparent)]
    Protections(#[from] protection::LoadError),
    /// The operator's schema of images cannot be used.
    #[error(transparent)]
    ImageSchema(#[from] image_schema::LoadError),
    /// The client of the registry cannot be set up.
    #[error(transparent)]
    Registry(#[from] SetupError),
    /// The stores cannot be set up.
    #[error(transparent)]
    Stores(#[from] CatalogError),
}

/// What outlives a reload.
struct Kept {
    ingestor: Arc<Ingestor>,
    token_figures: Figures,
}

/// What the operator's files decide.
struct Rules {
    policy: Arc<Enforcer>,
    protections: Option<Arc<Protections>>,
    image_schema: Arc<ImageSchema>,
}

impl AppState {
    /// Builds everything from a configuration. Reads files, and connects to nothing.
    ///
    /// # Errors
    /// [`StateError`] for a configuration with which the server must not start.
    pub fn build(config: &Config) -> Result<Self, StateError> {
        let options = Options::read(config)?;
        let policy = Arc::new(Enforcer::load(config.section()?, operator_files::folders(config))?);
        let protections = protection::load(config, &options.api)?;
        let image_schema = read_image_schema(config, &options)?;
        let token_figures = Figures::new("glance_api").map_err(|error| StateError::Metrics(error.to_string()))?;
        let kept = Kept { ingestor: Arc::default(), token_figures };
        Self::assemble(config, options, Rules { policy, protections, image_schema }, kept)
    }

    /// Builds everything anew for a reload. Broken rules of any kind are logged and the present ones stay in force (A4, A6).
    ///
    /// # Errors
    /// [`StateError`] for everything else; the server goes on as before.
    pub fn rebuild(&self, config: &Config) -> Result<Self, StateError> {
        let options = Options::read(config)?;
        let policy = match Enforcer::load(config.section()?, operator_files::folders(config)) {
            Ok(policy) => Arc::new(policy),
            Err(error) => {
                log::error!("the old policy stays in force: {error}");
                Arc::clone(&self.policy)
            }
        };
        let protections = protection::load(config, &options.api).unwrap_or_else(|error| {
            log::error!("the old property protections stay in force: {error}");
            self.protections.clone()
        });
        let image_schema = read_image_schema(config, &options).unwrap_or_else(|error| {
            log::error!("the old schema of images stays in force: {error}");
            Arc::clone(&self.image_schema)
        });
        let kept = Kept { ingestor: Arc::clone(&self.ingestor), token_figures: self.token_figures.clone() };
        let mut app = Self::assemble(config, options, Rules { policy, protections, image_schema }, kept)?;
        if let Some(limits) = self.rate_limits.as_ref().filter(|limits| limits.are_of(&app.options.rate_limit)) {
            app.rate_limits = Some(Arc::clone(limits));
        }
        Ok(app)
    }

    fn assemble(config: &Config, options: Options, rules: Rules, kept: Kept) -> Result<Self, StateError> {
        let Rules { policy, protections, image_schema } = rules;
        let Kept { ingestor, token_figures } = kept;
        let flavor = flavor_of(&options, config)?;
        let validator = match flavor.identification {
            Identification::Tokens => {
                Some(Arc::new(Validator::new(&ValidatorOptions::read(config)?, token_figures.clone())?))
            }
            Identification::Nobody | Identification::TrustedHeaders => None,
        };
        let account = validator.as_ref().map(|validator| validator.session().clone());
        let registry = RegistryClient::with_account(&config.section::<ClientOptions>()?, account)?;
        let stores = Arc::new(StoreCatalog::open(config)?);
        let versions = Versions::offered(stores.is_multi_store(), options.api.image_cache_dir.is_some());
        let proxies = Proxies::new(&options);
        let unified_limits = options.api.use_keystone_limits.then(|| UnifiedLimits::open(config)).transpose()?;
        let cors = Cors::read(config)?.map(Arc::new);
        let rate_limits = RateLimits::new(&options.rate_limit).map(Arc::new);
        Ok(Self {
            options,
            flavor,
            versions,
            validator,
            token_figures,
            proxies,
            cors,
            rate_limits,
            policy,
            protections,
            image_schema,
            registry,
            stores,
            unified_limits,
            ingestor,
        })
    }

    /// The operator's URL of the service, without slashes at its end.
    #[must_use]
    pub fn public_endpoint(&self) -> Option<&str> {
        self.options.api.public_endpoint.as_deref().map(|url| url.trim_end_matches('/'))
    }

    /// The tables of all options that this server reads, for the warnings about unknown ones.
    ///
    /// # Errors
    /// [`CatalogError`] when `enabled_backends` cannot be read.
    pub fn option_tables(config: &Config) -> Result<Vec<SectionSpec>, CatalogError> {
        let mut tables = Options::tables();
        tables.extend([PolicyOptions::spec(), ClientOptions::spec()]);
        tables.extend(ValidatorOptions::tables(config));
        tables.extend(Cors::option_tables(config));
        tables.extend(UnifiedLimits::option_tables(config));
        tables.extend(StoreCatalog::option_tables(config)?);
        Ok(tables)
    }
}

fn read_image_schema(config: &Config, options: &Options) -> Result<Arc<ImageSchema>, image_schema::LoadError> {
    let formats = FormatLists::from(&options.formats);
    let base = base_properties(&formats);
    image_schema::load(config, formats, &base)
}

fn flavor_of(options: &Options, config: &Config) -> Result<Flavor, StateError> {
    let name = options.pipeline.flavor.as_deref();
    Flavor::named(name).map_err(|error| StateError::Flavor {
        flavor: name.unwrap_or_default().to_owned(),
        file: config.files().last().map_or_else(|| "(none)".to_owned(), |file| file.display().to_string()),
        error,
    })
}
