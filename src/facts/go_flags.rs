//! Flags that a program in Go is told and does not define: `flag.Parse` ends it (pkg.go.dev/flag, `ExitOnError`).

use std::sync::LazyLock;

use regex::Regex;

use super::ServiceFacts;
use crate::compose::nearest;
use crate::programs::is_aside;
use crate::source::{Span, Text};

/// A flag that the program does not define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// It, as it is told: `-mongoUrl`.
    pub flag: String,
    /// Where.
    pub at: Span,
    /// The one that is meant, where one is called nearly so.
    pub near: Option<String>,
    /// Those that there are.
    pub known: Vec<String>,
}

/// What has flags of its own, or parses them in another way.
const OTHERS: [&str; 12] = [
    "pflag",
    "spf13/",
    "urfave/cli",
    "kingpin",
    "go-flags",
    "alecthomas/kong",
    "NewFlagSet",
    "flag.CommandLine",
    "k8s.io/",
    "glog\"",
    "klog",
    "go-arg",
];

/// A call that defines a flag: its kind, and its name where that is written out.
static DEFINED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\bflag\.(String|Bool|Int|Int64|Uint|Uint64|Float64|Duration|Func|BoolFunc|TextVar|Var|StringVar|BoolVar|IntVar|Int64Var|UintVar|Uint64Var|Float64Var|DurationVar)\(\s*(?:&?[\w.\[\]()*]+\s*,\s*)?(?:"([^"]+)")?"#,
    )
    .ok()
});

/// The first flag of its command that the program, all of whose flags are seen, does not define.
#[must_use]
pub fn undefined(service: &ServiceFacts<'_>) -> Option<Undefined> {
    let program = service.program;
    let [words] = program.commands.as_slice() else { return None };
    if !program.entry_known || !service.is_written_in(&["go"]) || program.command.iter().any(Text::has_hole) {
        return None;
    }
    let (mut known, mut parses, mut open): (Vec<(String, bool)>, bool, bool) = (Vec::new(), false, false);
    for (_, place, source) in program.scope.iter() {
        if source.front_end.name() != "go" || is_aside(place) || place.to_string_lossy().ends_with("_test.go")
        {
            continue;
        }
        source.glance(|text| {
            open |= OTHERS.iter().any(|other| text.contains(other));
            parses |= text.contains("flag.Parse()");
            for found in DEFINED.iter().flat_map(|search| search.captures_iter(text)) {
                let kind = found.get(1).map_or("", |kind| kind.as_str());
                match found.get(2) {
                    Some(name) => known.push((name.as_str().to_string(), kind.starts_with("Bool"))),
                    // A name that is put together, or of which the parser of this search lost track.
                    None => open = true,
                }
            }
        });
    }
    if open || !parses || known.is_empty() {
        return None;
    }
    let mut told = words.iter().skip(1);
    while let Some(word) = told.next() {
        // What follows is for the program itself.
        let flag = word.strip_prefix('-').filter(|flag| !flag.is_empty() && *flag != "-")?;
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
        if matches!(name, "h" | "help") {
            return None;
        }
        match known.iter().find(|(other, _)| other == name) {
            Some((_, truth)) => {
                if !truth && value.is_none() {
                    told.next();
                }
            }
            None => {
                let said = program.command.iter().find(|text| text.assumed().contains(word.as_str()))?;
                let near = nearest(name, known.iter().map(|(name, _)| name.as_str())).map(str::to_string);
                let known = known.into_iter().map(|(name, _)| format!("-{name}")).collect();
                return Some(Undefined { flag: word.clone(), at: said.span(), near, known });
            }
        }
    }
    None
}
