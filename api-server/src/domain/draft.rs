//! A change under way: the operations are applied to a copy of the image, and what they touched is what is saved.

use std::collections::BTreeSet;

use glance_common::model::{Image, Location, LocationStatus};

use super::change::Position;
use super::locations::{Promised, removed_index};
use super::protection::Act;
use super::{Attribute, Operation, Quotas, Refusal, lifecycle, properties};

/// A copy of an image that operations are applied to.
#[derive(Debug, Clone)]
pub struct Draft {
    image: Image,
    property_names: BTreeSet<String>,
    unreadable: BTreeSet<String>,
    touched: Vec<Attribute>,
    touched_properties: BTreeSet<String>,
    other_locations: Vec<Location>,
    located: Option<Located>,
}

/// What a finished draft changes. Everything else keeps its stored value, whoever changes it meanwhile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// New values, the last one of each attribute; no [`Attribute::Custom`] among them.
    pub attributes: Vec<Attribute>,
    /// Custom properties to store.
    pub set_properties: Vec<(String, Option<String>)>,
    /// Names of custom properties to remove.
    pub removed_properties: Vec<String>,
    /// Where the data is now, where that was changed.
    pub located: Option<Located>,
}

/// The new list of locations, and what came with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Located {
    /// Those in use, in order; new ones have the id [`NEW`](super::locations::NEW).
    pub locations: Vec<Location>,
    /// Those that are not in use yet and stay as they are.
    pub others: Vec<Location>,
    /// Those that were removed.
    pub removed: Vec<Location>,
    /// The image was queued and has data now.
    pub becomes_active: bool,
    /// Size of the data in bytes, where it was not known before.
    pub size: Option<i64>,
    /// What the caller says of the data.
    pub promised: Promised,
}

impl Draft {
    /// Begin with the image as it was read. Properties that are `unreadable` to the caller do not exist for the
    /// operations; they count for quotas and keep their values.
    #[must_use]
    pub fn new(image: &Image, unreadable: BTreeSet<String>) -> Self {
        let mut image = image.clone();
        let in_use = |location: &Location| location.status == LocationStatus::Active;
        let (locations, other_locations) = image.locations.into_iter().partition(in_use);
        image.locations = locations;
        Self {
            property_names: image.properties.keys().cloned().collect(),
            unreadable,
            touched: Vec::new(),
            touched_properties: BTreeSet::new(),
            other_locations,
            located: None,
            image,
        }
    }

    /// The image as it is after the operations so far: what policy judges.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Does the image have this key after the operations so far? Every image has the base ones.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        properties::is_base(name) || self.image.properties.contains_key(name)
    }

    /// What the next operation would do to a custom property, if it is about one and not refused: for the rules that
    /// protect properties.
    #[must_use]
    pub fn act_on_property<'a>(&self, operation: &'a Operation) -> Option<(Act, &'a str)> {
        match operation {
            Operation::Add(Attribute::Custom { name, .. }) | Operation::Replace(Attribute::Custom { name, .. }) => {
                Some((if self.has_property(name) { Act::Update } else { Act::Create }, name))
            }
            Operation::Remove(name) if !properties::is_base(name) => Some((Act::Delete, name)),
            _ => None,
        }
    }

    /// Change the list of locations by one of the rules of [`super::locations`], after
    /// [`begin`](super::locations::begin) said what is promised of the data.
    ///
    /// # Errors
    /// What the rule says.
    pub fn change_locations(
        &mut self,
        promised: Promised,
        rule: impl FnOnce(&mut Image) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (status, size) = (self.image.status, self.image.size);
        rule(&mut self.image)?;
        let located = self.located.get_or_insert_default();
        if size.is_none() {
            located.size = self.image.size;
        }
        if status != self.image.status {
            located.becomes_active = true;
            self.image.checksum = promised.checksum.clone().or_else(|| self.image.checksum.take());
            self.image.os_hash_algo = promised.os_hash_algo.clone().or_else(|| self.image.os_hash_algo.take());
            self.image.os_hash_value = promised.os_hash_value.clone().or_else(|| self.image.os_hash_value.take());
            located.promised = promised;
        }
        Ok(())
    }

    /// Remove a location.
    ///
    /// # Errors
    /// 400 where there is none.
    pub fn remove_location(&mut self, at: Position) -> Result<(), Refusal> {
        let index = removed_index(at, self.image.locations.len())?;
        let removed = self.image.locations.remove(index);
        self.located.get_or_insert_default().removed.push(removed);
        Ok(())
    }

    /// Apply one operation (images-v2 §8.3). Those on locations have rules of their own and change nothing here.
    ///
    /// # Errors
    /// What the rules say of it. The draft is of no use afterwards.
    pub fn apply(&mut self, operation: &Operation, add_overwrites: bool, quotas: &Quotas) -> Result<(), Refusal> {
        match operation {
            Operation::Add(attribute) => {
                let exists = !matches!(attribute, Attribute::Custom { name, .. } if !self.has_property(name));
                if exists && !add_overwrites {
                    let text = format!("Property {} already present.", attribute.name());
                    return Err(Refusal::conflict_detail(text));
                }
                self.set(attribute, quotas)
            }
            Operation::Replace(attribute) => {
                if let Attribute::Custom { name, .. } = attribute {
                    self.check_property_exists(name)?;
                }
                self.set(attribute, quotas)
            }
            Operation::Remove(name) if properties::is_base(name) => {
                Err(Refusal::forbidden_detail(format!("Property {name} may not be removed.")))
            }
            Operation::Remove(name) => {
                self.check_property_exists(name)?;
                self.image.properties.remove(name);
                self.touched_properties.insert(name.clone());
                Ok(())
            }
            Operation::Locations(_) => Ok(()),
        }
    }

    /// The rules for the image as a whole, then what changed (images-v2 §8.3, §8.4).
    ///
    /// # Errors
    /// A quota that would be passed, text or numbers that cannot be stored.
    pub fn finish(self, quotas: &Quotas) -> Result<Changes, Refusal> {
        let names = || self.image.properties.keys().map(String::as_str);
        if names().any(|name| !self.property_names.contains(name)) {
            quotas.check_properties(names())?;
        }
        self.touched.iter().try_for_each(check_storable)?;
        let located = self.located.map(|located| Located {
            locations: self.image.locations.clone(),
            others: self.other_locations,
            ..located
        });
        let mut changes = Changes { attributes: self.touched, located, ..Changes::default() };
        for name in self.touched_properties {
            match self.image.properties.get(&name) {
                Some(value) => {
                    properties::check_name_characters(&name)?;
                    properties::check_value_characters(&name, value.as_deref().unwrap_or_default())?;
                    changes.set_properties.push((name, value.clone()));
                }
                None if self.property_names.contains(&name) => changes.removed_properties.push(name),
                None => {}
            }
        }
        Ok(changes)
    }

    fn has_property(&self, name: &str) -> bool {
        self.image.properties.contains_key(name) && !self.unreadable.contains(name)
    }

    fn check_property_exists(&self, name: &str) -> Result<(), Refusal> {
        if self.has_property(name) {
            return Ok(());
        }
        Err(Refusal::conflict_detail(format!("Property {name} does not exist.")))
    }

    fn set(&mut self, attribute: &Attribute, quotas: &Quotas) -> Result<(), Refusal> {
        let image = &mut self.image;
        match attribute {
            Attribute::Custom { name, value } => {
                image.properties.insert(name.clone(), value.clone());
                self.touched_properties.insert(name.clone());
                self.unreadable.remove(name);
                return Ok(());
            }
            Attribute::Name(name) => image.name.clone_from(name),
            Attribute::Visibility(visibility) => image.visibility = *visibility,
            Attribute::Owner(owner) => image.owner.clone_from(owner),
            Attribute::Protected(protected) => image.protected = *protected,
            Attribute::OsHidden(hidden) => image.os_hidden = *hidden,
            Attribute::DiskFormat(format) => {
                lifecycle::check_format_change(image.status, attribute.name())?;
                image.disk_format.clone_from(format);
            }
            Attribute::ContainerFormat(format) => {
                lifecycle::check_format_change(image.status, attribute.name())?;
                image.container_format.clone_from(format);
            }
            Attribute::MinRam(value) | Attribute::MinDisk(value) => {
                properties::check_not_negative(attribute.name(), *value)?;
            }
            Attribute::Tags(tags) => {
                quotas.check_tags(tags.len())?;
                image.tags.clone_from(tags);
            }
        }
        self.touched.retain(|earlier| earlier.name() != attribute.name());
        self.touched.push(attribute.clone());
        Ok(())
    }
}

/// Text and numbers that every database can hold.
fn check_storable(attribute: &Attribute) -> Result<(), Refusal> {
    match attribute {
        Attribute::Name(Some(text)) | Attribute::Owner(Some(text)) => {
            properties::check_value_characters(attribute.name(), text)
        }
        Attribute::MinRam(value) | Attribute::MinDisk(value) => {
            properties::check_fits_column(attribute.name(), *value).map(|_| ())
        }
        Attribute::Tags(tags) => tags.iter().try_for_each(|tag| properties::check_tag_characters(tag)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use glance_common::model::{ImageId, ImageStatus, Timestamp, Visibility};

    use super::*;
    use crate::domain::RefusalClass;

    const QUOTAS: Quotas = Quotas { properties: 2, tags: 2, members: 1, locations: 1 };

    fn image(status: ImageStatus) -> Image {
        Image {
            id: ImageId::generate(),
            name: None,
            status,
            visibility: Visibility::Shared,
            owner: Some("p1".into()),
            size: None,
            virtual_size: None,
            disk_format: None,
            container_format: None,
            checksum: None,
            os_hash_algo: None,
            os_hash_value: None,
            min_disk: 0,
            min_ram: 0,
            protected: false,
            os_hidden: false,
            created_at: Timestamp::now(),
            updated_at: Timestamp::now(),
            deleted_at: None,
            deleted: false,
            properties: [("foo".to_owned(), Some("1".to_owned()))].into(),
            tags: Vec::new(),
            locations: Vec::new(),
            membership: None,
            version: 1,
        }
    }

    fn custom(name: &str, value: &str) -> Attribute {
        Attribute::Custom { name: name.into(), value: Some(value.into()) }
    }

    fn run(status: ImageStatus, overwrite: bool, operations: &[Operation]) -> Result<Changes, Refusal> {
        let mut draft = Draft::new(&image(status), BTreeSet::new());
        for operation in operations {
            draft.apply(operation, overwrite, &QUOTAS)?;
        }
        draft.finish(&QUOTAS)
    }

    #[test]
    fn refusals_have_the_known_words() {
        use ImageStatus::{Active, Queued};
        use Operation::{Add, Remove, Replace};
        let raw = || Attribute::DiskFormat(Some("raw".into()));
        let tags = |n: usize| Attribute::Tags(vec!["t".into(); n]);
        let over_tags = "The limit has been exceeded on the number of allowed image tags. Attempted: 3, Maximum: 2";
        let over = "The limit has been exceeded on the number of allowed image properties. Attempted: 3, Maximum: 2";
        let table = [
            (Queued, false, vec![Add(custom("foo", "2"))], "Property foo already present."),
            (Queued, false, vec![Add(Attribute::Name(None))], "Property name already present."),
            (Queued, true, vec![Replace(custom("bar", "2"))], "Property bar does not exist."),
            (Queued, true, vec![Remove("bar".into())], "Property bar does not exist."),
            (Queued, true, vec![Remove("foo".into()), Replace(custom("foo", "x"))], "Property foo does not exist."),
            (Queued, true, vec![Remove("name".into())], "Property name may not be removed."),
            (Active, true, vec![Replace(raw())], "Attribute disk_format can be only replaced for a queued image."),
            (Queued, true, vec![Replace(tags(3))], over_tags),
            (Queued, true, vec![Add(custom("a", "1")), Add(custom("b", "1"))], over),
            (Queued, true, vec![Add(custom("a", "\u{1F980}"))], "A can't contain 4 byte unicode characters."),
            (
                Queued,
                true,
                vec![Replace(Attribute::MinRam(-1))],
                "Invalid value '-1' for parameter 'min_ram': Cannot be a negative value",
            ),
            (
                Queued,
                true,
                vec![Replace(Attribute::MinDisk(1 << 31))],
                "'min_disk' value out of range, must not exceed 2147483647.",
            ),
        ];
        for (status, overwrite, operations, text) in table {
            assert_eq!(run(status, overwrite, &operations).map_err(|r| r.text), Err(text.to_owned()));
        }
        let conflict = run(Queued, true, &[Remove("bar".into())]).err();
        assert!(conflict.is_some_and(|r| r.class == RefusalClass::Conflict && r.is_detail));
    }

    #[test]
    fn only_what_was_touched_is_saved() {
        let operations = [
            Operation::Replace(Attribute::Name(Some("a".into()))),
            Operation::Replace(Attribute::Name(None)),
            Operation::Add(custom("bar", "1")),
            Operation::Remove("bar".into()),
            Operation::Replace(custom("foo", "1")),
        ];
        let wanted = Changes {
            attributes: vec![Attribute::Name(None)],
            set_properties: vec![("foo".into(), Some("1".into()))],
            ..Changes::default()
        };
        assert_eq!(run(ImageStatus::Active, true, &operations), Ok(wanted));
        let removed = run(ImageStatus::Active, true, &[Operation::Remove("foo".into())]);
        assert_eq!(removed.map(|changes| changes.removed_properties), Ok(vec!["foo".to_owned()]));
    }

    #[test]
    fn unreadable_properties_do_not_exist_but_count_and_stay() {
        let draft = || Draft::new(&image(ImageStatus::Active), BTreeSet::from(["foo".to_owned()]));
        let (add, replace) = (Operation::Add(custom("foo", "2")), Operation::Replace(custom("foo", "2")));
        let remove = Operation::Remove("foo".into());
        assert_eq!(draft().act_on_property(&add), Some((Act::Create, "foo")));
        for operation in [&replace, &remove] {
            let refusal = draft().apply(operation, true, &QUOTAS).map_err(|refusal| refusal.text);
            assert_eq!(refusal, Err("Property foo does not exist.".to_owned()));
        }
        let mut written = draft();
        assert_eq!(written.apply(&add, false, &QUOTAS), Ok(()));
        assert_eq!(written.act_on_property(&replace), Some((Act::Update, "foo")));
        let mut full = draft();
        for name in ["a", "b"] {
            assert_eq!(full.apply(&Operation::Add(custom(name, "1")), true, &QUOTAS), Ok(()));
        }
        assert!(full.has("foo") && full.finish(&QUOTAS).is_err(), "three properties where two are allowed");
        let mut other = draft();
        assert_eq!(other.apply(&Operation::Replace(Attribute::Name(None)), true, &QUOTAS), Ok(()));
        let wanted = Changes { attributes: vec![Attribute::Name(None)], ..Changes::default() };
        assert_eq!(other.finish(&QUOTAS), Ok(wanted));
    }
}
