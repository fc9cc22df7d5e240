//! What is said where Laravel serves pages and nothing gives it the key that it encrypts with.

use super::prelude::*;
use crate::programs::sealed::Sealed;

/// The finding of a service that runs Laravel without a key.
pub fn finding(rule: &'static Rule, facts: &ServiceFacts<'_>) -> Option<Finding> {
    const VARIABLE: &str = "APP_KEY";
    let Some(Sealed::Laravel(keyless)) = facts.program.sealed.as_ref() else { return None };
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
