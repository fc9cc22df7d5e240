//! Where the values of a model are written, in words.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::compose::ValueOrigin;
use crate::report::{Place, one_line};
use crate::source::{Origin, SourceMap, Span, Via};

/// The places of a model's values, relative to a directory.
pub struct Origins<'a> {
    pub sources: &'a SourceMap,
    pub here: &'a Path,
    pub values: &'a [ValueOrigin],
}

impl Origins<'_> {
    /// For each value, by the path that leads to it, its place and how it came from there.
    pub fn in_words(&self) -> HashMap<&[String], String> {
        self.values.iter().map(|value| (value.path.as_slice(), self.told(value))).collect()
    }

    /// The same as JSON, by JSON Pointer (RFC 6901).
    pub fn json(&self) -> Json {
        let entry = |value: &ValueOrigin| {
            let steps = value.path.iter().map(|step| step.replace('~', "~0").replace('/', "~1"));
            let pointer: String = steps.map(|step| format!("/{step}")).collect();
            let place = Place::of(self.sources, self.here, value.origin.written);
            let through = self.steps(value);
            let entry =
                json!({ "file": place.file, "line": place.line, "column": place.column, "through": through });
            (pointer, entry)
        };
        Json::Object(self.values.iter().map(entry).collect::<Map<String, Json>>())
    }

    fn told(&self, value: &ValueOrigin) -> String {
        let steps = self.steps(value).into_iter();
        one_line(
            &std::iter::once(self.place(value.origin.written)).chain(steps).collect::<Vec<_>>().join(", "),
        )
    }

    fn steps(&self, value: &ValueOrigin) -> Vec<String> {
        let mut steps: Vec<String> = value.origin.through.iter().filter_map(|via| self.step(via)).collect();
        for part in &value.parts {
            if let Some(step) = self.part(part).filter(|step| !steps.contains(step)) {
                steps.push(step);
            }
        }
        steps
    }

    fn step(&self, via: &Via) -> Option<String> {
        let (how, at) = match via {
            Via::Alias(at) => ("by the alias at", at),
            Via::MergeKey(at) => ("merged at", at),
            Via::Extends(at) => ("extended at", at),
            Via::Include(at) => ("included at", at),
            Via::Overrides(at) => ("over", at),
            Via::EnvFile(at) => ("for the env_file at", at),
            _ => return None,
        };
        (!at.is_none()).then(|| format!("{how} {}", self.place(*at)))
    }

    /// What interpolation put in.
    fn part(&self, part: &Origin) -> Option<String> {
        part.through.iter().find_map(|via| match via {
            Via::Interpolation { variable, fallback: true, .. } => Some(format!("{variable} is not set")),
            Via::Interpolation { variable, .. } if part.written.is_none() => {
                Some(format!("{variable} from the host"))
            }
            Via::Interpolation { variable, .. } => {
                Some(format!("{variable} from {}", self.place(part.written)))
            }
            _ => None,
        })
    }

    fn place(&self, at: Span) -> String {
        let Place { file, line, .. } = Place::of(self.sources, self.here, at);
        format!("{file}:{line}")
    }
}
