//! The command runs a file that is not in the container.

use super::absent;
use super::prelude::*;

rule!("entry-file-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(missing) = &service.program.unstarted else { continue };
        let name = &service.service.name.value;
        let place = if missing.at.is_none() { service.service.name.span } else { missing.at };
        let finding = RULE
            .finding(
                place,
                format!("`{name}` runs `{}`, which is not in its container: nothing copies or mounts a file to that place", missing.target),
            )
            .service(name.clone())
            .here("runs a file that is not there");
        let path = absent::shown(cx, &missing.file.path);
        out.push(absent::explained(
            cx,
            finding,
            &missing.file,
            &format!("it would come from `{path}`; name a file that is there, or change what is copied"),
        ));
    }
}
