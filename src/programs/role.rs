//! What kinds of files are read.

/// What kind of file a [`Module`](super::Module) was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A source of a program.
    #[default]
    Source,
    /// A script or command that starts programs.
    Script,
    /// The configuration of a proxy.
    Proxy,
    /// A configuration file of some program.
    Settings,
}

impl Role {
    /// Whether values that stand in the file are configuration, which somebody may change without a build of
    /// the program.
    #[must_use]
    pub const fn is_configuration(self) -> bool {
        matches!(self, Role::Proxy | Role::Settings)
    }
}
