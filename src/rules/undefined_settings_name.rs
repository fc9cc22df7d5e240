//! A settings file refers to a name that it does not define.

use std::collections::HashSet;

use super::prelude::*;

rule!("undefined-settings-name", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut told = HashSet::new();
        let name = &service.service.name;
        for found in &service.program.undefined {
            if !told.insert(found.name.span) {
                continue;
            }
            let (what, text) = (found.what, &found.name.value);
            let why =
                if found.file { "which is not in its container" } else { "which its settings do not define" };
            let message = format!(
                "`{}` refers to the {what} `{text}`, {why}: {} {}",
                name.value, found.title, found.then
            );
            let finding = RULE.finding(found.name.span, message).service(name.value.clone());
            let finding = finding.here(format!("no such {what}")).at_most(Confidence::Likely);
            if found.file {
                let finding = finding.severity(Severity::Warning).evidence(text.clone());
                out.push(match &found.meant {
                    Some(meant) => finding.help(format!("write `{meant}`, or mount `{text}`")),
                    None => finding.help("mount the file, or take it out"),
                });
                continue;
            }
            out.push(match &found.meant {
                Some(meant) => finding
                    .also(found.at, "defined here")
                    .help(format!("write `{meant}`, or define `{text}`"))
                    .evidence(meant.clone()),
                None => finding.help(format!("define `{text}`, or take it out")).evidence(text.clone()),
            });
        }
    }
}
