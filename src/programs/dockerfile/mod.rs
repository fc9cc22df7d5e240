//! Dockerfiles: what they say, and the image that a build of them gives.
//!
//! [`parse()`] turns a text into a [`Dockerfile`] without knowing any argument, so one file is read
//! once for all services; [`build()`] then follows one target under the arguments of one service.
//! Behaviour follows the [Dockerfile reference](https://docs.docker.com/reference/dockerfile/).

mod brings;
mod build;
mod central;
mod copy;
mod expand;
mod faults;
mod folders;
pub(super) mod homes;
mod inputs;
mod lifecycle;
mod named;
mod parse;
mod protocols;
mod referred;
mod run;
mod siblings;
mod sums;
mod taken;
mod text;
mod tools;
mod unset;
mod values;
mod wrappers;

use std::path::PathBuf;

pub use build::{Built, Inputs, build};
pub(super) use copy::relative;
pub use copy::{Context, Layer, Made};
pub use expand::{Lookup, Scope, expand};
pub use faults::{Fault, FaultKind};
pub use parse::{Limits, parse};
pub use run::Run;
pub use taken::{Snapshot, Taken, Whence};
pub use text::Body;

use crate::source::{Origin, Span, Spanned, Text};

/// A Dockerfile as written: nothing is expanded yet.
#[derive(Clone, Debug, Default)]
pub struct Dockerfile {
    /// The file; `None` for `dockerfile_inline`.
    pub path: Option<PathBuf>,
    /// `ARG` before the first `FROM`.
    pub arguments: Vec<Assignment>,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// The escape character: a backslash, or a backtick by directive.
    pub escape: char,
    /// Where what is mounted for a `RUN` lies meanwhile, as it is written; blank where that is not said.
    pub mounted: Vec<String>,
    /// What could not be read, or is not followed.
    pub notes: Vec<Note>,
    /// What the builder refuses, whatever is built.
    pub faults: Vec<Fault>,
}

/// Something about a Dockerfile that limits what is known of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The fact, in the style of a finding's message.
    pub message: String,
    /// Where; [`Span::NONE`] when it is about the file as a whole.
    pub at: Span,
}

/// `FROM` and what follows it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The keyword `FROM`.
    pub keyword: Span,
    /// The image or earlier stage, unexpanded.
    pub from: Text,
    /// `AS name`, in lower case as Docker compares it.
    pub name: Option<Spanned<String>>,
    /// The instructions after it.
    pub steps: Vec<Step>,
}

impl Dockerfile {
    /// Whether an `ARG` of this name stands in it, before the first `FROM` or in a stage.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        let in_stages = self.stages.iter().flat_map(|stage| &stage.steps).filter_map(|step| match step {
            Step::Arg(arguments) => Some(arguments),
            _ => None,
        });
        std::iter::once(&self.arguments).chain(in_stages).flatten().any(|it| it.name.value == name)
    }
}

/// An instruction of a stage, unexpanded. `ONBUILD`, `LABEL` and the like are left out.
#[derive(Clone, Debug)]
pub enum Step {
    /// `ARG name[=default] …`
    Arg(Vec<Assignment>),
    /// `ENV name=value …`, `ENV name value`
    Env(Vec<Assignment>),
    /// `COPY`, `ADD`
    Copy(Copy),
    /// `WORKDIR`
    WorkingDirectory(Text),
    /// `USER`
    User(Text),
    /// `EXPOSE`
    Expose(Vec<Text>),
    /// `ENTRYPOINT`
    Entrypoint(CommandLine),
    /// `CMD`
    Cmd(CommandLine),
    /// `SHELL`
    Shell(Vec<Text>),
    /// `HEALTHCHECK`
    Healthcheck(Health),
    /// `RUN`: its whole text, here-documents included
    Run(Text),
}

/// A name and what it is set to.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The name.
    pub name: Spanned<String>,
    /// The value, unexpanded; `None` for `ARG name`.
    pub value: Option<Text>,
    /// Name and value.
    pub entry: Span,
}

/// `COPY` or `ADD`.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The keyword.
    pub keyword: Span,
    /// `--from`: a stage's name or number, an image, or an additional context.
    pub from: Option<Text>,
    /// The sources.
    pub sources: Vec<Text>,
    /// Whether some sources are here-documents, whose text is not followed.
    pub inline: bool,
    /// Where they go.
    pub destination: Text,
    /// `--exclude`
    pub exclude: Vec<Text>,
    /// `--parents`
    pub parents: bool,
    /// `ADD`, which unpacks archives and fetches URLs.
    pub add: bool,
}

/// A command in either form.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// Exec form: the words. Shell form: the one text.
    pub words: Vec<Text>,
    /// Whether a shell runs it.
    pub shell: bool,
    /// The whole command.
    pub span: Span,
}

/// `HEALTHCHECK`
#[derive(Clone, Debug)]
pub struct Health {
    /// The keyword.
    pub keyword: Span,
    /// The command; `None` for `HEALTHCHECK NONE`.
    pub test: Option<CommandLine>,
    /// `--interval=30s` and the like, by name.
    pub options: Vec<(String, Text)>,
}

/// The words that the container runs for a command in either form.
#[must_use]
pub fn words(command: &CommandLine, shell: Option<&[Text]>) -> Vec<Text> {
    if !command.shell {
        return command.words.clone();
    }
    let default = || ["/bin/sh", "-c"].map(|word| Text::known(word, Origin::default())).to_vec();
    let mut words = shell.map_or_else(default, <[Text]>::to_vec);
    words.extend(command.words.iter().cloned());
    words
}
