//! The Images API version 2: reading its input, its handlers and its views. Everything below is shared with the other
//! versions.

mod create_input;
mod json_patch;
mod python_repr;
mod query;
mod query_sort;
mod query_values;
mod schema;
