//! The status machine of images (images-v2 §5.3): the only place that knows which status may follow which.

use glance_common::model::ImageStatus::{
    self, Active, Deactivated, Deleted, Importing, Killed, PendingDelete, Queued, Saving, Uploading,
};

use super::Refusal;

/// The statuses in which the formats of an image may still be changed.
const FORMATS_OPEN: [ImageStatus; 2] = [Queued, Importing];

/// The statuses that may follow `from`.
#[must_use]
pub const fn successors(from: ImageStatus) -> &'static [ImageStatus] {
    match from {
        Queued => &[Saving, Uploading, Importing, Active, Deleted],
        Saving => &[Active, Killed, Deleted, Queued],
        Uploading => &[Importing, Queued, Deleted],
        Importing => &[Active, Deleted, Queued],
        Active => &[PendingDelete, Deleted, Deactivated],
        Killed => &[Deleted],
        PendingDelete => &[Deleted, Active],
        Deleted => &[],
        Deactivated => &[Active, Deleted],
    }
}

/// A change of status that an operation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The only status that it comes from.
    pub from: ImageStatus,
    /// The status that it leads to.
    pub to: ImageStatus,
}

impl Step {
    /// The first byte of an upload.
    pub const UPLOAD_BEGINS: Self = Self { from: Queued, to: Saving };
    /// The last one.
    pub const UPLOAD_ENDS: Self = Self { from: Saving, to: Active };
    /// An upload that came to nothing.
    pub const UPLOAD_FAILS: Self = Self { from: Saving, to: Queued };
    /// An image without data is told where there is some.
    pub const FIRST_LOCATION: Self = Self { from: Queued, to: Active };
    /// Nobody but administrators may download any more.
    pub const DEACTIVATION: Self = Self { from: Active, to: Deactivated };
    /// Back in use.
    pub const REACTIVATION: Self = Self { from: Deactivated, to: Active };
}

/// May an image go from one status to the other?
#[must_use]
pub fn may_change(from: ImageStatus, to: ImageStatus) -> bool {
    successors(from).contains(&to)
}

/// The statuses from which an image may go to `to`, for the guard of an update.
#[must_use]
pub fn predecessors(to: ImageStatus) -> Vec<ImageStatus> {
    ImageStatus::ALL.iter().copied().filter(|from| may_change(*from, to)).collect()
}

/// What is said of a change that the machine does not know.
#[must_use]
pub fn illegal_transition(from: ImageStatus, to: ImageStatus) -> String {
    format!("Image status transition from {from} to {to} is not allowed")
}

/// May data start to come in: is the image `queued`, with both formats set (images-v2 §9.1, rows 8 and 9)?
///
/// # Errors
/// 409 in any other status, 400 for formats that are missing.
pub fn check_upload(
    status: ImageStatus,
    disk_format: Option<&str>,
    container_format: Option<&str>,
) -> Result<(), Refusal> {
    let Step { from, to } = Step::UPLOAD_BEGINS;
    if status != from {
        return Err(Refusal::conflict(illegal_transition(status, to)));
    }
    check_formats_set(disk_format, container_format)
}

/// An image leaves `queued` or `uploading` towards data only with both formats.
///
/// # Errors
/// 400 that names what is missing.
pub fn check_formats_set(disk_format: Option<&str>, container_format: Option<&str>) -> Result<(), Refusal> {
    let text = match (disk_format, container_format) {
        (Some(_), Some(_)) => return Ok(()),
        (None, Some(_)) => "Property disk_format must be set prior to saving data.",
        (Some(_), None) => "Property container_format must be set prior to saving data.",
        (None, None) => "Properties disk_format, container_format must be set prior to saving data.",
    };
    Err(Refusal::invalid(text))
}

/// May a format be set in this status? The same value counts as a change too.
///
/// # Errors
/// 403 that names the attribute.
pub fn check_format_change(status: ImageStatus, attribute: &str) -> Result<(), Refusal> {
    if FORMATS_OPEN.contains(&status) {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("Attribute {attribute} can be only replaced for a queued image.")))
}

/// Changing where the data of an image is (images-v2 §8.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationsChange {
    /// One more place. The first one makes a queued image active.
    Add,
    /// Other metadata or order, or the first places of a queued image.
    Replace,
    /// One place less.
    Remove,
}

impl LocationsChange {
    /// The statuses in which it is done (B2).
    #[must_use]
    pub const fn sources(self) -> &'static [ImageStatus] {
        match self {
            Self::Add | Self::Replace => &[Queued, Active],
            Self::Remove => &[Active],
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

/// May the locations be changed in this status?
///
/// # Errors
/// 409 in any other.
pub fn check_locations_change(status: ImageStatus, change: LocationsChange) -> Result<(), Refusal> {
    if change.sources().contains(&status) {
        return Ok(());
    }
    let verb = change.verb();
    Err(Refusal::conflict(format!("It's not allowed to {verb} locations if image status is {status}.")))
}

/// Taking an image's data out of use for a while, and back (images-v2 §9.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nobody but administrators may download any more.
    Deactivate,
    /// Back in use.
    Reactivate,
}

impl Action {
    /// What it does. Other ways to the same status belong to other operations.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Deactivate => Step::DEACTIVATION,
            Self::Reactivate => Step::REACTIVATION,
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Reactivate => "reactivate",
        }
    }

    /// Is there anything to do in this status? Nothing where the image is already as wanted.
    ///
    /// # Errors
    /// 403 in any third status.
    pub fn is_due(self, status: ImageStatus) -> Result<bool, Refusal> {
        let Step { from, to } = self.step();
        if status == from || status == to {
            return Ok(status == from);
        }
        Err(Refusal::forbidden(format!("Not allowed to {} image in status '{status}'", self.verb())))
    }
}

/// The status that a deletion leads to: `pending_delete` when the scrubber shall remove data later, else `deleted`.
///
/// # Errors
/// 400 where the machine has no such step (a delayed deletion of a deactivated image).
pub fn deletion_target(status: ImageStatus, delayed: bool, has_locations: bool) -> Result<ImageStatus, Refusal> {
    let target = if delayed && has_locations { PendingDelete } else { Deleted };
    if may_change(status, target) {
        return Ok(target);
    }
    Err(Refusal::invalid(illegal_transition(status, target)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RefusalClass;

    #[test]
    fn machine_is_the_table_of_the_specification() {
        let table = [
            (Queued, "saving uploading importing active deleted"),
            (Saving, "active killed deleted queued"),
            (Uploading, "importing queued deleted"),
            (Importing, "active deleted queued"),
            (Active, "pending_delete deleted deactivated"),
            (Killed, "deleted"),
            (PendingDelete, "deleted active"),
            (Deleted, ""),
            (Deactivated, "active deleted"),
        ];
        for (from, allowed) in table {
            for to in ImageStatus::ALL {
                let wanted = allowed.split(' ').any(|word| word == to.as_str());
                assert_eq!(may_change(from, *to), wanted, "{from} to {to}");
                assert_eq!(predecessors(*to).contains(&from), wanted, "{to} from {from}");
            }
        }
    }

    #[test]
    fn steps_are_those_of_the_machine() {
        let steps = [
            Step::UPLOAD_BEGINS,
            Step::UPLOAD_ENDS,
            Step::UPLOAD_FAILS,
            Step::FIRST_LOCATION,
            Step::DEACTIVATION,
            Step::REACTIVATION,
        ];
        for Step { from, to } in steps {
            assert!(may_change(from, to), "{from} to {to}");
        }
    }

    #[test]
    fn upload_needs_a_queued_image_with_formats() {
        let table = [
            (Queued, Some("raw"), Some("bare"), None),
            (Queued, None, Some("bare"), Some("Property disk_format must be set prior to saving data.")),
            (Queued, Some("raw"), None, Some("Property container_format must be set prior to saving data.")),
            (Queued, None, None, Some("Properties disk_format, container_format must be set prior to saving data.")),
            (Saving, None, None, Some("Image status transition from saving to saving is not allowed")),
            (Active, Some("raw"), Some("bare"), Some("Image status transition from active to saving is not allowed")),
        ];
        for (status, disk, container, wanted) in table {
            let refusal = check_upload(status, disk, container).err();
            assert_eq!(refusal.as_ref().map(|r| r.text.as_str()), wanted);
            let class = if status == Queued { RefusalClass::Invalid } else { RefusalClass::Conflict };
            assert!(refusal.is_none_or(|r| r.class == class));
        }
    }

    #[test]
    fn actions_come_from_one_status_and_are_done_once() {
        for (action, from, to, verb) in [
            (Action::Deactivate, Active, Deactivated, "deactivate"),
            (Action::Reactivate, Deactivated, Active, "reactivate"),
        ] {
            assert!(may_change(from, to));
            for status in ImageStatus::ALL {
                let refusal = Refusal::forbidden(format!("Not allowed to {verb} image in status '{status}'"));
                let wanted = match *status {
                    status if status == from => Ok(true),
                    status if status == to => Ok(false),
                    _ => Err(refusal),
                };
                assert_eq!(action.is_due(*status), wanted, "{verb} {status}");
            }
        }
    }

    #[test]
    fn deletion_is_delayed_only_where_there_is_data() {
        assert_eq!(deletion_target(Active, true, true), Ok(PendingDelete));
        assert_eq!(deletion_target(Active, true, false), Ok(Deleted));
        assert_eq!(deletion_target(Deactivated, false, true), Ok(Deleted));
        assert_eq!(
            deletion_target(Deactivated, true, true).map_err(|r| (r.class, r.text)),
            Err((
                RefusalClass::Invalid,
                "Image status transition from deactivated to pending_delete is not allowed".to_owned()
            ))
        );
    }

    /// Every operation in every status: `+` it is done, `-` there is nothing to do, else the class of the refusal.
    #[test]
    fn every_operation_names_the_statuses_it_is_for() {
        let class = |refusal: Refusal| match refusal.class {
            RefusalClass::Invalid => '4',
            RefusalClass::Forbidden => 'f',
            RefusalClass::Conflict => 'c',
            RefusalClass::OverLimit => 'l',
        };
        let done = |outcome: Result<(), Refusal>| outcome.map_or_else(class, |()| '+');
        let delete = |status, delayed| done(deletion_target(status, delayed, true).map(|_| ()));
        let act = |action: Action, status| action.is_due(status).map_or_else(class, |due| if due { '+' } else { '-' });
        let locations = |change, status| done(check_locations_change(status, change));
        let operations: [(&str, &dyn Fn(ImageStatus) -> char); 8] = [
            ("upload", &|status| done(check_upload(status, Some("raw"), Some("bare")))),
            ("set a format", &|status| done(check_format_change(status, "disk_format"))),
            ("add or replace locations", &|status| {
                let outcome = locations(LocationsChange::Add, status);
                assert_eq!(outcome, locations(LocationsChange::Replace, status));
                outcome
            }),
            ("remove a location", &|status| locations(LocationsChange::Remove, status)),
            ("deactivate", &|status| act(Action::Deactivate, status)),
            ("reactivate", &|status| act(Action::Reactivate, status)),
            ("delete", &|status| delete(status, false)),
            ("delete later", &|status| delete(status, true)),
        ];
        let mut table = String::new();
        for status in ImageStatus::ALL {
            let row: String = operations.iter().map(|(_, operation)| operation(*status)).collect();
            table += &format!("{status} {row}\n");
        }
        let wanted = "queued +++cff+4\nsaving cfccff+4\nactive cf+++-++\nkilled cfccff+4\ndeleted cfccff44\n\
                      uploading cfccff+4\nimporting c+ccff+4\npending_delete cfccff+4\ndeactivated cfcc-++4\n";
        assert_eq!(table, wanted, "columns: {:?}", operations.map(|(name, _)| name));
    }
}
