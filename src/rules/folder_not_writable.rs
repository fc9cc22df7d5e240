//! A folder that a program writes to belongs to root, and its workers are not root.

use super::prelude::*;

rule!("folder-not-writable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = service.program.unwritable.as_ref() else { continue };
        let (name, target, user) = (&service.service.name, &found.target, found.user);
        let message = format!(
            "the workers of `{}` run as `{user}`, and cannot write to `{target}`: all that is copied belongs to root, and Laravel compiles its pages there",
            name.value
        );
        out.push(
            RULE.finding(found.at, message)
                .service(name.value.clone())
                .here("gives it to root")
                .help(format!("write `RUN chown -R {user} {target}` behind it, and the same for `bootstrap/cache` beside it"))
                .at_most(Confidence::Likely)
                .evidence(target.clone()),
        );
    }
}
