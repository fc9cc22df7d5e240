//! Services that wait for each other.

use std::collections::HashMap;

use super::super::Value;
use super::consistency::Tree;
use super::refusal;
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Tells each circle of dependencies among the services that run, once, at the dependency that
/// closes it.
pub(super) fn cycles(tree: &Tree, problems: &mut Vec<Problem>) {
    let mut services = Vec::new();
    let mut index = HashMap::new();
    for (name, member) in tree.section("services").into_iter().flat_map(Value::members) {
        if tree.active.get(name).copied().unwrap_or(true) {
            index.insert(name.as_str(), services.len());
            services.push((name.as_str(), &member.value));
        }
    }
    let edges: Vec<Vec<(usize, Span)>> = services
        .iter()
        .map(|(_, service)| {
            let needed = service.get("depends_on").into_iter().flat_map(Value::members);
            needed.filter_map(|(name, member)| Some((*index.get(name.as_str())?, member.key))).collect()
        })
        .collect();
    let mut walk = Walk { edges: &edges, state: vec![State::New; services.len()], found: Vec::new() };
    for start in 0..services.len() {
        walk.from(start);
    }
    for (circle, at) in walk.found {
        let names: Vec<&str> =
            circle.iter().filter_map(|it| services.get(*it)).map(|(name, _)| *name).collect();
        let Some(first) = names.first() else { continue };
        let message = match names.as_slice() {
            [one] => format!("`{one}` depends on itself"),
            _ => format!("services wait for each other: `{}` -> `{first}`", names.join("` -> `")),
        };
        let last = names.last().copied().unwrap_or_default();
        problems.push(
            refusal(last, ProblemKind::DependencyCycle, at, message).help("remove one of the dependencies"),
        );
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    edges: &'a [Vec<(usize, Span)>],
    state: Vec<State>,
    found: Vec<(Vec<usize>, Span)>,
}

impl Walk<'_> {
    /// Depth first, on a stack of its own: thousands of services may stand in a row.
    fn from(&mut self, start: usize) {
        if self.state.get(start) != Some(&State::New) {
            return;
        }
        let mut stack = vec![(start, 0)];
        self.mark(start, State::Open);
        while let Some((at, next)) = stack.last_mut() {
            let edge = self.edges.get(*at).and_then(|edges| edges.get(*next)).copied();
            *next += 1;
            let Some((target, span)) = edge else {
                let done = *at;
                self.mark(done, State::Done);
                stack.pop();
                continue;
            };
            match self.state.get(target) {
                Some(State::New) => {
                    self.mark(target, State::Open);
                    stack.push((target, 0));
                }
                Some(State::Open) => {
                    let begin = stack.iter().position(|(at, _)| *at == target).unwrap_or(0);
                    let circle = stack.iter().skip(begin).map(|(at, _)| *at).collect();
                    self.found.push((circle, span));
                }
                _ => {}
            }
        }
    }

    fn mark(&mut self, at: usize, state: State) {
        if let Some(place) = self.state.get_mut(at) {
            *place = state;
        }
    }
}
