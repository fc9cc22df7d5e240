//! `CMD` or `ENTRYPOINT` is meant as a list and is none in JSON's eyes, so a shell gets it as it stands.

use super::prelude::*;

rule!("malformed-exec-form", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told = Vec::new();
    for service in cx.facts.active() {
        let image = &service.program.image;
        if service.service.entrypoint.is_some() || image.assumed {
            continue;
        }
        let entrypoint = image.entrypoint.as_deref().map(|words| ("ENTRYPOINT", words));
        let cmd =
            image.cmd.as_deref().map(|words| ("CMD", words)).filter(|_| service.service.command.is_none());
        for (instruction, words) in entrypoint.into_iter().chain(cmd) {
            let [_, option, line] = words else { continue };
            let place = line.span();
            if option.assumed() != "-c" || told.contains(&place) {
                continue;
            }
            let Some(list) = meant_as_list(&line.assumed()) else { continue };
            told.push(place);
            let name = &service.service.name.value;
            let first = list.first().cloned().unwrap_or_default();
            let right = serde_json::to_string(&list).unwrap_or_default().replace("\",\"", "\", \"");
            out.push(
                RULE.finding(
                    place,
                    format!("`{instruction}` is no list in JSON's form, so a shell gets it as one command: `{name}` stops with `[{first}: not found`"),
                )
                .service(name.clone())
                .here("read as a command")
                .help(format!("write `{instruction} {right}`, with double quotes and commas between"))
                .evidence(right.clone()),
            );
        }
    }
}

/// The items of a text that looks like a list: quoted, in brackets. It stands in the shell's form only because it is no
/// list of JSON.
fn meant_as_list(line: &str) -> Option<Vec<String>> {
    const QUOTES: [char; 6] = ['\'', '"', '“', '”', '‘', '’'];
    let inner = line.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut items = Vec::new();
    for part in inner.split(',').map(str::trim) {
        let quoted = part.chars().count() >= 2 && part.starts_with(QUOTES) && part.ends_with(QUOTES);
        match (part.is_empty(), quoted) {
            (true, _) => {}
            // Between two items a comma is missing.
            (false, true) => items.extend(
                part.split(QUOTES).map(str::trim).filter(|item| !item.is_empty()).map(str::to_string),
            ),
            (false, false) => return None,
        }
    }
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::meant_as_list;

    #[test]
    fn lists() {
        let list = |line: &str| meant_as_list(line).map(|items| items.join(" "));
        assert_eq!(list("['npm', 'start']").as_deref(), Some("npm start"));
        assert_eq!(list("[ 'pm2-runtime', 'start','a.js' ]").as_deref(), Some("pm2-runtime start a.js"));
        assert_eq!(list("[\"npm\", \"start\",]").as_deref(), Some("npm start"));
        assert_eq!(list("[\"npm\" \"start\"]").as_deref(), Some("npm start"));
        assert_eq!(list("[“npm”, “start”]").as_deref(), Some("npm start"));
        for line in ["npm start", "[ -f x ] && run", "[ -n \"$X\" ]", "[]", "[npm, start]"] {
            assert_eq!(list(line), None, "{line}");
        }
    }
}
