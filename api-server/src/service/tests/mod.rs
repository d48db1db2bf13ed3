//! The use cases against a registry in memory and a real store in a folder.

mod delete;
mod images;
mod registry;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use glance_common::config::Config;
use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, ImageStatus};
use tempfile::TempDir;

use self::registry::FakeRegistry;
use super::upload::{DataUpload, upload_data};
use crate::domain::NewImageCommand;
use crate::error::ApiError;
use crate::state::AppState;
use crate::stores::{BodyError, ByteStream};

/// A node with its registry and its store.
pub(crate) struct Node {
    pub(crate) registry: FakeRegistry,
    pub(crate) app: Arc<AppState>,
    folder: TempDir,
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// `options` are lines of the section `DEFAULT`.
    pub(crate) fn with(options: &str) -> Self {
        glance_common::web::tls::install_provider();
        let registry = FakeRegistry::start();
        let folder = tempfile::tempdir().unwrap();
        let (port, data) = (registry.port, folder.path().join("data").display().to_string());
        let text = format!(
            "[DEFAULT]\nregistry_host = 127.0.0.1\nregistry_port = {port}\nregistry_request_timeout = 2\n{options}\n\
             [paste_deploy]\nflavor = trusted-auth\n[glance_store]\nfilesystem_store_datadir = {data}\n"
        );
        let app = Arc::new(AppState::build(&Config::from_text(&text).unwrap()).unwrap());
        Self { registry, app, folder }
    }

    pub(crate) async fn image(&self, command: NewImageCommand) -> Image {
        super::images::create_image(&member("p1"), &self.app, command).await.unwrap()
    }

    /// A queued image that is ready for data.
    pub(crate) async fn raw_image(&self) -> Image {
        self.image(NewImageCommand {
            disk_format: Some("raw".into()),
            container_format: Some("bare".into()),
            ..NewImageCommand::default()
        })
        .await
    }

    pub(crate) async fn active_image(&self, data: &'static [u8]) -> Image {
        let image = self.raw_image().await;
        self.upload(&image, body(vec![Ok(data)])).await.unwrap();
        self.registry.image(&image.id)
    }

    pub(crate) async fn upload(&self, image: &Image, body: ByteStream) -> Result<(), ApiError> {
        let upload = DataUpload { announced: None, store: None, content_type: None, body };
        upload_data(&member("p1"), &self.app, image.id.as_str(), upload).await
    }

    pub(crate) fn object(&self, id: &ImageId) -> PathBuf {
        self.folder.path().join("data").join(id.as_str())
    }

    /// Names of all files in the store.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    pub(crate) async fn wait_for(&self, id: &ImageId, status: ImageStatus) {
        for _ in 0..500 {
            if self.registry.image(id).status == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the image is {} and not {status}", self.registry.image(id).status);
    }

    /// Everything is as before an upload: a queued image, no data, no lease.
    pub(crate) async fn assert_clean(&self, id: &ImageId) {
        self.wait_for(id, ImageStatus::Queued).await;
        let image = self.registry.image(id);
        assert_eq!((image.size, image.checksum, image.os_hash_value, image.locations.len()), (None, None, None, 0));
        assert!(self.registry.state().leases.is_empty());
        assert_eq!(self.files(), Vec::<String>::new());
    }
}

/// Somebody with the role `member` in a project.
pub(crate) fn member(project: &str) -> RequestContext {
    RequestContext {
        project_id: Some(project.to_owned()),
        roles: vec!["member".into(), "reader".into()],
        request_id: "req-test".into(),
        ..RequestContext::default()
    }
}

pub(crate) fn admin() -> RequestContext {
    RequestContext { roles: vec!["admin".into()], is_admin: true, ..member("admins") }
}

/// A body of these chunks.
pub(crate) fn body(chunks: Vec<Result<&'static [u8], BodyError>>) -> ByteStream {
    stream::iter(chunks).map(|chunk| chunk.map(Bytes::from_static)).boxed()
}

/// Status, explanation and detail of a refusal.
pub(crate) fn words(error: &ApiError) -> String {
    error.to_string()
}
