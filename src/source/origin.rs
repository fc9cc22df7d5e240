//! Where a value was written and how it came to where it is used.

use std::sync::Arc;

use super::Span;

/// Where a value was written, and every step it took from there to its use.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Origin {
    /// The text itself; [`Span::NONE`] when it stands in no file.
    pub written: Span,
    /// The steps, first to last. Mostly empty.
    pub through: Vec<Via>,
}

impl Origin {
    /// A value used where it is written.
    #[must_use]
    pub const fn at(written: Span) -> Self {
        Self { written, through: Vec::new() }
    }

    /// The same origin with one more step.
    #[must_use]
    pub fn via(mut self, step: Via) -> Self {
        self.through.push(step);
        self
    }

    /// The host variable whose reference Compose replaced by this value, and the reference.
    #[must_use]
    pub fn interpolated(&self) -> Option<(&Arc<str>, Span)> {
        self.through.iter().find_map(|via| match via {
            Via::Interpolation { variable, span, .. } => Some((variable, *span)),
            _ => None,
        })
    }

    /// The innermost read of a program that fell back to this value, if one did.
    #[must_use]
    pub fn fallback_read(&self) -> Option<(&Arc<str>, Span)> {
        self.through.iter().find_map(|via| match via {
            Via::Read { variable, span, fallback: true } => Some((variable, *span)),
            _ => None,
        })
    }

    /// The read that fell back to this value while nothing of it came from the environment: the variable
    /// that is not set is what is wrong with it. Reads are innermost first: a default that a start script
    /// exports is one still when the program has read it from its environment.
    #[must_use]
    pub fn unset_read(&self) -> Option<(&Arc<str>, Span)> {
        let innermost = self.through.iter().find(|via| matches!(via, Via::Read { .. }))?;
        match innermost {
            Via::Read { variable, span, fallback: true } => Some((variable, *span)),
            _ => None,
        }
    }

    /// The environment variable that replaces the setting of a configuration file as which this value was
    /// written, and the setting.
    #[must_use]
    pub fn setting(&self) -> Option<(&Arc<str>, Span)> {
        self.through.iter().find_map(|via| match via {
            Via::Setting { variable, span } => Some((variable, *span)),
            _ => None,
        })
    }

    /// The read of a program through which this value came from the environment, if it did.
    #[must_use]
    pub fn read(&self) -> Option<(&Arc<str>, Span)> {
        self.through.iter().find_map(|via| match via {
            Via::Read { variable, span, fallback: false } => Some((variable, *span)),
            _ => None,
        })
    }
}

/// One step on the way of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Used through the alias (`*name`) at this place.
    Alias(Span),
    /// Merged into a mapping by the merge key (`<<`) at this place.
    MergeKey(Span),
    /// Taken over by the `extends` at this place.
    Extends(Span),
    /// Loaded by the `include` at this place.
    Include(Span),
    /// Took the place of the value at this span (merge of a later file, a later `env_file` …).
    Overrides(Span),
    /// Compose replaced a reference (`$NAME`, `${NAME…}`) at `span`; with `fallback` the text is
    /// the default that is written in the reference, or the blank that stands for an unset name.
    Interpolation {
        /// The host variable.
        variable: Arc<str>,
        /// The whole reference, `$` included.
        span: Span,
        /// Whether the variable was not set, so that the default was taken.
        fallback: bool,
    },
    /// Read from the env file that the `env_file` entry at this place names.
    EnvFile(Span),
    /// Set by `ENV` in the Dockerfile, or by the base image, of the service.
    ImageEnv(Span),
    /// A program read `variable` at `span`; with `fallback` the variable gave nothing and the
    /// text is the program's own default.
    Read {
        /// The environment variable.
        variable: Arc<str>,
        /// The reading expression.
        span: Span,
        /// Whether the default was taken.
        fallback: bool,
    },
    /// Written in a configuration file of the program as the setting at `span`, which `variable` would replace.
    Setting {
        /// The environment variable.
        variable: Arc<str>,
        /// The setting.
        span: Span,
    },
    /// Written in a configuration file, from which the program takes it at this place.
    File(Span),
    /// The command line gave it to the flag that the program takes here.
    Flag(Span),
    /// The program says nothing here, and the library that is called at this place has this default.
    LibraryDefault(Span),
}
