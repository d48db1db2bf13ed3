//! What rules are asked about (images-v2 §4.2).

use glance_common::context::RequestContext;
use glance_common::model::{Image, Visibility};
use serde_json::{Map, Value};

use super::check::{Attribute, CallerKey, CallerValue, Target};
use crate::python_repr::repr_text;

/// An image, seen by a caller.
///
/// Every other name is a custom property; `locations` is not available. `tags` and times compare with nothing, as in
/// the original, where a set of tags has no text of its own and no rule can spell a time. `extra_properties` compare as
/// Python writes them: `{}` for none.
pub struct ImageTarget<'a> {
    image: &'a Image,
    /// The caller's project, when it holds the image by membership.
    member: Option<&'a str>,
}

impl<'a> ImageTarget<'a> {
    /// The target for this image and this caller.
    #[must_use]
    pub fn new(image: &'a Image, caller: &'a RequestContext) -> Self {
        let by_membership = image.visibility == Visibility::Shared && !caller.owns(image.owner.as_deref());
        Self { image, member: caller.project_id.as_deref().filter(|_| by_membership) }
    }

    /// The target for one member row of the image: `member_id` is that member.
    #[must_use]
    pub fn for_member(image: &'a Image, member: &'a str) -> Self {
        Self { image, member: Some(member) }
    }
}

impl Target for ImageTarget<'_> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        let image = self.image;
        Some(match name {
            "project_id" | "owner" => Attribute::optional(image.owner.as_deref()),
            "member_id" | "member" => Attribute::optional(self.member),
            "visibility" => image.visibility.as_str().into(),
            "id" | "image_id" => image.id.as_str().into(),
            "status" => image.status.as_str().into(),
            "name" => Attribute::optional(image.name.as_deref()),
            "protected" => Attribute::Bool(image.protected),
            "os_hidden" => Attribute::Bool(image.os_hidden),
            "min_ram" => Attribute::Integer(image.min_ram.into()),
            "min_disk" => Attribute::Integer(image.min_disk.into()),
            "size" => image.size.map_or(Attribute::Null, Attribute::Integer),
            "virtual_size" => image.virtual_size.map_or(Attribute::Null, Attribute::Integer),
            "disk_format" => Attribute::optional(image.disk_format.as_deref()),
            "container_format" => Attribute::optional(image.container_format.as_deref()),
            "checksum" => Attribute::optional(image.checksum.as_deref()),
            "os_hash_algo" => Attribute::optional(image.os_hash_algo.as_deref()),
            "os_hash_value" => Attribute::optional(image.os_hash_value.as_deref()),
            "extra_properties" => Attribute::Text(properties(image).into()),
            "locations" | "tags" | "created_at" | "updated_at" => return None,
            property => Attribute::optional(image.properties.get(property)?.as_deref()),
        })
    }
}

/// All custom properties.
fn properties(image: &Image) -> String {
    let pair = |(name, value): (&String, &Option<String>)| {
        let value = value.as_ref().map_or_else(|| "None".to_owned(), |value| repr_text(value));
        format!("{}: {value}", repr_text(name))
    };
    let pairs: Vec<_> = image.properties.iter().map(pair).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// An image that is about to be created.
#[derive(Debug, Clone, Copy)]
pub struct NewImageTarget<'a> {
    /// Owner as asked for, else the caller's project.
    pub owner: Option<&'a str>,
    /// Visibility as asked for. Where nothing is asked for the rules see `private`.
    pub visibility: Option<Visibility>,
}

impl Target for NewImageTarget<'_> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        match name {
            "project_id" | "owner" => Some(Attribute::optional(self.owner)),
            "visibility" => Some(self.visibility.unwrap_or(Visibility::Private).as_str().into()),
            _ => None,
        }
    }
}

/// A project: what lists are asked about.
#[derive(Debug, Clone, Copy)]
pub struct ProjectTarget<'a>(pub Option<&'a str>);

impl Target for ProjectTarget<'_> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        (name == "project_id").then(|| Attribute::optional(self.0))
    }
}

/// The caller itself: what `context_is_admin` is asked about.
#[derive(Debug, Clone, Copy)]
pub struct CallerTarget<'a>(pub &'a RequestContext);

impl Target for CallerTarget<'_> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        match CallerKey::named(name)?.value(self.0) {
            CallerValue::One(value) => Some(value),
            CallerValue::Many(_) => None,
        }
    }
}

/// Nothing: every attribute is missing.
#[derive(Debug, Clone, Copy)]
pub struct NoTarget;

impl Target for NoTarget {
    fn attribute(&self, _name: &str) -> Option<Attribute<'_>> {
        None
    }
}

/// A JSON object. A name with dots is a key as it is, or else leads into nested objects.
impl Target for Map<String, Value> {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        if let Some(value) = self.get(name) {
            return scalar(value);
        }
        let (first, rest) = name.split_once('.')?;
        self.get(first)?.as_object()?.attribute(rest)
    }
}

/// A value that can be compared; lists and objects cannot.
fn scalar(value: &Value) -> Option<Attribute<'_>> {
    match value {
        Value::Null => Some(Attribute::Null),
        Value::Bool(flag) => Some(Attribute::Bool(*flag)),
        Value::Number(number) => number.as_i64().map(Attribute::Integer),
        Value::String(text) => Some(text.as_str().into()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
