//! Queues of Celery to which tasks are routed and from which no worker takes.
//!
//! A worker takes from what `-Q` names; without it from `task_queues`, or else from the default queue alone
//! (docs.celeryq.dev, "Routing Tasks").

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::ServiceFacts;
use crate::programs::is_aside;
use crate::source::{Span, Text};

/// A queue that no worker takes from.
pub struct Unworked<'a> {
    /// What it is called.
    pub queue: String,
    /// Where tasks are routed to it, or the command of a worker that leaves it out.
    pub at: Span,
    /// A worker that takes from others, and from which.
    pub worker: &'a ServiceFacts<'a>,
    /// Those.
    pub takes: String,
}

/// A worker, and the queues that its command names.
struct Worker<'a> {
    service: &'a ServiceFacts<'a>,
    named: Option<Vec<String>>,
}

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}

pattern!(ROUTED, r#"(?m)^[^#\n]*?\bqueue["']?\s*[=:]\s*["']([\w.\-]+)["']"#);
pattern!(DEFINED, r#"\bQueue\(\s*(?:name\s*=\s*)?["']([\w.\-]+)["']"#);
pattern!(
    DEFAULT,
    r#"(?i)\btask_default_queue["']?\s*[=:]\s*["']([\w.\-]+)["']|\bCELERY_DEFAULT_QUEUE\s*=\s*["']([\w.\-]+)["']"#
);
// Names that are computed, and what sends and takes by itself.
pattern!(
    OPEN,
    r#"(?i)\bqueue["']?\s*[=:]\s*[^"'\s=]|\bQueue\(\s*[^"'\s)n]|default_queue["']?\s*[=:]\s*[^"'\s]|task_routes["']?\s*[=:]\s*[^\s{]|\b(?:pika|aio_pika|kombu\.mixins|rq|dramatiq|huey|arq)\b|add_consumer|task_create_missing_queues|import_module|route_for_task"#
);
pattern!(CALLED, r"\.delay\(|\.apply_async\(|\.send_task\(|beat_schedule|BEAT_SCHEDULE");

/// The queues of the project's tasks that no worker takes from; none where not all names are known.
pub fn unworked<'a>(services: &[&'a ServiceFacts<'a>]) -> Vec<Unworked<'a>> {
    let Some(workers) = workers(services) else { return Vec::new() };
    if workers.is_empty() {
        return Vec::new();
    }
    let (mut routed, mut defined): (Vec<(String, Span)>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut default, mut open, mut called) = ("celery".to_string(), false, false);
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for (_, place, source) in services.iter().flat_map(|service| service.program.scope.iter()) {
        if source.front_end.name() != "python" || is_aside(place) || !seen.insert(source.path.clone()) {
            continue;
        }
        let found = source.glance(|text| {
            let all = |search: &'static LazyLock<Option<Regex>>| {
                let found = search.iter().flat_map(|search| search.captures_iter(text));
                found.filter_map(|it| it.iter().skip(1).flatten().next()).collect::<Vec<_>>()
            };
            let speaks =
                ["celery", "CELERY", "apply_async", "shared_task"].iter().any(|word| text.contains(word));
            open |= OPEN.as_ref().is_none_or(|search| search.is_match(text));
            called |= CALLED.as_ref().is_some_and(|search| search.is_match(text));
            defined.extend(all(&DEFINED).into_iter().map(|it| it.as_str().to_string()));
            if let Some(named) = all(&DEFAULT).first() {
                default = named.as_str().to_string();
            }
            let routes = if speaks { all(&ROUTED) } else { Vec::new() };
            routes.into_iter().map(|it| (it.as_str().to_string(), it.range())).collect::<Vec<_>>()
        });
        if !found.is_empty() {
            let file = source.file();
            routed.extend(found.into_iter().map(|(name, at)| (name, file.slice(at.start, at.end))));
        }
    }
    if open {
        return Vec::new();
    }
    let own = |worker: &Worker<'_>| match &worker.named {
        Some(named) => named.clone(),
        None if defined.is_empty() => vec![default.clone()],
        None => defined.clone(),
    };
    let taken: Vec<String> = workers.iter().flat_map(own).collect();
    let is_routed = |name: &String| *name == default || routed.iter().any(|(queue, _)| queue == name);
    // One that takes from a queue to which nothing is sent, or that nobody has told of any queue, has the names wrong.
    let wrong = workers.iter().find(|worker| match &worker.named {
        Some(named) => !named.iter().all(is_routed),
        None => defined.is_empty() && workers.len() == 1,
    });
    let told = |worker: &Worker<'a>, queue: String, at: Span| Unworked {
        queue,
        at,
        worker: worker.service,
        takes: own(worker).join("`, `"),
    };
    let mut out: Vec<Unworked<'a>> = Vec::new();
    for (queue, at) in &routed {
        if let Some(worker) = wrong
            && !taken.contains(queue)
            && !out.iter().any(|other| other.queue == *queue)
        {
            out.push(told(worker, queue.clone(), *at));
        }
    }
    let unasked = routed.is_empty() && called && !taken.contains(&default);
    if let Some(worker) = workers.first().filter(|_| unasked) {
        let said = worker.service.program.command.iter().map(Text::span).find(|span| !span.is_none());
        out.push(told(worker, default.clone(), said.unwrap_or(worker.service.service.name.span)));
    }
    out
}

/// The workers of a project; `None` where one takes from what is not known.
fn workers<'a>(services: &[&'a ServiceFacts<'a>]) -> Option<Vec<Worker<'a>>> {
    let mut out = Vec::new();
    for service in services {
        for words in &service.program.commands {
            let first = words.first().map_or("", String::as_str);
            let celery =
                first.rsplit('/').next() == Some("celery") || words.iter().take(3).any(|it| it == "celery");
            if !celery || !words.iter().any(|word| word == "worker") {
                continue;
            }
            let excludes = |word: &String| word.starts_with("-X") || word.starts_with("--exclude-queues");
            if words.iter().any(|word| excludes(word) || word.contains('$')) || !service.program.entry_known {
                return None;
            }
            let mut named: Option<String> = None;
            for (at, word) in words.iter().enumerate() {
                if matches!(word.as_str(), "-Q" | "--queues") {
                    named = words.get(at + 1).cloned();
                } else if let Some(value) = word.strip_prefix("--queues=").or_else(|| word.strip_prefix("-Q"))
                {
                    named = Some(value.trim_start_matches('=').to_string());
                }
            }
            let named = named.map(|all| all.split(',').map(|name| name.trim().to_string()).collect());
            out.push(Worker { service, named });
        }
    }
    Some(out)
}
