//! Images, their properties one by one, and their locations.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, Location};
use glance_common::registry_api::{
    ImageDelete, ImageList, ImageQuery, ImageUpdate, LocationList, LocationRemove, NewImage, NewLocation,
    PropertyRemove, PropertyWrite,
};
use reqwest::Method;

use crate::transport::Call;
use crate::{RegistryClient, RegistryError, segment};

const IMAGES: &str = "/v3/images";

impl RegistryClient {
    /// Create an image; the answer is complete.
    ///
    /// # Errors
    /// See [`NewImage`].
    pub async fn create_image(&self, context: &RequestContext, image: &NewImage) -> Result<Image, RegistryError> {
        self.ask(context, Call::change(Method::POST, IMAGES.to_owned()).with(image)?).await
    }

    /// One image with properties, tags, locations and the caller's membership.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when it is missing, deleted or hidden.
    pub async fn show_image(&self, context: &RequestContext, id: &ImageId) -> Result<Image, RegistryError> {
        self.ask(context, Call::read(Method::GET, format!("{IMAGES}/{id}"))).await
    }

    /// Like [`show_image`](Self::show_image), and administrators get soft-deleted images too.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when it is missing or hidden.
    pub async fn show_even_deleted_image(
        &self,
        context: &RequestContext,
        id: &ImageId,
    ) -> Result<Image, RegistryError> {
        self.ask(context, Call::read(Method::GET, format!("{IMAGES}/{id}?deleted=true"))).await
    }

    /// One page of a list.
    ///
    /// # Errors
    /// See [`ImageQuery`].
    pub async fn search_images(
        &self,
        context: &RequestContext,
        query: &ImageQuery,
    ) -> Result<ImageList, RegistryError> {
        self.ask(context, Call::read(Method::POST, format!("{IMAGES}/search")).with(query)?).await
    }

    /// Change an image; the answer is complete.
    ///
    /// # Errors
    /// See [`ImageUpdate`].
    pub async fn update_image(
        &self,
        context: &RequestContext,
        id: &ImageId,
        update: &ImageUpdate,
    ) -> Result<Image, RegistryError> {
        self.ask(context, Call::change(Method::PATCH, format!("{IMAGES}/{id}")).with(update)?).await
    }

    /// Delete an image; the answer is the image as it was.
    ///
    /// # Errors
    /// See [`ImageDelete`].
    pub async fn delete_image(
        &self,
        context: &RequestContext,
        id: &ImageId,
        delete: &ImageDelete,
    ) -> Result<Image, RegistryError> {
        self.ask(context, Call::change(Method::DELETE, format!("{IMAGES}/{id}")).with(delete)?).await
    }

    /// Write one property by itself, where it is what the caller expects.
    ///
    /// # Errors
    /// See [`glance_common::registry_api::PropertyExpectation`].
    pub async fn write_property(
        &self,
        context: &RequestContext,
        id: &ImageId,
        name: &str,
        write: &PropertyWrite,
    ) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::PUT, property(id, name)?).with(write)?).await
    }

    /// Remove one property by itself, where it is what the caller expects.
    ///
    /// # Errors
    /// See [`PropertyRemove`].
    pub async fn remove_property(
        &self,
        context: &RequestContext,
        id: &ImageId,
        name: &str,
        remove: &PropertyRemove,
    ) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::DELETE, property(id, name)?).with(remove)?).await
    }

    /// The removed locations of an image, deleted or not, whose data is still to go; administrators only.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Forbidden`].
    pub async fn waiting_locations(
        &self,
        context: &RequestContext,
        id: &ImageId,
    ) -> Result<LocationList, RegistryError> {
        self.ask(context, Call::read(Method::GET, format!("{IMAGES}/{id}/locations"))).await
    }

    /// Add a location; the answer has its id.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Forbidden`], [`RegistryError::Invalid`].
    pub async fn add_location(
        &self,
        context: &RequestContext,
        id: &ImageId,
        location: &NewLocation,
    ) -> Result<Location, RegistryError> {
        self.ask(context, Call::change(Method::POST, format!("{IMAGES}/{id}/locations")).with(location)?).await
    }

    /// Replace what is known of a location.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Forbidden`], [`RegistryError::Invalid`].
    pub async fn update_location(
        &self,
        context: &RequestContext,
        id: &ImageId,
        row: i64,
        location: &NewLocation,
    ) -> Result<Location, RegistryError> {
        self.ask(context, Call::change(Method::PUT, format!("{IMAGES}/{id}/locations/{row}")).with(location)?).await
    }

    /// Take a location out of use.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Forbidden`], [`RegistryError::Invalid`].
    pub async fn remove_location(
        &self,
        context: &RequestContext,
        id: &ImageId,
        row: i64,
        remove: &LocationRemove,
    ) -> Result<(), RegistryError> {
        self.tell(context, Call::change(Method::DELETE, format!("{IMAGES}/{id}/locations/{row}")).with(remove)?).await
    }
}

fn property(id: &ImageId, name: &str) -> Result<String, RegistryError> {
    Ok(format!("{IMAGES}/{id}/properties/{}", segment(name)?))
}
