//! Packages that requirements let in and that do not run together, or not on the Python of the image.

use std::collections::HashSet;

use super::prelude::*;

rule!("incompatible-packages", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for drifted in &service.program.drifted {
            let declared = drifted.package.as_ref().filter(|package| !package.span.is_none());
            let place = declared.map_or(drifted.used.span, |package| package.span);
            let place = if place.is_none() { service.service.name.span } else { place };
            if !seen.insert((place, drifted.says.as_str())) {
                continue;
            }
            let image = drifted.image.as_ref();
            let stops = if drifted.late { "fails where it uses that" } else { "does not start" };
            let does = if drifted.written { "says" } else { "imports" };
            let message = match (&drifted.package, &drifted.with, image) {
                (Some(package), ..) if drifted.refused => format!(
                    "the image of `{name}` cannot be built: the newest `pip` does not install `{}`",
                    package.value
                ),
                _ if drifted.why.is_some() => {
                    format!("`{name}` {stops}: {}", drifted.why.unwrap_or_default())
                }
                // The program's own code does not go with it.
                (Some(package), Some(with), _) if is_of(&drifted.used.value, with) => format!(
                    "`{name}` does not start: it {does} `{}`, and `{}` lets `{with}` or later in, which does not hold that",
                    drifted.used.value, package.value
                ),
                (Some(package), Some(with), _) => format!(
                    "`{name}` {stops}: `{}` lets `{with}` or later in, and does not run with it",
                    package.value
                ),
                (Some(package), None, Some(image)) => {
                    format!("`{name}` does not start: `{}` does not run on `{}`", package.value, image.value)
                }
                (Some(package), ..) if drifted.written => format!(
                    "`{name}` {stops}: it says `{}`, which `{}` does not take",
                    drifted.used.value, package.value
                ),
                (Some(package), None, None) if package.value == drifted.used.value => {
                    format!("`{name}` does not start: `{}` does not run", package.value)
                }
                (Some(package), None, None) => format!(
                    "`{name}` does not start: it imports `{}`, which `{}` does not hold",
                    drifted.used.value, package.value
                ),
                (None, _, Some(image)) => format!(
                    "`{name}` does not start: it imports `{}`, which `{}` does not hold",
                    drifted.used.value, image.value
                ),
                (None, ..) => continue,
            };
            let finding = RULE
                .finding(place, message)
                .service(name.clone())
                .here(drifted.says.as_str())
                .help(drifted.instead)
                .evidence(drifted.says.as_str());
            let finding = match image {
                Some(image) => finding.also(image.span, "its Python is newer"),
                None => finding,
            };
            let used = drifted.used.span;
            out.push(if used.is_none() || used == place {
                finding
            } else {
                finding.also(used, if drifted.written { "said here" } else { "imported here" })
            });
        }
    }
}

/// Whether a name that is imported is one of a package: `pydantic.BaseSettings` of `pydantic 2.0`.
fn is_of(import: &str, package: &str) -> bool {
    import.split('.').next() == package.split(' ').next()
}
