//! The shell front end: start scripts, and the commands that stand in compose files and Dockerfiles.
//!
//! A script counts only where a command is seen to run it: scripts lie around everywhere. So the
//! follower of commands asks for [`script`] and [`command`], with the arguments that the script is run with
//! and the files that it sources; [`Shell`] itself reads a file without either.

mod conditions;
mod dials;
mod heredoc;
mod parameters;
mod reader;
mod statements;
mod words;

pub(super) use dials::is_shell;

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
        script(&file.path, Body::of_file(file), None, &|_| None)
    }
}

/// The files that a script sources, by the words it names them with.
pub(super) type Sourced<'s> = dyn Fn(&str) -> Option<Body> + 's;

/// Reads a script that is run with these arguments; `None` when they are not known.
pub(super) fn script(path: &Path, body: Body, arguments: Option<&[String]>, sourced: &Sourced<'_>) -> Module {
    let mut reader = reader::Reader::new(path, arguments, sourced);
    reader.text(body);
    reader.finish()
}

/// Reads a command that is started without a shell.
pub(super) fn command(words: &[Text]) -> Module {
    let mut reader = reader::Reader::new(Path::new(""), None, &|_| None);
    let words: Vec<words::Word> = words.iter().map(words::Word::of_text).collect();
    reader.dial(&words);
    reader.finish()
}
