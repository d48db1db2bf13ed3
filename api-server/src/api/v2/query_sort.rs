//! The order of a list: `sort`, or `sort_key` with `sort_dir` (images-v2 §7.7).

use glance_common::registry_api::{Direction, SortField, SortKey};

use crate::domain::Refusal;

/// An order as asked for. The registry appends what makes it total.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Keys that were named, or the default.
    pub(super) keys: Vec<SortKey>,
    /// Direction of the appended keys: the single given one, else descending.
    pub(super) tie_direction: Direction,
}

const NAMES: [(&str, SortField); 8] = [
    ("name", SortField::Name),
    ("status", SortField::Status),
    ("container_format", SortField::ContainerFormat),
    ("disk_format", SortField::DiskFormat),
    ("size", SortField::Size),
    ("id", SortField::Id),
    ("created_at", SortField::CreatedAt),
    ("updated_at", SortField::UpdatedAt),
];

/// Read either syntax.
///
/// # Errors
/// 400 for both at once, unknown keys and directions, and counts that do not match.
pub(super) fn read(sort: Option<&str>, keys: &[&str], dirs: &[&str]) -> Result<Order, Refusal> {
    let pairs = match sort {
        Some(_) if !keys.is_empty() || !dirs.is_empty() => {
            return Err(Refusal::invalid("Old and new sorting syntax cannot be combined"));
        }
        Some(sort) => new_syntax(sort)?,
        None => old_syntax(keys, dirs)?,
    };
    let single = match (sort, dirs.len(), pairs.as_slice()) {
        (Some(_), _, [only]) => Some(only.direction),
        (None, 1, [first, ..]) => Some(first.direction),
        _ => None,
    };
    Ok(Order { keys: pairs, tie_direction: single.unwrap_or(Direction::Desc) })
}

fn new_syntax(sort: &str) -> Result<Vec<SortKey>, Refusal> {
    let entry = |text: &str| {
        let (key, direction) = text.split_once(':').unwrap_or((text, ""));
        let direction = match direction.trim() {
            "" => Direction::Desc,
            word => read_direction(word)?,
        };
        Ok(SortKey { field: read_key(key.trim())?, direction })
    };
    sort.split(',').map(entry).collect()
}

fn old_syntax(keys: &[&str], dirs: &[&str]) -> Result<Vec<SortKey>, Refusal> {
    let fields = match keys {
        [] => vec![SortField::CreatedAt],
        keys => keys.iter().map(|key| read_key(key.trim())).collect::<Result<_, _>>()?,
    };
    let directions = match dirs {
        [] => vec![Direction::Desc; fields.len()],
        [one] => vec![read_direction(one.trim())?; fields.len()],
        many if many.len() == fields.len() => {
            many.iter().map(|dir| read_direction(dir.trim())).collect::<Result<_, _>>()?
        }
        _ => return Err(Refusal::invalid("Number of sort dirs does not match the number of sort keys")),
    };
    Ok(fields.into_iter().zip(directions).map(|(field, direction)| SortKey { field, direction }).collect())
}

fn read_key(name: &str) -> Result<SortField, Refusal> {
    let known = NAMES.iter().find(|(own, _)| *own == name);
    known.map(|(_, field)| *field).ok_or_else(|| {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        Refusal::invalid(format!("Invalid sort key: {name}. It must be one of the following: {}.", names.join(", ")))
    })
}

fn read_direction(word: &str) -> Result<Direction, Refusal> {
    match word {
        "asc" => Ok(Direction::Asc),
        "desc" => Ok(Direction::Desc),
        _ => Err(Refusal::invalid(format!("Invalid sort direction: {word}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Asc, Desc};

    #[test]
    fn orders_are_read_in_both_syntaxes() {
        type Case = (Option<&'static str>, &'static [&'static str], &'static [&'static str], &'static str, Direction);
        let table: [Case; 9] = [
            (None, &[], &[], "CreatedAt Desc", Desc),
            (None, &[], &["asc"], "CreatedAt Asc", Asc),
            (None, &["name", "size"], &[], "Name Desc, Size Desc", Desc),
            (None, &["name", "size"], &["asc"], "Name Asc, Size Asc", Asc),
            (None, &["name", "size"], &["asc", "desc"], "Name Asc, Size Desc", Desc),
            (Some("name"), &[], &[], "Name Desc", Desc),
            (Some("name:"), &[], &[], "Name Desc", Desc),
            (Some(" name : asc "), &[], &[], "Name Asc", Asc),
            (Some("name:asc,id:asc"), &[], &[], "Name Asc, Id Asc", Desc),
        ];
        for (sort, keys, dirs, wanted, tie) in table {
            let order = read(sort, keys, dirs);
            let shown = |order: Order| {
                let keys: Vec<_> =
                    order.keys.iter().map(|key| format!("{:?} {:?}", key.field, key.direction)).collect();
                (keys.join(", "), order.tie_direction)
            };
            assert_eq!(order.map(shown), Ok((wanted.to_owned(), tie)));
        }
    }

    #[test]
    fn mistakes_have_the_known_words() {
        let keys = "name, status, container_format, disk_format, size, id, created_at, updated_at";
        type Case = (Option<&'static str>, &'static [&'static str], &'static [&'static str], String);
        let table: [Case; 6] = [
            (Some("name"), &["name"], &[], "Old and new sorting syntax cannot be combined".into()),
            (Some("name"), &[], &["asc"], "Old and new sorting syntax cannot be combined".into()),
            (Some("foo"), &[], &[], format!("Invalid sort key: foo. It must be one of the following: {keys}.")),
            (Some("name:up"), &[], &[], "Invalid sort direction: up".into()),
            (None, &["name"], &["up"], "Invalid sort direction: up".into()),
            (None, &["name"], &["asc", "asc"], "Number of sort dirs does not match the number of sort keys".into()),
        ];
        for (sort, keys, dirs, text) in table {
            assert_eq!(read(sort, keys, dirs), Err(Refusal::invalid(text)));
        }
    }
}
