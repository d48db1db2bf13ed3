//! The query string of `GET /v2/images`, read into a question for the registry (images-v2 §7.5 to §7.8).

use glance_common::registry_api::{
    Comparison, Filter, FlagField, ImageQuery, MemberStatusFilter, NumberField, TextField, TimeField, VisibilityFilter,
};

use super::query_sort;
use super::query_values::{self, read_time};
use crate::domain::Refusal;

/// Sizes of pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimits {
    /// Without `limit`.
    pub(super) default: u32,
    /// At most.
    pub(super) maximum: u32,
}

/// Most filters of one list (F6). Far beyond what any client sends, small enough for every database.
const MAX_FILTERS: usize = 64;

/// Read the parameters.
///
/// # Errors
/// 400 in the words of the specification.
pub(super) fn read(pairs: &[(String, String)], limits: PageLimits) -> Result<ImageQuery, Refusal> {
    let mut special = Special::default();
    let mut filters = Filters::default();
    for (key, value) in pairs {
        if !special.take(key, value) {
            filters.put(key, value);
        }
    }
    let mut query = special.into_query(limits)?;
    filters.read_into(&mut query)?;
    if query.filters.len() > MAX_FILTERS {
        return Err(Refusal::invalid(format!("At most {MAX_FILTERS} filters can be combined.")));
    }
    Ok(query)
}

/// The parameters that are no filters. The first of each is honoured; further ones become filters.
#[derive(Default)]
struct Special<'a> {
    limit: Option<&'a str>,
    marker: Option<&'a str>,
    member_status: Option<&'a str>,
    visibility: Option<&'a str>,
    sort: Option<&'a str>,
    sort_keys: Vec<&'a str>,
    sort_dirs: Vec<&'a str>,
    tags: Vec<&'a str>,
}

impl<'a> Special<'a> {
    /// Is the pair one of these?
    fn take(&mut self, key: &str, value: &'a str) -> bool {
        let slot = match key {
            "limit" => &mut self.limit,
            "marker" => &mut self.marker,
            "member_status" => &mut self.member_status,
            "sort" => &mut self.sort,
            "visibility" => {
                self.visibility = Some(value);
                return true;
            }
            "sort_key" => return push(&mut self.sort_keys, value),
            "sort_dir" => return push(&mut self.sort_dirs, value),
            "tag" => return push(&mut self.tags, value),
            _ => return false,
        };
        if slot.is_some() {
            return false;
        }
        *slot = Some(value);
        true
    }

    fn into_query(self, limits: PageLimits) -> Result<ImageQuery, Refusal> {
        let limit = self.limit.map_or(Ok(limits.default), read_limit)?;
        let order = query_sort::read(self.sort, &self.sort_keys, &self.sort_dirs)?;
        let mut filters: Vec<Filter> = self.tags.iter().map(|tag| Filter::Tag(tag.trim().to_owned())).collect();
        if self.visibility == Some("") {
            filters.push(Filter::Nothing);
        }
        Ok(ImageQuery {
            filters,
            sort: order.keys,
            tie_direction: order.tie_direction,
            marker: self.marker.map(str::to_owned),
            limit: Some(limit.min(limits.maximum)),
            visibility: self.visibility.map(read_visibility).transpose()?.flatten(),
            member_status: self.member_status.map_or(Ok(MemberStatusFilter::default()), read_member_status)?,
            ..ImageQuery::default()
        })
    }
}

fn push<'a>(list: &mut Vec<&'a str>, value: &'a str) -> bool {
    list.push(value);
    true
}

fn read_limit(text: &str) -> Result<u32, Refusal> {
    let number: i128 = text.trim().parse().map_err(|_| Refusal::invalid("limit param must be an integer"))?;
    if number < 0 {
        return Err(Refusal::invalid("limit param must be positive"));
    }
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

/// None for the empty text, which is no error and matches nothing.
fn read_visibility(text: &str) -> Result<Option<VisibilityFilter>, Refusal> {
    match text {
        "" => Ok(None),
        "all" => Ok(Some(VisibilityFilter::All)),
        word => match word.parse() {
            Ok(visibility) => Ok(Some(VisibilityFilter::Only(visibility))),
            Err(_) => Err(Refusal::invalid(format!("Invalid visibility value: {word}"))),
        },
    }
}

fn read_member_status(text: &str) -> Result<MemberStatusFilter, Refusal> {
    match text {
        "all" => Ok(MemberStatusFilter::All),
        word => match word.parse() {
            Ok(status) => Ok(MemberStatusFilter::Only(status)),
            Err(_) => Err(Refusal::invalid(format!("Invalid status: {word}"))),
        },
    }
}

/// Every other parameter is a filter; of repeated ones the last counts.
#[derive(Default)]
struct Filters<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Filters<'a> {
    fn put(&mut self, key: &'a str, value: &'a str) {
        match self.pairs.iter_mut().find(|(own, _)| *own == key) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((key, value)),
        }
    }

    fn read_into(self, query: &mut ImageQuery) -> Result<(), Refusal> {
        if !self.pairs.iter().any(|(key, _)| *key == "os_hidden") {
            query.filters.push(Filter::Flag { field: FlagField::OsHidden, value: false });
        }
        for (key, value) in self.pairs {
            query.filters.extend(read_filter(key, value)?);
        }
        Ok(())
    }
}

fn read_filter(key: &str, value: &str) -> Result<Option<Filter>, Refusal> {
    let filter = match key {
        "changes-since" => {
            return Err(Refusal::invalid("The \"changes-since\" filter is no longer available on v2."));
        }
        // Lists never show deleted images, whatever is asked.
        "deleted" => return Ok(None),
        "os_hidden" => flag(FlagField::OsHidden, key, value, &value.to_lowercase())?,
        "protected" => flag(FlagField::Protected, key, value, value)?,
        "created_at" => time(TimeField::CreatedAt, key, value)?,
        "updated_at" => time(TimeField::UpdatedAt, key, value)?,
        _ => match (operated_column(key), compared_column(key), number_column(key)) {
            (Some(field), ..) => Filter::Text { field, any_of: query_values::any_of(value)? },
            (_, Some(field), _) => equal_text(field, value),
            (.., Some(field)) => equal_number(field, value),
            _ => match range(key, value)? {
                Some(filter) => filter,
                None => Filter::Property { name: key.to_owned(), value: value.to_owned() },
            },
        },
    };
    Ok(Some(filter))
}

/// Text columns whose values may carry an operator.
fn operated_column(key: &str) -> Option<TextField> {
    Some(match key {
        "name" => TextField::Name,
        "id" => TextField::Id,
        "status" => TextField::Status,
        "container_format" => TextField::ContainerFormat,
        "disk_format" => TextField::DiskFormat,
        _ => return None,
    })
}

/// Text columns that are compared as they are.
fn compared_column(key: &str) -> Option<TextField> {
    Some(match key {
        "owner" => TextField::Owner,
        "checksum" => TextField::Checksum,
        "os_hash_algo" => TextField::OsHashAlgo,
        "os_hash_value" => TextField::OsHashValue,
        _ => return None,
    })
}

fn number_column(key: &str) -> Option<NumberField> {
    Some(match key {
        "size" => NumberField::Size,
        "virtual_size" => NumberField::VirtualSize,
        "min_ram" => NumberField::MinRam,
        "min_disk" => NumberField::MinDisk,
        _ => return None,
    })
}

fn flag(field: FlagField, key: &str, given: &str, word: &str) -> Result<Filter, Refusal> {
    match word {
        "true" => Ok(Filter::Flag { field, value: true }),
        "false" => Ok(Filter::Flag { field, value: false }),
        _ => Err(Refusal::invalid(format!(
            "Invalid value '{given}' for '{key}' filter. Valid values are 'true' or 'false'."
        ))),
    }
}

/// The whole value as a time, else an operator before a time.
fn time(field: TimeField, key: &str, text: &str) -> Result<Filter, Refusal> {
    if let Some(value) = read_time(text) {
        return Ok(Filter::Time { field, op: Comparison::Eq, value });
    }
    let bad_time = || Refusal::invalid(format!("Bad \"{key}\" query filter format. Use ISO 8601 DateTime notation."));
    let (operator, text) = text.split_once(':').ok_or_else(bad_time)?;
    let op = match operator {
        "eq" => Comparison::Eq,
        "neq" => Comparison::Neq,
        "gt" => Comparison::Gt,
        "gte" => Comparison::Gte,
        "lt" => Comparison::Lt,
        "lte" => Comparison::Lte,
        _ => return Err(Refusal::invalid("Unable to filter on a unknown operator.")),
    };
    let value = read_time(text).ok_or_else(bad_time)?;
    Ok(Filter::Time { field, op, value })
}

fn equal_text(field: TextField, value: &str) -> Filter {
    if value.is_empty() {
        return Filter::Nothing;
    }
    Filter::Text { field, any_of: vec![value.to_owned()] }
}

/// What is no number equals none.
fn equal_number(field: NumberField, value: &str) -> Filter {
    match value.trim().parse() {
        Ok(value) => Filter::Number { field, op: Comparison::Eq, value },
        Err(_) => Filter::Nothing,
    }
}

/// `size_min=5`: bounds are inclusive, and only number columns have them.
fn range(key: &str, value: &str) -> Result<Option<Filter>, Refusal> {
    let (column, op) = match (key.strip_suffix("_min"), key.strip_suffix("_max")) {
        (Some(column), _) => (column, Comparison::Gte),
        (_, Some(column)) => (column, Comparison::Lte),
        _ => return Ok(None),
    };
    let bound = value.trim().parse().ok().zip(number_column(column));
    let Some((value, field)) = bound else {
        return Err(Refusal::invalid("Unable to filter on a range with a non-numeric value."));
    };
    Ok(Some(Filter::Number { field, op, value }))
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
