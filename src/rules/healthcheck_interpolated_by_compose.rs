//! `$VAR` in a healthcheck or command that Compose replaces before the container's shell sees it.

use std::collections::HashSet;
use std::sync::Arc;

use super::prelude::*;

rule!("healthcheck-interpolated-by-compose", check);

/// A reference that Compose replaced in text meant for a shell in the container.
struct Reference<'a> {
    service: &'a ServiceFacts<'a>,
    variable: Arc<str>,
    span: Span,
    /// What Compose put there.
    given: String,
    /// Whether the whole text it stands in is a healthcheck's.
    healthcheck: bool,
    /// Whether a shell in the container would expand it.
    shell: bool,
    confidence: Confidence,
}

/// The references that this rule speaks of.
pub fn places(cx: &Context<'_>) -> HashSet<Span> {
    references(cx).map(|reference| reference.span).collect()
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for reference in references(cx) {
        // A text that is not written as it reads has one place for all.
        if !seen.insert((reference.span, reference.variable.clone())) {
            continue;
        }
        let name = &reference.variable;
        let service = &reference.service.service.name.value;
        let Some(own) = reference.service.environment.get(name) else { continue };
        let given =
            if reference.given.is_empty() { "nothing".to_string() } else { format!("`{}`", reference.given) };
        let what = if reference.healthcheck { "healthcheck" } else { "command" };
        let message = format!(
            "`${name}` in the {what} of `{service}` is replaced by Compose on the host, with {given}; the container never sees it"
        );
        let finding = RULE
            .finding(reference.span, message)
            .service(service.clone())
            .here(format!("becomes {given} before the container starts"))
            .also(own.variable.key, format!("the container has its own `{name}`"))
            .help(match reference.shell {
                true => format!("write `$${name}`, so that the shell in the container expands it"),
                false => format!(
                    "write `$${name}` in a `CMD-SHELL` test, so that a shell in the container expands it"
                ),
            })
            .evidence(name.to_string())
            .at_most(reference.confidence);
        let escaped = || cx.edits.escape_references(reference.span, name);
        out.push(match (reference.shell && all_have(cx, &reference)).then(escaped).flatten() {
            Some(edits) => finding.fix(Fix {
                title: format!("escape `${name}` as `$${name}`"),
                applicability: Applicability::Safe,
                edits,
            }),
            None => finding,
        });
    }
}

/// Whether every service that shares the text, through an anchor or `extends`, has the variable in its container.
fn all_have(cx: &Context<'_>, reference: &Reference<'_>) -> bool {
    let shares = |service: &ServiceFacts<'_>| {
        let mut texts = texts(service).flat_map(|(text, ..)| replaced(text));
        texts.any(|(_, span, _)| span == reference.span)
    };
    let mut sharing = cx.facts.services().filter(|service| shares(service));
    sharing.all(|service| service.environment.value(&reference.variable).is_some())
}

/// The texts that a container runs: whether they are of its healthcheck, and whether a shell runs them.
fn texts<'a>(facts: &ServiceFacts<'a>) -> impl Iterator<Item = (&'a Text, bool, bool)> {
    let service = facts.service;
    let test = service.healthcheck.as_ref().and_then(|healthcheck| healthcheck.test.as_ref());
    let shell = test.is_some_and(|test| {
        let words: Vec<String> = test.words.iter().map(|word| word.value.assumed()).collect();
        test.shell || is_shell(&words)
    });
    let test = test.map_or(&[][..], |test| &test.words).iter().map(move |word| (&word.value, true, shell));
    let commands = [&service.entrypoint, &service.command].into_iter().flatten();
    let words = commands.filter(|command| runs_a_shell(command)).flat_map(|command| &command.words);
    test.chain(words.map(|word| (word, false, true)))
}

fn references<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = Reference<'a>> {
    cx.facts.active().flat_map(move |facts| {
        texts(facts).flat_map(move |(text, healthcheck, shell)| {
            replaced(text).filter_map(move |(variable, span, given)| {
                // What the container has under this name is what was meant. Where Compose put just
                // that (both come from one `.env`), nothing is wrong.
                let meant = facts.environment.value(&variable)?;
                let harmless = meant.assumed() == given && !span.is_none();
                // A host that sets the variable would give both the same value.
                let shared = meant
                    .pieces()
                    .iter()
                    .any(|piece| piece.certainty == Certainty::Depends(variable.clone()));
                let confidence = if shared { Confidence::Likely } else { Confidence::Certain };
                (!harmless).then_some(Reference {
                    service: facts,
                    variable,
                    span,
                    given,
                    healthcheck,
                    shell,
                    confidence,
                })
            })
        })
    })
}

/// The references in a text: name, place, and what they were replaced with.
fn replaced(text: &Text) -> impl Iterator<Item = (Arc<str>, Span, String)> {
    let mut found: Vec<(Arc<str>, Span, String)> = Vec::new();
    for piece in text.pieces() {
        for via in &piece.origin.through {
            let Via::Interpolation { variable, span, .. } = via else { continue };
            match found.last_mut() {
                Some((_, at, given)) if at == span => given.push_str(&piece.text),
                _ => found.push((variable.clone(), *span, piece.text.clone())),
            }
        }
    }
    found.into_iter()
}

/// Whether a shell in the container would expand variables: `sh -c …`.
pub fn runs_a_shell(command: &crate::compose::Command) -> bool {
    let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
    is_shell(&words)
}

fn is_shell(words: &[String]) -> bool {
    let shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh"));
    words.first().is_some_and(|word| shell(word))
        && words.iter().skip(1).any(|word| word.starts_with('-') && word.ends_with('c'))
}
