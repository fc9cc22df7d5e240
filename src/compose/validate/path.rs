//! The way to a value, for messages.

use std::fmt;

/// A step of the way from the root to a value. Steps live on the stack of the walk.
#[derive(Clone, Copy)]
pub(in crate::compose) enum Path<'a> {
    /// The root.
    Root,
    /// A key of a mapping.
    Key(&'a Path<'a>, &'a str),
    /// An item of a sequence.
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// The service that the value belongs to.
    pub(in crate::compose) fn service(&self) -> Option<&'a str> {
        let (parent, name) = match self {
            Path::Root => return None,
            Path::Item(parent, _) => return parent.service(),
            Path::Key(parent, name) => (parent, name),
        };
        match parent {
            Path::Key(Path::Root, "services") => Some(name),
            _ => parent.service(),
        }
    }

    /// The last key on the way.
    pub(in crate::compose) fn key(&self) -> Option<&'a str> {
        match self {
            Path::Root => None,
            Path::Key(_, name) => Some(name),
            Path::Item(parent, _) => parent.key(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(Path::Root, name) => f.write_str(name),
            Path::Key(parent, name) => write!(f, "{parent}.{name}"),
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
