//! `glance-registry`: reads its configuration, then serves until it is told to stop.

use std::process::ExitCode;

use clap::Parser;
use glance_common::config::{Cli, Config, ConfigError, Section, ServerCli};
use glance_common::logging::{LogError, Logger, LoggingOptions};
use glance_common::web::keep_pages_small;
use glance_registry::config::{Settings, SettingsError};
use glance_registry::{PROGRAM, Registry, StartError};
use thiserror::Error;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps the metadata of images for API servers.
#[derive(Debug, Parser)]
#[command(name = "glance-registry", version)]
struct Arguments {
    #[command(flatten)]
    server: ServerCli,
}

/// Why the program ends with code 1.
#[derive(Debug, Error)]
enum ProgramError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
}

fn main() -> ExitCode {
    keep_pages_small();
    let cli = Arguments::parse().server.into_cli();
    let Err(error) = run(cli) else { return ExitCode::SUCCESS };
    #[expect(clippy::print_stderr, reason = "operators look for it there, whatever the log is")]
    {
        eprintln!("ERROR: {error}");
    }
    ExitCode::FAILURE
}

fn run(cli: Cli) -> Result<(), ProgramError> {
    let config = Config::load(PROGRAM, &cli)?;
    let logger = Logger::init(PROGRAM, &config.section()?)?;
    let settings = tell_settings(&config)?;
    settings.warn_of_risks();

    // Only fails when a provider is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    actix_web::rt::System::new().block_on(async {
        let reload = move || {
            let cli = cli.clone();
            async move { tokio::task::spawn_blocking(move || reload(&cli, logger)).await.map_err(|e| e.to_string())? }
        };
        Ok(Registry::start(&settings, reload).await?.wait().await?)
    })
}

/// SIGHUP: the settings of now; logging follows them, in a file opened anew.
fn reload(cli: &Cli, logger: Logger) -> Result<Settings, String> {
    let config = Config::load(PROGRAM, cli).map_err(|error| error.to_string())?;
    let options = config.section::<LoggingOptions>().map_err(|error| error.to_string())?;
    logger.apply(&options).and_then(|()| logger.reopen()).map_err(|error| error.to_string())?;
    let settings = tell_settings(&config).map_err(|error| error.to_string())?;
    settings.warn_of_risks();
    Ok(settings)
}

/// Reads the settings. One warning for each option that has no effect; all options at debug level.
fn tell_settings(config: &Config) -> Result<Settings, ConfigError> {
    let settings = Settings::read(config)?;
    let mut sections = Settings::sections(config);
    sections.push(LoggingOptions::spec());
    config.warn_unknown(&sections);
    config.log_options(&sections);
    Ok(settings)
}
