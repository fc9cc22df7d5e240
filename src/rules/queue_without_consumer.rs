//! A program sends to a queue from which nobody takes, beside one from which somebody does and to which nobody sends.

use super::prelude::*;
use crate::compose::nearest;
use crate::facts::celery_queues;
use crate::facts::queues::{self, Queue};
use crate::programs::reading::queues::Side;

rule!("queue-without-consumer", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let all: Vec<(&ServiceFacts<'_>, Queue)> = cx
        .facts
        .active()
        .flat_map(|service| queues::named(service).into_iter().map(move |queue| (service, queue)))
        .collect();
    let mut told: Vec<Span> = Vec::new();
    for (service, sent) in all.iter().filter(|(_, queue)| queue.side == Side::Sends) {
        let Some(name) = &sent.name else { continue };
        let alike = || all.iter().filter(|(_, other)| other.kind == sent.kind);
        let on = |side: Side| alike().filter(move |(_, other)| other.side == side);
        // A name that is not known may be this one.
        if on(Side::Takes).any(|(_, other)| other.name.is_none() || other.name.as_ref() == Some(name)) {
            continue;
        }
        let is_left = |(other, queue): &&(&ServiceFacts<'_>, Queue)| {
            let sends = on(Side::Sends).any(|(_, one)| one.name.is_none() || one.name == queue.name);
            other.key != service.key && !sends
        };
        let left: Vec<_> = on(Side::Takes).filter(is_left).collect();
        let near = nearest(name, left.iter().filter_map(|(_, queue)| queue.name.as_deref()));
        let Some((taker, taken)) =
            left.iter().find(|(_, queue)| queue.name.as_deref() == near && near.is_some())
        else {
            continue;
        };
        if told.contains(&sent.at) {
            continue;
        }
        told.push(sent.at);
        let (own, other, meant) =
            (&service.service.name.value, &taker.service.name.value, near.unwrap_or(""));
        let kind = sent.kind;
        let finding = RULE.finding(
            sent.at,
            format!("`{own}` sends to the {kind} `{name}`, from which nobody takes: `{other}` takes from `{meant}`"),
        );
        out.push(
            finding
                .service(own.clone())
                .here("nobody takes from here")
                .also(taken.at, format!("`{other}` takes from `{meant}`"))
                .help(format!("write `{meant}`, or let `{other}` take from `{name}`"))
                .at_most(Confidence::Likely)
                .evidence(name.clone()),
        );
    }
    let services: Vec<&ServiceFacts<'_>> = cx.facts.active().collect();
    for found in celery_queues::unworked(&services) {
        let (queue, taker, takes) = (&found.queue, &found.worker.service.name, &found.takes);
        let message = format!(
            "tasks go to the queue `{queue}`, from which no worker takes: `{}` takes from `{takes}`",
            taker.value
        );
        let help = format!(
            "let a worker take from it, `-Q {queue}`, or route the tasks to a queue that one takes from"
        );
        let finding =
            RULE.finding(found.at, message).service(taker.value.clone()).here("no worker takes from it");
        out.push(finding.help(help).at_most(Confidence::Likely).evidence(queue.clone()));
    }
}
