//! The migrations that others depend on do not exist.

use super::absent;
use super::prelude::*;

rule!("migration-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(cx.facts.active().filter_map(|service| userless(cx, service)));
}

/// The app of Django that has the users, and no migrations, where `migrate` is run.
fn userless(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.absences.userless.as_ref()?;
    let (name, app) = (&service.service.name.value, &found.app);
    let folder = absent::shown(cx, &found.folder);
    let lacks = if found.hidden { "has no migrations in its image" } else { "has no migrations" };
    let message = format!(
        "`migrate` of `{name}` ends, because `{app}`, which has the users, {lacks}: those of Django's admin depend on its first"
    );
    let finding = RULE.finding(found.at, message).service(name.clone()).here("an app without migrations");
    let help = match found.hidden {
        true => format!("take the pattern that matches `{folder}` out of `.dockerignore`"),
        false => format!("run `python manage.py makemigrations {app}`, and keep `{folder}` with the code"),
    };
    let sure = if found.ignored { Confidence::Possible } else { Confidence::Likely };
    Some(finding.help(help).evidence(folder).at_most(sure))
}
