//! Cutting and changing a [`Text`] so that what is left of it keeps its origins.
//!
//! Everything here works on [`Text::assumed`]; a hole is a character like no other, so it is never
//! part of what is searched for. Questions that hang on a hole are answered with `None`.

use std::sync::Arc;

use super::{Certainty, Text, Via};

impl Text {
    /// Length of [`Text::assumed`] in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces().iter().map(|piece| piece.text.len()).sum()
    }

    /// Whether there is no character, known or not.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces().iter().all(|piece| piece.text.is_empty())
    }

    /// The text with each `from` replaced by `to`, the first `count` of them from the left.
    #[must_use]
    pub fn replace(&self, from: &str, to: &Text, count: Option<usize>) -> Text {
        let whole = self.assumed();
        if from.is_empty() {
            return self.clone();
        }
        let mut parts = Vec::new();
        let mut at = 0;
        for (start, found) in whole.match_indices(from).take(count.unwrap_or(usize::MAX)) {
            parts.push(self.slice(at, start));
            parts.push(to.clone());
            at = start + found.len();
        }
        if at == 0 {
            return self.clone();
        }
        parts.push(self.slice(at, whole.len()));
        Text::concat(parts)
    }

    /// The parts between the occurrences of `separator`, at most `limit` cuts from the left. With
    /// no separator, the runs between blanks.
    #[must_use]
    pub fn split(&self, separator: Option<&str>, limit: Option<usize>) -> Vec<Text> {
        let whole = self.assumed();
        let limit = limit.unwrap_or(usize::MAX);
        let Some(separator) = separator.filter(|separator| !separator.is_empty()) else {
            return self.words(&whole, limit);
        };
        let cuts: Vec<usize> = whole.match_indices(separator).map(|(at, _)| at).take(limit).collect();
        self.parts(&cuts, separator.len())
    }

    /// The same, with the cuts counted from the right.
    #[must_use]
    pub fn split_end(&self, separator: &str, limit: Option<usize>) -> Vec<Text> {
        let whole = self.assumed();
        if separator.is_empty() {
            return vec![self.clone()];
        }
        let found = whole.rmatch_indices(separator).map(|(at, _)| at);
        let mut cuts: Vec<usize> = found.take(limit.unwrap_or(usize::MAX)).collect();
        cuts.reverse();
        self.parts(&cuts, separator.len())
    }

    fn parts(&self, cuts: &[usize], width: usize) -> Vec<Text> {
        let starts = std::iter::once(0).chain(cuts.iter().map(|cut| cut + width));
        let ends = cuts.iter().copied().chain([self.len()]);
        starts.zip(ends).map(|(from, to)| self.slice(from, to)).collect()
    }

    fn words(&self, whole: &str, limit: usize) -> Vec<Text> {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(start) = whole[at..].find(|c: char| !c.is_whitespace()).map(|n| at + n) {
            let end = match whole[start..].find(char::is_whitespace) {
                Some(length) if out.len() < limit => start + length,
                _ => whole.len(),
            };
            out.push(self.slice(start, end));
            at = end;
        }
        out
    }

    /// The text without the characters that `drop` names at its start.
    #[must_use]
    pub fn trim_start(&self, drop: impl Fn(char) -> bool) -> Text {
        let whole = self.assumed();
        self.slice(whole.len() - whole.trim_start_matches(drop).len(), whole.len())
    }

    /// The text without the characters that `drop` names at its end.
    #[must_use]
    pub fn trim_end(&self, drop: impl Fn(char) -> bool) -> Text {
        let whole = self.assumed();
        self.slice(0, whole.trim_end_matches(drop).len())
    }

    /// The text with every known piece rewritten.
    #[must_use]
    pub fn rewrite(&self, change: impl Fn(&str) -> String) -> Text {
        Text::concat(self.pieces().iter().map(|piece| {
            let mut piece = piece.clone();
            if piece.certainty != Certainty::Unknown {
                piece.text = change(&piece.text);
            }
            Text::from_piece(piece)
        }))
    }

    /// Whether it starts with `prefix`; `None` when a hole hides that.
    #[must_use]
    pub fn starts_with(&self, prefix: &str) -> Option<bool> {
        agrees(&mut self.assumed().chars(), &mut prefix.chars())
    }

    /// Whether it ends with `suffix`; `None` when a hole hides that.
    #[must_use]
    pub fn ends_with(&self, suffix: &str) -> Option<bool> {
        agrees(&mut self.assumed().chars().rev(), &mut suffix.chars().rev())
    }

    /// Whether `part` occurs in it; `None` when a hole may hold it.
    #[must_use]
    pub fn contains(&self, part: &str) -> Option<bool> {
        match self.assumed().contains(part) {
            true => Some(true),
            false if self.has_hole() => None,
            false => Some(false),
        }
    }

    /// Whether the two are the same; `None` when holes hide that.
    #[must_use]
    pub fn equals(&self, other: &Text) -> Option<bool> {
        let (a, b) = (self.assumed(), other.assumed());
        if !self.has_hole() && !other.has_hole() {
            return Some(a == b);
        }
        let differs = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
            a.zip(b).take_while(|(x, y)| *x != Text::HOLE && *y != Text::HOLE).any(|(x, y)| x != y)
        };
        let apart =
            differs(&mut a.chars(), &mut b.chars()) || differs(&mut a.chars().rev(), &mut b.chars().rev());
        if apart { Some(false) } else { None }
    }

    /// The same text, each known piece depending on a host variable that nothing visible sets.
    #[must_use]
    pub fn depending(&self, on: &Arc<str>) -> Text {
        Text::concat(self.pieces().iter().map(|piece| {
            let mut piece = piece.clone();
            if piece.certainty == Certainty::Known {
                piece.certainty = Certainty::Depends(on.clone());
            }
            Text::from_piece(piece)
        }))
    }

    /// The same text, each piece having taken these steps, steps that it took before left out.
    #[must_use]
    pub fn via_all(&self, steps: &[Via]) -> Text {
        if steps.is_empty() {
            return self.clone();
        }
        Text::concat(self.pieces().iter().map(|piece| {
            let mut piece = piece.clone();
            for step in steps {
                if piece.origin.through.len() < MAX_STEPS && !piece.origin.through.contains(step) {
                    piece.origin.through.push(step.clone());
                }
            }
            Text::from_piece(piece)
        }))
    }
}

/// No value is followed over more steps than this.
const MAX_STEPS: usize = 32;

fn agrees(text: &mut dyn Iterator<Item = char>, part: &mut dyn Iterator<Item = char>) -> Option<bool> {
    for wanted in part {
        match text.next() {
            Some(Text::HOLE) => return None,
            Some(found) if found == wanted => {}
            _ => return Some(false),
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::{Origin, Span};
    use super::*;

    fn at(text: &str, lo: u32) -> Text {
        Text::known(text, Origin::at(Span::new(lo, lo + text.len() as u32)))
    }

    fn shape(text: &Text) -> Vec<(String, u32, u32)> {
        let piece = |p: &super::super::Piece| (p.text.clone(), p.origin.written.lo, p.origin.written.hi);
        text.pieces().iter().map(piece).collect()
    }

    #[test]
    fn replacing_keeps_the_origin_of_the_rest() {
        let url = at("postgresql://u@db/x", 100);
        let new = url.replace("postgresql://", &at("postgresql+asyncpg://", 500), Some(1));
        assert_eq!(shape(&new), [("postgresql+asyncpg://".into(), 500, 521), ("u@db/x".into(), 113, 119)]);
    }

    #[test]
    fn a_match_across_pieces_is_found() {
        let url = Text::concat([at("http:", 1), at("//host", 50)]);
        assert_eq!(shape(&url.replace("://", &at("-", 9), None)).len(), 3);
        assert_eq!(url.replace("://", &at("-", 9), None).assumed(), "http-host");
    }

    #[test]
    fn splitting_cuts_spans() {
        let parts = at("a,b,c", 10).split(Some(","), Some(1));
        assert_eq!(parts.iter().map(Text::assumed).collect::<Vec<_>>(), ["a", "b,c"]);
        assert_eq!(shape(&parts[1]), [("b,c".into(), 12, 15)]);
        assert_eq!(at("a.b.c", 10).split_end(".", Some(1))[0].assumed(), "a.b");
        assert_eq!(at("  a  b ", 10).split(None, None).len(), 2);
    }

    #[test]
    fn holes_hide_answers() {
        let url = Text::concat([at("postgres://", 1), Text::unknown(Origin::default()), at("@db", 40)]);
        assert_eq!(url.starts_with("postgres:"), Some(true));
        assert_eq!(url.starts_with("postgres://app"), None);
        assert_eq!(url.starts_with("mysql"), Some(false));
        assert_eq!(url.ends_with("@db"), Some(true));
        assert_eq!(url.contains("localhost"), None);
        assert_eq!(url.equals(&at("mysql://x", 3)), Some(false));
        assert_eq!(url.equals(&at("postgres://app@db", 3)), None);
    }
}
