//! A file of settings is mounted where its image does not look.

use super::prelude::*;

rule!("settings-not-read", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = &service.program.unlooked else { continue };
        let name = &service.service.name;
        let (target, reads) = (&found.target, found.known.reads.first());
        let looks = match reads {
            Some(file) => format!("its image looks for `{file}`"),
            None => "its image reads no file that its command does not name".to_string(),
        };
        let help = match (reads, &found.known.write) {
            (Some(file), _) => format!("mount it at `{file}`, or name it in `command`"),
            (None, Some(write)) => format!("write `command: {}`", write.replace("{}", target)),
            (None, None) => "name it in `command`".to_string(),
        };
        let hides = if found.hides { ", which the mount hides" } else { "" };
        let finding = RULE
            .finding(
                found.mount,
                format!("`{}` does not read the settings at `{target}`: {looks}{hides}", name.value),
            )
            .service(name.value.clone())
            .here("nobody looks here");
        out.push(finding.help(help).evidence(target.clone()));
    }
}
