//! The configuration file, `.dockworthy.yaml`: what a project says of itself that its compose files do not.
//!
//! It is read with positions, so that whatever is wrong in it is told with its place.

use std::path::{Path, PathBuf};

use crate::compose::nearest;
use crate::compose::projects::Stack;
use crate::source::{Kind, SourceMap, Span, Spanned, clean};
use crate::yaml::{self, Mapping, Node};

/// The names that are looked for, the first that is there counts.
pub const NAMES: [&str; 2] = [".dockworthy.yaml", ".dockworthy.yml"];

/// A configuration file, read.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// `stacks`: sets of compose files that are loaded together.
    pub stacks: Vec<Stack>,
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
    let mut config = ConfigFile { path: path.to_path_buf(), stacks: Vec::new() };
    if let [document] = stream.documents.as_slice() {
        reader.file(document, &mut config);
    } else if let Some(second) = stream.documents.get(1) {
        reader.wrong(second.span.start(), "a configuration file is one document".to_string());
    }
    match reader.mistakes.is_empty() {
        true => Ok(config),
        false => Err(reader.mistakes),
    }
}

struct Reader<'a> {
    sources: &'a SourceMap,
    directory: &'a Path,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Span, message: String) {
        self.mistakes.push(Mistake { at, message });
    }

    fn file(&mut self, document: &Node, config: &mut ConfigFile) {
        if is_null(document) {
            return;
        }
        let Some(root) = self.mapping(document, "a configuration file") else { return };
        for (key, value) in self.members(root, &["stacks"], "a configuration file") {
            if key.value == "stacks" && !is_null(value) {
                self.stacks(value, config);
            }
        }
    }

    fn stacks(&mut self, value: &Node, config: &mut ConfigFile) {
        let Some(stacks) = self.mapping(value, "`stacks`") else { return };
        for entry in stacks.entries.iter() {
            let Some(name) = self.text(&entry.key, "the name of a stack") else { continue };
            let at = entry.key.span;
            if name.is_empty() {
                self.wrong(at, "a stack needs a name".to_string());
            }
            if let Some(earlier) = config.stacks.iter().find(|stack| stack.name.value == name) {
                let name = earlier.name.value.clone();
                self.wrong(at, format!("there are two stacks named `{name}`"));
                continue;
            }
            if let Some(stack) = self.stack(Spanned::new(name, at), &entry.value) {
                config.stacks.push(stack);
            }
        }
    }

    fn stack(&mut self, name: Spanned<String>, value: &Node) -> Option<Stack> {
        const KEYS: [&str; 4] = ["files", "profiles", "env-files", "project-name"];
        let what = format!("the stack `{}`", name.value);
        let members = self.mapping(value, &what)?;
        let at = name.span;
        let mut stack = Stack { name, directory: self.directory.to_path_buf(), ..Stack::default() };
        for (key, value) in self.members(members, &KEYS, &what) {
            match key.value.as_str() {
                "files" => stack.files = self.paths(value, "`files`"),
                "env-files" => stack.env_files = self.paths(value, "`env-files`"),
                "profiles" => {
                    stack.profiles = self.texts(value, "`profiles`").into_iter().map(|it| it.value).collect();
                }
                _ => stack.project_name = self.text(value, "`project-name`"),
            }
        }
        if stack.files.is_empty() && self.mistakes.is_empty() {
            self.wrong(at, format!("{what} names no compose files; write `files: [compose.yaml, …]`"));
        }
        Some(stack)
    }

    /// Files that are there, relative to the configuration file.
    fn paths(&mut self, value: &Node, what: &str) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for text in self.texts(value, what) {
            let path = clean(&self.directory.join(&text.value));
            if is_file(self.sources, &path) {
                paths.push(path);
            } else {
                self.wrong(text.span, format!("there is no file `{}` here", text.value));
            }
        }
        paths
    }

    fn texts(&mut self, value: &Node, what: &str) -> Vec<Spanned<String>> {
        let items = match value.as_sequence() {
            Some(sequence) => sequence.items.iter().collect(),
            None => vec![value],
        };
        let mut texts = Vec::new();
        for item in items {
            let text = self.text(item, what);
            texts.extend(text.map(|text| Spanned::new(text, item.span)));
        }
        texts
    }

    fn text(&mut self, value: &Node, what: &str) -> Option<String> {
        let scalar = value.as_scalar().filter(|_| !is_null(value));
        if scalar.is_none() {
            self.wrong(value.span, format!("{what} must be text"));
        }
        scalar.map(|scalar| scalar.text.clone())
    }

    fn mapping<'n>(&mut self, value: &'n Node, what: &str) -> Option<&'n Mapping> {
        let mapping = value.as_mapping();
        if mapping.is_none() {
            self.wrong(value.span, format!("{what} must be a mapping"));
        }
        mapping
    }

    /// The members of a mapping whose keys are known; the others are mistakes.
    fn members<'n>(
        &mut self,
        mapping: &'n Mapping,
        known: &[&str],
        what: &str,
    ) -> Vec<(Spanned<String>, &'n Node)> {
        let mut members: Vec<(Spanned<String>, &Node)> = Vec::new();
        for entry in mapping.entries.iter() {
            let at = entry.key.span;
            let Some(key) = entry.key.as_scalar().map(|scalar| scalar.text.clone()) else {
                self.wrong(at, "a key must be text".to_string());
                continue;
            };
            if !known.contains(&key.as_str()) {
                let near = nearest(&key, known.iter().copied());
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are `{}`", known.join("`, `")),
                };
                self.wrong(at, format!("{what} has no key `{key}`; {hint}"));
            } else if members.iter().any(|(other, _)| other.value == key) {
                self.wrong(at, format!("`{key}` stands here for the second time"));
            } else {
                members.push((Spanned::new(key, at), &entry.value));
            }
        }
        members
    }
}

fn is_null(value: &Node) -> bool {
    value.as_scalar().is_some_and(|scalar| yaml::resolve(scalar, None) == yaml::Resolved::Null)
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
