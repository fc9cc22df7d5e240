//! `deploy` (deploy.md), `develop` (develop.md) and the device requests that `deploy` and `gpus` share.

use super::common::{HOOK, KEY_VALUES, STRING_LIST, STRING_OR_STRINGS, STRINGS};
use super::shape::attribute;
use super::{Attribute, Cast, Merge, PathKind, Shape, Unique};

const LIMITS: &[Attribute] = &[
    attribute("cpus", Shape::NUMBER_OR_STRING),
    attribute("memory", Shape::STRING.or_date()),
    attribute("pids", Shape::INTEGER_OR_STRING),
];

const GENERIC: &[Attribute] =
    &[attribute("kind", Shape::STRING), attribute("value", Shape::NUMBER_OR_STRING)];
static GENERIC_RESOURCE: Shape =
    Shape::object(&[&[attribute("discrete_resource_spec", Shape::object(&[GENERIC]))]]);

/// A request for devices.
const DEVICE_REQUEST: &[Attribute] = &[
    attribute("capabilities", STRINGS),
    attribute("count", Shape::INTEGER_OR_STRING),
    attribute("device_ids", STRINGS),
    attribute("driver", Shape::STRING),
    attribute("options", KEY_VALUES),
];
static DEVICE: Shape = Shape::object(&[DEVICE_REQUEST]).requires(&["capabilities"]);
// The specification closes the list instead of its items, so any key is let through here.
static GPU: Shape = Shape::object(&[DEVICE_REQUEST]).open();

/// `gpus`
pub(super) const GPUS: Shape = Shape::one_of(&["all"]).or(Shape::list(&GPU)).since("2.30.0");

const RESERVATIONS: &[Attribute] = &[
    attribute("cpus", Shape::NUMBER_OR_STRING),
    attribute("memory", Shape::STRING.or_date()),
    attribute("generic_resources", Shape::list(&GENERIC_RESOURCE)),
    attribute("devices", Shape::list(&DEVICE)),
];

const RESOURCES: &[Attribute] = &[
    attribute("limits", Shape::object(&[LIMITS])),
    attribute("reservations", Shape::object(&[RESERVATIONS])),
];

const UPDATE: &[Attribute] = &[
    attribute("parallelism", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute("delay", Shape::STRING),
    attribute("failure_action", Shape::STRING),
    attribute("monitor", Shape::STRING),
    attribute("max_failure_ratio", Shape::NUMBER_OR_STRING.cast(Cast::Float)),
    attribute("order", Shape::one_of(&["start-first", "stop-first"])),
];

const RESTART: &[Attribute] = &[
    attribute("condition", Shape::STRING),
    attribute("delay", Shape::STRING),
    attribute("max_attempts", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute("window", Shape::STRING),
];

static PREFERENCE: Shape = Shape::object(&[&[attribute("spread", Shape::STRING)]]);
const PLACEMENT: &[Attribute] = &[
    attribute("constraints", STRING_LIST),
    attribute("preferences", Shape::list(&PREFERENCE)),
    attribute("max_replicas_per_node", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("mode", Shape::STRING.swarm("deploy.mode is only honored in Swarm mode")),
    attribute(
        "endpoint_mode",
        Shape::STRING.swarm("deploy.endpoint_mode only applies to Swarm's routing mesh"),
    ),
    attribute("replicas", Shape::INTEGER_OR_STRING.cast(Cast::Int)),
    attribute(
        "labels",
        KEY_VALUES
            .merged(Merge::KeyValues)
            .unique(Unique::Key)
            .swarm("deploy.labels are only applied to Swarm services"),
    ),
    attribute(
        "rollback_config",
        Shape::object(&[UPDATE])
            .swarm("deploy.rollback_config only applies to rolling updates in Swarm mode"),
    ),
    attribute(
        "update_config",
        Shape::object(&[UPDATE]).swarm("deploy.update_config only applies to rolling updates in Swarm mode"),
    ),
    attribute("resources", Shape::object(&[RESOURCES])),
    attribute("restart_policy", Shape::object(&[RESTART])),
    attribute(
        "placement",
        Shape::object(&[PLACEMENT]).swarm("deploy.placement is only honored by the Swarm scheduler"),
    ),
];

/// `deploy`
pub(super) const DEPLOY: Shape = Shape::object(&[ATTRIBUTES]).or_null();

static WATCH: Shape = Shape::object(&[&[
    attribute("ignore", STRING_OR_STRINGS),
    attribute("include", STRING_OR_STRINGS),
    attribute("path", Shape::STRING.path(PathKind::Watch)),
    attribute("action", Shape::one_of(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
    attribute("target", Shape::STRING),
    attribute("exec", HOOK),
    attribute("initial_sync", Shape::BOOLEAN),
]])
.requires(&["path", "action"]);

const DEVELOPMENT: &[Attribute] = &[attribute("watch", Shape::list(&WATCH))];

/// `develop`
pub(super) const DEVELOP: Shape = Shape::object(&[DEVELOPMENT]).or_null().since("2.22.0");
