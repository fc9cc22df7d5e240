//! `service_completed_successfully` on a service that never ends.

use super::prelude::*;
use super::wait_fixes;
use crate::facts::{ListenerSource, probe};

rule!("waits-for-completion-of-a-server", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let name = &client.service.name.value;
        let waits = client.service.depends_on.iter();
        for wait in waits.filter(|wait| wait.condition.value == Condition::Completed) {
            let Some(target) = cx.facts.service(&wait.service) else { continue };
            let Some(never) = never_ends(target) else { continue };
            let other = &target.service.name.value;
            let condition = if target.reports_health() { "service_healthy" } else { "service_started" };
            let mut finding = RULE
                .finding(
                    wait.condition.span,
                    format!(
                        "`{name}` waits until `{other}` has ended, but {}: `{name}` never starts",
                        never.why
                    ),
                )
                .service(name.clone())
                .here("never becomes true")
                .also(never.at, never.here)
                .at_most(never.confidence)
                .evidence(other.clone());
            let restarts = target.always_restarts();
            let (span, word) =
                if restarts { (never.at, "on-failure") } else { (wait.condition.span, condition) };
            finding = if restarts {
                finding.help(format!("in `{other}` write `restart: on-failure`"))
            } else {
                finding.help(format!("in `{name}` write `condition: {condition}` for `{other}`"))
            };
            let restart = target.service.restart.as_ref();
            let own = !restarts || restart.is_none_or(|restart| wait_fixes::is_own(&restart.origin));
            out.push(match own.then(|| cx.edits.replace(span, word)).flatten() {
                Some(edits) => finding.fix(Fix {
                    title: format!("write `{word}` for `{other}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}

struct Never {
    why: String,
    at: Span,
    here: String,
    confidence: Confidence,
}

/// Why a service never ends, if it is known not to.
fn never_ends(target: &ServiceFacts<'_>) -> Option<Never> {
    let name = &target.service.name.value;
    if let Some(restart) = target.service.restart.as_ref().filter(|_| target.always_restarts()) {
        let sure = restart.certainty() == Certainty::Known;
        return Some(Never {
            why: format!("`restart: {}` starts it again whenever it ends", restart.assumed()),
            at: restart.span(),
            here: format!("`{name}` is started again"),
            confidence: if sure { Confidence::Certain } else { Confidence::Likely },
        });
    }
    let own_words = target.service.command.is_some() || target.service.entrypoint.is_some();
    let at = |span: Option<Span>| span.filter(|span| !span.is_none()).unwrap_or(target.service.name.span);
    if let Some(image) = target.image.filter(|_| !own_words && target.service.build.is_none()) {
        let listens = target.listeners.iter().any(|listener| listener.source == ListenerSource::Image);
        return listens.then(|| Never {
            why: format!("`{name}` is a {} server, which runs on", image.title),
            at: at(target.service.image.as_ref().map(|image| image.span())),
            here: format!("starts {}", image.title),
            confidence: Confidence::Likely,
        });
    }
    let server = serves(target)?;
    Some(Never {
        why: format!("its command starts `{server}`, which serves until it is stopped"),
        at: at(target
            .service
            .command
            .as_ref()
            .map(|command| command.origin.written)
            .or(Some(target.program.image.command_span))),
        here: format!("`{name}` starts `{server}`"),
        confidence: Confidence::Likely,
    })
}

/// The server that a command starts last.
fn serves(target: &ServiceFacts<'_>) -> Option<String> {
    let words = target.program.command.clone();
    let probes = probe::run(words, &target.environment);
    let last = probes.last()?;
    let words: Vec<String> = last.words.iter().map(Text::assumed).collect();
    let mut words = words.iter().map(String::as_str);
    let mut program = last.program()?;
    if matches!(program.as_str(), "python" | "python3" | "poetry" | "uv" | "pipenv" | "bundle" | "npx") {
        words.next();
        let word =
            words.find(|word| !matches!(*word, "run" | "exec" | "-m" | "-u" | "python" | "python3"))?;
        program = word.rsplit('/').next().unwrap_or(word).to_string();
    } else {
        words.next();
    }
    let rest: Vec<&str> = words.collect();
    let says = |word: &str| rest.contains(&word);
    let asks =
        ["--help", "--version", "--check-config", "-t", "-T", "-v", "-V"].iter().any(|word| says(word));
    let server = match program.as_str() {
        "uvicorn" | "gunicorn" | "hypercorn" | "daphne" | "waitress-serve" | "puma" | "unicorn"
        | "sidekiq" | "php-fpm" | "apache2-foreground" | "http.server" | "nginx" => true,
        "celery" => says("worker") || says("beat") || says("flower"),
        "flask" => says("run"),
        "fastapi" => says("run") || says("dev"),
        "manage.py" => says("runserver"),
        "next" | "vite" | "nuxt" => says("start") || says("dev"),
        "rails" => says("server") || says("s"),
        _ => false,
    };
    (server && !asks).then_some(program)
}
