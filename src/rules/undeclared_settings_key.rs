//! A class of settings finds keys in its dotenv file that it has no fields for, and stops.

use std::path::{Path, PathBuf};

use super::prelude::*;
use crate::compose::Variable;
use crate::programs::{Declared, Dotenv};
use crate::source::{Spanned, clean};

rule!("undeclared-settings-key", check);

/// More keys are not named.
const MAX_SHOWN: usize = 6;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told: Vec<(Span, PathBuf)> = Vec::new();
    for service in cx.facts.active() {
        let used = |class: &Declared| {
            let modules = &service.program.modules;
            modules.iter().flat_map(|it| &it.mentions).any(|mention| mention.name == class.class.value)
        };
        let classes = service.program.modules.iter().flat_map(|module| &module.declared);
        for class in classes.filter(|class| used(class)) {
            for name in &class.files {
                let Some(file) = file_of(service, &name.value) else { continue };
                if told.iter().any(|(span, path)| *span == name.span && *path == file.path) {
                    continue;
                }
                if let Some(finding) = finding(service, class, name, file) {
                    told.push((name.span, file.path.clone()));
                    out.push(finding);
                }
            }
        }
    }
}

/// The file of that name in the directory that the program starts in.
fn file_of<'a>(service: &ServiceFacts<'a>, name: &str) -> Option<&'a Dotenv> {
    let own = service.service.working_dir.as_ref().map(|directory| directory.assumed());
    let directory = own.or_else(|| service.program.image.working_dir.clone()).unwrap_or_default();
    let place = clean(&Path::new("/").join(directory).join(name));
    service.program.dotenv.iter().find(|file| file.place == place)
}

fn finding(
    service: &ServiceFacts<'_>,
    class: &Declared,
    name: &Spanned<String>,
    file: &Dotenv,
) -> Option<Finding> {
    // What is blank is skipped.
    let filled = |variable: &Variable| variable.value.as_ref().is_some_and(|it| it.is_blank() == Some(false));
    let unknown: Vec<(&String, &Variable)> =
        file.variables.iter().filter(|(key, variable)| filled(variable) && !class.takes(key)).collect();
    let (_, first) = unknown.first()?;
    let keys: Vec<String> = unknown.iter().take(MAX_SHOWN).map(|(key, _)| format!("`{key}`")).collect();
    let more = match unknown.len().saturating_sub(MAX_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let client = &service.service.name;
    let class_name = &class.class.value;
    let mut finding = RULE
        .finding(
            name.span,
            format!(
                "`{class_name}` of `{}` has no field for {}{more} in `{}`, and refuses keys that it does not know: the program stops",
                client.value,
                keys.join(", "),
                name.value
            ),
        )
        .service(client.value.clone())
        .here("its keys are held against the fields of the class")
        .also(first.key, "no field of this name")
        .also(client.span, format!("`{}` runs this", client.value))
        .help(format!(
            "write `extra=\"ignore\"` beside `env_file` in the settings of `{class_name}`, or keep `{}` out of the image with `.dockerignore`",
            name.value
        ));
    for (key, _) in unknown.iter().take(MAX_SHOWN) {
        finding = finding.evidence((*key).clone());
    }
    let sure = service.program.entry_known && class.prefix.is_empty();
    Some(finding.at_most(if sure { Confidence::Certain } else { Confidence::Likely }))
}
