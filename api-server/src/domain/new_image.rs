//! What a caller wants a new image to be, and the rules for it that need neither policy nor registry.

use std::collections::BTreeMap;

use glance_common::model::{ImageId, Visibility};

use super::{Quotas, Refusal, properties};

/// An image to create, as read from a request of any API version. Types and lengths are right already; what the
/// caller may not set is noted and refused by the service at its turn (images-v2 §7.1).
#[derive(Debug, Clone, PartialEq)]
pub struct NewImageCommand {
    /// Wished id; none lets the registry choose.
    pub id: Option<ImageId>,
    /// Shown name.
    pub name: Option<String>,
    /// Who may see it; none means the default of the API.
    pub visibility: Option<Visibility>,
    /// Whose it shall be.
    pub owner: Owner,
    /// Format of the disk.
    pub disk_format: Option<String>,
    /// Format of the container.
    pub container_format: Option<String>,
    /// Smallest disk, GB, as given.
    pub min_disk: i64,
    /// Smallest memory, MB, as given.
    pub min_ram: i64,
    /// Refuse deletion.
    pub protected: bool,
    /// Leave out of default lists.
    pub os_hidden: bool,
    /// Tags as submitted, repeated ones included.
    pub tags: Vec<String>,
    /// Custom properties; null only where the operator's schema allows it.
    pub properties: BTreeMap<String, Option<String>>,
    /// A key of the body that the service alone sets, if there is one.
    pub server_owned: Option<String>,
    /// The body tries to set locations.
    pub has_locations: bool,
}

/// Whose an image shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Owner {
    /// The caller's project.
    #[default]
    Caller,
    /// This project; none makes an ownerless image.
    Named(Option<String>),
}

/// What a new image may store, after all rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimums {
    /// Smallest disk, GB.
    pub disk: i32,
    /// Smallest memory, MB.
    pub ram: i32,
}

impl Default for NewImageCommand {
    fn default() -> Self {
        Self {
            id: None,
            name: None,
            visibility: None,
            owner: Owner::Caller,
            disk_format: None,
            container_format: None,
            min_disk: 0,
            min_ram: 0,
            protected: false,
            os_hidden: false,
            tags: Vec::new(),
            properties: BTreeMap::new(),
            server_owned: None,
            has_locations: false,
        }
    }
}

impl NewImageCommand {
    /// The rules that follow the policy, in their order (images-v2 §7.1, rows 11 to 17).
    ///
    /// # Errors
    /// The first rule that refuses.
    pub fn check(&self, quotas: &Quotas) -> Result<Minimums, Refusal> {
        quotas.check_tags(self.tags.len())?;
        if let Some(name) = &self.server_owned {
            return Err(Refusal::forbidden(properties::read_only_text(name)));
        }
        if self.has_locations {
            return Err(Refusal::forbidden(properties::reserved_text("locations")));
        }
        properties::check_not_negative("min_ram", self.min_ram)?;
        properties::check_not_negative("min_disk", self.min_disk)?;
        quotas.check_properties(self.properties.keys().map(String::as_str))?;
        self.check_characters()?;
        let ram = properties::check_fits_column("min_ram", self.min_ram)?;
        let disk = properties::check_fits_column("min_disk", self.min_disk)?;
        Ok(Minimums { disk, ram })
    }

    fn check_characters(&self) -> Result<(), Refusal> {
        let owner = match &self.owner {
            Owner::Named(Some(owner)) => Some(owner.as_str()),
            Owner::Caller | Owner::Named(None) => None,
        };
        for (key, value) in [("name", self.name.as_deref()), ("owner", owner)] {
            properties::check_value_characters(key, value.unwrap_or_default())?;
        }
        for (name, value) in &self.properties {
            properties::check_name_characters(name)?;
            properties::check_value_characters(name, value.as_deref().unwrap_or_default())?;
        }
        self.tags.iter().try_for_each(|tag| properties::check_tag_characters(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTAS: Quotas = Quotas { properties: 1, tags: 1, members: 1, locations: 1 };

    fn two_properties() -> BTreeMap<String, Option<String>> {
        [("a", "1"), ("b", "2")].map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into()
    }

    #[test]
    fn the_first_broken_rule_answers() {
        let crab = "\u{1F980}".to_owned();
        let mut command = NewImageCommand {
            min_ram: i64::MAX,
            name: Some(crab.clone()),
            properties: two_properties(),
            min_disk: -5,
            has_locations: true,
            server_owned: Some("size".into()),
            tags: vec![crab.clone(), crab.clone()],
            ..NewImageCommand::default()
        };
        type Cure = fn(&mut NewImageCommand);
        let cures: [(&str, Cure); 8] = [
            ("The limit has been exceeded on the number of allowed image tags. Attempted: 2, Maximum: 1", |c| {
                c.tags.truncate(1);
            }),
            ("Attribute 'size' is read-only.", |c| c.server_owned = None),
            ("Attribute 'locations' is reserved.", |c| c.has_locations = false),
            ("Invalid value '-5' for parameter 'min_disk': Cannot be a negative value", |c| c.min_disk = 0),
            ("The limit has been exceeded on the number of allowed image properties. Attempted: 2, Maximum: 1", |c| {
                c.properties.clear();
            }),
            ("Name can't contain 4 byte unicode characters.", |c| c.name = None),
            ("Param values can't contain 4 byte unicode.", |c| c.tags.clear()),
            ("'min_ram' value out of range, must not exceed 2147483647.", |c| c.min_ram = 7),
        ];
        for (text, cure) in cures {
            assert_eq!(command.check(&QUOTAS).map_err(|refusal| refusal.text), Err(text.to_owned()));
            cure(&mut command);
        }
        assert_eq!(command.check(&QUOTAS), Ok(Minimums { disk: 0, ram: 7 }));
    }
}
