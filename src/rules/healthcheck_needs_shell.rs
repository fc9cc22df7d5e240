//! A healthcheck of the form `CMD` has words that only a shell understands.

use super::prelude::*;
use super::wiring;
use crate::compose::HealthTest;

rule!("healthcheck-needs-shell", check);

/// What a shell looks at between commands.
const OPERATORS: [&str; 7] = ["||", "&&", "|", ";", "&", ">", "2>&1"];
/// Commands that are not bothered by more words.
const PATIENT: [&str; 3] = ["redis-cli", "echo", "true"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        let Some(test) = facts.health_test().filter(|test| !test.shell) else { continue };
        out.extend(finding(facts, test));
    }
}

fn finding(facts: &ServiceFacts<'_>, test: &HealthTest) -> Option<Finding> {
    let words: Vec<String> = test.words.iter().map(|word| word.value.assumed()).collect();
    let program = words.first()?.rsplit('/').next().unwrap_or_default();
    let name = &facts.service.name.value;
    // A whole command in one word is the name of a program that nobody has.
    if let ([word], [only]) = (words.as_slice(), test.words.as_slice())
        && word.trim().contains(' ')
    {
        let command = wiring::as_written(&only.value);
        let finding = RULE.finding(
            only.span(),
            format!("the healthcheck of `{name}` looks for a program called `{word}`: `CMD` runs no shell that takes it apart, so it always fails"),
        );
        return Some(
            finding
                .service(name.clone())
                .here("all of it is the program's name")
                .help(format!("write `test: {}`", wiring::flow(&["CMD-SHELL", &command])))
                .evidence(command),
        );
    }
    let runs_shell = matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh") || PATIENT.contains(&program);
    let at = words.iter().position(|word| OPERATORS.contains(&word.as_str())).filter(|_| !runs_shell)?;
    let operator = test.words.get(at)?;
    let command = test.words.iter().map(|word| wiring::as_written(&word.value)).collect::<Vec<_>>().join(" ");
    Some(
        RULE.finding(
            operator.span(),
            format!(
                "the healthcheck of `{name}` hands `{}` to `{program}` as an argument: `CMD` runs no shell, so it fails whatever the answer is",
                words.get(at..)?.join(" "),
            ),
        )
        .service(name.clone())
        .here("only a shell understands this")
        .help(format!("write `test: {}`", wiring::flow(&["CMD-SHELL", &command])))
        .evidence(command),
    )
}
