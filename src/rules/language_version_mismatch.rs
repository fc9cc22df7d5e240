//! A manifest asks for another version of its language than the image that builds or runs it has.

use std::collections::HashSet;

use super::prelude::*;

rule!("language-version-mismatch", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for wrong in &service.program.versions {
            if !seen.insert((wrong.manifest, wrong.image.span)) {
                continue;
            }
            let file = wrong.path.file_name().and_then(|name| name.to_str()).unwrap_or("the manifest");
            let stops = if wrong.at.is_none() { "does not start" } else { "is not built" };
            let message = format!(
                "`{name}` {stops}: `{file}` asks for {} {}, and `{}` has {}",
                wrong.language.name(),
                wrong.asked,
                wrong.image.value,
                wrong.has
            );
            let message = match wrong.newest {
                true => format!(
                    "the newest `{}`, which the build of `{name}` installs, asks for {} {}, and `{}` has {}",
                    wrong.path.display(),
                    wrong.language.name(),
                    wrong.asked,
                    wrong.image.value,
                    wrong.has
                ),
                false => message,
            };
            let help = match &wrong.instead {
                Some(instead) if instead.starts_with('"') => format!("in `{file}` write `{instead}`"),
                Some(instead) => format!("write `{instead}`"),
                None if wrong.newest => {
                    "install a version that is made for the image's, or name a newer image".to_string()
                }
                None => "name an image with that version, or ask for the one that the image has".to_string(),
            };
            let says = format!("`{}` says: {}", wrong.tool, wrong.says);
            let finding = RULE
                .finding(wrong.image.span, message)
                .service(name.clone())
                .here(format!("has {}", wrong.has));
            // The container's own command may be written nowhere.
            let finding = if wrong.at.is_none() || wrong.newest {
                finding.also(wrong.manifest, says)
            } else {
                finding.also(wrong.manifest, "asked for here".to_string()).also(wrong.at, says)
            };
            out.push(finding.help(help).evidence(format!("{file} {}", wrong.language.name())));
        }
    }
}
