//! What stands beside a project and says something about it without being part of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::dotenv::{self, Settings};
use super::projects::Name;
use super::{Project, externals, joined, samples, untold};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, SourceMap, is_ignored, repository};
use crate::yaml;

/// More compose files than this in one folder are a collection, not the files of one project.
const MAX_FILES: usize = 16;

/// Names of a folder that are looked at for folders with sources.
const MAX_FOLDERS: usize = 64;

/// A script or note above this size says something else, too.
const MAX_SCRIPT: u64 = 256 << 10;

/// Notes the services of other compose files in the project directory, the variables that a sample of its
/// `.env` names, the env files that it is started with, and whether packages are to be installed or programs built by hand.
pub fn look(sources: &SourceMap, project: &mut Project) {
    let names = sources.list(&project.directory);
    let paths = names.iter().map(|name| project.directory.join(name));
    let other = |path: &std::path::PathBuf| Name::of(path).is_some() && !project.read.contains(path);
    let beside: Vec<_> = paths.filter(other).take(MAX_FILES + 1).collect();
    if beside.len() <= MAX_FILES {
        for path in &beside {
            overlay(sources, path, project);
        }
    }
    let samples = names.iter().filter(|name| samples::is_sample(name)).take(MAX_FILES);
    if project.services.values().any(|service| service.volumes.iter().any(|mount| mount.path.is_some())) {
        let mut scripts = names.iter().filter(|name| is_script(name)).take(MAX_FILES);
        project.installs_by_hand = scripts.any(|name| installs(sources, &project.directory.join(name)));
        let mut notes = names.iter().filter(|name| is_note(name)).take(MAX_FILES);
        project.installs_first = notes.any(|name| installs_first(sources, &project.directory.join(name)));
    }
    project.makes_databases_by_hand = {
        let mut scripts = names.iter().filter(|name| is_script(name)).take(MAX_FILES);
        scripts.any(|name| makes_databases(sources, &project.directory.join(name)))
    };
    if project.services.values().any(|service| service.build.is_some()) {
        let mut folders = vec![project.directory.clone()];
        let contexts =
            project.services.values().filter_map(|service| service.build.as_ref()?.directory.clone());
        folders.extend(contexts.take(MAX_FILES));
        folders.sort();
        folders.dedup();
        project.builds_alone = names.iter().any(|name| name.to_ascii_lowercase().starts_with("readme"))
            && !folders.iter().any(|folder| tells_to_build(sources, folder));
    }
    project.is_described = names.iter().any(|name| name.to_ascii_lowercase().starts_with("readme"));
    let pulls = project.services.values().any(|service| service.build.is_none());
    project.has_sources = pulls && has_sources(sources, &project.directory, &names);
    if (project.is_described || project.has_sources) && pulls {
        project.builds_images_by_hand = builds_images(sources, &project.directory, &names);
    }
    if project.services.values().any(|service| !service.env_files.is_empty()) {
        let scripts = names.iter().filter(|name| is_script(name)).take(MAX_FILES);
        project.handed = scripts.flat_map(|name| handed(sources, &project.directory.join(name))).collect();
    }
    fill_in(sources, project);
    project.mentioned = mentioned(sources, project, &names);
    project.documented = samples.flat_map(|name| variables(sources, &project.directory.join(name))).collect();
    project.spare = spare(sources, project);
    let joined = joined::by_others(sources, project);
    for network in project.networks.values_mut() {
        network.joined = joined.contains(&network.real_name);
    }
    let told = || {
        names.iter().filter(|name| is_note(name)).take(MAX_FILES).any(|name| {
            let peeked = sources.peek(&project.directory.join(name), MAX_SCRIPT);
            peeked.is_ok_and(|peeked| {
                ["docker compose up", "docker-compose up"].iter().any(|word| peeked.text().contains(word))
            })
        })
    };
    project.never_made = externals::never_made(sources, project, &told);
    project.told_to_start = !project.never_made.is_empty() && told();
}

/// Whether a Dockerfile lies beside the compose files, or in a folder there.
fn has_sources(sources: &SourceMap, directory: &Path, names: &[String]) -> bool {
    let is_file = |path: &Path| sources.files().kind(path) == Some(Kind::File);
    names.iter().any(|name| name == "Dockerfile")
        || names.iter().take(MAX_FOLDERS).any(|name| is_file(&directory.join(name).join("Dockerfile")))
}

/// The variables of the sample that no compose file names.
fn spare(sources: &SourceMap, project: &Project) -> BTreeSet<String> {
    let Some(sample) = &project.sample else { return BTreeSet::new() };
    let own = project.directory.join(".env");
    let mut files = project.services.values().flat_map(|service| &service.env_files);
    if files.any(|file| file.file == own) {
        return BTreeSet::new();
    }
    let texts: Vec<_> = project.files.iter().filter_map(|path| sources.load(path).ok()).collect();
    let mut found = variables(sources, sample);
    found.retain(|name| !texts.iter().any(|file| is_named(&file.text, name)));
    found
}

/// Gives env files that services need and that are not there what samples of them say.
fn fill_in(sources: &SourceMap, project: &mut Project) {
    let environment = std::mem::take(&mut project.environment);
    let mut wrong: Vec<Problem> = Vec::new();
    for service in project.services.values_mut() {
        for file in service.env_files.iter_mut().filter(|file| file.required && !file.found) {
            if sources.files().kind(&file.file).is_some() {
                continue;
            }
            file.left_out = is_ignored(sources.files(), &file.file);
            let outer = |name: &str| environment.get(name).cloned();
            let sample = samples::of(sources, &file.file, &outer);
            file.documented = sample.is_some() || samples::is_spoken_of(sources, &file.file);
            let Some(sample) = sample else { continue };
            // It is as wrong in the file that is made from it.
            let untold = |problem: &Problem| !wrong.iter().any(|other| other.at == problem.at);
            wrong.extend(sample.wrong.filter(untold).map(|problem| Problem { refuses: false, ..problem }));
            let by = file.path.span();
            file.variables =
                sample.settings.into_iter().map(|(name, setting)| (name, setting.variable(by))).collect();
            file.untold = untold::is_untold(sources, &file.file, &sample.path);
            file.sample = Some(sample.path);
        }
    }
    project.environment = environment;
    project.problems.extend(wrong);
}

/// The unset variables of which a script or a note speaks, beside the compose files or at the root of the repository.
fn mentioned(sources: &SourceMap, project: &Project, names: &[String]) -> BTreeSet<String> {
    let unset = project.problems.iter().filter(|problem| problem.kind == ProblemKind::UnsetInterpolation);
    let unset: BTreeSet<&String> = unset.filter_map(|problem| problem.subject.as_ref()).collect();
    if unset.is_empty() {
        return BTreeSet::new();
    }
    let own = names.iter().map(|name| project.directory.join(name));
    let root = repository(sources.files(), &project.directory).filter(|root| *root != project.directory);
    let above = root
        .iter()
        .flat_map(|root| sources.list(root).iter().map(|name| root.join(name)).collect::<Vec<_>>());
    let scripts = own
        .chain(above)
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_script));
    let mut found = BTreeSet::new();
    for path in scripts.take(2 * MAX_FILES) {
        let Ok(peeked) = sources.peek(&path, MAX_SCRIPT) else { continue };
        // Who tells people to write a `.env` need not list what is to stand there, unless a sample does.
        let all = project.sample.is_none() && peeked.text().contains(".env");
        let spoken = unset.iter().filter(|name| all || is_named(peeked.text(), name));
        found.extend(spoken.map(|name| (*name).clone()));
    }
    found
}

/// Whether a text names a variable, and not one whose name goes on: `DB_PASS`, not `DB_PASSWORD`.
fn is_named(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// Notes the services of a compose file beside the project, and what it sets for those of the project where it can't stand alone.
fn overlay(sources: &SourceMap, path: &Path, project: &mut Project) {
    let Ok(file) = sources.load(path) else { return };
    let stream = yaml::parse(&file);
    let sections = stream.documents.iter().filter_map(|document| document.as_mapping()?.get("services"));
    let entries = sections
        .filter_map(|section| section.value.as_mapping())
        .flat_map(|services| services.entries.iter());
    let entries: Vec<_> =
        entries.filter_map(|entry| Some((entry.key.as_scalar()?.text.clone(), &entry.value))).collect();
    let stands = |service: &yaml::Node| {
        let parts = service.as_mapping();
        parts.is_some_and(|parts| ["image", "build", "extends"].iter().any(|key| parts.get(key).is_some()))
    };
    let alone = entries.iter().all(|(_, service)| stands(service));
    for (name, service) in &entries {
        if let Some(own) = project.services.get_mut(name).filter(|_| !alone) {
            own.overlaid.extend(set_by(service));
        }
    }
    project.elsewhere.extend(entries.into_iter().map(|(name, _)| name));
}

/// The variables that `environment` of a service gives values.
fn set_by(service: &yaml::Node) -> Vec<String> {
    let Some(environment) = service.as_mapping().and_then(|parts| parts.get("environment")) else {
        return Vec::new();
    };
    let listed = environment.value.as_sequence().into_iter().flat_map(|list| list.items.iter());
    let listed = listed.filter_map(|item| Some(item.as_scalar()?.text.split_once('=')?.0.to_string()));
    let mapped = environment.value.as_mapping().into_iter().flat_map(|map| map.entries.iter());
    let mapped = mapped.filter_map(|entry| Some(entry.key.as_scalar()?.text.clone()));
    listed.chain(mapped).collect()
}

fn variables(sources: &SourceMap, path: &Path) -> BTreeSet<String> {
    if sources.files().kind(path) != Some(Kind::File) {
        return BTreeSet::new();
    }
    let Ok(file) = sources.load(path) else { return BTreeSet::new() };
    let mut settings = Settings::new();
    dotenv::read(&file, &|_: &str| None, &mut settings, &mut Vec::new());
    settings.into_keys().collect()
}

/// Whether a text tells people to install the packages of PHP: on this machine, or in a container that runs.
fn installs(sources: &SourceMap, path: &Path) -> bool {
    let peeked = sources.peek(path, MAX_SCRIPT);
    peeked.is_ok_and(|peeked| {
        ["composer install", "composer update"].iter().any(|word| peeked.text().contains(word))
    })
}

/// Whether a note tells people to install the packages of Node on this machine and then to start the containers: in one block, or
/// one step after the other below the same heading; or under one that is for everybody (`### Install dependencies`) before any other.
fn installs_first(sources: &SourceMap, path: &Path) -> bool {
    const INSTALLS: [&str; 8] =
        ["npm install", "npm ci", "npm i", "yarn install", "yarn", "pnpm install", "pnpm i", "bun install"];
    let Ok(peeked) = sources.peek(path, MAX_SCRIPT) else { return false };
    const FOR_ALL: [&str; 5] = ["install", "getting started", "setup", "set up", "requirement"];
    let (mut fenced, mut installed, mut for_all, mut lasting) = (false, false, false, false);
    for line in peeked.text().lines() {
        let line = line.trim();
        fenced ^= line.starts_with("```") || line.starts_with("~~~");
        let heading =
            line.strip_prefix('#').filter(|_| !fenced).map(|rest| rest.trim_start_matches('#').trim());
        // `## 2. Start it` goes on with what `## 1. Install` began.
        let step = |title: &str| title.starts_with(|c: char| c.is_ascii_digit()) || title.starts_with("Step");
        if let Some(title) = heading {
            let title = title.to_ascii_lowercase();
            for_all = FOR_ALL.iter().any(|word| title.contains(word)) && !title.contains("without");
        }
        if heading.is_some_and(|title| !step(title)) && !lasting {
            installed = false;
        }
        let command = line
            .trim_start_matches(|c: char| c.is_whitespace() || "$>`*-.".contains(c) || c.is_ascii_digit());
        let parts = || command.split("&&").map(|part| part.trim().trim_end_matches('`').trim_end());
        let installs = parts().any(|part| INSTALLS.contains(&part));
        installed |= installs;
        lasting |= installs && for_all;
        let starts = ["docker compose", "docker-compose"].iter().any(|word| command.contains(word));
        if installed && starts && command.contains(" up") {
            return true;
        }
    }
    false
}

/// Whether a text tells people to make a database: by a task of a framework, or a tool of the server's.
fn makes_databases(sources: &SourceMap, path: &Path) -> bool {
    const TELLS: [&str; 9] = [
        "db:create",
        "db:setup",
        "db:prepare",
        "db:reset",
        "ecto.create",
        "ecto.setup",
        "database:create",
        "createdb",
        "database create",
    ];
    let peeked = sources.peek(path, MAX_SCRIPT);
    peeked.is_ok_and(|peeked| TELLS.iter().any(|word| peeked.text().contains(word)))
}

/// Whether a script or note, here or in a folder of scripts, builds or fetches images by a command of its own.
fn builds_images(sources: &SourceMap, directory: &Path, names: &[String]) -> bool {
    const TELLS: [&str; 9] = [
        "docker build",
        "buildx",
        "image build",
        "build-image",
        "podman build",
        "docker load",
        "docker tag",
        "docker pull",
        "jib",
    ];
    const FOLDERS: [&str; 8] =
        ["scripts", "script", "bin", "hack", "docker", "tools", ".github/workflows", "ci"];
    let tells = |path: &Path| {
        let peeked = sources.peek(path, MAX_SCRIPT);
        peeked.is_ok_and(|peeked| {
            let text = peeked.text();
            TELLS.iter().any(|word| text.contains(word)) || text.lines().any(is_made)
        })
    };
    let also = |name: &&String| {
        let lower = name.to_ascii_lowercase();
        is_script(name)
            || [".md", ".yml", ".xml", ".gradle", ".kts", ".sbt", ".hcl"]
                .iter()
                .any(|end| lower.ends_with(end))
    };
    names.iter().filter(also).take(2 * MAX_FILES).any(|name| tells(&directory.join(name)))
        || FOLDERS.iter().any(|folder| {
            let folder = directory.join(folder);
            sources.list(&folder).iter().take(2 * MAX_FILES).any(|name| tells(&folder.join(name)))
        })
}

/// Whether a script or note in a folder tells people to build on this machine; the scripts of `package.json` are there to be run.
fn tells_to_build(sources: &SourceMap, folder: &Path) -> bool {
    const TELLS: [&str; 13] = [
        "run build",
        "yarn build",
        "pnpm build",
        "mvn",
        "gradle",
        "dotnet publish",
        "dotnet build",
        "go build",
        "cargo build",
        "sbt ",
        "ng build",
        "build.sh",
        "bun build",
    ];
    let names = sources.list(folder);
    let mut scripts = names.iter().filter(|name| is_script(name) && *name != "package.json").take(MAX_FILES);
    scripts.any(|name| {
        let peeked = sources.peek(&folder.join(name), MAX_SCRIPT);
        peeked.is_ok_and(|peeked| {
            let text = peeked.text();
            TELLS.iter().any(|word| text.contains(word)) || text.lines().any(is_made)
        })
    }) || names
        .iter()
        .any(|name| matches!(name.as_str(), ".github" | ".gitlab-ci.yml" | "Jenkinsfile" | ".circleci"))
}

/// Whether a line is a command of make's, and no prose.
fn is_made(line: &str) -> bool {
    let command = line.trim_start_matches(|c: char| c.is_whitespace() || "$#>`*-@".contains(c));
    command.starts_with("make ")
        || ["`make ", "&& make ", "; make ", "$ make "].iter().any(|start| line.contains(start))
}

/// The names of the files that a text hands to `--env-file`.
fn handed(sources: &SourceMap, path: &Path) -> BTreeSet<String> {
    const FLAG: &str = "--env-file";
    let Ok(peeked) = sources.peek(path, MAX_SCRIPT) else { return BTreeSet::new() };
    let text = peeked.text();
    let after = text.match_indices(FLAG).filter_map(|(at, _)| text.get(at + FLAG.len()..));
    let named = after.filter_map(|rest| {
        let rest = rest.trim_start_matches(['=', ' ', '"', '\'']);
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`\\;&|)".contains(c)).unwrap_or(rest.len());
        let name = rest.get(..end)?.rsplit('/').next()?;
        (!name.is_empty()).then(|| name.to_string())
    });
    named.collect()
}

/// Where people say how a project is started.
fn is_note(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("readme")
        || ["contributing.md", "development.md", "install.md"].contains(&lower.as_str())
}

/// What people set projects up and start them with, and where they say how: `Makefile`, `package.json`, `README.md`, `deploy.sh` …
pub(super) fn is_script(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let whole = [
        "makefile",
        "gnumakefile",
        "justfile",
        "package.json",
        "composer.json",
        "taskfile.yml",
        "taskfile.yaml",
    ];
    let extension = Path::new(&lower).extension().and_then(|extension| extension.to_str());
    whole.contains(&lower.as_str())
        || lower.starts_with("readme")
        || matches!(extension, Some("sh" | "ps1" | "bat" | "mk"))
}
