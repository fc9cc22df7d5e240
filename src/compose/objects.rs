//! What a project has at its top level beside services: networks, volumes, secrets and configs.

use std::path::PathBuf;

use super::Located;
use crate::source::{Spanned, Text};

/// A top-level network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The key; [`Span::NONE`] for a `default` that nobody wrote.
    pub name: Spanned<String>,
    /// `external`
    pub external: bool,
    /// The name outside the project.
    pub real_name: String,
    /// Whether another project of the same tree joins it.
    pub joined: bool,
    /// `internal`
    pub internal: bool,
    /// Whether `ipam` says something of its addresses.
    pub ipam: bool,
    /// `driver`
    pub driver: Option<String>,
}

/// A top-level volume.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// The key.
    pub name: Spanned<String>,
    /// `external`
    pub external: bool,
    /// The name outside the project.
    pub real_name: String,
    /// `driver`
    pub driver: Option<String>,
    /// Whether its driver is given options.
    pub options: bool,
}

/// A top-level secret or config.
#[derive(Clone, Debug, Default)]
pub struct FileObject {
    /// The key.
    pub name: Spanned<String>,
    /// `file`, on this machine
    pub file: Option<Located<PathBuf>>,
    /// `environment`
    pub environment: Option<Located<String>>,
    /// `content`
    pub content: Option<Located<Text>>,
    /// `external`
    pub external: bool,
}
