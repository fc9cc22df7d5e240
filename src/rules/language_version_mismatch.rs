//! A manifest asks for another version of its language than the image that builds or runs it has.

use std::collections::HashSet;

use super::prelude::*;
use crate::programs::versions::{Language, WrongVersion};

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
            let message = message(name, file, wrong);
            let help = match &wrong.instead {
                Some(instead) if instead.starts_with('"') => format!("in `{file}` write `{instead}`"),
                Some(instead) => format!("write `{instead}`"),
                None if wrong.newest => {
                    "install a version that is made for the image's, or name a newer image".to_string()
                }
                None => match &wrong.written {
                    Some(written) if written.before => {
                        "write it as the versions of today take it, or name an older image".to_string()
                    }
                    Some(_) => format!(
                        "name an image with {} {}, or do without it",
                        wrong.language.name(),
                        wrong.asked
                    ),
                    None => {
                        "name an image with that version, or ask for the one that the image has".to_string()
                    }
                },
            };
            let says = match &wrong.written {
                Some(_) => wrong.says.clone(),
                None => format!("`{}` says: {}", wrong.tool, wrong.says),
            };
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

fn message(name: &str, file: &str, wrong: &WrongVersion) -> String {
    let WrongVersion { asked, has, image, .. } = wrong;
    let (language, image) = (wrong.language.name(), &image.value);
    match &wrong.written {
        Some(written) => {
            let stops = if written.late { "fails where it comes there" } else { "does not start" };
            let came = match (written.before, wrong.language) {
                (true, Language::Python) => format!("which only {language} {asked} took"),
                (true, _) => format!("which went with {language} {asked}"),
                (false, _) => format!("which came with {language} {asked}"),
            };
            format!("`{name}` {stops}: `{file}` says {}, {came}, and `{image}` has {has}", written.what)
        }
        None if wrong.newest => format!(
            "the newest `{}`, which the build of `{name}` installs, asks for {language} {asked}, and `{image}` has {has}",
            wrong.path.display(),
        ),
        None => {
            let stops = if wrong.at.is_none() { "does not start" } else { "is not built" };
            format!("`{name}` {stops}: `{file}` asks for {language} {asked}, and `{image}` has {has}")
        }
    }
}
