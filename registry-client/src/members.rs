//! Members of images.

use glance_common::context::RequestContext;
use glance_common::model::ImageId;
use glance_common::registry_api::{Member, MemberList, MemberUpdate, NewMember};
use reqwest::Method;

use crate::transport::Call;
use crate::{RegistryClient, RegistryError, segment};

impl RegistryClient {
    /// An image with those of its members that the caller may see.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for the image.
    pub async fn list_members(&self, context: &RequestContext, id: &ImageId) -> Result<MemberList, RegistryError> {
        self.ask(context, Call::read(Method::GET, format!("/v3/images/{id}/members"))).await
    }

    /// Make a project a member.
    ///
    /// # Errors
    /// See [`NewMember`].
    pub async fn add_member(
        &self,
        context: &RequestContext,
        id: &ImageId,
        member: &str,
        new: &NewMember,
    ) -> Result<Member, RegistryError> {
        self.ask(context, Call::change(Method::PUT, target(id, member)?).with(new)?).await
    }

    /// Change a membership.
    ///
    /// # Errors
    /// See [`MemberUpdate`].
    pub async fn update_member(
        &self,
        context: &RequestContext,
        id: &ImageId,
        member: &str,
        update: &MemberUpdate,
    ) -> Result<Member, RegistryError> {
        self.ask(context, Call::change(Method::PATCH, target(id, member)?).with(update)?).await
    }

    /// Remove a member.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for the image or the member, [`RegistryError::Forbidden`].
    pub async fn remove_member(
        &self,
        context: &RequestContext,
        id: &ImageId,
        member: &str,
    ) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::DELETE, target(id, member)?)).await
    }
}

fn target(id: &ImageId, member: &str) -> Result<String, RegistryError> {
    Ok(format!("/v3/images/{id}/members/{}", segment(member)?))
}
