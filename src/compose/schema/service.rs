//! A service (section 05 of the specification).

use super::common::{HOOK, STRINGS};
use super::container::CONTAINER;
use super::deploy::{DEPLOY, DEVELOP};
use super::shape::attribute;
use super::workload::WORKLOAD;
use super::{Attribute, Cast, PathKind, Pattern, Shape, Unique};

static OPTION_ITEM: Shape = Shape::NUMBER_OR_STRING.or(Shape::BOOLEAN);
static OPTION: Shape = Shape::NUMBER_OR_STRING.or(Shape::BOOLEAN).or(Shape::list(&OPTION_ITEM)).or_date();
const PROVIDER: &[Attribute] =
    &[attribute("type", Shape::STRING), attribute("options", Shape::open_names(Pattern::NotBlank, &OPTION))];

const EXTENDS: &[Attribute] =
    &[attribute("service", Shape::STRING), attribute("file", Shape::STRING.path(PathKind::Extends))];

static PRE_START: Shape = Shape::object(&[&[attribute("per_replica", Shape::BOOLEAN_OR_STRING)], CONTAINER]);

const SERVICE_ONLY: &[Attribute] = &[
    attribute("deploy", DEPLOY),
    attribute("develop", DEVELOP),
    attribute("profiles", STRINGS.unique(Unique::Key)),
    attribute("restart", Shape::STRING),
    attribute("scale", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute("attach", Shape::BOOLEAN_OR_STRING.since("2.20.0")),
    attribute("container_name", Shape::like(Pattern::ContainerName)),
    attribute("provider", Shape::object(&[PROVIDER]).requires(&["type"]).since("2.36.0")),
    attribute("extends", Shape::STRING.or(Shape::object(&[EXTENDS]).no_extensions().requires(&["service"]))),
    attribute("links", STRINGS.unique(Unique::Key)),
    attribute("external_links", STRINGS),
    attribute("pre_start", Shape::list(&PRE_START)),
    attribute("post_start", Shape::list(&HOOK).since("2.30.0")),
    attribute("pre_stop", Shape::list(&HOOK).since("2.30.0")),
];

/// A service. The attributes that are written most stand first: they are found first.
pub(super) static SERVICE: Shape = Shape::object(&[WORKLOAD, SERVICE_ONLY, CONTAINER]);
