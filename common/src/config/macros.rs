//! The two macros that declare options.

/// Declares a section of the configuration as a struct.
///
/// ```
/// glance_common::options! {
///     /// Connection to the database.
///     pub struct DatabaseOptions in "database" {
///         /// URL of the database.
///         pub connection: Option<glance_common::config::Secret> = None, aliases ["DEFAULT.sql_connection"];
///         /// Connections kept open.
///         pub max_pool_size: u32 = 5, min 1, max 1000;
///     }
/// }
/// use glance_common::config::{Config, Section};
/// let config = Config::from_text("[database]\nmax_pool_size = 7\n")?;
/// let options: DatabaseOptions = config.section()?;
/// assert_eq!(options.max_pool_size, 7);
/// assert_eq!(DatabaseOptions::GROUP, "database");
/// # Ok::<(), glance_common::config::ConfigError>(())
/// ```
///
/// The struct gets `Debug`, `Clone`, `Default` (the declared defaults) and [`Section`](crate::config::Section).
/// A field's name is the option's name; a name that is a word of the language is written `r#type`. Clauses after
/// the default, in this order: `name "x-y"` (the spelling in the file where it cannot be a field's),
/// `aliases ["key", "GROUP.key"]` (old names, one warning when used), `min N`, `max N`.
#[macro_export]
macro_rules! options {
    ($(
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident in $group:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $field_vis:vis $field:ident : $ty:ty = $default:expr
                $(, name $spelling:literal)?
                $(, aliases [$($alias:literal),* $(,)?])?
                $(, min $min:expr)?
                $(, max $max:expr)?
                ;
            )*
        }
    )+) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $(
                $(#[doc = $field_doc])+
                $field_vis $field: $ty,
            )*
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::config::Section for $name {
            const GROUP: &'static str = $group;
            const DOC: &'static [&'static str] = &[$($doc),*];

            fn options() -> ::std::vec::Vec<$crate::config::OptionSpec> {
                let defaults = Self::default();
                ::std::vec![$(
                    $crate::config::OptionSpec {
                        name: $crate::options!(@name $field $(, $spelling)?),
                        doc: &[$($field_doc),+],
                        kind: <$ty as $crate::config::OptionValue>::KIND,
                        default: $crate::config::OptionValue::render(&defaults.$field),
                        aliases: &[$($($alias),*)?],
                        secret: <$ty as $crate::config::OptionValue>::SECRET,
                        multi: <$ty as $crate::config::OptionValue>::MULTI,
                        min: $crate::options!(@bound $($min)?),
                        max: $crate::options!(@bound $($max)?),
                        choices: <$ty as $crate::config::OptionValue>::choices(),
                    },
                )*]
            }

            fn read(view: &$crate::config::GroupView<'_>) -> ::std::result::Result<Self, $crate::config::ConfigError> {
                let defaults = Self::default();
                let mut index = 0..;
                ::std::result::Result::Ok(Self {
                    $($field: view.read(index.next().unwrap_or_default(), defaults.$field)?,)*
                })
            }
        }
    )+};
    (@name $field:ident) => {
        match ::std::stringify!($field).as_bytes() {
            [b'r', b'#', ..] => ::std::stringify!($field).split_at(2).1,
            _ => ::std::stringify!($field),
        }
    };
    (@name $field:ident, $spelling:literal) => { $spelling };
    (@bound) => { ::std::option::Option::None };
    (@bound $bound:expr) => { ::std::option::Option::Some(($bound) as f64) };
}

/// Declares an enum of the words that an option may be.
///
/// ```
/// glance_common::choices! {
///     /// Where the cache keeps its index.
///     pub enum CacheDriver {
///         /// A database file.
///         Sqlite = "sqlite",
///         /// Extended attributes; an older spelling is still read.
///         Xattr = "xattr" | "xattrs",
///     }
/// }
/// assert_eq!(CacheDriver::Xattr.as_str(), "xattr");
/// ```
///
/// The enum gets `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash`, `Display` and
/// [`OptionValue`](crate::config::OptionValue). Words are compared exactly, as in oslo.
#[macro_export]
macro_rules! choices {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal $(| $old:literal)* ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// The word in configuration files.
            $vis const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::config::OptionValue for $name {
            const KIND: &'static str = "string value";

            fn parse(raw: &str) -> ::std::result::Result<Self, ::std::string::String> {
                match raw.trim() {
                    $( $word $(| $old)* => ::std::result::Result::Ok(Self::$variant), )+
                    _ => ::std::result::Result::Err(::std::format!(
                        "must be one of {}", <Self as $crate::config::OptionValue>::choices().join(", ")
                    )),
                }
            }

            fn render(&self) -> ::std::vec::Vec<::std::string::String> {
                ::std::vec![self.as_str().to_owned()]
            }

            fn choices() -> &'static [&'static str] {
                &[$($word),+]
            }
        }
    };
}
