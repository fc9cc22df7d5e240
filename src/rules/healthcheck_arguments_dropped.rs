//! `CMD-SHELL` with several items: its shell runs the first alone.

use super::prelude::*;
use super::wiring;

rule!("healthcheck-arguments-dropped", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        let name = &facts.service.name.value;
        let test = facts.service.healthcheck.as_ref().and_then(|health| health.test.as_ref());
        let Some(test) = test.filter(|test| test.shell) else { continue };
        let [first, dropped @ ..] = &test.words[..] else { continue };
        let (Some(second), Some(last)) = (dropped.first(), dropped.last()) else { continue };
        // They are the shell's `$0`, `$1` and so on, which the first may ask for.
        if uses_parameters(&first.assumed()) {
            continue;
        }
        let command = joined(&first.value, dropped.iter().map(|word| &word.value));
        let lost: Vec<String> =
            dropped.iter().map(|word| format!("`{}`", wiring::as_written(word))).collect();
        let finding = RULE
            .finding(
                second.span(),
                format!(
                    "the healthcheck of `{name}` runs `{}` alone: `CMD-SHELL` takes one string, and {} {} dropped",
                    wiring::as_written(first),
                    lost.join(", "),
                    if lost.len() == 1 { "is" } else { "are" },
                ),
            )
            .service(name.clone())
            .here("never reaches the command")
            .also(first.span(), "all that the shell runs")
            .help(format!("write `test: {}`", wiring::flow(&["CMD-SHELL", &command])))
            .evidence(command.clone());
        let edits = cx.edits.join_items(first.span(), last.span(), &command);
        out.push(match edits {
            Some(edits) => finding.fix(Fix {
                title: "join them to one string".to_string(),
                applicability: Applicability::Safe,
                edits,
            }),
            None => finding,
        });
    }
}

/// Whether a shell command asks for its parameters.
fn uses_parameters(command: &str) -> bool {
    command.match_indices('$').any(|(at, _)| {
        let rest = command.get(at + 1..).unwrap_or("").trim_start_matches('{');
        rest.starts_with(|c: char| c.is_ascii_digit() || c == '@' || c == '*')
    })
}

/// The command that was meant, as it is written in a compose file.
fn joined<'t>(first: &Text, rest: impl Iterator<Item = &'t Text>) -> String {
    let first = wiring::as_written(first);
    let one_word = !first.contains(char::is_whitespace);
    let mut command = first;
    for word in rest {
        let word = wiring::as_written(word);
        let operator = word.contains(['|', '&', ';']);
        // An argument with blanks stays one: only where the items are words, not pieces of a command.
        let quoted =
            one_word && !operator && word.contains(|c: char| c.is_whitespace() || "()<>*?'".contains(c));
        command.push(' ');
        match (quoted, word.contains(['\'', '$'])) {
            (false, _) => command.push_str(&word),
            (true, false) => command.push_str(&format!("'{word}'")),
            (true, true) => command.push_str(&format!("\"{}\"", word.replace('"', "\\\""))),
        }
    }
    command
}
