//! A script that a container starts by its path is not run by the system.

use super::absent::shown;
use super::prelude::*;
use crate::programs::unrunnable::Why;

rule!("script-not-runnable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = &service.program.unrunnable else { continue };
        let name = &service.service.name.value;
        let (path, written) = (shown(cx, &found.path), &found.written);
        let (what, here, help) = match found.why {
            Why::LineEnd => (
                format!(
                    "`{name}` does not start: the first line of `{path}` ends with a carriage return, and there is no interpreter of that name"
                ),
                "line end of Windows",
                format!(
                    "save it with line ends of Unix (`dos2unix {path}`), and write `*.sh text eol=lf` into `.gitattributes`"
                ),
            ),
            Why::Skipped(folder) => (
                format!(
                    "`{name}` does not run `{written}`: it may not be executed, and its image only runs those of `{folder}` that may"
                ),
                "its file is not executable",
                format!(
                    "`git update-index --chmod=+x {path}` and `chmod +x {path}`, or `RUN chmod +x {written}` in the Dockerfile"
                ),
            ),
            Why::Plain => (
                format!(
                    "`{name}` does not start: `{path}` does not begin with `#!`, and no shell is there that would take it for its own: `exec format error`"
                ),
                "no interpreter",
                format!("begin `{path}` with `#!/bin/sh`"),
            ),
            Why::Dash(word) => (
                format!(
                    "`{path}`, which `{name}` starts, is run by `sh`, which is `dash` in its image and does not know {}",
                    match word {
                        "=(" => "arrays".to_string(),
                        "pipefail" => "the option `pipefail`".to_string(),
                        word => format!("`{word}`"),
                    }
                ),
                "of bash",
                match word {
                    "source" => "write `.` in place of `source`, or start it with `#!/bin/bash`".to_string(),
                    "[[" => "write `[` in place of `[[`, or start it with `#!/bin/bash`".to_string(),
                    _ => "begin it with `#!/bin/bash`, and start it with `bash` or by its path".to_string(),
                },
            ),
            Why::Mode => (
                format!(
                    "`{name}` does not start: `{path}` may not be executed, and is started as `{written}`"
                ),
                "its file is not executable",
                format!(
                    "`git update-index --chmod=+x {path}` and `chmod +x {path}`, or `RUN chmod +x {written}` in the Dockerfile"
                ),
            ),
        };
        out.push(
            RULE.finding(found.at, what).service(name.clone()).here(here).help(help).evidence(path.clone()),
        );
    }
}
