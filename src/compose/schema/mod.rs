//! What Compose accepts: one table of every attribute of the specification, with its types, how
//! files are merged there, and what becomes of the value. Written from
//! <https://github.com/compose-spec/compose-spec> (sections 04 to 14, build.md, deploy.md,
//! develop.md).
//!
//! Merging, casting, path resolution and validation all read this one table.

mod build;
mod common;
mod container;
mod deploy;
mod job;
mod pattern;
mod resources;
mod service;
mod shape;
mod workload;

pub use shape::{Attribute, Bounds, Cast, List, Map, Merge, PathKind, Pattern, Shape, Unique, Words};

use shape::attribute;

/// What a whole compose file may be.
#[must_use]
pub fn root() -> &'static Shape {
    static ROOT: Shape = Shape::object(&[&[
        attribute("version", Shape::STRING.obsolete("Compose ignores it")),
        attribute("name", Shape::STRING.or_date()),
        attribute("include", Shape::list(&resources::INCLUDE).since("2.20.3")),
        attribute("services", Shape::names(Pattern::Name, &service::SERVICE)),
        attribute("models", Shape::names(Pattern::Name, &resources::MODEL).since("2.38.0")),
        attribute("networks", Shape::names(Pattern::Name, &resources::NETWORK)),
        attribute("volumes", Shape::names(Pattern::Name, &resources::VOLUME)),
        attribute("secrets", Shape::names(Pattern::Name, &resources::SECRET)),
        attribute("configs", Shape::names(Pattern::Name, &resources::CONFIG)),
        attribute("jobs", Shape::names(Pattern::Name, &job::JOB)),
    ]]);
    &ROOT
}

/// What may stand at a path. `*` stands for any name and for the items of a sequence.
///
/// `None` when nothing may stand there.
#[must_use]
pub fn at(path: &[&str]) -> Option<&'static Shape> {
    path.iter().try_fold(root(), |shape, step| shape.step(step))
}

impl Shape {
    /// One step down: into a mapping's key, or with `*` into any name or item.
    #[must_use]
    pub fn step(&self, step: &str) -> Option<&'static Shape> {
        if step != "*" {
            return self.member(step);
        }
        let named = self.map.and_then(|map| map.names).map(|(_, shape)| shape);
        named.or_else(|| self.item())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_shapes() {
        assert_eq!(at(&["services", "*", "ports"]).map(|shape| shape.unique), Some(Unique::Port));
        assert_eq!(at(&["services", "*", "ports", "*", "target"]).and_then(|s| s.cast), Some(Cast::Int));
        assert_eq!(
            at(&["services", "web", "pre_start", "*", "cpus"]).and_then(|s| s.cast),
            Some(Cast::Float32)
        );
        assert!(at(&["services", "web", "x-mine"]).is_some_and(|shape| shape.anything));
        assert!(at(&["services", "web", "prots"]).is_none());
        assert!(at(&["x-mine", "deeper"]).is_none());
    }

    /// No attribute may stand twice in one mapping: the second would never be found.
    #[test]
    fn attributes_are_distinct() {
        fn walk(shape: &Shape, path: &str) {
            if let Some(map) = shape.map {
                let mut names: Vec<&str> = map.attribute_names().collect();
                names.sort_unstable();
                let count = names.len();
                names.dedup();
                assert_eq!(names.len(), count, "{path}");
                for attribute in map.attributes.iter().flat_map(|group| group.iter()) {
                    walk(&attribute.shape, &format!("{path}.{}", attribute.name));
                }
                if let Some((_, shape)) = map.names {
                    walk(shape, &format!("{path}.*"));
                }
            }
            if let Some(item) = shape.item() {
                walk(item, &format!("{path}[]"));
            }
        }
        walk(root(), "");
    }
}
