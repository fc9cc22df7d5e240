//! Whether a program in Go ends where a call fails: where it is made, or where the error is handed to.

use std::ops::Range;

use super::{ModuleIndex, Scope};
use crate::source::{SourceFile, Span};

/// How much of a text before and behind a call is looked at.
const AROUND: usize = 200;
/// Functions that hand an error on beyond this depth are not followed.
const MAX_DEPTH: usize = 3;
/// More calls of one function are not looked at.
const MAX_CALLS: usize = 4;

/// Whether the program ends where the call at this place fails, and nothing is asked before it.
pub(super) fn stops_without(file: &SourceFile, at: Span) -> bool {
    file.owns(at) && stops_at(file, &file.range(at))
}

/// The same, where a function may hand the error on to the one that calls it.
pub(super) fn ends(scope: &Scope, modules: &[ModuleIndex], file: &SourceFile, at: Range<usize>) -> bool {
    ends_within(scope, modules, file, at, 0)
}

fn ends_within(
    scope: &Scope,
    modules: &[ModuleIndex],
    file: &SourceFile,
    at: Range<usize>,
    depth: usize,
) -> bool {
    if stops_at(file, &at) {
        return true;
    }
    let Some(name) = handed_on(file, &at).filter(|_| depth < MAX_DEPTH) else { return false };
    let mut calls = Vec::new();
    for index in modules {
        let Some((_, source)) = scope.get(*index) else { continue };
        if source.front_end.name() != "go" || !source.glance(|text| text.contains(name.as_str())) {
            continue;
        }
        let own = source.file();
        calls.extend(calls_of(&own.text, &name).map(|range| (source, range)));
    }
    !calls.is_empty()
        && calls.len() <= MAX_CALLS
        && calls
            .iter()
            .all(|(source, range)| ends_within(scope, modules, source.file(), range.clone(), depth + 1))
}

/// Where a function is called.
fn calls_of<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text.get(..at)?;
        let line = before.rsplit('\n').next()?;
        let joined = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let called = text.get(at + name.len()..)?.starts_with('(');
        let other = line.trim_start().starts_with("func ") || line.contains("//");
        (called && !joined && !other).then(|| at..at + name.len())
    })
}

/// The function that hands on the error of the call at this place, and does nothing else with it.
fn handed_on(file: &SourceFile, at: &Range<usize>) -> Option<String> {
    let call = Call::new(file, at)?;
    let said = call.said.trim();
    let plain = said.strip_prefix("return").is_some_and(|rest| !rest.contains(['(', '{']));
    let block = call.behind.split_once('}').map_or(call.behind, |(block, _)| block);
    let head = file.text.get(..at.start)?.rsplit_once("\nfunc ")?.1;
    // `(config Config, err error) {`
    let is_named = head.lines().next().is_some_and(|line| line.contains("err error)"));
    let checked = call.keeps() && block.contains("!= nil") && {
        let returned = block.split("return").nth(1).and_then(|rest| rest.lines().next());
        returned.is_some_and(|rest| {
            rest.contains("err") || rest.contains("fmt.Errorf") || is_named && rest.trim().is_empty()
        })
    };
    let looks = ["NotFound", "IsNotExist", "ErrNotExist", "errors.As", "errors.Is", ".(viper."];
    if call.asks || !(plain || checked) || looks.iter().any(|word| block.contains(word)) {
        return None;
    }
    // `(s *Shop) Load(`: what stands first is whose it is.
    let head = if head.starts_with('(') { head.split_once(')')?.1.trim_start() } else { head };
    let name: String = head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty() && name != "main" && name != "init").then_some(name)
}

/// What stands around a call.
struct Call<'t> {
    /// Whether it is made under a condition.
    asks: bool,
    /// What stands before it in its line.
    said: &'t str,
    /// From the start of its line on.
    behind: &'t str,
}

impl<'t> Call<'t> {
    fn new(file: &'t SourceFile, range: &Range<usize>) -> Option<Self> {
        let text: &str = &file.text;
        let start = text.get(..range.start).and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1);
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let before = text.get(floor(start.saturating_sub(AROUND))..start)?;
        // Only as far as the code around begins; what another block holds is asked for.
        let (outer, before) = before.rsplit_once("func ").map_or((0, before), |(_, inner)| (1, inner));
        let depth = before.matches('{').count().saturating_sub(before.matches('}').count());
        let asks = depth > outer || before.contains("return");
        let behind = text.get(start..floor((range.end + AROUND).min(text.len())))?;
        Some(Self { asks, said: text.get(start..range.start)?, behind })
    }

    /// Whether the error is kept: one that is not cannot be the one that is asked for.
    fn keeps(&self) -> bool {
        let said = self.said.trim();
        let kept = |(name, _): (&str, &str)| name.trim_end_matches(':').trim() != "_";
        said.starts_with("if ") || said.split_once('=').is_some_and(kept)
    }
}

fn stops_at(file: &SourceFile, range: &Range<usize>) -> bool {
    let Some(call) = Call::new(file, range) else { return false };
    let behind = call.behind.split_once('}').map_or(call.behind, |(block, _)| block);
    let fails = behind.contains("!= nil")
        && ["Fatal", "anic(", "anicf(", "os.Exit("].iter().any(|word| behind.contains(word));
    !call.asks && fails && call.keeps()
}
