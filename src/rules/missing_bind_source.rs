//! A file is mounted that is not there, so Docker makes a folder in its place.

use super::absent;
use super::prelude::*;

rule!("missing-bind-source", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut told = Vec::new();
        for missing in service.program.absent_files.iter().filter(|missing| missing.object.is_none()) {
            let name = &service.service.name.value;
            let path = absent::shown(cx, &missing.file.path);
            if told.contains(&path) {
                continue;
            }
            let finding = RULE
                .finding(
                    missing.at,
                    format!("`{path}` is mounted into `{name}` as a file, but does not exist: Docker makes an empty folder of that name and mounts it at `{}`", missing.target),
                )
                .service(name.clone())
                .here("not there");
            out.push(absent::explained(cx, finding, &missing.file, "write the file, or take the mount out"));
            told.push(path);
        }
    }
}
