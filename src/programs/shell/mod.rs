//! The shell front end: start scripts, and the commands that stand in compose files and Dockerfiles.
//!
//! A script counts only where a command is seen to run it: scripts lie around everywhere. So the
//! follower of commands asks for [`script`] and [`command`], with the arguments that the script is run with
//! and the files that it sources; [`Shell`] itself reads a file without either.

mod addresses;
mod commands;
mod conditions;
mod dials;
mod heredoc;
mod options;
mod parameters;
mod reader;
mod statements;
mod words;

pub(super) use commands::is_shell;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::dockerfile::Body;
use super::{FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Text};

/// The shell: POSIX `sh` and Bash.
pub struct Shell;

impl FrontEnd for Shell {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["sh", "bash"])
    }

    fn is_source(&self) -> bool {
        false
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, _text: &str) -> bool {
        true
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = HashMap::new();
        let start = Start { arguments: None, environment: &nothing, sourced: &|_| None };
        script(&file.path, Body::of_file(file), start)
    }
}

/// How a script is run.
#[derive(Clone, Copy)]
pub(super) struct Start<'s> {
    /// Its arguments; `None` when they are not known.
    pub arguments: Option<&'s [String]>,
    /// The environment, as far as it is known, to find the files that the script sources.
    pub environment: &'s HashMap<String, String>,
    /// The file of the container that a script sources by this name.
    pub sourced: &'s dyn Fn(&str) -> Option<Body>,
}

/// Reads a script that is run so.
pub(super) fn script(path: &Path, body: Body, start: Start<'_>) -> Module {
    let mut reader = reader::Reader::new(path, start);
    reader.text(body);
    reader.finish()
}

/// Reads a command that is started without a shell.
pub(super) fn command(words: &[Text]) -> Module {
    let nothing = HashMap::new();
    let start = Start { arguments: None, environment: &nothing, sourced: &|_| None };
    let mut reader = reader::Reader::new(Path::new(""), start);
    let words: Vec<words::Word> = words.iter().map(words::Word::of_text).collect();
    reader.dial(&words);
    reader.finish()
}
