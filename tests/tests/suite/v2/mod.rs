mod disk_images;
mod download;
pub(crate) mod upload;
