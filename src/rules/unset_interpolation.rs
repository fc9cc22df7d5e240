//! A reference to a host variable that nothing sets and that has no default.

use indexmap::IndexMap;

use super::dollars;
use super::prelude::*;
use crate::facts::near::nearness;
use crate::facts::needs;
use crate::finding::{Problem, ProblemKind};

rule!("unset-interpolation", check);

/// Attributes whose value a deployment usually supplies, and that may be blank.
const SUPPLIED: [&str; 5] = ["environment", "labels", "args", "annotations", "secrets"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut by_name: IndexMap<&str, Vec<&Problem>> = IndexMap::new();
    for problem in dollars::left_over(cx) {
        if let Some(name) = problem.subject.as_deref() {
            let known = by_name.entry(name).or_default();
            // An alias brings one reference to several places.
            if known.iter().all(|other| other.at != problem.at) {
                known.push(problem);
            }
        }
    }
    // `COMPOSE_PROJECT_NAME` may come from the compose file's `name`.
    let mut variables = cx.project.environment.iter().filter(|(name, _)| !name.starts_with("COMPOSE_"));
    let some = variables.any(|(_, value)| !value.span().is_none());
    let (from_file, from_sample) = (some && cx.project.sample.is_none(), some && cx.project.sample.is_some());
    by_name.retain(|_, problems| !problems.is_empty());
    if !from_file {
        out.extend(all_at_once(cx, &mut by_name));
    }
    let builds = cx.project.services.values().any(|service| service.build.is_some());
    if builds {
        out.extend(untold(cx));
    }
    for (name, problems) in by_name {
        // Where it is blank for sure to break comes first.
        let tested = is_tested(cx, name);
        let needed = problems.iter().find(|problem| !tested && !is_supplied(problem));
        let Some(first) = needed.or(problems.first()) else { continue };
        let stopped = stopped(cx, name);
        let meant = meant(cx, name);
        let makes = cx.facts.active().any(|service| makes_accounts(service, name));
        let confidence = match needed {
            // An env file that is there does what its sample only speaks of.
            _ if !(from_file && cx.project.documented.contains(name)) && is_elsewhere(cx, name) => {
                Confidence::Possible
            }
            // A shell has it, and may have been told to hand it on.
            Some(_) if SHELL_ONLY.contains(&name) => Confidence::Likely,
            Some(_) => Confidence::Certain,
            // There is an env file, and it lacks this name; without one, all may come from elsewhere.
            None if from_file => Confidence::Likely,
            // Nobody speaks of it, and a server does not start without what it stands for. Where nothing is built, the
            // compose file may lie here without the notes that belong to it.
            None if !stopped.is_empty() && builds && !cx.project.mentioned.contains(name) => {
                Confidence::Likely
            }
            // The sample of the env file has another name for it.
            None if meant.is_some() && !cx.project.mentioned.contains(name) => Confidence::Likely,
            // The sample has others that are asked for, and this one is all that makes a database.
            None if makes && from_sample && !cx.project.mentioned.contains(name) => Confidence::Likely,
            None => Confidence::Possible,
        };
        let stops = match stopped.first() {
            Some(service) => format!(", and `{service}` does not start without it"),
            None => String::new(),
        };
        let mut finding = RULE
            .finding(first.at, format!("`{name}` is not set, so `${{{name}}}` becomes blank{stops}"))
            .help(match meant {
                Some(other) => {
                    format!("write `{other}` here, as the sample of `.env` has it, or `{name}` there")
                }
                None => help(name),
            })
            .at_most(confidence)
            .evidence(name);
        if !stopped.is_empty() {
            finding = finding.severity(Severity::Error);
        }
        if let Some(service) = &first.service {
            finding = finding.service(service.clone());
        }
        for other in problems.iter().filter(|other| other.at != first.at) {
            finding = finding.also(other.at, "and here");
        }
        out.push(finding);
    }
}

/// A sample has the variables without which a service or the whole project does not start, and nothing says to copy it.
fn untold(cx: &Context<'_>) -> Option<Finding> {
    let without = cx.project.untold.as_ref()?;
    let sample = cx.project.sample.as_ref()?.file_name()?.to_str()?;
    let dotenv = cx.project.directory.join(".env");
    let mut files = cx.project.services.values().flat_map(|service| &service.env_files);
    // That the whole file is not there is told of where it is asked for.
    if files.any(|file| file.file == dotenv && file.untold) {
        return None;
    }
    let told = |at: Span, name: &str, what: &str| {
        let message = format!("`{name}` is set in `{sample}` alone, and there is no `.env`: {what}");
        let help = format!(
            "nothing says to copy `{sample}` to `.env` before the first start: say so in the README, or write a default: `${{{name}:-…}}`"
        );
        RULE.finding(at, message).help(help).evidence(name)
    };
    let required = without.iter().find(|problem| problem.kind == ProblemKind::RequiredVariableMissing);
    if let Some((problem, name)) = required.and_then(|problem| Some((problem, problem.subject.as_deref()?))) {
        return Some(told(problem.at, name, "Compose refuses the project"));
    }
    let unset = |at: Span| {
        without.iter().any(|problem| problem.kind == ProblemKind::UnsetInterpolation && problem.at == at)
    };
    let sampled = |text: &Text| {
        let mut pieces = text.pieces().iter().map(|piece| piece.origin.interpolated());
        let first = pieces.next().flatten().filter(|(_, at)| unset(*at))?;
        let (name, at) = first;
        pieces.all(|piece| piece.is_some_and(|(_, at)| unset(at))).then(|| (name.clone(), at))
    };
    cx.facts.active().find_map(|facts| {
        let lacking = needs::blank_without(facts, &|text| sampled(text).is_some());
        let (name, at) = lacking.into_iter().find_map(|(_, text)| sampled(text))?;
        let service = &facts.service.name.value;
        let told = told(at, &name, &format!("it becomes blank, and `{service}` does not start"));
        Some(told.service(service.clone()))
    })
}

/// Whether the host's variable stands in the text.
fn refers(text: &Text, name: &str) -> bool {
    let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.any(|via| matches!(via, Via::Interpolation { variable, .. } if **variable == *name))
}

/// The servers that do not start for want of it: it is all that their password would be made of.
fn stopped<'c>(cx: &'c Context<'_>, name: &str) -> Vec<&'c str> {
    // What is to be in an env file that is missing is told of that.
    let mut files = cx.project.services.values().flat_map(|service| &service.env_files);
    if files.any(|file| file.is_unseen()) {
        return Vec::new();
    }
    let stops =
        |service: &&ServiceFacts<'_>| needs::blank(service).iter().any(|(_, text)| refers(text, name));
    cx.facts.active().filter(stops).map(|service| service.service.name.value.as_str()).collect()
}

/// Whether a command asks whether it is blank, and so does something about it: `if [ -z "${NAME}" ]`.
fn is_tested(cx: &Context<'_>, name: &str) -> bool {
    let asks = |text: &Text| text.assumed().contains("-z \"\"") && refers(text, name);
    let services = cx.project.services.values();
    let mut commands = services.flat_map(|service| [&service.entrypoint, &service.command]).flatten();
    commands.any(|command| command.words.iter().any(asks))
}

/// Whether the variable is all that an image is told of the database, or the user, that it makes.
fn makes_accounts(service: &ServiceFacts<'_>, name: &str) -> bool {
    let Some(known) = service.image.map(|image| &image.credentials) else { return false };
    let made = [&known.database, &known.or_database, &known.user, &known.or_user];
    made.into_iter().flatten().any(|variable| {
        let value = service.environment.get(variable).and_then(|found| found.value());
        value.is_some_and(|text| text.is_blank() != Some(false) && refers(text, name))
    })
}

/// A variable of the sample of `.env` that no compose file names and whose name is near to this one.
fn meant<'c>(cx: &'c Context<'_>, name: &str) -> Option<&'c str> {
    cx.project.spare.iter().map(String::as_str).find(|other| nearness(name, other).is_some())
}

/// Without any env file, variables that the project can't do without are one mistake, not many: there
/// is no `.env`. Takes them out of `by_name`.
fn all_at_once(cx: &Context<'_>, by_name: &mut IndexMap<&str, Vec<&Problem>>) -> Option<Finding> {
    let missing: Vec<(&str, &Problem)> = by_name
        .iter()
        .filter(|(name, _)| !is_elsewhere(cx, name) && !SHELL_ONLY.contains(*name))
        .filter_map(|(name, problems)| {
            Some((*name, problems.iter().find(|problem| !is_supplied(problem)).copied()?))
        })
        .collect();
    let (_, first) = *missing.first()?;
    if missing.len() < 2 {
        return None;
    }
    by_name.retain(|name, _| missing.iter().all(|(other, _)| other != name));
    let names: Vec<String> = missing.iter().take(SHOWN).map(|(name, _)| format!("`{name}`")).collect();
    let more = match missing.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{}{more} are not set and become blank: there is no `.env`", names.join(", "));
    let mut finding = RULE
        .finding(first.at, message)
        .help("write a `.env` that sets them, or give each a default: `${NAME:-…}`");
    for (name, problem) in &missing {
        finding = finding.evidence(*name);
        if problem.at != first.at && finding.also.len() < SHOWN {
            finding = finding.also(problem.at, format!("`{name}` becomes blank"));
        }
    }
    Some(finding)
}

/// Whether somebody who is not seen from here is known to set the name.
fn is_elsewhere(cx: &Context<'_>, name: &str) -> bool {
    let by_system = WINDOWS.iter().any(|known| known.eq_ignore_ascii_case(name)) || SESSION.contains(&name);
    cx.project.variant || cx.project.documented.contains(name) || by_system
}

fn help(name: &str) -> String {
    if SHELL_ONLY.contains(&name) {
        return format!(
            "shells have `{name}` and do not hand it on: `export {name}` first, set it in `.env`, or write a default: `${{{name}:-…}}`"
        );
    }
    format!("set `{name}` in `.env` or in the environment, or write a default: `${{{name}:-…}}`")
}

/// Variables that Windows sets: `%APPDATA%` …
const WINDOWS: [&str; 18] = [
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMPUTERNAME",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PUBLIC",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// Variables that a login or a desktop sets on Linux and macOS.
const SESSION: [&str; 16] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "PWD",
    "SHELL",
    "SSH_AUTH_SOCK",
    "TERM",
    "TMPDIR",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "TEMP",
];

/// Variables that shells set for themselves and do not hand on to what they start.
const SHELL_ONLY: [&str; 7] = ["EUID", "GID", "GROUPS", "HOSTNAME", "HOSTTYPE", "OSTYPE", "UID"];

/// How many names one finding spells out.
const SHOWN: usize = 5;

fn is_supplied(problem: &Problem) -> bool {
    problem.path.iter().skip(2).any(|key| SUPPLIED.contains(&key.as_str()) || key.starts_with("x-"))
        || problem.path.first().is_some_and(|key| key.starts_with("x-"))
}
