//! What is said where Rails runs in production and nothing gives it its secret.

use super::prelude::*;
use crate::programs::sealed::Sealed;

/// The finding of a service that runs Rails in production without the key to its credentials, or without its secret.
pub fn finding(rule: &'static Rule, facts: &ServiceFacts<'_>) -> Option<Finding> {
    let Some(Sealed::Rails(sealed)) = facts.program.sealed.as_ref() else { return None };
    // What only the host gives is told of elsewhere.
    let set = |name: &str| {
        facts.environment.get(name).is_some() || facts.service.environment.variables.contains_key(name)
    };
    let of_rails = ["RAILS_ENV", "RACK_ENV"].iter().find_map(|name| facts.environment.value(name));
    let production = of_rails.and_then(Text::complete).is_some_and(|value| value == "production");
    let key = set("RAILS_MASTER_KEY");
    let secret = set("SECRET_KEY_BASE") || set("SECRET_KEY_BASE_DUMMY");
    if !production || key || secret && !sealed.required {
        return None;
    }
    let (name, variable) = (&facts.service.name, "RAILS_MASTER_KEY");
    let message = format!(
        "nothing sets `{variable}` for `{}`, and Rails stops without it in production: the key to `{}` is not in its image",
        name.value, sealed.file
    );
    let finding = rule.finding(name.span, message).service(name.value.clone());
    let finding = finding.here(format!("has no `{variable}`")).evidence(variable);
    let finding =
        finding.help(format!("write `{variable}: ${{{variable}:?}}` in `environment` of `{}`", name.value));
    // Who builds it may have the key.
    let open = sealed.may_be_copied && !sealed.unheard || facts.may_find(variable);
    let finding = if sealed.unheard { finding.severity(Severity::Warning) } else { finding };
    Some(finding.at_most(if open { Confidence::Possible } else { Confidence::Likely }))
}
