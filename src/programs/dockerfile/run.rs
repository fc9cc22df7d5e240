//! A `RUN` of a stage.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::source::{Spanned, Text};

/// A `RUN` of a stage.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The command, unexpanded.
    pub command: Text,
    /// The directory it runs in.
    pub directory: PathBuf,
    /// The variables and arguments it sees, as far as they are known.
    pub variables: HashMap<String, String>,
    /// The image that its stage is made from.
    pub base: Option<Spanned<String>>,
    /// How many of its stage's layers were there when it ran.
    pub brought: usize,
}
