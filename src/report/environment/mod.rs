//! The environments of services, as tables and for programs.

mod json;
mod table;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Place, Screen, mask, printable, shown};
use crate::facts::variables::{self, Fallback, Reader, Seen};
use crate::facts::{Effective, Facts, Layer, ServiceFacts};
use crate::source::{Certainty, SourceMap, Span, Text, Via};

/// How the environments are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EnvironmentFormat {
    /// A table; one line a variable where standard output is no terminal
    #[default]
    Text,
    /// For programs; docs/json.md describes it
    Json,
}

/// What is written of a project.
#[derive(Clone, Debug)]
pub struct Sheet {
    project: String,
    files: Vec<String>,
    services: Vec<ServiceSheet>,
}

#[derive(Clone, Debug)]
struct ServiceSheet {
    name: String,
    active: bool,
    /// Whether sources of what it runs were read, so that it can be said who reads what.
    has_sources: bool,
    variables: Vec<Variable>,
}

#[derive(Clone, Debug)]
struct Variable {
    name: String,
    value: Value,
    /// `None` when nothing of the project sets it.
    source: Option<Source>,
    references: Vec<Reference>,
    /// What it hides, the nearest first.
    overrides: Vec<Source>,
    readers: Vec<ReadBy>,
}

#[derive(Clone, Debug)]
enum Value {
    /// With whether a secret in it was masked.
    Set(String, bool),
    Runtime,
    Unset,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    /// As in the JSON format.
    layer: &'static str,
    place: Option<Place>,
}

/// A variable of the host or of `.env` that a value was put together from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reference {
    name: String,
    given: Given,
}

impl Reference {
    /// Whether both are the same variable, given on the same line.
    fn is_line_of(&self, other: &Self) -> bool {
        let given = match (&self.given, &other.given) {
            (Given::File(one), Given::File(two)) => one.file == two.file && one.line == two.line,
            (one, two) => one == two,
        };
        given && self.name == other.name
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Host,
    File(Place),
    /// Nothing sets it: the default in the reference stands.
    Default,
}

#[derive(Clone, Debug)]
struct ReadBy {
    place: Place,
    fallback: Fallback,
    used: bool,
    also: Vec<String>,
}

/// Where things are shown, and whether secrets are.
pub struct Sheets<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// What paths are relative to.
    pub directory: &'a Path,
    /// Whether secrets are shown as they are.
    pub show_secrets: bool,
}

impl Sheets<'_> {
    /// The sheet of a project; of these services, or, if none is named, of those that run.
    #[must_use]
    pub fn of(&self, project: &str, files: &[PathBuf], facts: &Facts<'_>, named: &[String]) -> Sheet {
        let wanted = |facts: &&ServiceFacts<'_>| match named {
            [] => facts.service.active,
            named => named.iter().any(|name| name == facts.key),
        };
        let mut services: Vec<ServiceSheet> =
            facts.services().filter(wanted).map(|facts| self.service(facts)).collect();
        services.sort_by(|a, b| a.name.cmp(&b.name));
        let files = files.iter().map(|path| shown(path, self.directory)).collect();
        Sheet { project: project.to_string(), files, services }
    }

    fn service(&self, facts: &ServiceFacts<'_>) -> ServiceSheet {
        ServiceSheet {
            name: facts.key.to_string(),
            active: facts.service.active,
            has_sources: !facts.program.modules.is_empty(),
            variables: variables::of(facts).iter().filter_map(|seen| self.variable(seen)).collect(),
        }
    }

    /// The line of a variable; `None` for what nobody sets and nobody misses.
    fn variable(&self, seen: &Seen<'_>) -> Option<Variable> {
        if seen.set.is_none() && !seen.readers.iter().any(Reader::matters) {
            return None;
        }
        let (value, references) = match seen.value() {
            Some(text) => {
                let (value, masked) = self.masked(&seen.name, &text.assumed());
                (Value::Set(value, masked), self.references(text))
            }
            None if seen.by_runtime => (Value::Runtime, Vec::new()),
            None => (Value::Unset, Vec::new()),
        };
        let hides = seen.set.into_iter().flat_map(|set| set.hides.iter().rev());
        Some(Variable {
            name: printable(&seen.name),
            value,
            source: seen.set.map(|set| self.source(set)),
            references,
            overrides: hides.map(|(layer, span)| self.layer(*layer, *span)).collect(),
            readers: seen.readers.iter().map(|reader| self.reader(&seen.name, reader)).collect(),
        })
    }

    fn reader(&self, name: &str, reader: &Reader<'_>) -> ReadBy {
        let fallback = match &reader.fallback {
            Fallback::Default(default) => Fallback::Default(self.masked(name, default).0),
            other => other.clone(),
        };
        let also = reader.also.iter().map(|name| printable(name)).collect();
        ReadBy { place: self.place(reader.read.span), fallback, used: reader.used, also }
    }

    fn masked(&self, name: &str, value: &str) -> (String, bool) {
        if self.show_secrets {
            return (printable(value), false);
        }
        let masked = mask::value(name, value);
        (printable(&masked), masked != value)
    }

    fn source(&self, set: &Effective) -> Source {
        self.layer(set.layer, set.variable.key)
    }

    fn layer(&self, layer: Layer, span: Span) -> Source {
        let layer = match layer {
            Layer::Dotenv => "dotenv",
            Layer::Image if span.is_none() => "base-image",
            Layer::Image => "image",
            Layer::EnvFile => "env-file",
            Layer::Environment => "environment",
            Layer::Script => "script",
        };
        Source { layer, place: (!span.is_none()).then(|| self.place(span)) }
    }

    fn references(&self, text: &Text) -> Vec<Reference> {
        let mut found = Vec::new();
        for piece in text.pieces() {
            for via in &piece.origin.through {
                let Via::Interpolation { variable, fallback, .. } = via else { continue };
                let written = piece.origin.written;
                let given = match fallback {
                    true => Given::Default,
                    false if written.is_none() && piece.certainty == Certainty::Known => Given::Host,
                    false if written.is_none() => continue,
                    false => Given::File(self.place(written)),
                };
                let reference = Reference { name: printable(variable), given };
                // The parts of a value that a sample leaves partly open stand on one line.
                if !found.iter().any(|known: &Reference| known.is_line_of(&reference)) {
                    found.push(reference);
                }
            }
        }
        found
    }

    fn place(&self, span: Span) -> Place {
        Place::of(self.sources, self.directory, span)
    }
}

/// Writes the sheets. `terminal` says whether somebody looks at them: then lines are wrapped and very long values
/// shortened, else each variable is one line, whole.
///
/// # Errors
/// Those of `out`.
pub fn write(
    sheets: &[Sheet],
    format: EnvironmentFormat,
    terminal: bool,
    screen: &Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        EnvironmentFormat::Json => json::write(sheets, out),
        EnvironmentFormat::Text if terminal => table::write(sheets, screen, out),
        EnvironmentFormat::Text => table::write_lines(sheets, screen, out),
    }
}
