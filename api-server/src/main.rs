//! `glance-api`: reads the arguments and the configuration, starts the server, and says why where it does not.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use glance_api::server::{ReloadConfig, Server, StartError};
use glance_api::state::{AppState, StateError};
use glance_common::config::{Cli, Config, ConfigError, Section, ServerCli};
use glance_common::logging::{LogError, Logger, LoggingOptions};
use glance_common::web::{ServeError, keep_pages_small, tls};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Name of the program and of its configuration file.
const PROGRAM: &str = "glance-api";

/// Serves the OpenStack Image API.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version)]
struct Arguments {
    #[command(flatten)]
    server: ServerCli,
}

/// Why the program ended before its time.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

fn main() -> ExitCode {
    keep_pages_small();
    tls::install_provider();
    let cli = Arguments::parse().server.into_cli();
    match actix_web::rt::System::new().block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "the log may not work yet, and operators look here first")]
            {
                eprintln!("ERROR: {failure}");
            }
            ExitCode::from(exit_code(&failure))
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let config = load(&cli)?;
    let logger = Logger::init(PROGRAM, &config.section::<LoggingOptions>()?)?;
    tell_options(&config);
    let serving = Server::start(&config, reload(cli, logger)).await?;
    log::info!("listening on {}", serving.local_addr());
    Ok(serving.wait().await?)
}

/// Glance's operators keep the options of imports in a file of their own, which comes before the program's.
fn load(cli: &Cli) -> Result<Config, ConfigError> {
    Config::load_for(&["glance-image-import", PROGRAM], cli)
}

/// On SIGHUP: configuration and logging options are read again, log files opened anew.
fn reload(cli: Cli, logger: Logger) -> ReloadConfig {
    Arc::new(move || {
        let config = load(&cli)?;
        if let Err(error) = logger.apply(&config.section()?).and_then(|()| logger.reopen()) {
            log::error!("logging goes on as before: {error}");
        }
        tell_options(&config);
        Ok(config)
    })
}

/// One warning for each option that has no effect; all options at debug level.
fn tell_options(config: &Config) {
    // What cannot be read here is refused with its reason when the server starts.
    let Ok(mut tables) = AppState::option_tables(config) else { return };
    tables.push(LoggingOptions::spec());
    config.warn_unknown(&tables);
    config.log_options(&tables);
}

/// The exit codes that operators know (operations §2): 3 for the stores, 4 for a bad value, 1 for everything else.
fn exit_code(failure: &Failure) -> u8 {
    match failure {
        Failure::Config(ConfigError::BadValue { .. })
        | Failure::Start(StartError::State(StateError::Config(ConfigError::BadValue { .. }))) => 4,
        Failure::Start(StartError::State(StateError::Stores(_))) => 3,
        _ => 1,
    }
}
