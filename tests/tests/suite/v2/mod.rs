mod actions;
mod disk_images;
mod download;
mod members;
mod operator_schema;
mod protection;
mod tags;
pub(crate) mod upload;
