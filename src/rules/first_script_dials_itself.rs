//! A script that a database's image runs at first dials the server that runs it.

use super::prelude::*;

rule!("first-script-dials-itself", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = &service.program.absences.first_dial else { continue };
        let name = &service.service.name;
        let ends = if found.awaited { ": it waits for ever" } else { ", and the first start stops here" };
        out.push(
            RULE.finding(
                found.at,
                format!(
                    "a script that `{}` runs when its data is first made gives `{}` the host `{}`: until such scripts are done, the server listens on its socket only{ends}",
                    name.value, found.program, found.host
                ),
            )
            .service(name.value.clone())
            .here("nobody listens yet")
            .help("leave the host out: clients then take the socket")
            .evidence(found.host.clone()),
        );
    }
}
