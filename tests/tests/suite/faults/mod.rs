//! Things that break: clients, disks, processes, links.

mod client_gone;
mod crash;
mod database_down;
mod full_disk;
mod registry_down;
