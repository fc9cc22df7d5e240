//! Scripts for `bash` that the `sh` of Debian runs, which is `dash`: <https://wiki.debian.org/DashAsBinSh>.

use super::entry::{By, Machine, Started, Way};
use super::image::Image;
use super::unrunnable::{Unrunnable, Why};
use crate::source::Text;

/// Official images on Debian or Ubuntu, as far as their tags don't say otherwise.
const DEBIAN: [&str; 20] = [
    "debian",
    "ubuntu",
    "python",
    "node",
    "ruby",
    "golang",
    "php",
    "rust",
    "eclipse-temurin",
    "postgres",
    "mariadb",
    "redis",
    "nginx",
    "httpd",
    "tomcat",
    "elixir",
    "perl",
    "maven",
    "gradle",
    "wordpress",
];
/// Words of tags of other systems.
const OTHERS: [&str; 8] = ["alpine", "ubi", "windows", "nano", "oracle", "amazon", "corretto", "centos"];

/// What a line of a script says that `dash` does not know.
pub(super) fn word_of_bash(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    let line = ["if ", "while ", "then ", "&& ", "! "]
        .iter()
        .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if line.starts_with("source ") {
        return Some("source");
    }
    if line.starts_with("[[ ") {
        return Some("[[");
    }
    if line.starts_with("set -") && line.contains("pipefail") {
        return Some("pipefail");
    }
    if let Some(rest) = line.strip_prefix("function ") {
        let after = rest.trim_start_matches(name);
        return (rest != after && after.trim_start().starts_with(['(', '{'])).then_some("function");
    }
    // `hosts=(a b)`
    let after = line.trim_start_matches(name);
    (line != after && after.starts_with("=(")).then_some("=(")
}

/// The first line of a script that surely runs and that `dash` does not understand.
pub(super) fn of(machine: &Machine<'_>, started: &Started, image: &Image) -> Option<Unrunnable> {
    let parsed = image.reference()?;
    let of_hub = parsed.registry.is_none_or(|registry| registry == "docker.io");
    let tag = parsed.tag.unwrap_or("");
    if image.assumed
        || !of_hub
        || !DEBIAN.contains(&parsed.path)
        || tag.contains(Text::HOLE)
        || OTHERS.iter().any(|word| tag.contains(word))
    {
        return None;
    }
    let relinked = image.runs.iter().map(|run| run.assumed()).any(|run| {
        run.contains("dpkg-reconfigure dash")
            || run.contains("/bin/sh") && (run.contains("ln ") || run.contains("mv "))
    });
    if relinked {
        return None;
    }
    started.calls.iter().find_map(|call| {
        let launch = &call.launch;
        if launch.way != Way::Surely || launch.by != By::Path {
            return None;
        }
        let first = launch.words.first()?;
        let by_sh = matches!(first.as_str(), "sh" | "/bin/sh");
        let script = if by_sh { launch.words.get(1).filter(|word| !word.starts_with('-'))? } else { first };
        if script.contains('$') || !by_sh && !script.contains('/') {
            return None;
        }
        let host = machine.files.file(machine.sources.files(), &machine.program(launch, script)?)?;
        let file = machine.sources.load(&host).ok()?;
        let shebang = file.text.lines().next()?.trim_end();
        let is_sh = shebang.starts_with("#!")
            && (shebang.ends_with("/sh") || shebang.contains("/sh -") || shebang.ends_with("env sh"));
        // A script that asks which shell it is in knows both.
        if !(by_sh || is_sh) || file.text.contains("BASH") {
            return None;
        }
        let mut start = 0;
        let mut text: Option<String> = None;
        let (word, at) = file.text.split_inclusive('\n').find_map(|line| {
            let from = start;
            start += line.len();
            // A here-document is text.
            if let Some(end) = &text {
                if line.trim() == end {
                    text = None;
                }
                return None;
            }
            if let Some((_, end)) = line.split_once("<<").filter(|(_, end)| !end.starts_with('<')) {
                let end = end.trim_start_matches(['-', ' ']).trim_matches(['\'', '"', '\n', '\r', ' ']);
                text = Some(end.split([' ', '\'', '"', ';']).next().unwrap_or(end).to_string());
            }
            let word = word_of_bash(line)?;
            let indent = line.len() - line.trim_start().len();
            Some((word, file.slice(from + indent, from + line.trim_end().len())))
        })?;
        Some(Unrunnable { path: host, written: script.clone(), why: Why::Dash(word), at })
    })
}

#[cfg(test)]
mod tests {
    use super::word_of_bash;

    #[test]
    fn what_dash_does_not_know() {
        for (line, word) in [
            ("source /app/.env", "source"),
            ("  if [[ -z $A ]]; then", "[["),
            ("set -euo pipefail", "pipefail"),
            ("function wait_for() {", "function"),
            ("hosts=(a b)", "=("),
        ] {
            assert_eq!(word_of_bash(line), Some(word), "{line}");
        }
        for line in
            ["# source x", "echo source x", ". ./env", "set -eu", "function_call a", "A=$(date)", "x=1"]
        {
            assert_eq!(word_of_bash(line), None, "{line}");
        }
    }
}
