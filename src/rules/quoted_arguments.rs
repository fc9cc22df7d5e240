//! Quotes around the value of an option in a list of arguments: no shell takes them off there.

use super::prelude::*;
use super::wiring::as_written;

/// What takes arguments apart once more.
const SHELLS: [&str; 9] = ["sh", "bash", "ash", "dash", "zsh", "ksh", "-c", "env", "eval"];

/// The options of a service whose values keep their quotes, each with what to write.
pub(super) fn findings<'a>(
    cx: &'a Context<'_>,
    rule: &'a Rule,
    service: &'a ServiceFacts<'_>,
) -> impl Iterator<Item = Finding> + 'a {
    let lists = [("entrypoint", &service.service.entrypoint), ("command", &service.service.command)];
    let plain = |words: &[Text]| {
        !words.iter().any(|word| {
            let word = word.assumed();
            SHELLS.contains(&word.rsplit('/').next().unwrap_or(&word)) || word.ends_with(".sh")
        })
    };
    let lists =
        lists.into_iter().filter_map(|(key, list)| Some((key, list.as_ref().filter(|it| !it.split)?)));
    let whole = lists.clone().all(|(_, list)| plain(&list.words));
    lists.filter(move |_| whole).flat_map(move |(key, list)| {
        list.words.iter().filter_map(move |word| {
            let text = word.assumed();
            let inner = quoted(&text)?;
            let right = format!("{}{inner}", text.strip_suffix(quoted_part(&text)?)?);
            let name = &service.service.name.value;
            let written = as_written(word);
            let finding = rule
                .finding(
                    word.span(),
                    format!("`{written}` in `{key}` of `{name}` keeps its quotes: no shell takes them off in a list, so they are part of the value"),
                )
                .service(name.clone())
                .here("the program gets these quotes")
                .help(format!("write `- {right}`"))
                .severity(Severity::Warning)
                .at_most(Confidence::Likely)
                .evidence(text.clone());
            let edits = if word.has_hole() { None } else { cx.edits.replace(word.span(), &right) };
            Some(match edits {
                Some(edits) => finding.fix(Fix {
                    title: "take the quotes off the option's value".to_string(),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            })
        })
    })
}

/// What stands behind the first `=` of an option.
fn quoted_part(word: &str) -> Option<&str> {
    let (option, value) = word.split_once('=')?;
    let named = option.strip_prefix('-')?.trim_start_matches('-');
    let plain = named.starts_with(|c: char| c.is_ascii_alphabetic())
        && named.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    plain.then_some(value)
}

/// What stands between the quotes of an option's value, where there is one pair of them around all of it.
fn quoted(word: &str) -> Option<&str> {
    let value = quoted_part(word)?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = value.get(1..)?.strip_suffix(quote)?;
    (!inner.contains([quote, '\\', '$'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn options() {
        assert_eq!(quoted("--secure-file-priv=\"\""), Some(""));
        assert_eq!(quoted("--requirepass='secret'"), Some("secret"));
        assert_eq!(quoted("-Dname=\"a b\""), Some("a b"));
        for other in [
            "--a=b",
            "--a=\"b",
            "--a=\"b\",\"c\"",
            "a=\"b\"",
            "--where=x=\"b\"",
            "--a",
            "--a=\"\\\"b\"",
            "\"--a=b\"",
        ] {
            assert_eq!(quoted(other), None, "{other}");
        }
    }
}
