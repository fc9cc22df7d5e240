//! A colon where a list of variables wants `=`.

use std::collections::HashSet;

use super::prelude::*;

rule!("colon-in-environment-list", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // An anchor brings one item to several services.
    let mut seen = HashSet::new();
    for facts in cx.facts.services() {
        let service = &facts.service.name.value;
        for (whole, variable) in &facts.service.environment.variables {
            let meant = assigned(whole).filter(|_| variable.value.is_none());
            let Some((name, value)) = meant.filter(|_| seen.insert(variable.key)) else { continue };
            let message = format!(
                "`{whole}` of `{service}` is a name without a value: in a list `=` parts the two, so nothing sets `{name}`"
            );
            let finding = RULE
                .finding(variable.key, message)
                .service(service.clone())
                .here("the name of a variable stands here")
                .help(format!("write `- {name}={value}`"))
                .evidence(name.to_string());
            let edits = cx.edits.replace(variable.key, &format!("{name}={value}"));
            out.push(match edits {
                Some(edits) => finding.fix(Fix {
                    title: format!("put `=` between `{name}` and its value"),
                    applicability: Applicability::Safe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}

/// The name and the value that are meant by `NAME:value`. Names with a second colon are those of sections.
fn assigned(whole: &str) -> Option<(&str, &str)> {
    let (name, value) = whole.split_once(':')?;
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let named = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && plain(name);
    (named && !value.is_empty() && !value.starts_with(':')).then_some((name, value))
}
