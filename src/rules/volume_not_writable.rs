//! A program that is not root keeps its data in a volume of root.

use super::prelude::*;

rule!("volume-not-writable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let name = &service.service.name.value;
        for found in &service.program.absences.unowned {
            let (volume, target, user) = (&found.volume, &found.target, &found.user);
            let message = format!(
                "`{name}` runs as `{user}`, and cannot write to the volume `{volume}`: the image has no `{target}`, so Docker makes it for root"
            );
            out.push(
                RULE.finding(found.at, message)
                    .service(name.clone())
                    .here("belongs to root")
                    .also(found.user_at, format!("runs as `{user}`"))
                    .help(format!(
                        "write `RUN mkdir -p {target} && chown {user} {target}` in the Dockerfile before `USER`: a new volume takes its owner from the image"
                    ))
                    .evidence(target.clone()),
            );
        }
    }
}
