//! What an address is for, by the client that dials it and the variable that names it.

use super::names::Words;
use super::{Dial, protocol};
use crate::programs::SinkKind;

impl Dial<'_> {
    /// Whether it is a server that a proxy passes requests on to.
    #[must_use]
    pub fn is_of_proxy(&self) -> bool {
        self.sink().is_some_and(|sink| sink.kind == SinkKind::Upstream)
    }

    /// Whether its variable is one that bundlers put into the code of pages.
    #[must_use]
    pub fn is_for_pages(&self) -> bool {
        self.sink().is_none() && self.variable().is_some_and(|name| Words::of(name).is_for_pages())
    }

    /// Whether HTTP is spoken.
    #[must_use]
    pub fn speaks_web(&self) -> bool {
        self.protocols.iter().any(|protocol| protocol::is_web(protocol))
    }

    /// Whether its variable says that it is for others than this container.
    #[must_use]
    pub fn is_said_to_be_public(&self) -> bool {
        self.variable().is_some_and(|name| Words::of(name).is_public())
    }

    /// Whether its variable names a server that no browser dials.
    #[must_use]
    pub fn is_of_backends(&self) -> bool {
        self.variable().is_some_and(|name| Words::of(name).is_of_backends())
    }

    /// Whether a program fetches the keys there by which it checks tokens, and takes none without them.
    #[must_use]
    pub fn fetches_keys(&self) -> bool {
        const ISSUERS: [&str; 2] = ["Authority", "MetadataAddress"];
        self.sink().is_some_and(|sink| ISSUERS.contains(&sink.callee.value.as_str()))
    }

    /// Whether a browser, or something else outside the container, may be what dials it.
    #[must_use]
    pub fn may_be_public(&self) -> bool {
        let words = self.variable().map(Words::of);
        // What bundlers put into pages reaches clients that pages make; a proxy is none of those.
        let in_pages = words.as_ref().is_some_and(Words::is_for_pages)
            && self.sink().is_none_or(|sink| sink.kind != SinkKind::Upstream);
        let public = self.sink().is_none() && !self.by_image && words.is_none_or(|words| words.is_public());
        self.speaks_web() && (in_pages || public)
    }
}
