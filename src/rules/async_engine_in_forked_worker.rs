//! An asynchronous engine is made for the whole process, which then forks, or runs an event loop for each task.

use std::collections::HashSet;

use super::engines;
use super::prelude::*;
use crate::facts::workers::{self, Forks, Workers};
use crate::programs::{RemarkKind, SinkKind};

rule!("async-engine-in-forked-worker", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for client in cx.facts.active() {
        let workers = workers::of(client);
        let Some(forks) = workers.forks else { continue };
        for dial in &client.received {
            let Some(engine) = engines::of(client, dial) else { continue };
            let shared = client.pool(dial).is_some_and(|pool| pool.shared);
            let asynchronous = engine.sink.kind == SinkKind::SqlAlchemyAsync;
            if !shared
                || !asynchronous
                || !engine.pools()
                || engine.is_refused()
                || seen.contains(&engine.sink.span)
            {
                continue;
            }
            let found = match forks {
                Forks::Prefork => in_tasks(client, &engine, &workers),
                Forks::Preloads => preloaded(client, &engine, &workers),
            };
            if let Some(finding) = found {
                seen.insert(engine.sink.span);
                out.push(finding);
            }
        }
    }
}

/// Tasks that each run an event loop of their own take connections that belong to the loop of an earlier one.
fn in_tasks(client: &ServiceFacts<'_>, engine: &engines::Engine<'_>, workers: &Workers) -> Option<Finding> {
    let sibling = engine.dial.sibling()?;
    let run = first(client, RemarkKind::LoopPerCall)?;
    let service = &client.service.name.value;
    let message = format!(
        "the tasks of `{service}` each run an event loop of their own, and share this engine: a connection to `{sibling}` that is kept from one task fails in the next with \"attached to a different loop\""
    );
    Some(
        RULE.finding(engine.sink.callee.span, message)
            .service(service.clone())
            .here("its pool outlives the event loop")
            .also(run, "a new event loop for each call")
            .also(workers.place, "tasks run here")
            .help("give the tasks an engine with `poolclass=NullPool`, or make it and `await engine.dispose()` within what the loop runs")
            .evidence(sibling),
    )
}

/// Workers that are forked after the engine is made take over what it has connected.
fn preloaded(client: &ServiceFacts<'_>, engine: &engines::Engine<'_>, workers: &Workers) -> Option<Finding> {
    let sibling = engine.dial.sibling()?;
    let mut modules = client.program.modules.iter();
    if modules.any(|module| module.mentions.iter().any(|mention| mention.name == "dispose")) {
        return None;
    }
    // An engine connects when it is first used: without that, all of its connections are made after the fork.
    let used = first(client, RemarkKind::LoopAtLoad);
    let most = if used.is_some() { Confidence::Likely } else { Confidence::Possible };
    let service = &client.service.name.value;
    let message = format!(
        "`{service}` makes this engine before its workers are forked: what it has connected to `{sibling}` by then, all of them use at the same time"
    );
    Some(
        RULE.finding(engine.sink.callee.span, message)
            .service(service.clone())
            .here("made once, before the fork")
            .also(used.unwrap_or(Span::NONE), "runs before the fork")
            .also(workers.place, "loads the program, then forks the workers")
            .at_most(most)
            .help("leave `--preload` (`preload_app`) out, or call `engine.sync_engine.dispose(close=False)` in gunicorn's `post_fork`")
            .evidence(sibling),
    )
}

/// The first place of such a remark in the program of a service.
fn first(client: &ServiceFacts<'_>, kind: RemarkKind) -> Option<Span> {
    let mut remarks = client.program.modules.iter().flat_map(|module| &module.remarks);
    remarks.find(|remark| remark.kind == kind).map(|remark| remark.span)
}
