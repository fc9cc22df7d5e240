//! How Compose holds and prints each attribute.

/// What Compose makes of a value, and so how it prints it. What is blank, zero or false is left out
/// unless the kind says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Int,
    /// A whole number, also zero.
    IntKept,
    /// A whole number that is not negative.
    Count,
    /// A number of processes, also as a string.
    Processes,
    /// A whole number that is not negative, also zero.
    CountKept,
    /// A number of single precision.
    Float,
    /// A number that may be written as a string.
    Cpus,
    /// A boolean.
    Bool,
    /// A boolean, also `false`.
    BoolKept,
    /// A boolean that is only printed when it is `false`.
    OptOut,
    /// A size in bytes, printed as a string of digits.
    Bytes,
    /// A time.
    Time,
    /// A time; zero is left out.
    TimeOmitted,
    /// `command`, `entrypoint`: words; always printed.
    Command,
    /// `healthcheck.test`
    Test,
    /// Strings.
    Texts,
    /// One string or several.
    TextOrTexts,
    /// Strings and numbers, printed as strings.
    Numbers,
    /// A mapping to strings; `null` is blank.
    Labels,
    /// A mapping to strings or `null`.
    Variables,
    /// Arguments of a build: those without a value are left out.
    Arguments,
    /// A mapping to strings, which numbers become.
    Options,
    /// A mapping to strings, which numbers become and booleans do not.
    Storage,
    /// A mapping to lists of strings.
    MultiOptions,
    /// `extra_hosts`
    Hosts,
    /// How many devices; `all` is -1.
    DeviceCount,
    /// The mode of a file, in octal.
    Mode,
    /// `published`
    Published,
    /// A limit: one number, or two.
    Limit,
    /// SSH keys.
    Ssh,
    /// A mapping with these attributes; printed when it is written.
    Object(&'static [Field]),
    /// A mapping with these attributes; printed always.
    Always(&'static [Field]),
    /// A mapping with these attributes, whose names are printed with a capital letter.
    Capital(&'static [Field]),
    /// Things of one kind.
    List(&'static Kind),
    /// Things of one kind by name.
    Map(&'static Kind),
    /// Things of one kind by name, or nothing by name.
    NullableMap(&'static Kind),
    /// `pre_start`: containers.
    Containers,
    /// Never printed.
    Hidden,
}

/// An attribute and its kind.
pub(super) type Field = (&'static str, Kind);
