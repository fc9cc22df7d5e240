//! A program asks an empty database for tables that nothing creates.

use std::collections::HashSet;

use super::prelude::*;
use crate::programs::tables::By;

rule!("tables-never-created", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // Of several programs that share tables, one says it.
    let mut told = HashSet::new();
    for service in cx.facts.active() {
        let Some((lack, server)) = cx.facts.tableless(service) else { continue };
        let tool = lack.tool;
        if !told.insert((tool.name.as_str(), server.key)) {
            continue;
        }
        let (name, database) = (&service.service.name, &server.service.name.value);
        let seen = match tool.name.as_str() {
            "" => "no service, image, script, note or code".to_string(),
            tool => format!(
                "{tool} makes none by itself, and no service, image, script or note runs its migrations"
            ),
        };
        let fact = match tool.name.as_str() {
            "" => format!("{seen} creates the tables that `{}` asks `{database}` for", name.value),
            _ => format!("nothing creates the tables that `{}` asks `{database}` for: {seen}", name.value),
        };
        let before =
            format!("before `{}` starts, in its command, or in a service that it waits for", name.value);
        let help = match (&lack.by, tool.step.as_str()) {
            (Some(By::Script(script)), _) => {
                format!("`npm run {script}` would, and nothing calls it: run it {before}")
            }
            (Some(By::File(file)), _) => {
                let file = file.display();
                format!(
                    "`{file}` would, and nothing loads it: mount it below `/docker-entrypoint-initdb.d/` of `{database}`"
                )
            }
            (None, "") => format!(
                "mount a script that creates them below `/docker-entrypoint-initdb.d/` of `{database}`"
            ),
            (None, step) => format!("run `{step}` {before}"),
        };
        // Where no note says how the project is started, none says what is done by hand either.
        let sure = if lack.described { Confidence::Likely } else { Confidence::Possible };
        out.push(
            RULE.finding(name.span, fact)
                .service(name.value.clone())
                .here("asks for tables")
                .also(lack.at, "what asks for them")
                .help(help)
                .at_most(sure)
                .evidence(database.clone()),
        );
    }
}
