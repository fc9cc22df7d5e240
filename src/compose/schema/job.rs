//! A job: a container that is run by hand or by the clock.

use super::common::STRINGS;
use super::container::CONTAINER;
use super::shape::attribute;
use super::workload::WORKLOAD;
use super::{Attribute, Shape, Unique};

const SCHEDULE: &[Attribute] = &[
    attribute("cron", Shape::STRING),
    attribute("timezone", Shape::STRING),
    attribute("concurrency", Shape::one_of(&["forbid", "queue"])),
    attribute("missed_fires", Shape::one_of(&["one", "skip"])),
];
static SCHEDULE_SHAPE: Shape = Shape::STRING.or(Shape::object(&[SCHEDULE]).requires(&["cron"]));

const TRIGGERS: &[Attribute] =
    &[attribute("manual", Shape::BOOLEAN_OR_STRING), attribute("schedule", Shape::list(&SCHEDULE_SHAPE))];

const JOB_ONLY: &[Attribute] = &[
    attribute("profiles", STRINGS.unique(Unique::Key)),
    attribute("triggers", Shape::object(&[TRIGGERS]).requires_any(&["manual", "schedule"])),
];

/// A job.
pub(super) static JOB: Shape = Shape::object(&[JOB_ONLY, WORKLOAD, CONTAINER]).requires(&["triggers"]);
