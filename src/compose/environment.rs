//! The variables that references in compose files see.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::dotenv::{self, Settings};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, Origin, ReadError, SourceMap, Span, Text};

/// The name under which a project's name can be set, and read by references.
pub(crate) const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";

/// Variables by name; who sets one first, wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: IndexMap<String, Text>,
    /// What the host will set where it is not set here.
    declared: Vec<String>,
}

impl Environment {
    /// The host's variables.
    pub(crate) fn host<'a>(variables: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        let known = |(name, value): (&String, &String)| {
            (name.clone(), Text::known(value.as_str(), Origin::default()))
        };
        Self { variables: variables.into_iter().map(known).collect(), declared: Vec::new() }
    }

    /// Variables of which it is known that the host will set them, and not to what. All that is set has the better say.
    pub(crate) fn declare(&mut self, names: &[String]) {
        self.declared = names.to_vec();
    }

    /// What a variable is set to.
    pub(crate) fn get(&self, name: &str) -> Option<Text> {
        let declared = || self.declared.iter().any(|other| other == name);
        self.variables.get(name).cloned().or_else(|| declared().then(|| Text::unknown(Origin::default())))
    }

    /// What a variable is set to, as a string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(Text::assumed)
    }

    /// Sets what is not set yet.
    pub(crate) fn add(&mut self, settings: Settings) {
        for (name, setting) in settings {
            self.variables.entry(name).or_insert(setting.value);
        }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: Text) {
        self.variables.insert(name.to_string(), value);
    }

    /// Takes over the variables of which the name starts like this, where they are not set here.
    pub(crate) fn take_over(&mut self, other: &Environment, start: &str) {
        for (name, value) in other.variables.iter().filter(|(name, _)| name.starts_with(start)) {
            self.variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// All variables.
    pub(crate) fn into_variables(self) -> IndexMap<String, Text> {
        self.variables
    }

    /// Reads env files, later ones over earlier ones, and sets what is not set yet.
    pub(crate) fn load(
        &mut self,
        sources: &SourceMap,
        files: &[EnvFilePath],
        read: &mut Vec<PathBuf>,
        problems: &mut Vec<Problem>,
    ) {
        let mut settings = Settings::new();
        for EnvFilePath { path, named } in files {
            match sources.load(path) {
                Ok(file) => {
                    if !read.contains(path) {
                        read.push(path.clone());
                    }
                    dotenv::read(&file, &|name| self.get(name), &mut settings, problems);
                }
                Err(reason) => {
                    let message = format!("the env file `{}` {}", path.display(), said(&reason));
                    problems.push(Problem::refusal(ProblemKind::MissingFile, *named, message));
                }
            }
        }
        self.add(settings);
    }
}

/// Why a file can't be read, after its name.
pub(crate) fn said(reason: &ReadError) -> String {
    match reason {
        ReadError::NotFound => "does not exist".to_string(),
        ReadError::Io(reason) => format!("can't be read: {reason}"),
        other => other.to_string(),
    }
}

/// An env file that is to be read, and the place that names it.
#[derive(Clone, Debug)]
pub(crate) struct EnvFilePath {
    pub path: PathBuf,
    pub named: Span,
}

/// The `.env` of a directory, if it is there.
pub(crate) fn default_file(sources: &SourceMap, directory: &Path) -> Vec<EnvFilePath> {
    let path = directory.join(".env");
    match sources.files().kind(&path) {
        Some(Kind::File) => vec![EnvFilePath { path, named: Span::NONE }],
        _ => Vec::new(),
    }
}
