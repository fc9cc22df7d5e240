//! A healthcheck that calls a program its image does not have.

use super::absent;
use super::prelude::*;
use super::wait_fixes;
use crate::facts::images::{KnownImage, KnownPrograms};
use crate::facts::probe::Probe;
use crate::facts::readiness;
use crate::facts::{installs, tools};
use crate::programs::dockerfile::Step;

rule!("healthcheck-binary-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        let name = &facts.service.name.value;
        let Some(test) = facts.health_test() else { continue };
        out.extend(from_scratch(facts));
        out.extend(file(cx, facts));
        let Some((image, reference)) = facts.container_image() else { continue };
        let nothing = KnownPrograms::default();
        let known = image.programs(&reference).unwrap_or(&nothing);
        let Some(missing) = missing(facts, image, known, test.shell) else { continue };
        let is_built = facts.service.build.is_some() || facts.program.image.parsed.is_some();
        if is_built && installs::may_install(&facts.program.image, &missing.program) {
            continue;
        }
        // What a mount puts there can't be looked into.
        if facts.service.volumes.iter().any(|mount| mount.target.ends_with(&format!("/{}", missing.program)))
        {
            continue;
        }
        let program = &missing.program;
        let what = if is_built {
            format!("`{reference}`, which its Dockerfile builds on,")
        } else {
            format!("`{reference}`")
        };
        let message = if program == "sh" {
            format!("the healthcheck of `{name}` is run by a shell, and {what} has none: it always fails")
        } else {
            let lacks = if missing.off_path { "has it in no folder of `PATH`" } else { "does not have it" };
            format!("the healthcheck of `{name}` calls `{program}`, and {what} {lacks}: it always fails")
        };
        let image_at = match facts.program.image.base.as_ref().filter(|_| is_built) {
            Some(base) => base.span,
            None => facts.service.image.as_ref().map_or(Span::NONE, |image| image.span()),
        };
        let at = if missing.at.is_none() { test.origin.written } else { missing.at };
        // Who waits for it waits for ever.
        let waited = readiness::is_awaited(cx.facts, facts);
        out.push(
            RULE.finding(at, message)
                .severity(if waited { Severity::Error } else { Severity::Warning })
                .service(name.clone())
                .here(if program == "sh" {
                    "no shell to run it".to_string()
                } else {
                    let place = if missing.off_path { "not in `PATH`" } else { "not in the image" };
                    place.to_string()
                })
                .also(image_at, "the image".to_string())
                .help(help(facts, known, &missing, is_built))
                .evidence(program.clone()),
        );
    }
}

/// A file that the healthcheck runs, and that nothing brings into the container.
fn file(cx: &Context<'_>, facts: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = facts.program.absences.unchecked.as_ref()?;
    let (name, test) = (&facts.service.name, facts.health_test()?);
    let at = if missing.at.is_none() { test.origin.written } else { missing.at };
    let message = format!(
        "the healthcheck of `{}` runs `{}`, which is not in its container: it always fails",
        name.value, missing.target
    );
    let waited = readiness::is_awaited(cx.facts, facts);
    let finding = RULE.finding(at, message).service(name.value.clone()).here("runs a file that is not there");
    let finding = finding.severity(if waited { Severity::Error } else { Severity::Warning });
    let path = absent::shown(cx, &missing.file.path);
    let otherwise =
        format!("it would come from `{path}`; name a file that is there, or change what is copied");
    Some(absent::explained(cx, finding, &missing.file, &otherwise))
}

/// An image that is built on nothing, and into which nothing copies what the healthcheck calls.
fn from_scratch(facts: &ServiceFacts<'_>) -> Option<Finding> {
    let (name, image) = (&facts.service.name, &facts.program.image);
    let test = facts.health_test()?;
    let last = image.parsed.as_ref().filter(|_| facts.service.build.is_some())?.stages.last()?;
    let seen = image.problem.is_none() && !image.assumed && last.from.complete()? == "scratch";
    let probes = facts.probes();
    let probe = probes.first().filter(|probe| !probe.has_alternative)?;
    let program = if test.shell { "sh".to_string() } else { probe.program()? };
    let plain = program.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let brought = last.steps.iter().any(|step| match step {
        Step::Copy(copy) => {
            let folders = ["/", "/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr", "/usr/local"];
            let whole = |text: &Text| {
                let path = text.assumed();
                let path = path.trim_end_matches('/');
                let last = path.rsplit('/').next().unwrap_or(path);
                path.is_empty()
                    || last.contains(program.as_str())
                    || folders.contains(&path)
                    || last.contains("busybox")
                    || last.contains("rootfs")
                    || text.has_hole()
            };
            copy.add || whole(&copy.destination) || copy.sources.iter().any(whole)
        }
        Step::Run(_) => true,
        _ => false,
    });
    let known = matches!(program.as_str(), "sh" | "curl" | "wget" | "nc");
    if !seen || !plain || !known || brought || !facts.service.volumes.is_empty() {
        return None;
    }
    let at = probe.words.first().map_or(Span::NONE, Text::span);
    let finding = RULE.finding(
        if at.is_none() { test.origin.written } else { at },
        format!("the healthcheck of `{}` calls `{program}`, and its image is built on nothing and does not have it: it always fails", name.value),
    );
    let finding = finding.service(name.value.clone()).here("not in the image");
    let help = "let the program check itself (`test: [\"CMD\", \"/server\", \"-health\"]`), or build on an image with a shell";
    Some(finding.also(last.from.span(), "built on nothing").help(help).evidence(program))
}

struct Missing {
    program: String,
    at: Span,
    /// Whether it is there, and only its folder has to be named.
    off_path: bool,
}

fn missing(
    facts: &ServiceFacts<'_>,
    image: &KnownImage,
    known: &KnownPrograms,
    shell: bool,
) -> Option<Missing> {
    let lacks = |program: &str| known.lacks.iter().any(|one| one == program);
    if shell && lacks("sh") {
        return Some(Missing { program: "sh".to_string(), at: Span::NONE, off_path: false });
    }
    let probes = facts.probes();
    // A script that looks first whether the program is there knows what to do without it.
    let looks = |program: String| matches!(program.as_str(), "command" | "which" | "type" | "[" | "test");
    if probes.iter().filter_map(Probe::program).any(looks) {
        return None;
    }
    let mut failing = probes.iter().filter(|probe| !probe.has_alternative);
    failing.find_map(|probe| {
        let program = probe.program()?;
        let at = probe.words.first().map_or(Span::NONE, Text::span);
        let by_name = probe.words.first().is_some_and(|word| !word.assumed().contains('/'));
        let off_path = by_name && known.off_path.contains(&program);
        let foreign = by_name && tools::is_foreign(&program, image);
        let path = probe.words.first().and_then(Text::complete).filter(|path| known.gone.contains(path));
        (off_path || foreign || path.is_some() || lacks(&program)).then(|| Missing {
            program: path.unwrap_or(program),
            at,
            off_path,
        })
    })
}

/// What to write in its place: the image's own check, or the same with a program that is there.
fn help(facts: &ServiceFacts<'_>, known: &KnownPrograms, missing: &Missing, is_built: bool) -> String {
    let name = &facts.service.name.value;
    let has = |program: &str| known.has.iter().any(|one| one == program);
    let renamed = match missing.program.as_str() {
        "mysqladmin" => Some("mariadb-admin"),
        "mysql" => Some("mariadb"),
        "mongo" => Some("mongosh"),
        "mongosh" => Some("mongo"),
        _ => None,
    };
    if let Some(renamed) = renamed.filter(|renamed| has(renamed)) {
        return format!("write `{renamed}` for `{}`", missing.program);
    }
    let url = facts.probes().iter().flat_map(|probe| probe.words.clone()).find_map(|word| {
        word.complete().filter(|word| word.starts_with("http://") || word.starts_with("https://"))
    });
    if let Some(url) = url.filter(|_| matches!(missing.program.as_str(), "curl" | "wget")) {
        let words: Option<Vec<&str>> = if has("wget") {
            Some(vec!["CMD", "wget", "-q", "--spider", &url])
        } else if has("curl") {
            Some(vec!["CMD", "curl", "-fsS", "-o", "/dev/null", &url])
        } else {
            None
        };
        if let Some(words) = words {
            return format!("write `test: {}`", super::wiring::flow(&words));
        }
        let script = |program: &str, code: String| {
            has(program).then(|| {
                format!(
                    "write `test: {}`",
                    super::wiring::flow(&[
                        "CMD",
                        program,
                        if program == "node" { "-e" } else { "-c" },
                        &code
                    ])
                )
            })
        };
        let python =
            script("python", format!("import urllib.request; urllib.request.urlopen('{url}', timeout=5)"));
        let node = || {
            script(
                "node",
                format!("fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"),
            )
        };
        if let Some(help) = python.or_else(node) {
            return help;
        }
    }
    match wait_fixes::healthcheck(facts) {
        Some(health) => format!("in `{name}` write `{health}`"),
        None if is_built && missing.program != "sh" => {
            format!("install `{}` in the Dockerfile, or ask with a program that is there", missing.program)
        }
        None => {
            "ask with a program that is in the image (`test: [\"CMD\", …]`), or leave the healthcheck out"
                .to_string()
        }
    }
}
