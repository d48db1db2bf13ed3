//! `cargo xtask run`: a lab cloud on this machine.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;

use crate::Outcome;
use crate::shell::{self, cargo, must_succeed};
use crate::signals::{self, Endings};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder for the database, the images, the configuration and the logs.
    #[arg(long, default_value = "var")]
    folder: PathBuf,
    /// Port of the API; the registry takes the one after it.
    #[arg(long, default_value_t = 9292)]
    port: u16,
    /// Build without optimisation: sooner ready, slower afterwards.
    #[arg(long)]
    dev: bool,
}

/// Builds and starts both servers and waits for Ctrl-C.
pub(crate) fn run(options: &Options) -> Outcome {
    let folder = prepare(options)?;
    let mut build = vec!["build", "-p", "glance-api", "-p", "glance-registry"];
    if !options.dev {
        build.push("--release");
    }
    must_succeed("building the servers", &mut cargo(&build))?;
    let programs = shell::target().join(if options.dev { "debug" } else { "release" });

    let endings = Endings::hold();
    let mut servers = Vec::new();
    let outcome = start_both(&programs, &folder, options.port, &mut servers, &endings);
    for server in servers.iter().rev() {
        signals::terminate(server);
    }
    for server in &mut servers {
        // an error only means that it has ended already
        let _ = server.wait();
    }
    println!("\nboth servers have stopped; everything they stored is in {}", folder.display());
    outcome
}

fn start_both(programs: &Path, folder: &Path, port: u16, servers: &mut Vec<Child>, endings: &Endings) -> Outcome {
    for (name, port) in [("glance-registry", port + 1), ("glance-api", port)] {
        servers.push(start(&programs.join(name), folder)?);
        if !wait_ready(name, port, folder, servers, endings)? {
            return Ok(());
        }
    }
    println!("{}", greeting(folder, port));
    while !endings.arrived(Duration::from_millis(300)) {
        for (server, name) in servers.iter_mut().zip(["glance-registry", "glance-api"]) {
            if let Ok(Some(status)) = server.try_wait() {
                return Err(format!("{name} has ended ({status}); see {}", log(folder, name).display()));
            }
        }
    }
    Ok(())
}

/// Creates the folder and writes the configuration files, unless somebody has edited them.
fn prepare(options: &Options) -> Result<PathBuf, String> {
    let folder = shell::root().join(&options.folder);
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder.join("images")).map_err(said)?;
    for (name, text) in [
        ("glance-registry.conf", registry_conf(&folder, options.port + 1)),
        ("glance-api.conf", api_conf(&folder, options.port)),
    ] {
        std::fs::write(folder.join(name), text).map_err(said)?;
    }
    Ok(folder)
}

fn registry_conf(folder: &Path, port: u16) -> String {
    format!(
        "# Written by `cargo xtask run` at every start.\n\
         [DEFAULT]\n\
         bind_host = 127.0.0.1\n\
         bind_port = {port}\n\
         [database]\n\
         connection = sqlite:///{}/glance.sqlite\n\
         [paste_deploy]\n\
         flavor = trusted-auth\n",
        folder.display()
    )
}

fn api_conf(folder: &Path, port: u16) -> String {
    format!(
        "# Written by `cargo xtask run` at every start.\n\
         # A lab: nobody is asked who they are. Without identity nobody has a role, so the rules\n\
         # of today would refuse everything; the older ones let everybody in.\n\
         [DEFAULT]\n\
         bind_host = 127.0.0.1\n\
         bind_port = {port}\n\
         registry_host = 127.0.0.1\n\
         registry_port = {registry}\n\
         enabled_backends = files:file\n\
         [glance_store]\n\
         default_backend = files\n\
         [files]\n\
         filesystem_store_datadir = {data}/images\n\
         [os_glance_staging_store]\n\
         filesystem_store_datadir = {data}/staging\n\
         [os_glance_tasks_store]\n\
         filesystem_store_datadir = {data}/tasks\n\
         [oslo_policy]\n\
         enforce_new_defaults = false\n",
        registry = port + 1,
        data = folder.display()
    )
}

fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

fn start(program: &Path, folder: &Path) -> Result<Child, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let said = |error: std::io::Error| format!("{name}: {error}");
    let output = File::options().create(true).append(true).open(log(folder, &name)).map_err(said)?;
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(folder.join(format!("{name}.conf")))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(said)?)
        .stderr(output)
        // Ctrl-C is for this program, which then ends both in order
        .process_group(0);
    signals::release(&mut command);
    command.spawn().map_err(said)
}

/// Waits until a server answers `/readyz`; false when Ctrl-C came first.
fn wait_ready(name: &str, port: u16, folder: &Path, servers: &mut [Child], endings: &Endings) -> Result<bool, String> {
    let end = Instant::now() + Duration::from_secs(30);
    let log = log(folder, name);
    loop {
        if let Some(Ok(Some(status))) = servers.last_mut().map(Child::try_wait) {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(5).collect();
            let lines: Vec<&str> = lines.into_iter().rev().collect();
            return Err(format!("{name} ended at start ({status}):\n{}", lines.join("\n")));
        }
        if is_ready(port) {
            return Ok(true);
        }
        if Instant::now() > end {
            return Err(format!("{name} does not become ready; see {}", log.display()));
        }
        if endings.arrived(Duration::from_millis(30)) {
            return Ok(false);
        }
    }
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        socket.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        socket.read_exact(&mut start)?;
        Ok(start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

fn greeting(folder: &Path, port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}");
    format!(
        "\nglance-api       {url}\nglance-registry  http://127.0.0.1:{}\nlogs and data    {}\n\n\
         curl -s {url}/v2/images -d '{{\"id\": \"11111111-2222-4333-8444-555555555555\", \"name\": \"first\", \"disk_format\": \"raw\", \"container_format\": \"bare\"}}'\n\
         curl -s {url}/v2/images/11111111-2222-4333-8444-555555555555/file -T README.md -H 'Content-Type: application/octet-stream'\n\
         curl -s {url}/v2/images/11111111-2222-4333-8444-555555555555/file | cmp - README.md && echo the same bytes\n\n\
         Ctrl-C stops both.",
        port + 1,
        folder.display()
    )
}
