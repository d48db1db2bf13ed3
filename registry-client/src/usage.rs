//! What projects use.

use glance_common::context::RequestContext;
use glance_common::registry_api::Usage;
use reqwest::Method;

use crate::transport::Call;
use crate::{RegistryClient, RegistryError, segment};

impl RegistryClient {
    /// What a project uses; none stands for what belongs to nobody.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for other projects than the caller's.
    pub async fn usage(&self, context: &RequestContext, project: Option<&str>) -> Result<Usage, RegistryError> {
        let target = match project {
            Some(project) => format!("/v3/usage?project={}", segment(project)?),
            None => "/v3/usage".to_owned(),
        };
        self.ask(context, Call::read(Method::GET, target)).await
    }
}
