//! What each `COPY` takes and from where: enough to ask whether a path is in an image at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Run;
use super::build::Built;
use super::copy::{self, Context, Expanded, Layer};
use crate::source::{Span, Text};

/// What a `COPY` takes.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The sources as written, arguments put in.
    pub sources: Vec<String>,
    /// Where they come to.
    pub to: PathBuf,
    /// Whether files keep their names there.
    pub into: bool,
    /// From where.
    pub from: Whence,
    /// The instruction.
    pub at: Span,
    /// Whether its options or words leave open what comes where.
    unseen: bool,
}

/// From where a `COPY` takes.
#[derive(Clone, Debug)]
pub enum Whence {
    /// The build context.
    Context(Arc<Context>),
    /// Another stage.
    Stage(Arc<Snapshot>),
    /// What is not seen: another image, the network, an archive, a here-document.
    Elsewhere,
}

/// A stage as others take from it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The image that it is made from; `None` for `scratch`.
    pub base: Option<String>,
    /// Its commands.
    pub runs: Vec<Run>,
    /// What of this machine was copied into it.
    pub layers: Vec<Layer>,
    /// What its `COPY`s take.
    pub taken: Vec<Taken>,
    /// The directory that it ends in.
    pub directory: PathBuf,
}

impl Snapshot {
    pub(super) fn of(built: &Built) -> Self {
        Self {
            base: built.base.as_ref().map(|base| base.value.clone()),
            runs: built.runs.clone(),
            layers: built.layers.clone(),
            taken: built.taken.clone(),
            directory: built.working_directory.clone(),
        }
    }
}

impl Taken {
    pub(super) fn of(expanded: &Expanded<'_>, context: Option<&Arc<Context>>) -> Self {
        let written = expanded.written;
        let from = match context {
            Some(context) if written.from.is_none() => Whence::Context(context.clone()),
            _ => Whence::Elsewhere,
        };
        let fetched = |source: &String| {
            source.contains("://") || source.starts_with("git@") || copy::is_archive(Path::new(source))
        };
        let unseen = written.inline
            || written.parents
            || !written.exclude.is_empty()
            || written.sources.len() != expanded.sources.len()
            || written.add && expanded.sources.iter().any(fetched);
        let open = expanded.destination.contains(Text::HOLE);
        let to = copy::absolute(expanded.working_directory, &expanded.destination);
        Self {
            sources: expanded.sources.clone(),
            to: if open { PathBuf::from("/") } else { to.clone() },
            into: copy::comes_into(expanded, &to),
            from: if unseen || open { Whence::Elsewhere } else { from },
            at: written.keyword,
            unseen: unseen || open,
        }
    }

    /// Says that it is a stage that is taken from, where the rest of it is seen.
    pub(super) fn is_from(&mut self, stage: &Arc<Snapshot>) {
        if !self.unseen {
            self.from = Whence::Stage(stage.clone());
        }
    }
}
