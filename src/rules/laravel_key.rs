//! What is said where Laravel serves pages and nothing gives it the key that it encrypts with.

use super::prelude::*;
use crate::programs::sealed::{Blank, Sealed};

/// The finding of a service that runs Laravel without a key.
pub fn finding(rule: &'static Rule, facts: &ServiceFacts<'_>) -> Option<Finding> {
    const VARIABLE: &str = "APP_KEY";
    let Some(Sealed::Laravel(keyless)) = facts.program.sealed.as_ref() else { return None };
    if let Some(blank) = keyless.blank {
        return of_blank(rule, facts, blank);
    }
    let set = facts.environment.get(VARIABLE).is_some()
        || facts.service.environment.variables.contains_key(VARIABLE);
    // Where nothing at all is set, all may come from a file that is put there.
    let given = facts.environment.get("APP_ENV").is_some() || facts.environment.get("DB_HOST").is_some();
    if set || !facts.program.dotenv.is_empty() {
        return None;
    }
    let name = &facts.service.name;
    let message = format!(
        "nothing sets `{VARIABLE}` for `{}`, and there is no `.env` in its image: Laravel answers `No application encryption key has been specified`",
        name.value
    );
    let finding = rule.finding(name.span, message).service(name.value.clone());
    let finding = finding.here(format!("has no `{VARIABLE}`")).evidence(VARIABLE);
    let finding = finding.help(format!(
        "write `{VARIABLE}: ${{{VARIABLE}:?}}` in `environment` of `{}`; `php artisan key:generate --show` makes one",
        name.value
    ));
    let open = keyless.may_be_copied || facts.may_find(VARIABLE) || !given;
    Some(finding.at_most(if open { Confidence::Possible } else { Confidence::Likely }))
}

/// The finding of a service whose file of settings has a blank key.
fn of_blank(rule: &'static Rule, facts: &ServiceFacts<'_>, blank: Blank) -> Option<Finding> {
    const VARIABLE: &str = "APP_KEY";
    // What a sample leaves blank is not known, and the same.
    let value = facts.environment.value(VARIABLE).and_then(Text::complete);
    if facts.service.environment.variables.contains_key(VARIABLE) || value.is_some_and(|it| !it.is_empty()) {
        return None;
    }
    let name = &facts.service.name;
    let (file, severity) = match blank {
        Blank::There => ("its `.env`", Severity::Error),
        Blank::Sample => ("`.env.example`, which `.env` is made of,", Severity::Warning),
    };
    let message = format!(
        "`{VARIABLE}` of `{}` is blank: {file} has none, and nothing runs `key:generate`: Laravel answers `No application encryption key has been specified`",
        name.value
    );
    let finding = rule.finding(name.span, message).service(name.value.clone());
    let finding = finding.here(format!("has no `{VARIABLE}`")).evidence(VARIABLE).severity(severity);
    let finding = finding.help(
        "run `php artisan key:generate` where `.env` is made, or say in the README to do so before the start",
    );
    Some(finding.at_most(if facts.may_find(VARIABLE) { Confidence::Possible } else { Confidence::Likely }))
}
