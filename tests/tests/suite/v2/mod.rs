mod actions;
mod disk_images;
mod download;
mod members;
mod protection;
mod tags;
pub(crate) mod upload;
