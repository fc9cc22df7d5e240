//! Installations of npm's packages that leave out those for development.

use super::entry::Launch;
use crate::source::Span;

/// The last command that installs packages of Node, where all leave out those that are only for development.
pub(super) fn without_development(builds: &[(Launch, Span)]) -> Option<Span> {
    let mut last = None;
    for (launch, at) in builds {
        let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
        let verb = words.iter().find(|word| !word.starts_with('-')).copied();
        let installs = match launch.name() {
            "npm" | "pnpm" | "bun" => matches!(verb, Some("install" | "i" | "ci" | "clean-install")),
            "yarn" => matches!(verb, None | Some("install")),
            _ => false,
        };
        let global = words.iter().any(|word| matches!(*word, "-g" | "--global" | "--location=global"));
        if !installs || global {
            continue;
        }
        let says = |all: &[&str]| words.iter().any(|word| all.contains(word));
        let includes = says(&["--include=dev", "--production=false", "--dev", "--also=dev"]);
        let by_option =
            says(&["--omit=dev", "--only=production", "--only=prod", "--production", "--prod", "-P"])
                || words.windows(2).any(|pair| pair == ["--omit", "dev"] || pair == ["--only", "production"]);
        let by_variable =
            launch.name() == "npm" && launch.env.get("NODE_ENV").is_some_and(|mode| mode == "production");
        if includes || !(by_option || by_variable) {
            return None;
        }
        last = Some(*at);
    }
    last
}
