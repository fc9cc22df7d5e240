//! A script that a database's image runs at first uses a table that is not there yet.

use super::prelude::*;

rule!("first-script-table-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = &service.program.missing_table else { continue };
        let (name, table) = (&service.service.name, &found.name);
        let (who, help) = match (&found.later, &found.script) {
            (Some(_), Some(script)) => (
                format!("only `{script}` makes, which runs after it"),
                format!("scripts run by their names: give `{script}` one that comes before"),
            ),
            (Some(_), None) => ("is made further down".to_string(), "make it before".to_string()),
            (None, _) => (
                "no script makes".to_string(),
                format!("make `{table}` in a script before, or do this after the migrations of the program"),
            ),
        };
        let mut finding = RULE
            .finding(
                found.at,
                format!(
                    "a script that `{}` runs when its data is first made uses the table `{table}`, which {who}: the first start stops here",
                    name.value
                ),
            )
            .service(name.value.clone())
            .here("no such table yet")
            .help(help)
            .evidence(table.clone());
        if let Some(later) = found.later {
            finding = finding.also(later, "it is made here");
        }
        out.push(finding);
    }
}
