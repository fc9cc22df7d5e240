//! What is known of a string, and where each part of it was written.

use super::{Origin, Via};

/// How sure a piece of text is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The text follows from the files.
    Known,
    /// The text is the default for a host variable that nothing visible sets.
    Depends(std::sync::Arc<str>),
    /// Nothing is known of the text; the piece holds [`Text::HOLE`] in its place.
    Unknown,
}

/// A run of text with one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The characters.
    pub text: String,
    /// Where they were written and how they came here.
    pub origin: Origin,
    /// How sure they are.
    pub certainty: Certainty,
}

/// A string put together from pieces, each of which knows where it was written.
///
/// An unknown part is one [`Text::HOLE`] character, so a text can be searched and cut like a plain
/// string and the holes survive: the host of `postgres://app:<hole>@db/app` is still `db`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Text {
    pieces: Vec<Piece>,
}

impl Text {
    /// Stands for an unknown part: U+FFFC OBJECT REPLACEMENT CHARACTER.
    pub const HOLE: char = '\u{FFFC}';

    /// A text that follows from the files.
    #[must_use]
    pub fn known(text: impl Into<String>, origin: Origin) -> Self {
        Self::from_piece(Piece { text: text.into(), origin, certainty: Certainty::Known })
    }

    /// A text of which nothing is known but its place.
    #[must_use]
    pub fn unknown(origin: Origin) -> Self {
        Self::from_piece(Piece { text: Self::HOLE.to_string(), origin, certainty: Certainty::Unknown })
    }

    /// A text of one piece. Blank pieces are kept: they say where a blank came from.
    #[must_use]
    pub fn from_piece(piece: Piece) -> Self {
        Self { pieces: vec![piece] }
    }

    /// The pieces in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The whole text, with [`Text::HOLE`] for unknown parts and defaults for host variables.
    #[must_use]
    pub fn assumed(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// The whole text if nothing of it is unknown.
    #[must_use]
    pub fn complete(&self) -> Option<String> {
        (!self.has_hole()).then(|| self.assumed())
    }

    /// Whether some part is unknown.
    #[must_use]
    pub fn has_hole(&self) -> bool {
        self.pieces.iter().any(|piece| piece.certainty == Certainty::Unknown)
    }

    /// The least sure of the pieces.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        self.pieces.iter().map(|piece| piece.certainty.clone()).max().unwrap_or(Certainty::Known)
    }

    /// Whether the text is blank; `None` when that hangs on an unknown part.
    #[must_use]
    pub fn is_blank(&self) -> Option<bool> {
        if self.pieces.iter().any(|piece| piece.certainty != Certainty::Unknown && !piece.text.is_empty()) {
            Some(false)
        } else if self.has_hole() {
            None
        } else {
            Some(true)
        }
    }

    /// The origin of the first piece that holds text, else of the first piece.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.pieces
            .iter()
            .find(|piece| !piece.text.is_empty())
            .or(self.pieces.first())
            .map(|piece| &piece.origin)
    }

    /// The span of the first piece that stands in a file.
    #[must_use]
    pub fn span(&self) -> super::Span {
        let first =
            self.pieces.iter().filter(|piece| !piece.text.is_empty()).map(|piece| piece.origin.written);
        let any = self.pieces.iter().map(|piece| piece.origin.written);
        first.chain(any).find(|span| !span.is_none()).unwrap_or(super::Span::NONE)
    }

    /// This text followed by `other`.
    pub fn push(&mut self, other: Text) {
        self.pieces.extend(other.pieces);
    }

    /// All texts one after the other.
    #[must_use]
    pub fn concat(texts: impl IntoIterator<Item = Text>) -> Self {
        Self { pieces: texts.into_iter().flat_map(|text| text.pieces).collect() }
    }

    /// The bytes `from..to` of [`Text::assumed`]. Offsets beyond the end or inside a character
    /// are moved to the next boundary.
    ///
    /// A piece that is cut keeps its origin; the span is narrowed when the piece stands in its file
    /// as it is here (same length), and left whole when it was escaped or computed.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        if from == to {
            return self.blanks_at(from);
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let end = at + piece.text.len();
            let (lo, hi) = (from.max(at), to.min(end));
            if lo < hi {
                let cut =
                    |offset: usize| (offset..=piece.text.len()).find(|i| piece.text.is_char_boundary(*i));
                let (lo, hi) = (cut(lo - at).unwrap_or(0), cut(hi - at).unwrap_or(piece.text.len()));
                let written = piece.origin.written;
                let written =
                    if written.len() as usize == piece.text.len() { written.slice(lo, hi) } else { written };
                pieces.push(Piece {
                    text: piece.text[lo..hi].to_string(),
                    origin: Origin { written, through: piece.origin.through.clone() },
                    certainty: piece.certainty.clone(),
                });
            }
            at = end;
        }
        Self { pieces }
    }

    /// The blank pieces at this place: they say why nothing stands there.
    fn blanks_at(&self, place: usize) -> Self {
        let mut at = 0;
        let here = self.pieces.iter().filter(|piece| {
            let here = at == place && piece.text.is_empty();
            at += piece.text.len();
            here
        });
        Self { pieces: here.cloned().collect() }
    }

    /// The bytes `from..to` with the blank pieces that stand there, at both ends too: what was put in the place of
    /// a name that is not set.
    #[must_use]
    pub fn within(&self, from: usize, to: usize) -> Self {
        let mut pieces = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let end = at + piece.text.len();
            if piece.text.is_empty() && from <= at && at <= to {
                pieces.push(piece.clone());
            } else if from < end && at < to {
                let whole = Self::from_piece(piece.clone());
                pieces.extend(whole.slice(from.saturating_sub(at), to - at).pieces);
            }
            at = end;
        }
        Self { pieces }
    }

    /// The same text, each piece having taken one more step.
    #[must_use]
    pub fn via(mut self, step: &Via) -> Self {
        for piece in &mut self.pieces {
            piece.origin.through.push(step.clone());
        }
        self
    }
}
