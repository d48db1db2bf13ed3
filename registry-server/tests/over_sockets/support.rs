//! A registry on a scratch database, in this process, and clients of it.

use std::path::Path;

use glance_common::config::Config;
use glance_common::context::RequestContext;
use glance_common::model::{ImageStatus, Visibility};
use glance_common::registry_api::NewImage;
use glance_registry::Registry;
use glance_registry::config::Settings;
use glance_registry_client::{ClientOptions, RegistryClient};
use tempfile::TempDir;

/// The secret of registries that have one.
pub(crate) const SECRET: &str = "the secret of these tests";

/// A running registry with its folder.
pub(crate) struct Scratch {
    pub(crate) registry: Registry,
    pub(crate) folder: TempDir,
}

impl Scratch {
    /// A registry on an empty SQLite database; `lines` are added to `[DEFAULT]`.
    pub(crate) async fn start(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = start_on(folder.path(), lines).await;
        Self { registry, folder }
    }

    /// `http://address` of the registry.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.registry.local_addr())
    }

    /// A client; `lines` are added to its `[DEFAULT]`.
    pub(crate) fn client(&self, lines: &str) -> RegistryClient {
        client(&format!("registry_endpoints = {}\n{lines}", self.url()))
    }
}

/// One more registry on the database in a folder.
pub(crate) async fn start_on(folder: &Path, lines: &str) -> Registry {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let database = folder.join("registry.sqlite");
    let text = format!(
        "[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 0\nworkers = 2\n{lines}\n\
         [database]\nconnection = sqlite:///{}\n",
        database.display()
    );
    let settings = Settings::read(&Config::from_text(&text).unwrap()).unwrap();
    let same = settings.clone();
    Registry::start(&settings, move || std::future::ready(Ok(same.clone()))).await.unwrap()
}

/// A client with these lines in its `[DEFAULT]`.
pub(crate) fn client(lines: &str) -> RegistryClient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options: ClientOptions = Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap().section().unwrap();
    RegistryClient::new(&options).unwrap()
}

/// A member of a project.
pub(crate) fn member(project: &str) -> RequestContext {
    RequestContext {
        user_id: Some(format!("user of {project}")),
        project_id: Some(project.to_owned()),
        roles: vec!["member".to_owned()],
        request_id: "req-test".to_owned(),
        ..RequestContext::default()
    }
}

/// An administrator of no project.
pub(crate) fn admin() -> RequestContext {
    RequestContext::service("req-admin")
}

/// A queued private image of a project.
pub(crate) fn new_image(project: &str) -> NewImage {
    NewImage {
        id: None,
        name: Some("n".to_owned()),
        status: ImageStatus::Queued,
        visibility: Visibility::Private,
        owner: Some(project.to_owned()),
        size: None,
        virtual_size: None,
        disk_format: None,
        container_format: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: 0,
        min_ram: 0,
        protected: false,
        os_hidden: false,
        created_at: None,
        updated_at: None,
        properties: [("arch".to_owned(), Some("x86".to_owned()))].into(),
        tags: vec!["one".to_owned(), "two".to_owned()],
        locations: vec![],
        quota: None,
    }
}
