//! The file of a secret or config is not there.

use super::absent;
use super::prelude::*;
use crate::programs::FileOf;

rule!("secret-file-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told = Vec::new();
    for service in cx.facts.active() {
        for missing in &service.program.absent_files {
            let (what, object) = match &missing.object {
                Some(FileOf::Secret(object)) => ("secrets", object),
                Some(FileOf::Config(object)) => ("configs", object),
                None => continue,
            };
            // Many may use it; the mistake is one.
            if told.contains(&missing.at) {
                continue;
            }
            told.push(missing.at);
            let name = &service.service.name.value;
            let path = absent::shown(cx, &missing.file.path);
            let finding = RULE
                .finding(
                    missing.at,
                    format!("`{what}.{object}` is the file `{path}`, which does not exist: `{name}` cannot be started"),
                )
                .service(name.clone())
                .here("not there")
                .evidence(object.clone());
            out.push(absent::explained(
                cx,
                finding,
                &missing.file,
                "write the file before the project is started",
            ));
        }
    }
}
