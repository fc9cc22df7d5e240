//! The configuration file, `.dockworthy.yaml`: what a project says of itself that its compose files do not.
//!
//! It is read with positions, so that whatever is wrong in it is told with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Override;
use super::keys::FILE;
use super::reader::{Reader, Said};
use crate::compose::Own;
use crate::compose::projects::Stack;
use crate::finding::{Confidence, Severity};
use crate::rules::page::Level;
use crate::source::{Kind, SourceMap, Span, Spanned};
use crate::yaml;

/// The names that are looked for, the first that is there counts.
pub const NAMES: [&str; 2] = [".dockworthy.yaml", ".dockworthy.yml"];

/// A configuration file, read.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// `select`: only these rules speak.
    pub select: Vec<String>,
    /// `ignore`: rules that do not speak.
    pub ignore: Vec<String>,
    /// `severity`: severities in place of the rules' own.
    pub severity: BTreeMap<String, Severity>,
    /// `level`
    pub level: Option<Level>,
    /// `min-confidence`
    pub min_confidence: Option<Confidence>,
    /// `fail-on`; within, `None` is `never`.
    pub fail_on: Option<Option<Severity>>,
    /// `baseline`
    pub baseline: Option<PathBuf>,
    /// `overrides`
    pub overrides: Vec<Override>,
    /// `stacks`: sets of compose files that are loaded together.
    pub stacks: Vec<Stack>,
    /// `environment`: variables that the host will have.
    pub environment: Vec<Spanned<String>>,
    /// `external-hosts`
    pub external_hosts: Vec<Spanned<String>>,
    /// `service-sources`: services and the folders they run.
    pub service_sources: Vec<(Spanned<String>, PathBuf)>,
    /// `retrying-services`
    pub retrying_services: Vec<Spanned<String>>,
    /// `rules: { pool-exceeds-max-connections: { limits } }`
    pub connection_limits: Vec<(Spanned<String>, u64)>,
    /// `rules: { unread-variable: { read-elsewhere } }`
    pub read_elsewhere: Vec<Spanned<String>>,
    /// `suppressions: { require-reason }`
    pub require_reason: bool,
}

/// Something in a configuration file that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where; [`Span::NONE`] when it is the file as a whole.
    pub at: Span,
    /// What is wrong, and what to write.
    pub message: String,
}

/// The configuration file of a directory: its own, or that of the nearest one above it. The repository
/// (a directory with `.git`) is where the search ends.
#[must_use]
pub fn above(sources: &SourceMap, directory: &Path) -> Option<PathBuf> {
    for directory in directory.ancestors() {
        let file = |name: &&str| Some(directory.join(name)).filter(|path| is_file(sources, path));
        if let Some(path) = NAMES.iter().find_map(file) {
            return Some(path);
        }
        if sources.files().kind(&directory.join(".git")).is_some() {
            return None;
        }
    }
    None
}

/// Whether a path is named like a configuration file.
#[must_use]
pub fn is_named(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name))
}

fn is_file(sources: &SourceMap, path: &Path) -> bool {
    sources.files().kind(path) == Some(Kind::File)
}

/// Reads a configuration file.
///
/// # Errors
/// All [`Mistake`]s in it, in the order of the file.
pub fn read(sources: &SourceMap, path: &Path) -> Result<ConfigFile, Vec<Mistake>> {
    let file = match sources.load(path) {
        Ok(file) => file,
        Err(reason) => return Err(vec![Mistake { at: Span::NONE, message: reason.to_string() }]),
    };
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut reader = Reader { sources, directory, mistakes: Vec::new() };
    let stream = yaml::parse(&file);
    for problem in &stream.problems {
        reader.wrong(problem.at, problem.message.clone());
    }
    let mut said = Said::default();
    if let [document] = stream.documents.as_slice() {
        said = reader.file(document, FILE);
    } else if let Some(second) = stream.documents.get(1) {
        reader.wrong(second.span.start(), "a configuration file is one document".to_string());
    }
    match reader.mistakes.is_empty() {
        true => Ok(ConfigFile::of(path, directory, said)),
        false => {
            let mut mistakes = reader.mistakes;
            mistakes.sort_by_key(|mistake| (mistake.at.lo, mistake.at.hi));
            Err(mistakes)
        }
    }
}

impl ConfigFile {
    fn of(path: &Path, directory: &Path, mut said: Said) -> Self {
        let words =
            |texts: Vec<Spanned<String>>| texts.into_iter().map(|text| text.value).collect::<Vec<_>>();
        let overrides = said.take("overrides").parts.into_iter().map(|mut part| Override {
            directory: directory.to_path_buf(),
            paths: part.take("paths").patterns,
            ignore: words(part.take("ignore").texts),
            severity: severities(part.take("severity")),
        });
        let overrides = overrides.collect();
        let stack = |(name, mut part): (Spanned<String>, Said)| Stack {
            name,
            directory: directory.to_path_buf(),
            files: part.take("files").paths,
            profiles: words(part.take("profiles").texts),
            env_files: part.take("env-files").paths,
            project_name: part.take("project-name").texts.pop().map(|name| name.value),
        };
        let sources = said.take("service-sources").members.into_iter();
        let mut rules = said.take("rules");
        let limits = rules.take("pool-exceeds-max-connections").take("limits").members.into_iter();
        Self {
            path: path.to_path_buf(),
            select: words(said.take("select").texts),
            ignore: words(said.take("ignore").texts),
            severity: severities(said.take("severity")),
            level: word(&said.take("level")).map(|word| match word {
                "hardening" => Level::Hardening,
                "pedantic" => Level::Pedantic,
                _ => Level::Default,
            }),
            min_confidence: word(&said.take("min-confidence")).map(|word| match word {
                "possible" => Confidence::Possible,
                "certain" => Confidence::Certain,
                _ => Confidence::Likely,
            }),
            fail_on: word(&said.take("fail-on")).map(|word| (word != "never").then(|| severity(word))),
            baseline: said.take("baseline").paths.pop(),
            overrides,
            stacks: said.take("stacks").members.into_iter().map(stack).collect(),
            environment: said.take("environment").texts,
            external_hosts: said.take("external-hosts").texts,
            service_sources: sources
                .filter_map(|(name, mut folder)| Some((name, folder.paths.pop()?)))
                .collect(),
            retrying_services: said.take("retrying-services").texts,
            connection_limits: limits.filter_map(|(name, limit)| Some((name, limit.number?))).collect(),
            read_elsewhere: rules.take("unread-variable").take("read-elsewhere").texts,
            require_reason: said.take("suppressions").take("require-reason").flag,
        }
    }
}

impl ConfigFile {
    /// What it says of the projects that it counts for.
    #[must_use]
    pub fn own(&self) -> Own {
        let texts = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
        let folders = self.service_sources.iter().map(|(name, path)| (name.value.clone(), path.clone()));
        let limits = self.connection_limits.iter().map(|(name, limit)| (name.value.clone(), *limit));
        Own {
            external_hosts: texts(&self.external_hosts),
            service_sources: folders.collect(),
            retrying_services: texts(&self.retrying_services),
            connection_limits: limits.collect(),
            read_elsewhere: texts(&self.read_elsewhere),
        }
    }
}

fn word(said: &Said) -> Option<&str> {
    said.texts.first().map(|text| text.value.as_str())
}

fn severity(word: &str) -> Severity {
    match word {
        "error" => Severity::Error,
        "advice" => Severity::Advice,
        _ => Severity::Warning,
    }
}

fn severities(said: Said) -> BTreeMap<String, Severity> {
    let one = |(rule, said): (Spanned<String>, Said)| Some((rule.value, severity(word(&said)?)));
    said.members.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn parse(text: &str) -> Result<ConfigFile, Vec<String>> {
        let files = [("/p/.dockworthy.yaml", text), ("/p/a.yaml", ""), ("/p/b.yaml", ""), ("/p/.env.b", "")];
        let sources = SourceMap::new(Memory::new(files));
        read(&sources, Path::new("/p/.dockworthy.yaml")).map_err(|mistakes| {
            let file = sources.load(Path::new("/p/.dockworthy.yaml")).expect("it is there");
            let place = |mistake: &Mistake| {
                let at = file.position(mistake.at.lo);
                format!("{}:{} {}", at.line, at.column, mistake.message)
            };
            mistakes.iter().map(place).collect()
        })
    }

    #[test]
    fn stacks_are_read() {
        let text =
            "stacks:\n  prod:\n    files: [a.yaml, ./b.yaml]\n    profiles: [x]\n    env-files: .env.b\n";
        let config = parse(text).expect("it is right");
        let [stack] = config.stacks.as_slice() else { panic!("{config:?}") };
        assert_eq!(stack.name.value, "prod");
        assert_eq!(stack.files, [Path::new("/p/a.yaml"), Path::new("/p/b.yaml")]);
        assert_eq!(
            (stack.profiles.as_slice(), stack.env_files.as_slice()),
            (&["x".to_string()][..], &[PathBuf::from("/p/.env.b")][..])
        );
        assert!(parse("").is_ok_and(|config| config.stacks.is_empty()));
        assert!(parse("# nothing yet\nstacks:\n").is_ok());
    }

    #[test]
    fn mistakes_have_their_places() {
        let mistakes = |text: &str| parse(text).expect_err("it is wrong");
        assert_eq!(
            mistakes("stack: {}\n"),
            ["1:1 a configuration file has no key `stack`; did you mean `stacks`?"]
        );
        assert_eq!(mistakes("stacks:\n  a:\n    files: [c.yaml]\n"), ["3:13 there is no file `c.yaml` here"]);
        assert_eq!(
            mistakes("stacks: {a: {profile: x, files: a.yaml}}\n"),
            ["1:14 the stack `a` has no key `profile`; did you mean `profiles`?"]
        );
        assert_eq!(mistakes("stacks: [a]\n"), ["1:9 `stacks` must be a mapping"]);
        assert_eq!(
            mistakes("stacks: {a: {}}\n"),
            ["1:10 the stack `a` names no compose files; write `files: [compose.yaml, …]`"]
        );
        assert_eq!(mistakes("a: [\n").len(), 1);
    }
}
