mod actions;
mod disk_images;
mod download;
mod members;
mod tags;
pub(crate) mod upload;
