//! `CMD` or `ENTRYPOINT` is meant as a list and is none in JSON's eyes, so a shell gets it as it stands.

use super::prelude::*;
use crate::facts::images::ImageKind;
use crate::programs::is_line;

rule!("malformed-exec-form", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut told = Vec::new();
        let image = &service.program.image;
        out.extend(line(service).or_else(|| dropped(service)).or_else(|| operator(service)).filter(
            |found| {
                let first = !told.contains(&found.at);
                told.push(found.at);
                first
            },
        ));
        if service.service.entrypoint.is_some() || image.assumed {
            continue;
        }
        let entrypoint = image.entrypoint.as_deref().map(|words| ("ENTRYPOINT", words));
        let cmd =
            image.cmd.as_deref().map(|words| ("CMD", words)).filter(|_| service.service.command.is_none());
        for (instruction, words) in entrypoint.into_iter().chain(cmd) {
            if let Some(found) =
                unexpanded(service, instruction, words).filter(|found| !told.contains(&found.at))
            {
                told.push(found.at);
                out.push(found);
            }
            let [_, option, line] = words else { continue };
            let place = line.span();
            if option.assumed() != "-c" || told.contains(&place) {
                continue;
            }
            let Some(list) = meant_as_list(&line.assumed()) else { continue };
            told.push(place);
            let name = &service.service.name.value;
            let comma = if line.assumed().contains(',') { "," } else { "" };
            let first = list.first().map(|first| format!("{first}{comma}")).unwrap_or_default();
            let right = serde_json::to_string(&list).unwrap_or_default().replace("\",\"", "\", \"");
            let says = match is_unfinished(&line.assumed()) {
                true => "with a syntax error".to_string(),
                false => format!("with `[{first}: not found`"),
            };
            out.push(
                RULE.finding(
                    place,
                    format!("`{instruction}` is no list in JSON's form, so a shell gets it as one command: `{name}` stops {says}"),
                )
                .service(name.clone())
                .here("read as a command")
                .help(format!("write `{instruction} {right}`, with double quotes and commas between"))
                .evidence(right.clone()),
            );
        }
    }
}

/// Programs whose images hand a command on as it is, whatever their entry point does.
const HANDED_ON: [&str; 12] = [
    "redis-server",
    "postgres",
    "mysqld",
    "mongod",
    "nginx",
    "node",
    "npm",
    "yarn",
    "python",
    "python3",
    "java",
    "php",
];

/// The first word of a list that is a whole command, so that no program is called so; or an option and its value in one word.
fn line(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (own, image) = (&service.service, &service.program.image);
    let built = image.parsed.is_some() && !image.assumed;
    let (what, words) = match (&own.entrypoint, &image.entrypoint, &own.command, &image.cmd) {
        (Some(entrypoint), ..) if !entrypoint.words.is_empty() => ("entrypoint", entrypoint.words.as_slice()),
        (None, Some(entrypoint), ..) if !entrypoint.is_empty() => ("ENTRYPOINT", entrypoint.as_slice()),
        (_, _, Some(command), _) => ("command", command.words.as_slice()),
        (_, _, None, Some(cmd)) if own.entrypoint.is_none() => ("CMD", cmd.as_slice()),
        _ => return None,
    };
    let first = words.first()?;
    let text = first.assumed();
    let name = &own.name.value;
    if is_line(&text) {
        // An entry point of an image that is not seen may be a shell.
        let reference = match built {
            true => image.base.as_ref().map(|base| base.value.clone()),
            false => own.image.as_ref().and_then(|image| image.complete()),
        };
        let official = reference.is_some_and(|reference| !reference.contains('/'));
        let handed = HANDED_ON.iter().any(|program| text.split(' ').next() == Some(program));
        let sure = what.eq_ignore_ascii_case("entrypoint") || official && (built || handed);
        if !sure {
            return None;
        }
        let all: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        let all: Vec<String> = all.into_iter().chain(words.iter().skip(1).map(Text::assumed)).collect();
        let right = serde_json::to_string(&all).unwrap_or_default().replace("\",\"", "\", \"");
        let written =
            if what == what.to_uppercase() { format!("{what} {right}") } else { format!("{what}: {right}") };
        let message = format!(
            "`{what}` is a list, so `{text}` is the name of one program: `{name}` stops, for there is none of that name"
        );
        let finding = RULE.finding(first.span(), message).service(name.clone()).here("one word");
        return Some(finding.help(format!("write `{written}`")).evidence(text));
    }
    let program = text.rsplit('/').next().unwrap_or(&text).to_string();
    let option = words.iter().skip(1).find(|word| is_option_with_value(&program, &word.assumed()))?;
    let whole = option.assumed();
    let split: Vec<String> = whole.split_whitespace().map(|word| format!("\"{word}\"")).collect();
    let message = format!(
        "`{what}` is a list, so `{whole}` is one word: `{program}` of `{name}` knows no option of that name and stops"
    );
    let finding = RULE.finding(option.span(), message).service(name.clone()).here("one word");
    Some(finding.help(format!("write `{}`", split.join(", "))).evidence(whole))
}

/// What Compose drops of a command, at a sign that only a shell would read.
fn dropped(service: &ServiceFacts<'_>) -> Option<Finding> {
    let own = &service.service;
    let all = [("entrypoint", &own.entrypoint), ("command", &own.command)];
    let (what, command, rest) = all.into_iter().find_map(|(what, command)| {
        let command = command.as_ref()?;
        Some((what, command, command.dropped.as_ref()?))
    })?;
    let text = rest.assumed();
    let sign = ["&&", "||", ";", "|", "&"].into_iter().find(|sign| text.starts_with(sign))?;
    let lost = text.get(sign.len()..)?.trim();
    if lost.is_empty() {
        return None;
    }
    let name = &own.name.value;
    let kept: Vec<String> = command.words.iter().map(Text::assumed).collect();
    let line = format!("{} {}", kept.join(" "), text.trim());
    let right = serde_json::to_string(&line).unwrap_or_default();
    let span = rest.slice(0, sign.len()).span();
    let at = if span.is_none() { command.origin.written } else { span };
    let finding = RULE
        .finding(
            at,
            format!(
                "`{name}` runs `{}` and nothing more: no shell reads `{what}`, and Compose drops it from `{sign}` on",
                kept.join(" ")
            ),
        )
        .service(name.clone())
        .here("the rest is dropped")
        .help(format!("write `{what}: [\"sh\", \"-c\", {right}]`"))
        .evidence(text.trim().to_string());
    // What is to happen when the command fails, or with what it says, may not be missed.
    Some(if matches!(sign, "||" | "|" | "&") { finding.at_most(Confidence::Possible) } else { finding })
}

/// A word of a list that only a shell takes for more than a word (`&&`), where none is asked.
fn operator(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (own, image) = (&service.service, &service.program.image);
    let built = image.parsed.is_some() && !image.assumed;
    let (what, words) = match (&own.entrypoint, &image.entrypoint, &own.command, &image.cmd) {
        (Some(entrypoint), ..) => ("entrypoint", entrypoint.words.as_slice()),
        // What an entry point makes of its arguments is its own.
        (None, Some(_), ..) => return None,
        (None, None, Some(command), _) => ("command", command.words.as_slice()),
        (None, None, None, Some(cmd)) => ("CMD", cmd.as_slice()),
        _ => return None,
    };
    let (first, rest) = words.split_first()?;
    let program = first.assumed();
    let program = program.rsplit('/').next().unwrap_or(&program);
    let reference = match built {
        true => image.base.as_ref().map(|base| base.value.clone()),
        false => own.image.as_ref().and_then(|image| image.complete()),
    };
    let official = reference.is_some_and(|reference| !reference.contains('/'));
    let handed = what == "entrypoint" || built || HANDED_ON.contains(&program);
    let asks = EXPAND.contains(&program) && !RUN_SCRIPTS.contains(&program);
    if !official || !handed || asks || program.contains('.') {
        return None;
    }
    let sign = rest.iter().find(|word| ["&&", "||"].contains(&word.assumed().as_str()))?;
    let name = &own.name.value;
    let written = sign.assumed();
    let line: Vec<String> = words.iter().map(Text::assumed).collect();
    let line = line.join(" ");
    let right = match what {
        "CMD" => format!("CMD {line}"),
        _ => format!("{what}: [\"sh\", \"-c\", {}]", serde_json::to_string(&line).unwrap_or_default()),
    };
    let span = if sign.span().is_none() { first.span() } else { sign.span() };
    let message = format!(
        "no shell reads `{what}` of `{name}`, so `{written}` is a word like others: `{program}` gets it, and all that follows, as arguments"
    );
    let finding = RULE.finding(span, message).service(name.clone()).here("of a shell");
    Some(finding.help(format!("write `{right}`")).evidence(line).at_most(Confidence::Likely))
}

/// Those of them that hand on their arguments, and ask no shell for them.
const RUN_SCRIPTS: [&str; 4] = ["npm", "yarn", "pnpm", "npx"];

/// Whether a word is a long option and its value, of a program that takes no such word apart.
fn is_option_with_value(program: &str, word: &str) -> bool {
    const STRICT: [&str; 9] =
        ["uvicorn", "gunicorn", "hypercorn", "celery", "flask", "streamlit", "node", "java", "daphne"];
    let Some((option, value)) = word.split_once(' ') else { return false };
    let named = option
        .strip_prefix("--")
        .is_some_and(|name| name.len() > 1 && name.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    let plain = !value.trim().is_empty() && !value.contains([' ', '$']) && !word.contains('=');
    STRICT.contains(&program)
        && plain
        && (named && program != "java" || program == "java" && option == "-jar")
}

/// Programs that are shells, or that put values of variables in by themselves.
const EXPAND: [&str; 19] = [
    "sh",
    "bash",
    "ash",
    "dash",
    "zsh",
    "ksh",
    "fish",
    "busybox",
    "env",
    "envsubst",
    "dockerize",
    "confd",
    "nginx",
    "cmd",
    "npm",
    "yarn",
    "pnpm",
    "npx",
    "make",
];

/// A word of a list that is a variable's name for a shell, where none is asked: the program gets the dollar sign and the name.
fn unexpanded(service: &ServiceFacts<'_>, instruction: &str, words: &[Text]) -> Option<Finding> {
    let image = &service.program.image;
    let all: Vec<String> = image.command.iter().map(Text::assumed).collect();
    let last = |word: &String| word.rsplit('/').next().unwrap_or(word).to_string();
    let plain = all.iter().take(8).all(|word| {
        let name = last(word);
        !EXPAND.contains(&name.as_str())
            && ![".sh", ".bash", ".ps1"].iter().any(|end| name.ends_with(end))
            && word != "-c"
            && !name.contains("entrypoint")
    });
    // An entry point of the base image may be a script.
    let runtime = service.image.is_none_or(|image| image.kind == ImageKind::Runtime);
    let parsed = image.parsed.as_ref().filter(|_| plain && runtime)?;
    let first = words.first().map(Text::assumed).unwrap_or_default();
    let interpreted =
        ["-e", "-r", "awk", "perl"].iter().any(|word| all.iter().any(|other| last(other) == *word));
    let (word, variable) = words.iter().find_map(|word| Some((word, named(&word.assumed())?)))?;
    let at_run_time = image.env.contains_key(&variable) || service.environment.get(&variable).is_some();
    if interpreted || !(at_run_time || parsed.declares(&variable)) || word.has_hole() {
        return None;
    }
    let name = &service.service.name.value;
    let line: Vec<String> = words.iter().map(Text::assumed).collect();
    let in_shell = format!("write `{instruction} [\"sh\", \"-c\", \"exec {}\"]`", line.join(" "));
    let help = match at_run_time {
        true => format!("{in_shell}, or let the program read `{variable}` itself"),
        // What is an argument of the build is gone when the container runs.
        false => {
            format!("{in_shell}, below `ENV {variable}=${variable}`: an `ARG` is there for the build alone")
        }
    };
    let finding = RULE
        .finding(
            word.span(),
            format!("`{instruction}` is a list, so no shell puts a value in place of `{}`: `{first}` of `{name}` gets the text as it stands", word.assumed()),
        )
        .service(name.clone())
        .here("stays as it is")
        .help(help)
        .evidence(variable);
    Some(finding.at_most(Confidence::Likely))
}

/// The variable in a word: `$PORT`, `--port=${PORT}`, `0.0.0.0:$PORT`.
fn named(word: &str) -> Option<String> {
    let at = word.find('$')?;
    let rest = word.get(at + 1..)?;
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let end = rest
        .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .unwrap_or(rest.len());
    let name = rest.get(..end)?;
    let begins = name.starts_with(|c: char| c.is_ascii_uppercase());
    (begins && name.len() > 1 && !word.contains([' ', '\n', '(', '\''])).then(|| name.to_string())
}

/// The items of a text that looks like a list: quoted, in brackets, or words with commas between; the bracket may not be closed,
/// and something may stand behind it. It stands in the shell's form only because it is no list of JSON.
fn meant_as_list(line: &str) -> Option<Vec<String>> {
    const QUOTES: [char; 6] = ['\'', '"', '“', '”', '‘', '’'];
    let rest = line.trim().strip_prefix('[')?;
    // `[ -f x ] && run` is a test: what it tests stands apart from its bracket.
    let glued = rest.starts_with(|c: char| QUOTES.contains(&c) || c == '/' || c.is_ascii_alphabetic());
    let (inner, whole) = match rest.rsplit_once(']') {
        Some((inner, after)) => (inner, after.is_empty()),
        None => (rest, false),
    };
    if !glued && !whole {
        return None;
    }
    let mut items = Vec::new();
    for part in inner.split(',').map(str::trim) {
        let quoted = part.chars().count() >= 2 && part.starts_with(QUOTES) && part.ends_with(QUOTES);
        match (part.is_empty(), quoted) {
            (true, _) => {}
            // Between two items a comma is missing.
            (false, true) => items.extend(
                part.split(QUOTES).map(str::trim).filter(|item| !item.is_empty()).map(str::to_string),
            ),
            (false, false) if glued && inner.contains(',') && !part.contains([' ', ']']) => {
                items.push(part.trim_matches(QUOTES).to_string());
            }
            (false, false) => return None,
        }
    }
    (!items.is_empty()).then_some(items)
}

/// Whether a shell stops at the line before it looks for a command: something is quoted and never ends.
fn is_unfinished(line: &str) -> bool {
    let odd = |quote: char| line.matches(quote).count() % 2 == 1;
    odd('`') || odd('"') || odd('\'')
}

#[cfg(test)]
mod tests {
    use super::meant_as_list;

    #[test]
    fn words_that_are_two() {
        let two = super::is_option_with_value;
        assert!(two("uvicorn", "--host 0.0.0.0") && two("java", "-jar app.jar"));
        assert!(!two("uvicorn", "--host=0.0.0.0") && !two("gunicorn", "-b 0.0.0.0:80"));
        assert!(!two("echo", "--host 0.0.0.0") && !two("java", "--x y"));
        let line = super::is_line;
        assert!(line("npm start") && line("./shop --port 80") && line("java -jar /app.jar"));
        assert!(!line("npm") && !line("Shop Floor") && !line("echo a && b") && !line("npm "));
    }

    #[test]
    fn lists() {
        let list = |line: &str| meant_as_list(line).map(|items| items.join(" "));
        assert_eq!(list("['npm', 'start']").as_deref(), Some("npm start"));
        assert_eq!(list("[ 'pm2-runtime', 'start','a.js' ]").as_deref(), Some("pm2-runtime start a.js"));
        assert_eq!(list("[\"npm\", \"start\",]").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\" \"start\"]").as_deref(), Some("npm start"));
        assert_eq!(list("[“npm”, “start”]").as_deref(), Some("npm start"));
        assert_eq!(list("[npm, start]").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\", \"start\"]`").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\", \"start\"").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\", \"start\"] # as said").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\", \"start]").as_deref(), Some("npm start"));
        assert!(super::is_unfinished("[\"npm\", \"start\"]`") && !super::is_unfinished("['npm', 'start']"));
        for line in
            ["npm start", "[ -f x ] && run", "[ -n \"$X\" ]", "[]", "[a-z]*.sh", "[ -n \"$X\" ] && a, b"]
        {
            assert_eq!(list(line), None, "{line}");
        }
    }
}
