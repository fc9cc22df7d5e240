//! Shapes that several attributes share.

use super::shape::attribute;
use super::{Attribute, Cast, Pattern, Shape};

pub(super) static STRING: Shape = Shape::STRING;

/// A scalar as it may stand in `environment`, `labels` …
static SCALAR: Shape = Shape::NUMBER_OR_STRING.or(Shape::BOOLEAN).or_null().or_date();
static STRING_OR_NUMBER: Shape = Shape::NUMBER_OR_STRING.or_date();

/// A sequence of different strings.
pub(super) const STRINGS: Shape = Shape::set(&STRING);

/// A sequence of strings.
pub(super) const STRING_LIST: Shape = Shape::list(&STRING);

/// A string, or a sequence of different strings.
pub(super) const STRING_OR_STRINGS: Shape = Shape::STRING.or(STRINGS);

/// A mapping of scalars, or a sequence of different strings.
pub(super) const KEY_VALUES: Shape = Shape::names(Pattern::NotBlank, &SCALAR).or(STRINGS);

/// Options of a driver.
pub(super) const DRIVER_OPTIONS: Shape = Shape::open_names(Pattern::NotBlank, &STRING_OR_NUMBER);

/// A command: `null`, a string that Compose splits, or words.
pub(super) const COMMAND: Shape = Shape::STRING.or(STRING_LIST).or_null().or_date();

static ADDRESSES: Shape = Shape::STRING.or(STRING_LIST);

/// `extra_hosts`
pub(super) const EXTRA_HOSTS: Shape = Shape::names(Pattern::NotBlank, &ADDRESSES).or(Shape::set(&HOST));

/// Sizes and hosts are texts to which Compose does not object when they are dates.
static HOST: Shape = Shape::STRING.or_date();

static FILE_REFERENCE: Shape = Shape::STRING.or(Shape::object(&[&[
    attribute("source", Shape::STRING),
    attribute("target", Shape::STRING),
    attribute("uid", Shape::STRING.swarm("uid is not supported outside Swarm mode and will be ignored")),
    attribute("gid", Shape::STRING.swarm("gid is not supported outside Swarm mode and will be ignored")),
    attribute(
        "mode",
        Shape::NUMBER_OR_STRING.swarm("mode is not supported outside Swarm mode and will be ignored"),
    ),
]]));

/// `secrets` and `configs` of a service or build
pub(super) const FILE_REFERENCES: Shape = Shape::list(&FILE_REFERENCE);

const LIMIT_PAIR: &[Attribute] = &[
    attribute("hard", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute("soft", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
];
static LIMIT: Shape = Shape::INTEGER_OR_STRING
    .or(Shape::object(&[LIMIT_PAIR]).requires(&["soft", "hard"]))
    .merged(super::Merge::Limit)
    .cast(Cast::Int);

const BUILD_LIMIT_PAIR: &[Attribute] =
    &[attribute("hard", Shape::INTEGER_OR_STRING), attribute("soft", Shape::INTEGER_OR_STRING)];
static BUILD_LIMIT: Shape =
    Shape::INTEGER_OR_STRING.or(Shape::object(&[BUILD_LIMIT_PAIR]).requires(&["soft", "hard"]));

/// `ulimits` of a container
pub(super) const LIMITS: Shape = Shape::open_names(Pattern::LowerCase, &LIMIT);

/// `ulimits` of a build: no casts there
pub(super) const BUILD_LIMITS: Shape = Shape::open_names(Pattern::LowerCase, &BUILD_LIMIT);

/// A hook that runs a command in a container that is there already.
pub(super) static HOOK: Shape = Shape::object(&[&[
    attribute("command", COMMAND),
    attribute("user", Shape::STRING),
    attribute("privileged", Shape::BOOLEAN_OR_STRING),
    attribute("working_dir", Shape::STRING),
    attribute("environment", KEY_VALUES),
]])
.requires(&["command"]);
