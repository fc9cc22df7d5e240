//! The pools of all processes together are larger than what their database takes.

use super::engines;
use super::prelude::*;
use crate::compose::edits::Value;
use crate::facts::pools::{Limit, Size};
use crate::facts::workers::{self, Workers};

rule!("pool-exceeds-max-connections", check);

/// More connections than this are not what a database should be told to take.
const SENSIBLE: u64 = 1_000;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for target in cx.facts.active() {
        let told = cx.project.own.connection_limits.get(&target.service.name.value).copied();
        let Some(limit) = target.connection_limit(told) else { continue };
        let clients = cx.facts.active().filter(|client| !cx.facts.is_to_end(client.key));
        let shares: Vec<Share<'_>> =
            clients.flat_map(|client| shares(client, &target.service.name.value)).collect();
        let total = shares.iter().fold(0, |sum: u64, share| sum.saturating_add(share.total()));
        // Who is an administrator gets those that are kept back, too.
        let all = shares.iter().all(|share| target.is_administrator(share.dial));
        let takes = if all { limit.most } else { limit.most.saturating_sub(limit.reserved) };
        if total > takes {
            out.push(finding(cx, target, &limit, &shares, total, takes));
        }
    }
}

/// What the processes of a service may open to the database with one of their clients.
struct Share<'a> {
    client: &'a ServiceFacts<'a>,
    dial: &'a Dial<'a>,
    sizes: Vec<Size>,
    workers: Workers,
}

impl Share<'_> {
    fn replicas(&self) -> u64 {
        let replicas = self.client.service.replicas.as_ref().map(|replicas| replicas.value);
        replicas.and_then(|replicas| u64::try_from(replicas).ok()).unwrap_or(1)
    }

    fn pool(&self) -> u64 {
        self.sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(size.number))
    }

    /// How many connections one process opens: no more than it does things at a time.
    fn of_process(&self) -> u64 {
        self.workers.at_once.map_or(self.pool(), |at_once| at_once.min(self.pool()))
    }

    fn total(&self) -> u64 {
        self.of_process().saturating_mul(self.workers.processes).saturating_mul(self.replicas())
    }

    /// Whether the project itself says any of it.
    fn is_said(&self) -> bool {
        self.replicas() > 1
            || self.workers.processes > 1
            || self.sizes.iter().any(|size| !size.place.is_none())
    }

    /// `3 replicas × 4 workers × (20 + 10)`
    fn sum(&self) -> String {
        let mut factors = Vec::new();
        if self.replicas() > 1 {
            factors.push(format!("{} replicas", self.replicas()));
        }
        if self.workers.processes > 1 {
            factors.push(format!("{} {}", self.workers.processes, self.workers.word));
        }
        let terms: Vec<String> = self.sizes.iter().map(|size| size.number.to_string()).collect();
        factors.push(match terms.len() {
            _ if self.of_process() < self.pool() => self.of_process().to_string(),
            1 => terms.concat(),
            _ if factors.is_empty() => terms.join(" + "),
            _ => format!("({})", terms.join(" + ")),
        });
        factors.join(" × ")
    }
}

/// Of clients of one kind the largest: which of them are made may hang on what is not seen.
fn shares<'a>(client: &'a ServiceFacts<'a>, target: &str) -> Vec<Share<'a>> {
    let mut found: Vec<Share<'a>> = Vec::new();
    for dial in client.received.iter().filter(|dial| dial.sibling() == Some(target)) {
        let Some(sink) = dial.sink() else { continue };
        if engines::of(client, dial).is_some_and(|engine| !engine.pools() || engine.is_refused()) {
            continue;
        }
        let Some(sizes) = client.pool_size(dial) else { continue };
        let share = Share { client, dial, sizes, workers: workers::of(client) };
        match found.iter_mut().find(|known| known.dial.sink().is_some_and(|other| other.kind == sink.kind)) {
            Some(known) if known.total() < share.total() => *known = share,
            Some(_) => {}
            None => found.push(share),
        }
    }
    found
}

fn finding(
    cx: &Context<'_>,
    target: &ServiceFacts<'_>,
    limit: &Limit,
    shares: &[Share<'_>],
    total: u64,
    takes: u64,
) -> Finding {
    let name = &target.service.name;
    let mut who: Vec<String> =
        shares.iter().map(|share| format!("`{}`", share.client.service.name.value)).collect();
    who.dedup();
    let message = format!(
        "{} may open {total} connections to `{}`, which takes {takes}: the others are refused with \"{}\"",
        listed(&who),
        name.value,
        limit.known.refusal
    );
    let at = if limit.place.is_none() { name.span } else { limit.place };
    let kept = match limit.most - takes {
        0 => String::new(),
        kept => format!(", {kept} of them only for superusers"),
    };
    let here = match limit.place.is_none() {
        true if limit.told => format!("takes {}{kept}, as the configuration file says", limit.most),
        true => format!("without `max_connections` it takes {}{kept}", limit.most),
        false => format!("takes {}{kept}", limit.most),
    };
    let mut finding = RULE.finding(at, message).service(name.value.clone()).here(here);
    let mut parts = Vec::new();
    for share in shares {
        let service = &share.client.service.name.value;
        let sum = share.sum();
        let equals =
            if sum == share.total().to_string() { sum } else { format!("{sum} = {}", share.total()) };
        parts.push(format!("{service}: {equals}"));
        let place = share.dial.sink().map_or(Span::NONE, |sink| sink.callee.span);
        let written = share.sizes.iter().map(|size| size.place).find(|place| !place.is_none());
        let each = match share.of_process() < share.pool() {
            true => format!("each process of `{service}` uses {} at a time", share.of_process()),
            false => format!("each process of `{service}` opens up to {}", share.pool()),
        };
        finding = finding.also(written.unwrap_or(place), each);
        if share.workers.processes > 1 {
            finding = finding
                .also(share.workers.place, format!("{} {}", share.workers.processes, share.workers.word));
        }
        if let Some(replicas) = share.client.service.replicas.as_ref().filter(|_| share.replicas() > 1) {
            finding = finding.also(replicas.span(), format!("{} replicas", share.replicas()));
        }
        finding = finding.evidence(service.clone());
    }
    // What is loaded is not known of a program whose start is not.
    let seen = shares.iter().all(|share| share.client.program.entry_known);
    let sure = seen && shares.iter().any(Share::is_said);
    let finding = if sure { finding } else { finding.at_most(Confidence::Possible) };
    let room = total.saturating_add(limit.reserved).div_ceil(50).saturating_mul(50);
    let (raise, edits) = raise(cx, target, limit, room);
    let all = if shares.len() > 1 { format!("; total {total}") } else { String::new() };
    let sums = parts.join("; ");
    let finding = finding.help(format!("{sums}{all} > {takes}: make the pools smaller, or {raise}"));
    match edits {
        Some(edits) => finding.fix(Fix {
            title: format!("let `{}` take {room} connections", name.value),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// How to let the database take so many, and the change that does.
fn raise(
    cx: &Context<'_>,
    target: &ServiceFacts<'_>,
    limit: &Limit,
    room: u64,
) -> (String, Option<Vec<Edit>>) {
    let name = &target.service.name.value;
    // So many cost a server more than they give.
    if room > SENSIBLE {
        return (format!("put a pooler such as PgBouncer in front of `{name}`"), None);
    }
    let number = room.to_string();
    if let Some(variable) = &limit.known.variable {
        let edits = cx.edits.set_variable(target.service, variable, &number);
        let edits = if limit.place.is_none() { edits } else { cx.edits.replace(limit.place, &number) };
        return (format!("set `{variable}` of `{name}` to {number}"), edits);
    }
    let words: Vec<String> = limit.known.command.iter().map(|word| word.replace("{}", &number)).collect();
    let last = words.last().map_or("", String::as_str);
    if target.service.command.is_some() || target.service.entrypoint.is_some() {
        return (format!("give `{name}` `{last}` in its command"), None);
    }
    let value = Value::List(words.iter().map(|word| word.as_str().into()).collect());
    let edits = cx.edits.set_attribute(target.service, "command", &value);
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    (format!("give `{name}` `command: [{}]`", quoted.join(", ")), edits)
}

/// `a`, `a and b`, `a, b and c`
fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
