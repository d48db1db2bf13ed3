//! Tags of images, one by one.

use glance_common::context::RequestContext;
use glance_common::model::ImageId;
use glance_common::registry_api::TagAdd;
use reqwest::Method;

use crate::transport::Call;
use crate::{RegistryClient, RegistryError, segment};

impl RegistryClient {
    /// Add a tag; one that is there already stays.
    ///
    /// # Errors
    /// See [`TagAdd`].
    pub async fn add_tag(
        &self,
        context: &RequestContext,
        id: &ImageId,
        tag: &str,
        add: TagAdd,
    ) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::PUT, target(id, tag)?).with(&add)?).await
    }

    /// Remove a tag.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for the image or the tag, [`RegistryError::Forbidden`].
    pub async fn remove_tag(&self, context: &RequestContext, id: &ImageId, tag: &str) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::DELETE, target(id, tag)?)).await
    }
}

fn target(id: &ImageId, tag: &str) -> Result<String, RegistryError> {
    Ok(format!("/v3/images/{id}/tags/{}", segment(tag)?))
}
