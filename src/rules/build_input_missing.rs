//! A command of a build needs a file that is not in the image when it starts.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::system_packages::{self, Why};
use crate::programs::dockerfile::{Fault, FaultKind};

rule!("build-input-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active().filter(|service| service.service.build.is_some()) {
        let mut told = HashSet::new();
        for stopped in system_packages::of(service) {
            if told.insert((stopped.at, stopped.command.clone())) {
                out.push(of_system(service, &stopped));
            }
        }
        let name = &service.service.name.value;
        for fault in &service.program.image.faults {
            out.extend(
                named(service, fault).filter(|_| told.insert((fault.at, format!("{:?}", fault.kind)))),
            );
            if let FaultKind::Protocol { command, dependency, value } = &fault.kind
                && told.insert((fault.at, dependency.clone()))
            {
                out.push(protocol(name, fault, command, dependency, value));
            }
            if let FaultKind::Sibling { dependency, .. } = &fault.kind
                && told.insert((fault.at, dependency.clone()))
            {
                out.extend(sibling(name, fault));
            }
            if let FaultKind::Import { command, import, instead, letters } = &fault.kind
                && told.insert((fault.at, import.clone()))
            {
                let import = (import.as_str(), instead.as_deref(), *letters);
                out.push(not_imported(name, fault, command, import));
            }
            if let FaultKind::Target { command, what, instead, start: false } = &fault.kind
                && !service.program.image.faults.iter().any(|other| is_told_of(&other.kind, command))
                && told.insert((fault.at, command.clone()))
            {
                out.push(
                    RULE.finding(
                        fault.at,
                        format!("the build of `{name}` stops at `{command}`: its stage does not have {what}"),
                    )
                    .service(name.clone())
                    .here("names what is not there")
                    .help(match instead {
                        Some(instead) => format!("`{instead}` is there: did you mean that?"),
                        None => "name what is there, or copy it before".to_string(),
                    })
                    .evidence(command.clone()),
                );
            }
            if let FaultKind::Unrestored { command, manifest, source } = &fault.kind
                && told.insert((fault.at, source.clone()))
            {
                out.push(unrestored(name, fault, (command, manifest, source)));
            }
            let FaultKind::Input { command, file, there, lock, hidden } = &fault.kind else { continue };
            if !told.insert((fault.at, file.clone())) {
                continue;
            }
            let file = if file.starts_with('*') { format!("a file `{file}`") } else { format!("`{file}`") };
            let message = if *lock {
                format!(
                    "the build of `{name}` stops at `{command}`: it wants {file}, which is not in the image"
                )
            } else {
                format!("the build of `{name}` stops at `{command}`: {file} is not in the image yet")
            };
            let help = match (*there, *lock) {
                _ if command == "poetry install" => format!(
                    "add `--no-root`, with which Poetry does not install the project itself, or copy {file} before"
                ),
                (false, _) if let Some(line) = hidden => format!(
                    "{file} is there, and line {line} of `.dockerignore` hides it from the build: take it out there"
                ),
                (true, true) if let Some(folder) = file.trim_matches('`').strip_suffix("go.sum") => {
                    format!(
                        "copy it with `go.mod`, to the same folder: `COPY {folder}go.mod {folder}go.sum ./`"
                    )
                }
                (true, _) => {
                    let file = file.trim_matches('`');
                    // It has to lie where the command looks for it.
                    let folder =
                        file.rsplit_once('/').map_or("", |(folder, _)| folder.trim_start_matches("./"));
                    let to = if folder.is_empty() { "./".to_string() } else { format!("./{folder}/") };
                    format!("copy it before: `COPY {file} {to}`")
                }
                (false, true) => {
                    let (make, otherwise) = without_lock(command);
                    format!("run `{make}` once and put {file} under version control, or {otherwise}")
                }
                (false, false) if file.contains("/wrapper/") => format!(
                    "put {file} under version control, which `.gitignore` leaves out: `git add -f {}`",
                    file.trim_matches('`')
                ),
                (false, false) => format!("copy {file} before that, or name where it lies"),
            };
            out.push(
                RULE.finding(fault.at, message)
                    .service(name.clone())
                    .here("needs a file that is not there")
                    .help(help)
                    .evidence(command.clone()),
            );
        }
    }
}

/// A dependency that npm does not fetch.
fn protocol(name: &str, fault: &Fault, command: &str, dependency: &str, value: &str) -> Finding {
    let message = format!(
        "the build of `{name}` stops at `{command}`: `{dependency}` is asked for as `{value}`, which npm does not know (`EUNSUPPORTEDPROTOCOL`)"
    );
    let finding = RULE.finding(fault.at, message).service(name.to_string()).here("stops");
    finding
        .help("install with the tool that the project is kept with (`pnpm install`, `yarn install`), or write a version, or `*` beside `workspaces` of npm")
        .evidence(dependency.to_string())
}

/// A project of .NET whose packages were not restored with those of the one that refers to it.
fn unrestored(name: &str, fault: &Fault, (command, manifest, source): (&str, &str, &str)) -> Finding {
    let message = format!(
        "the build of `{name}` stops at `{command}`: `{source}`, which `{manifest}` names, was not in the image when packages were restored"
    );
    let finding = RULE.finding(fault.at, message).service(name.to_string()).here("restores nothing");
    finding
        .help(format!("copy `{source}` before `dotnet restore`, to where `{manifest}` looks for it, or leave `--no-restore` out here"))
        .evidence(source.to_string())
}

/// A package of the same repository that is not in the image yet.
fn sibling(name: &str, fault: &Fault) -> Option<Finding> {
    let FaultKind::Sibling { command, dependency, manifest, folder, within } = &fault.kind else {
        return None;
    };
    let message = format!(
        "the build of `{name}` stops at `{command}`: `{dependency}`, which `{manifest}` asks for, is a package of this repository, and `{folder}/package.json` is not in the image yet"
    );
    let help = match within {
        true => format!("copy it before: `COPY {folder}/package.json ./{folder}/`"),
        false => format!(
            "build from the folder of the workspace (`context` in the compose file), and copy its manifests and `{folder}` before"
        ),
    };
    let finding = RULE.finding(fault.at, message).service(name.to_string()).here("needs what is not there");
    Some(finding.help(help).evidence(dependency.clone()))
}

/// A file of the project's own that a bundler does not find.
fn not_imported(
    name: &str,
    fault: &Fault,
    command: &str,
    (import, instead, letters): (&str, Option<&str>, bool),
) -> Finding {
    let stops = format!("the build of `{name}` stops at `{command}`");
    let (message, help) = match instead {
        Some(other) if letters => (
            format!(
                "{stops}: `{import}` is there only as `{other}`, and Linux tells small letters from capital ones"
            ),
            format!("write `{other}`"),
        ),
        Some(other) => (
            format!("{stops}: `{import}` is imported, and no such file is there"),
            format!("`{other}` is there: did you mean that?"),
        ),
        None => (
            format!("{stops}: `{import}` is imported, and no such file is there"),
            format!("put the file under version control, or take the import of `{import}` out"),
        ),
    };
    let finding = RULE.finding(fault.at, message).service(name.to_string()).here("not found");
    finding.help(help).evidence(import.to_string())
}

/// What a file of requirements names and the image does not have.
fn named(service: &ServiceFacts<'_>, fault: &Fault) -> Option<Finding> {
    let FaultKind::Named { command, manifest, source, bare, there } = &fault.kind else { return None };
    let name = &service.service.name.value;
    let lacks = match *bare {
        true => format!("`{source}`, which `{manifest}` names, holds no `pyproject.toml` or `setup.py` yet"),
        false => format!("`{source}`, which `{manifest}` names, is not in the image"),
    };
    let of_machine = source.starts_with('/') && !there && !bare;
    let help = match (of_machine, *bare) {
        (true, _) => format!(
            "`{source}` lies on the machine that wrote `{manifest}`: take the line out, or name the package by its version"
        ),
        (_, true) => format!("copy the project before `{command}`, or take the line out"),
        _ => format!("copy `{source}` before `{command}`, or take the line out"),
    };
    let finding = RULE.finding(fault.at, format!("the build of `{name}` stops at `{command}`: {lacks}"));
    let finding = finding.service(name.clone()).here("needs what is not there");
    Some(finding.help(help).evidence(source.clone()))
}

/// Whether the file that a command names is said not to be there.
fn is_told_of(other: &FaultKind, command: &str) -> bool {
    matches!(other, FaultKind::Input { file, .. } if command.ends_with(file.as_str()))
}

/// An installation of system packages without their lists, or with a question.
fn of_system(service: &ServiceFacts<'_>, stopped: &system_packages::Stopped) -> Finding {
    let (name, command, image) = (&service.service.name.value, &stopped.command, &stopped.image.value);
    let (message, here, help) = match &stopped.why {
        Why::Question => (
            format!(
                "the build of `{name}` stops at `{command}`: it asks whether to go on, and nobody answers"
            ),
            "asks",
            format!("write `{command} -y`"),
        ),
        Why::Lists => {
            let tool = command.split(' ').next().unwrap_or("apt-get");
            (
                format!(
                    "the build of `{name}` stops at `{command}`: `{image}` has no lists of packages, and nothing before fetches them"
                ),
                "finds no package",
                format!("write `{tool} update && {command} -y` in one step"),
            )
        }
        Why::User(user) => (
            format!("the build of `{name}` stops at `{command}`: `{user}` is not root, and may not"),
            "not allowed",
            format!("write it before `USER {user}`, or `USER root` before it"),
        ),
    };
    RULE.finding(stopped.at, message).service(name.clone()).here(here).help(help).evidence(command.clone())
}

/// What makes the lock file of a tool, and what to do without one.
fn without_lock(command: &str) -> (&'static str, &'static str) {
    match command.split(' ').next() {
        Some("npm") => ("npm install", "write `RUN npm install` here"),
        Some("pnpm") => ("pnpm install", "leave `--frozen-lockfile` out"),
        Some("bundle") => ("bundle lock", "take `deployment` and `frozen` out of its settings"),
        Some("cargo") => ("cargo generate-lockfile", "leave `--locked` and `--frozen` out"),
        Some("uv") => ("uv lock", "leave `--locked` and `--frozen` out"),
        Some("go") => ("go mod tidy", "write `RUN go mod tidy` before, behind the `COPY` of all sources"),
        _ => ("pipenv lock", "leave `--deploy` out"),
    }
}
