//! The scripts of a package that run when its dependencies are installed (npm documentation, "scripts", "Life Cycle Operation Order";
//! pnpm and yarn do likewise).

use super::dockerfile::Run;
use super::entry::{self, Call, Launch, Machine};
use crate::source::Span;

const HOOKS: [&str; 4] = ["preinstall", "install", "postinstall", "prepare"];
/// Options with which none run, or those of another package.
const ELSEWHERE: [&str; 8] =
    ["--ignore-scripts", "-g", "--global", "--prefix", "-C", "--cwd", "--dir", "--version"];

/// The scripts that a command runs, in order; `None` where it does not install what the package in its folder asks for.
pub(super) fn of(name: &str, words: &[&str]) -> Option<&'static [&'static str]> {
    let mut plain = words.iter().filter(|word| !word.starts_with('-'));
    let verb = plain.next().copied();
    let elsewhere = words.iter().any(|word| ELSEWHERE.contains(&word.split('=').next().unwrap_or(word)));
    if elsewhere || plain.next().is_some() {
        return None;
    }
    match (name, verb) {
        ("npm", Some("install" | "i" | "ci" | "clean-install")) | ("pnpm", Some("install" | "i")) => {
            Some(&HOOKS)
        }
        // Yarn prepares a package only where it may be published, and from version 2 on not at all.
        ("yarn", None | Some("install")) => HOOKS.get(..3),
        _ => None,
    }
}

/// What these scripts call where a `RUN` of a build installs packages; `builds` are the commands of all of them.
pub(super) fn calls(machine: &Machine<'_>, builds: &[(Launch, Span)], run: &Run) -> Vec<Call> {
    let builds = builds.iter().filter(|(_, at)| *at == run.command.span());
    let installs = builds.filter_map(|(launch, _)| {
        let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
        Some((launch, of(launch.name(), &words)?))
    });
    let called = installs.flat_map(|(launch, hooks)| {
        let text: Vec<String> = hooks.iter().map(|hook| format!("npm run {hook} --if-present")).collect();
        entry::run_by(&machine.of_build(), &text.join("\n"), launch).calls
    });
    called.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_installations() {
        assert_eq!(of("npm", &["ci", "--omit=dev"]).map(<[_]>::len), Some(4));
        assert_eq!(of("yarn", &["--frozen-lockfile"]).map(<[_]>::len), Some(3));
        for words in [&["install", "express"][..], &["ci", "--ignore-scripts"], &["i", "-g"], &["run", "x"]] {
            assert_eq!(of("npm", words), None, "{words:?}");
        }
    }
}
