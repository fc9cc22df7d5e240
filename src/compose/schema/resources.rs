//! Top-level networks, volumes, secrets, configs, models and includes (sections 06 to 09 and 14 of
//! the specification).

use super::common::{DRIVER_OPTIONS, KEY_VALUES, STRING, STRING_LIST, STRING_OR_STRINGS};
use super::shape::attribute;
use super::{Attribute, Cast, Merge, PathKind, Pattern, Shape, Unique};

const EXTERNAL_NAME: &[Attribute] =
    &[attribute("name", Shape::STRING.obsolete("`name` beside `external` takes its place"))];

/// `external` of networks and volumes
const EXTERNAL: Shape = Shape::BOOLEAN_OR_STRING.or(Shape::object(&[EXTERNAL_NAME])).cast(Cast::Bool);

/// `external` of secrets and configs, where any key is let through
const LOOSE_EXTERNAL: Shape =
    Shape::BOOLEAN_OR_STRING.or(Shape::object(&[EXTERNAL_NAME]).open()).cast(Cast::Bool);

static STRING_SHAPE: Shape = Shape::STRING;
static SUBNET: Shape = Shape::object(&[&[
    attribute("subnet", Shape::STRING),
    attribute("ip_range", Shape::STRING),
    attribute("gateway", Shape::STRING),
    attribute("aux_addresses", Shape::names(Pattern::NotBlank, &STRING_SHAPE)),
]]);
const IPAM: &[Attribute] = &[
    attribute("driver", Shape::STRING),
    attribute("config", Shape::list(&SUBNET).merged(Merge::Subnets)),
    attribute("options", Shape::names(Pattern::NotBlank, &STRING)),
];

/// A network.
pub(super) static NETWORK: Shape = Shape::object(&[&[
    attribute("name", Shape::STRING),
    attribute("driver", Shape::STRING),
    attribute("driver_opts", DRIVER_OPTIONS),
    attribute("ipam", Shape::object(&[IPAM])),
    attribute("external", EXTERNAL),
    attribute("internal", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("enable_ipv4", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool).since("2.33.1")),
    attribute("enable_ipv6", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("attachable", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("labels", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
]])
.or_null();

/// A volume.
pub(super) static VOLUME: Shape = Shape::object(&[&[
    attribute("name", Shape::STRING),
    attribute("driver", Shape::STRING),
    attribute("driver_opts", VOLUME_OPTIONS),
    attribute("external", EXTERNAL),
    attribute("labels", KEY_VALUES.merged(Merge::KeyValues)),
]])
.or_null()
.path(PathKind::Device);

static VOLUME_OPTION: Shape = Shape::NUMBER_OR_STRING.or_date();
const VOLUME_OPTIONS: Shape = Shape::open_names(Pattern::NotBlank, &VOLUME_OPTION);

/// A secret.
pub(super) static SECRET: Shape = Shape::object(&[&[
    attribute("name", Shape::STRING),
    attribute("environment", Shape::STRING),
    attribute("file", Shape::STRING.path(PathKind::Plain)),
    attribute("external", LOOSE_EXTERNAL),
    attribute(
        "labels",
        KEY_VALUES
            .merged(Merge::KeyValues)
            .swarm("secrets[].labels are only applied to Swarm secret objects"),
    ),
    attribute("driver", Shape::STRING),
    attribute(
        "driver_opts",
        DRIVER_OPTIONS.swarm("secrets[].driver_opts is only honored by Swarm secret drivers"),
    ),
    attribute("template_driver", Shape::STRING),
]]);

/// A config.
pub(super) static CONFIG: Shape = Shape::object(&[&[
    attribute("name", Shape::STRING),
    attribute("content", Shape::STRING.since("2.23.1")),
    attribute("environment", Shape::STRING.since("2.23.1")),
    attribute("file", Shape::STRING.path(PathKind::Plain)),
    attribute("external", LOOSE_EXTERNAL),
    attribute(
        "labels",
        KEY_VALUES
            .merged(Merge::KeyValues)
            .swarm("configs[].labels are only applied to Swarm config objects"),
    ),
    attribute("template_driver", Shape::STRING),
]]);

/// A model.
pub(super) static MODEL: Shape = Shape::object(&[&[
    attribute("name", Shape::STRING),
    attribute("model", Shape::STRING),
    attribute("context_size", Shape::INTEGER),
    attribute("runtime_flags", STRING_LIST),
]])
.requires(&["model"]);

/// An entry of `include`.
pub(super) static INCLUDE: Shape = Shape::STRING.or(Shape::object(&[&[
    attribute("path", STRING_OR_STRINGS.path(PathKind::Plain)),
    attribute("env_file", STRING_OR_STRINGS.path(PathKind::Plain)),
    attribute("project_directory", Shape::STRING.path(PathKind::Plain)),
]])
.no_extensions());
