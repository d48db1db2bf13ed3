//! What `deploy/` packs the programs into: a Debian package, a container image, a Kubernetes cluster.

mod container;
mod debian;
mod kubernetes;
