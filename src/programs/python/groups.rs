//! The groups of packages that a command leaves out of a project's manifest: those for development.

use std::collections::HashSet;

use crate::programs::entry::Launch;

/// The packages of a manifest, by whether a command installs them. Names are in lower case, with `-` for `_`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// More than are installed, never less.
    pub main: HashSet<String>,
    /// Those of groups that are left out.
    pub development: HashSet<String>,
    /// The packages that the program itself names, where all of them stand there.
    pub direct: Option<HashSet<String>>,
}

/// What a command leaves out.
enum Without {
    /// Every group but that of the program itself.
    All,
    /// Every group but this one.
    AllBut(&'static str),
    /// These.
    Named(Vec<String>),
}

/// What a command of Poetry, uv, pdm, Pipenv or pip leaves out; nothing where that is not known.
fn without(launch: &Launch) -> Option<Without> {
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    let says = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let behind = |option: &str| -> Option<&str> {
        let with = format!("{option}=");
        let at = words.iter().position(|word| *word == option);
        at.and_then(|at| words.get(at + 1).copied())
            .or_else(|| words.iter().find_map(|word| word.strip_prefix(&with)))
    };
    let takes = [
        "--with",
        "--dev",
        "--group",
        "--all-groups",
        "--only-group",
        "--only-dev",
        "-G",
        "-d",
        "--all-extras",
        "--with-dev",
    ];
    let more = words
        .iter()
        .any(|word| takes.contains(word) || takes.iter().any(|it| word.starts_with(&format!("{it}="))));
    match launch.name() {
        _ if more => None,
        "poetry" if says(&["install", "sync"]) => match (behind("--only"), behind("--without")) {
            (Some("main"), _) => Some(Without::All),
            (None, Some(named)) => Some(Without::Named(named.split(',').map(str::to_string).collect())),
            (None, None) if says(&["--no-dev"]) => Some(Without::All),
            _ => None,
        },
        "poetry" if says(&["export"]) => Some(Without::All),
        "uv" if says(&["sync", "export"]) => {
            let none = says(&["--no-dev", "--no-default-groups"])
                || launch.env.get("UV_NO_DEV").is_some_and(|value| value == "1" || value == "true");
            Some(if none { Without::All } else { Without::AllBut("dev") })
        }
        "pdm" if says(&["--prod", "--production", "--no-dev"]) => Some(Without::All),
        "pipenv" if says(&["install", "sync"]) => Some(Without::All),
        "pip" | "pip3" | "python" | "python3" => Some(Without::All),
        _ => None,
    }
}

/// What the command installs of a manifest, and what it leaves out of it.
pub(super) fn parts(text: &str, launch: &Launch) -> Parts {
    let mut out = Parts::default();
    let mut direct = HashSet::new();
    // Which groups are installed may be said there, too.
    let without = without(launch).filter(|_| !text.contains("default-groups"));
    let leaves_out = |group: &str| match &without {
        None => false,
        Some(Without::All) => true,
        Some(Without::AllBut(name)) => group != *name,
        Some(Without::Named(names)) => names.iter().any(|name| name == group),
    };
    let mut section = "";
    let mut key = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') && line.ends_with(']') && !line.contains(['"', ',']) {
            section = line.trim_matches(['[', ']']);
            key.clear();
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or(("", line));
        let starts = !name.is_empty()
            && name.trim().chars().all(|c| c.is_ascii_alphanumeric() || "-_.\"'".contains(c));
        if starts {
            key = name.trim().trim_matches(['"', '\'']).to_string();
        }
        let group = match section {
            "tool.poetry.dev-dependencies" | "dev-packages" => Some("dev"),
            "tool.uv" if key == "dev-dependencies" => Some("dev"),
            "dependency-groups" | "tool.pdm.dev-dependencies" => Some(key.as_str()),
            _ => {
                section.strip_prefix("tool.poetry.group.").and_then(|rest| rest.strip_suffix(".dependencies"))
            }
        };
        // Tables name packages by their keys, lists by their texts.
        let table = section.ends_with("dependencies") && section.starts_with("tool.poetry")
            || section == "dev-packages";
        match group.filter(|group| leaves_out(group)) {
            Some(_) if table => out.development.extend(starts.then(|| plain(&key))),
            Some(_) => {
                let value = if starts { value } else { line };
                out.development.extend(texts_of(value));
            }
            None => {
                out.main.extend(super::requirements::named(line));
                let listed = section == "project" && key == "dependencies"
                    || section == "project.optional-dependencies";
                let value = if starts { value } else { line };
                let own = section == "packages" || table && group.is_none();
                direct.extend((own && starts).then(|| plain(&key)));
                direct.extend(listed.then(|| texts_of(value)).into_iter().flatten());
                direct.extend(
                    group
                        .is_some()
                        .then(|| if table { vec![plain(&key)] } else { texts_of(value) })
                        .into_iter()
                        .flatten(),
                );
            }
        }
    }
    direct.retain(|name| name != "python" && !name.is_empty());
    out.direct = (!direct.is_empty() && !text.contains("dynamic")).then_some(direct);
    out.development.retain(|name| !name.is_empty() && !out.main.contains(name));
    out
}

/// The packages that the texts of a list name: `"flask>=3", "gunicorn[gevent]"`.
fn texts_of(list: &str) -> Vec<String> {
    let texts = list.split(['"', '\'']).skip(1).step_by(2);
    let end = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    texts.filter_map(|text| text.split(end).next()).map(plain).collect()
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Whether a lock file says that a package needs this one, other than the project itself; those that only development needs
/// count, too.
pub(super) fn is_brought(lock: &str, name: &str) -> bool {
    let own = |block: &str| ["virtual = ", "editable = "].iter().any(|word| block.contains(word));
    let key = [format!("\n{name} = "), format!("{{ name = \"{name}\""), format!("\n    \"{name} ")];
    let mut blocks = lock.split("[[package]]").skip(1).filter(|block| !own(block));
    blocks.any(|block| key.iter().any(|key| block.contains(key.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POETRY: &str = "[tool.poetry]\nname = \"shop\"\n\n[tool.poetry.dependencies]\npython = \"^3.12\"\nflask = \"^3.0\"\nredis = {version = \"^5\"}\n\n[tool.poetry.group.dev.dependencies]\npytest = \"^8\"\nGunicorn = \"^22\"\nredis = \"*\"\n\n[tool.poetry.group.docs.dependencies]\nmkdocs = \"*\"\n";
    const PROJECT: &str = "[project]\nname = \"shop\"\ndependencies = [\n  \"flask>=3\",\n]\n\n[dependency-groups]\ndev = [\"pytest>=8\", \"gunicorn[gevent]>=22\"]\nlint = [\n  \"ruff\",\n]\n";

    fn development(text: &str, command: &str) -> String {
        let launch = Launch { words: command.split(' ').map(str::to_string).collect(), ..Launch::default() };
        let mut found: Vec<String> = parts(text, &launch).development.into_iter().collect();
        found.sort_unstable();
        found.join(" ")
    }

    #[test]
    fn what_is_left_out() {
        assert_eq!(development(POETRY, "poetry install --only main"), "gunicorn mkdocs pytest");
        assert_eq!(development(POETRY, "poetry install --only=main"), "gunicorn mkdocs pytest");
        assert_eq!(development(POETRY, "poetry install --without dev"), "gunicorn pytest");
        assert_eq!(development(POETRY, "poetry install"), "");
        assert_eq!(development(POETRY, "poetry install --only main --with dev"), "");
        assert_eq!(development(PROJECT, "uv sync --no-dev"), "gunicorn pytest ruff");
        assert_eq!(development(PROJECT, "uv sync --frozen"), "ruff");
        assert_eq!(development(PROJECT, "pip install ."), "gunicorn pytest ruff");
        let pipfile = "[packages]\nflask = \"*\"\n\n[dev-packages]\ngunicorn = \"*\"\n";
        assert_eq!(development(pipfile, "pipenv install --system"), "gunicorn");
        assert_eq!(development(pipfile, "pipenv install --dev --system"), "");
    }

    #[test]
    fn what_a_lock_file_brings() {
        let lock = "[[package]]\nname = \"arq\"\ndependencies = [\n    { name = \"redis\" },\n]\n\n[[package]]\nname = \"shop\"\nsource = { virtual = \".\" }\ndependencies = [\n    { name = \"arq\" },\n]\n";
        assert!(is_brought(lock, "redis") && !is_brought(lock, "arq"));
        let poetry = "[[package]]\nname = \"arq\"\n\n[package.dependencies]\nredis = \">=4\"\n";
        assert!(is_brought(poetry, "redis") && !is_brought(poetry, "arq"));
    }
}
