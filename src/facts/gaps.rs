//! Variables that a service's program reads and nothing sets for it, and why nothing does.

use std::collections::{HashMap, HashSet};

use super::environment::Layer;
use super::near::{Nearness, nearness};
use super::nothing::Nothing;
use super::variables::{self, Fallback, Reader, Seen};
use super::{Cause, Facts, ServiceFacts};
use crate::programs::{Expr, Role, has_extension};
use crate::source::Span;

/// A variable that a service's program reads and nothing sets.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The service.
    pub service: String,
    /// The variable.
    pub variable: String,
    /// Where it is read, the most demanding place first.
    pub read: Span,
    /// What becomes of the program.
    pub need: Need,
    /// Whether the read is run when the program starts, as far as can be seen.
    pub at_start: bool,
    /// Whether the program goes on without it, and what needs it fails.
    pub late: bool,
    /// Whether the program has no default for it.
    pub bare: bool,
    /// Why nothing sets it.
    pub why: Why,
}

/// What becomes of a program without a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It goes on with its default.
    Wanted,
    /// It is seen to stop.
    Required,
    /// It dials the container itself where a sibling is meant.
    Dialled,
}

/// Why nothing sets a variable: what is nearest to setting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing is.
    Absent,
    /// A near name is set, which nobody reads.
    Misnamed {
        /// That name.
        name: String,
        /// Where it is set.
        key: Span,
        /// What to call it, where that is not what the program asks for by itself.
        instead: Option<String>,
    },
    /// Another service is given it, whose program does not read it.
    Misplaced {
        /// That service.
        service: String,
        /// Where it is set.
        key: Span,
    },
    /// Services of the same build are given it.
    Drifted(Vec<(String, Span)>),
}

/// What is asked of every service before gaps are explained.
struct Asked<'f, 'a> {
    facts: &'f ServiceFacts<'a>,
    seen: Vec<Seen<'f>>,
    /// Every name that its program reads.
    reads: HashSet<String>,
    /// Whether its program is seen, so that what it does not read can be told.
    known: bool,
}

impl<'a> Facts<'a> {
    /// The gaps of all services that run, computed once.
    pub fn gaps(&self) -> &[Gap] {
        self.gaps.get_or_init(|| self.find_gaps())
    }

    /// The gap of this variable for this service.
    #[must_use]
    pub fn gap(&self, service: &str, variable: &str) -> Option<&Gap> {
        self.gaps().iter().find(|gap| gap.service == service && gap.variable == variable)
    }

    /// Whether nothing comes near to setting the variable, so that its absence is the whole mistake, and the program
    /// does not end for want of it.
    #[must_use]
    pub fn is_plainly_absent(&self, service: &str, variable: &str) -> bool {
        self.gap(service, variable).is_none_or(|gap| gap.why == Why::Absent && gap.need != Need::Required)
    }

    fn find_gaps(&self) -> Vec<Gap> {
        let asked: Vec<Asked<'_, 'a>> = self.active().map(Asked::of).collect();
        let mut readers: HashMap<Span, HashSet<String>> = HashMap::new();
        let mut unknown: HashSet<Span> = HashSet::new();
        for one in &asked {
            for (_, effective) in one.facts.environment.iter() {
                readers.entry(effective.variable.key).or_default().extend(one.reads.iter().cloned());
                // What an image that is not known reads is not known.
                if !one.known && one.facts.image.is_none() {
                    unknown.insert(effective.variable.key);
                }
            }
        }
        let unread = |name: &str, key: Span| {
            !key.is_none()
                && !unknown.contains(&key)
                && readers.get(&key).is_some_and(|names| !names.contains(name))
        };
        let mut found = Vec::new();
        for one in &asked {
            let dialled: Vec<_> = self.astray(one.facts).collect();
            let mut handed = self.handed_nothing(one.facts);
            for seen in &one.seen {
                let absent = seen.value().is_none_or(|value| value.is_blank() == Some(true));
                let built_in = || super::browsers::is_built_in(one.facts, &seen.name);
                if !absent || seen.by_runtime || seen.readers.is_empty() || built_in() {
                    continue;
                }
                let goes = dialled
                    .iter()
                    .find(|it| matches!(it.cause, Cause::Unset { variable, .. } if variable == seen.name));
                let unset = seen.value().is_none();
                let given_on = handed.iter().position(|it| unset && it.variable == seen.name);
                let given_on = given_on.map(|at| handed.swap_remove(at));
                handed.retain(|it| it.variable != seen.name);
                let mut required: Vec<_> = seen.readers.iter().filter(|it| unset && it.stops()).collect();
                required.sort_by_key(|reader| !reader.at_start);
                let required = required.first();
                if let Some((why, reader)) = prefixed(one, seen, &unread) {
                    let need = if required.is_some() { Need::Required } else { Need::Wanted };
                    let (service, variable) = (one.facts.key.to_string(), seen.name.clone());
                    let (read, at_start) = (reader.read.span, reader.at_start);
                    found.push(Gap {
                        service,
                        variable,
                        read,
                        need,
                        at_start,
                        late: false,
                        bare: false,
                        why,
                    });
                    continue;
                }
                // What asks for the variable before a client gets it ends the program first.
                let goes = goes.filter(|astray| match (astray.cause, required) {
                    (Cause::Unset { read, .. }, Some(reader)) => !reader.at_start || reader.read.span != read,
                    _ => true,
                });
                let (need, read, at_start) = match (goes, required) {
                    (Some(astray), _) => match astray.cause {
                        Cause::Unset { read, .. } => (Need::Dialled, read, true),
                        _ => continue,
                    },
                    (None, Some(reader)) => (Need::Required, reader.read.span, reader.at_start),
                    (None, None) if let Some(nothing) = &given_on => {
                        (Need::Required, nothing.read, nothing.at_start)
                    }
                    (None, None) => {
                        match seen.readers.iter().find(|reader| reader.used && reader.missed.is_some()) {
                            Some(reader) => (Need::Wanted, reader.read.span, reader.at_start),
                            None => continue,
                        }
                    }
                };
                let towards = goes.map(|astray| astray.sibling.key);
                let bare = unset && seen.readers.iter().all(|reader| reader.fallback == Fallback::Nothing);
                let why = self.why(one, &asked, (&seen.name, need, towards, bare), &unread);
                found.push(Gap {
                    service: one.facts.key.to_string(),
                    variable: seen.name.clone(),
                    read,
                    need,
                    at_start,
                    late: required.is_none() && given_on.as_ref().is_some_and(|nothing| nothing.late),
                    bare: bare && matches!(&why, Why::Misnamed { name, .. } if matches!(nearness(name, &seen.name), Some(Nearness::Words | Nearness::Place))),
                    why,
                });
            }
            // Names that are put together while the program runs are no readers.
            for nothing in handed {
                let set = one.facts.environment.get(&nothing.variable).is_some();
                if set
                    || found
                        .iter()
                        .any(|gap| gap.service == one.facts.key && gap.variable == nothing.variable)
                {
                    continue;
                }
                let why = self.why(one, &asked, (&nothing.variable, Need::Required, None, false), &unread);
                let (service, need) = (one.facts.key.to_string(), Need::Required);
                let Nothing { variable, read, at_start, late } = nothing;
                found.push(Gap { service, variable, read, need, at_start, late, bare: false, why });
            }
        }
        found
    }

    fn why(
        &self,
        one: &Asked<'_, 'a>,
        all: &[Asked<'_, 'a>],
        (variable, need, towards, bare): (&str, Need, Option<&str>, bool),
        unread: &dyn Fn(&str, Span) -> bool,
    ) -> Why {
        let given = |layer| is_given(layer) || layer == Layer::Dotenv;
        let own = one.facts.environment.iter().filter(|(_, it)| given(it.layer) && it.value().is_some());
        let candidates = own.filter(|(name, it)| unread(name, it.variable.key));
        let near = candidates.filter_map(|(name, it)| {
            let how = nearness(name, variable)?;
            let reaches = || {
                let target =
                    |dial: &super::Dial<'_>| dial.variable() == Some(name) && dial.sibling() == towards;
                towards.is_some() && one.facts.dials.iter().any(target)
            };
            let names_sibling = || {
                let mut dials = one.facts.dials.iter().filter(|dial| dial.variable() == Some(name));
                dials.any(|dial| dial.sibling().is_some())
            };
            let meant = match (how, need) {
                (Nearness::Typo, _) | (Nearness::Words, Need::Required) => true,
                (Nearness::Words | Nearness::Longer | Nearness::Product | Nearness::Place, Need::Dialled) => {
                    reaches()
                }
                (Nearness::Longer | Nearness::Product | Nearness::Place, Need::Required) => names_sibling(),
                // What the program has no default for, and of whose like it reads the others.
                (Nearness::Words, Need::Wanted) => bare && (one.reads_alike(name) || names_sibling()),
                (Nearness::Place, Need::Wanted) => bare && names_sibling(),
                _ => false,
            };
            (meant && one.known).then_some((how, name, it.variable.key))
        });
        if let Some((_, name, key)) = near.min_by_key(|(how, ..)| *how) {
            return Why::Misnamed { name: name.to_string(), key, instead: None };
        }
        if need == Need::Wanted {
            return Why::Absent;
        }
        let others = || all.iter().filter(|other| other.facts.key != one.facts.key);
        let siblings: Vec<(String, Span)> = others()
            .filter(|other| other.facts.is_built_like(one.facts))
            .filter_map(|other| Some((other.facts.key.to_string(), other.given(variable)?.1)))
            .collect();
        if !siblings.is_empty() {
            return Why::Drifted(siblings);
        }
        let elsewhere = others().filter(|other| other.known).find_map(|other| {
            let (layer, key) = other.given(variable)?;
            let service = other.facts.key.to_string();
            (layer == Layer::Environment && unread(variable, key)).then_some(Why::Misplaced { service, key })
        });
        elsewhere.unwrap_or(Why::Absent)
    }
}

/// A variable that has the name of the setting behind a prefix, which configuration of .NET does not take off: the program lets
/// in variables with other prefixes, or with none.
fn prefixed<'f>(
    one: &Asked<'f, '_>,
    seen: &'f Seen<'f>,
    unread: &dyn Fn(&str, Span) -> bool,
) -> Option<(Why, &'f Reader<'f>)> {
    let facts = one.facts;
    let of_dotnet = |span: Span| facts.file_at(span).is_some_and(|path| has_extension(path, &["cs"]));
    let of_settings = |reader: &&Reader<'_>| {
        matches!(reader.read.expression, Expr::Lookup(..)) && reader.matters() && of_dotnet(reader.read.span)
    };
    let reader = seen
        .readers
        .iter()
        .filter(|reader| !matches!(reader.fallback, Fallback::Default(_)))
        .find(of_settings)?;
    let own = facts.environment.iter().filter(|(_, it)| is_given(it.layer) && it.value().is_some());
    let (name, prefix, key) =
        own.filter(|(name, it)| unread(name, it.variable.key)).find_map(|(name, it)| {
            let prefix = name.strip_suffix(seen.name.as_str())?;
            let apart = prefix.ends_with('_') && !prefix.ends_with("__") && seen.name.len() > MIN_SETTING;
            apart.then_some((name, prefix, it.variable.key))
        })?;
    let spoken = !facts.program.scope.containing(&format!("\"{prefix}")).is_empty();
    let usual = ["DOTNET_", "ASPNETCORE_"];
    let let_in = |other: &&String| {
        other.strip_suffix(seen.name.as_str()).is_some_and(|own| {
            own.ends_with('_') && own.len() > 1 && !own.ends_with("CONNSTR_") && !usual.contains(&own)
        })
    };
    let instead = reader.also.iter().find(let_in).cloned();
    (one.known && !spoken).then(|| (Why::Misnamed { name: name.to_string(), key, instead }, reader))
}

/// Settings of shorter names may be said anywhere.
const MIN_SETTING: usize = 8;

/// So many variables that begin alike are those of one server.
const MIN_ALIKE: usize = 2;

/// Whether the compose file gives it.
fn is_given(layer: Layer) -> bool {
    matches!(layer, Layer::Environment | Layer::EnvFile)
}

impl<'f, 'a> Asked<'f, 'a> {
    fn of(facts: &'f ServiceFacts<'a>) -> Self {
        let seen = variables::of(facts);
        let readers = seen.iter().filter(|seen| !seen.readers.is_empty());
        let mut reads: HashSet<String> = HashSet::new();
        for one in readers {
            reads.insert(one.name.clone());
            reads.extend(one.readers.iter().flat_map(|reader| reader.also.iter().cloned()));
        }
        let mut modules = facts.program.modules.iter();
        let known = facts.program.entry_known && modules.any(|module| module.role == Role::Source);
        Self { facts, seen, reads, known }
    }

    /// Whether it reads others that are set and begin as this one: `DB_HOST` and `DB_USER` beside `DB_NAME`. A whole address
    /// may be left out where its parts are given.
    fn reads_alike(&self, name: &str) -> bool {
        let Some((first, rest)) = name.split_once('_') else { return false };
        let alike = self.seen.iter().filter(|seen| {
            seen.name != name
                && seen.name.split_once('_').is_some_and(|(other, _)| other == first)
                && seen.value().is_some()
                && !seen.readers.is_empty()
        });
        !["URL", "URI", "DSN"].iter().any(|address| rest.ends_with(address)) && alike.count() >= MIN_ALIKE
    }

    /// Where the compose file gives it the variable, if it does.
    fn given(&self, variable: &str) -> Option<(Layer, Span)> {
        let found = self.facts.environment.get(variable).filter(|it| is_given(it.layer))?;
        found.value().filter(|value| value.is_blank() != Some(true))?;
        Some((found.layer, found.variable.key))
    }
}

impl ServiceFacts<'_> {
    /// Whether it runs the image that the other runs.
    #[must_use]
    pub fn is_built_like(&self, other: &Self) -> bool {
        let (own, its) = (&self.program.image, &other.program.image);
        let image = |facts: &Self| facts.service.image.as_ref().and_then(|image| image.complete());
        let named = image(self).is_some() && image(self) == image(other);
        let built = |facts: &Self| {
            let build = facts.service.build.as_ref()?;
            Some((build.directory.clone(), build.target.as_ref().map(|target| target.assumed())))
        };
        // Where only one of two of a name is built, both run that.
        named || own.dockerfile.is_some() && own.dockerfile == its.dockerfile && built(self) == built(other)
    }
}
