//! Packages of Python that are compiled where nothing can do that, and those of which there is nothing to install.

use std::collections::BTreeMap;

use super::{Stage, Unbuilt, table};
use crate::programs::entry::{self, Launch, Machine};
use crate::programs::python::requirements::{self, Installed};
use crate::programs::versions::images;
use crate::programs::versions::range::{Dialect, Full, Version, highest};
use crate::source::Span;

/// What a `RUN` on an image of Python installs that cannot be built there, or is nowhere.
pub(super) fn of(machine: &Machine<'_>, stage: &Stage<'_>, small: bool, out: &mut Vec<Unbuilt>) {
    let launches = entry::built_by(machine, stage.run);
    let pip = |launch: &&Launch| {
        matches!(launch.name(), "pip" | "pip3")
            || launch.name().starts_with("python") && launch.words.iter().any(|word| word == "pip")
    };
    let launches: Vec<&Launch> = launches.iter().filter(pip).collect();
    // What is installed besides does not matter where nothing could be compiled.
    let open = stage.is_open();
    if launches.is_empty() {
        return;
    }
    let text = stage.run.command.assumed();
    let compiler = stage.has(&table().compilers);
    if small && !open && !stage.has(&["git".to_string()]) && text.contains("install") {
        out.extend(fetched(machine, &launches).map(|at| {
            let tool = &table().git;
            stage.found("a requirement that is fetched with `git`".to_string(), at, &tool.says, &tool.instead)
        }));
    }
    let Some(installed) = requirements::installed(machine, launches.into_iter()) else { return };
    const TOLD: [&str; 5] = ["only-binary", "no-build-isolation", "constraint", " -c ", "||"];
    const VARIABLES: [&str; 4] = ["PIP_CONSTRAINT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"];
    let told = TOLD.iter().any(|word| text.contains(word))
        || VARIABLES.iter().any(|name| stage.run.variables.contains_key(*name));
    if installed.elsewhere || told {
        return;
    }
    out.extend(nowhere(stage, &installed));
    for package in &table().python {
        let declared = installed.direct.get(&package.package);
        let Some(declared) = declared.filter(|_| !installed.marked.contains(&package.package)) else {
            continue;
        };
        let first = package.from.as_deref().and_then(Version::at_start_of).map(Version::first);
        let newest = highest(&declared.value, Dialect::Python);
        if newest.is_none() || first.is_some_and(|first| newest < Some(first)) {
            continue;
        }
        let at = if declared.span.is_none() { stage.run.command.span() } else { declared.span };
        let python = images::of_python(&stage.image.value);
        let lacks = |made: &BTreeMap<String, String>| {
            first_for(made, python).is_some_and(|first| newest < Some(first))
        };
        // The rows say what to do where it is not that.
        let first_made =
            [&package.made, &package.fails].into_iter().filter_map(|made| first_for(made, python)).max();
        let instead = match first_made.filter(|_| package.instead.is_empty()) {
            Some((major, minor, patch)) => format!(
                "require `{}>={major}.{minor}.{patch}`, which is made for this Python, or name an image with an older one",
                package.package
            ),
            None => package.instead.clone(),
        };
        if lacks(&package.fails) {
            let what = format!("`{}{}`", package.package, declared.value.replace(' ', ""));
            let found = stage.found(what, at, &package.says, &instead);
            out.push(Unbuilt { old: true, ..found });
            continue;
        }
        // Of one that only says where it fails, nothing is to be built elsewhere.
        let fails_alone = package.made.is_empty() && !package.fails.is_empty();
        if !small || open || fails_alone || !package.made.is_empty() && !lacks(&package.made) {
            continue;
        }
        if compiler && package.needs.iter().all(|group| stage.has(group)) {
            continue;
        }
        out.push(stage.found(format!("`{}`", package.package), at, &package.says, &instead));
    }
}

/// The first version of a package that is there for a version of Python.
fn first_for(made: &BTreeMap<String, String>, python: Option<Version>) -> Option<Full> {
    let python = python.filter(|python| python.minor.is_some())?.first();
    let known = made.iter().filter_map(|(least, first)| {
        let least = Version::at_start_of(least)?.first();
        (least <= python).then_some((least, Version::at_start_of(first)?.first()))
    });
    known.max_by_key(|(least, _)| *least).map(|(_, first)| first)
}

/// The first requirement of a file that is fetched with git.
fn fetched(machine: &Machine<'_>, launches: &[&Launch]) -> Option<Span> {
    launches.iter().find_map(|launch| {
        let at = launch.words.iter().position(|word| word == "-r" || word == "--requirement")?;
        let file = machine.load(&launch.path(launch.words.get(at + 1)?))?;
        let from = file.text.find("git+").filter(|from| {
            let line = file.text.get(..*from).unwrap_or("").rsplit('\n').next().unwrap_or("");
            !line.contains('#')
        })?;
        let length = file.text.get(from..)?.lines().next()?.trim_end().len();
        Some(file.slice(from, from + length))
    })
}

/// The requirements of which no index that is asked has anything for Linux. What has a local version (`2.0.1+cu118`) is on no
/// public index: those take none ("Version specifiers" of the Python Packaging User Guide, "Local version identifiers").
fn nowhere(stage: &Stage<'_>, installed: &Installed) -> Vec<Unbuilt> {
    let earlier = stage.before.split_last().map_or(&[][..], |(_, before)| before);
    // What changes the list before it is read may take the line out.
    let changed = stage.before.iter().any(|text| {
        let text = text.to_ascii_lowercase();
        ["sed ", "grep ", "awk "].iter().any(|tool| text.contains(tool)) && text.contains("requirements")
    });
    if changed {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (name, declared) in &installed.direct {
        let exact = declared.value.strip_prefix("==").map(|version| version.trim_start_matches('=').trim());
        let known = || {
            let is = |known: &String| match known.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => known == name,
            };
            table().nowhere.iter().find(|row| row.packages.iter().any(is) && (exact.is_some() || !row.pinned))
        };
        let local = exact.and_then(|version| version.split_once('+')).map(|(_, local)| local);
        let asked = format!("{name}{}", declared.value.replace(' ', ""));
        let (why, instead) = if let Some(local) = local {
            // Not where something else has brought it before.
            if earlier.iter().any(|text| text.to_ascii_lowercase().contains(name.as_str())) {
                continue;
            }
            let index = match name.as_str() {
                "torch" | "torchvision" | "torchaudio" => {
                    format!(
                        "name the index that has it (`--extra-index-url https://download.pytorch.org/whl/{local}`), or "
                    )
                }
                _ => "name the index that has it, or ".to_string(),
            };
            ("PyPI has no versions with a `+`".to_string(), format!("{index}leave `+{local}` out"))
        } else if let Some(row) = known() {
            (row.why.clone(), row.instead.clone())
        } else {
            continue;
        };
        if installed.marked.contains(name) {
            continue;
        }
        let at = if declared.span.is_none() { stage.run.command.span() } else { declared.span };
        let says = format!("ERROR: No matching distribution found for {asked}");
        let found = stage.found(format!("`{asked}`"), at, &says, &instead);
        out.push(Unbuilt { nowhere: Some(why), ..found });
    }
    // The map has no order.
    out.sort_by_key(|unbuilt| (unbuilt.at.lo, unbuilt.what.clone()));
    out
}
