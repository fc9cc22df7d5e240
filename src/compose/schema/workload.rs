//! The attributes of what runs: services and jobs (section 05 of the specification).

use super::build::BUILD;
use super::common::STRINGS;
use super::shape::attribute;
use super::{Attribute, Cast, Merge, Pattern, Shape, Unique};

const DEPENDENCY: &[Attribute] = &[
    attribute("restart", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool).since("2.17.0")),
    attribute("required", Shape::BOOLEAN.cast(Cast::Bool).since("2.20.2")),
    attribute(
        "condition",
        Shape::one_of(&["service_started", "service_healthy", "service_completed_successfully"]),
    ),
];
static DEPENDENCY_SHAPE: Shape = Shape::object(&[DEPENDENCY]).requires(&["condition"]);

const HEALTHCHECK: &[Attribute] = &[
    attribute("disable", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("interval", Shape::STRING),
    attribute("retries", Shape::NUMBER_OR_STRING.cast(Cast::Int)),
    attribute("test", Shape::STRING.or(super::common::STRING_LIST).merged(Merge::Replace)),
    attribute("timeout", Shape::STRING),
    attribute("start_period", Shape::STRING),
    attribute("start_interval", Shape::STRING.since("2.20.2")),
];

const PORT: &[Attribute] = &[
    attribute("name", Shape::STRING),
    attribute("mode", Shape::STRING),
    attribute("host_ip", Shape::STRING),
    attribute("target", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute("published", Shape::INTEGER_OR_STRING),
    attribute("protocol", Shape::STRING),
    attribute("app_protocol", Shape::STRING),
];
static PORT_SHAPE: Shape = Shape::NUMBER_OR_STRING.or(Shape::object(&[PORT]));
static EXPOSED: Shape = Shape::NUMBER_OR_STRING;

pub(super) const WORKLOAD: &[Attribute] = &[
    attribute("build", BUILD),
    attribute(
        "depends_on",
        Shape::names(Pattern::Name, &DEPENDENCY_SHAPE).or(STRINGS).merged(Merge::DependsOn),
    ),
    attribute("healthcheck", Shape::object(&[HEALTHCHECK])),
    attribute("ports", Shape::set(&PORT_SHAPE).unique(Unique::Port)),
    attribute("expose", Shape::set(&EXPOSED).unique(Unique::Expose)),
    attribute("stdin_open", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
    attribute("tty", Shape::BOOLEAN_OR_STRING.cast(Cast::Bool)),
];
