//! Positions: byte ranges in the one offset space of a [`SourceMap`](super::SourceMap).

use std::ops::Deref;

/// A half-open byte range `lo..hi` in the offset space that all files of a run share.
///
/// Every file owns a range of the space, so a span names its file by itself and one diagnostic can
/// label several files. Offset 0 belongs to no file: [`Span::NONE`] is the span of what was written
/// nowhere (a built-in default, a value from the host's environment).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Span {
    /// The span of what stands in no file.
    pub const NONE: Span = Span { lo: 0, hi: 0 };

    /// The span from `lo` to `hi`, both offsets of the shared space.
    #[must_use]
    pub const fn new(lo: u32, hi: u32) -> Self {
        Self { lo, hi }
    }

    /// Whether this is [`Span::NONE`].
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.lo == 0 && self.hi == 0
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.hi.saturating_sub(self.lo)
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.hi <= self.lo
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub const fn contains(self, other: Span) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// The smallest span that covers both; a `NONE` side gives the other.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.is_none() {
            other
        } else if other.is_none() {
            self
        } else {
            Span::new(self.lo.min(other.lo), self.hi.max(other.hi))
        }
    }

    /// The bytes `from..to` of this span, counted from its start and cut at its end.
    #[must_use]
    pub fn slice(self, from: usize, to: usize) -> Span {
        let at = |n: usize| self.lo.saturating_add(u32::try_from(n).unwrap_or(u32::MAX)).min(self.hi);
        Span::new(at(from), at(to))
    }

    /// The empty span at the start.
    #[must_use]
    pub const fn start(self) -> Span {
        Span::new(self.lo, self.lo)
    }

    /// The empty span at the end.
    #[must_use]
    pub const fn end(self) -> Span {
        Span::new(self.hi, self.hi)
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.lo, self.hi)
    }
}

/// A value and the place where it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value` as written at `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place, another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?}", self.value, self.span)
    }
}
