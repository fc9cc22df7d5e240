//! `build` (build.md of the specification).

use super::common::{BUILD_LIMITS, EXTRA_HOSTS, FILE_REFERENCES, KEY_VALUES, STRING_LIST, STRING_OR_STRINGS};
use super::shape::attribute;
use super::{Attribute, Merge, PathKind, Pattern, Shape, Unique};

static CONTEXT: Shape = Shape::NUMBER_OR_STRING.or(Shape::BOOLEAN).or_null().path(PathKind::Context);
static KEY: Shape = Shape::NUMBER_OR_STRING.or(Shape::BOOLEAN).or_null().path(PathKind::Ssh);

const CONTEXTS: Shape = Shape::names(Pattern::NotBlank, &CONTEXT).or(KEY_VALUES_LIST);
const KEYS: Shape = Shape::names(Pattern::NotBlank, &KEY).or(KEY_VALUES_LIST);
const KEY_VALUES_LIST: Shape = super::common::STRINGS;

const ATTRIBUTES: &[Attribute] = &[
    attribute("context", Shape::STRING.path(PathKind::Context)),
    attribute("dockerfile", Shape::STRING),
    attribute("dockerfile_inline", Shape::STRING.since("2.17.0")),
    attribute("entitlements", STRING_LIST.since("2.27.1")),
    attribute("args", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("ssh", KEYS),
    attribute("labels", KEY_VALUES.merged(Merge::KeyValues).unique(Unique::Key)),
    attribute("cache_from", STRING_LIST),
    attribute("cache_to", STRING_LIST),
    attribute("no_cache", Shape::BOOLEAN_OR_STRING),
    attribute("no_cache_filter", STRING_OR_STRINGS),
    attribute("additional_contexts", CONTEXTS.merged(Merge::KeyValues).unique(Unique::Key).since("2.17.0")),
    attribute("network", Shape::STRING),
    attribute("provenance", Shape::BOOLEAN_OR_STRING),
    attribute("sbom", Shape::BOOLEAN_OR_STRING),
    attribute("pull", Shape::BOOLEAN_OR_STRING),
    attribute("target", Shape::STRING),
    attribute("shm_size", Shape::INTEGER_OR_STRING.or_date()),
    attribute("extra_hosts", EXTRA_HOSTS.merged(Merge::Sequence)),
    attribute("isolation", Shape::STRING),
    attribute("privileged", Shape::BOOLEAN_OR_STRING.since("2.15.0")),
    attribute("secrets", FILE_REFERENCES),
    attribute("tags", STRING_LIST.unique(Unique::Key)),
    attribute("ulimits", BUILD_LIMITS),
    attribute("platforms", STRING_LIST),
];

/// `build`: a context, or a mapping.
pub(super) const BUILD: Shape =
    Shape::STRING.or(Shape::object(&[ATTRIBUTES])).merged(Merge::Build).path(PathKind::Context);
