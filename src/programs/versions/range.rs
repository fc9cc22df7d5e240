//! Versions as far as tags and manifests say them, and the constraints that manifests put on them.

use std::fmt;

/// The highest number of a part.
const MOST: u32 = u32::MAX;

/// A version of which the last parts may not be known: `3.12` is each release of 3.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: Option<u32>,
    /// The third.
    pub patch: Option<u32>,
}

/// All three numbers.
pub type Full = (u32, u32, u32);

impl Version {
    /// The numbers at the start of a text; `v` may stand before them.
    #[must_use]
    pub fn at_start_of(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut parts = text.get(..end)?.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next().flatten();
        let patch = minor.and(parts.next().flatten());
        Some(Self { major, minor, patch })
    }

    /// The first version that it may be.
    #[must_use]
    pub fn first(self) -> Full {
        (self.major, self.minor.unwrap_or(0), self.patch.unwrap_or(0))
    }

    /// The last version that it may be.
    #[must_use]
    pub fn last(self) -> Full {
        let minor = self.minor.unwrap_or(MOST);
        (self.major, minor, self.patch.filter(|_| self.minor.is_some()).unwrap_or(MOST))
    }

    /// Whether it surely is older than another.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        self.last() < other.first()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for part in [self.minor, self.minor.and(self.patch)].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// How a manifest's constraints are to be read where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Composer: `~8.1` is below 9; `|` and `||` part alternatives.
    Composer,
    /// Bundler and Mix: `~> 3.0` is below 4; a bare version is just that.
    Pessimistic,
    /// Poetry and Python's packages: `~3.9` is below 3.10, `~=3.9` below 4.
    Python,
    /// npm: a bare version is just that, `~18` below 19.
    Npm,
}

/// Whether no version that `have` may be satisfies the constraint. `None` where it can't be read.
#[must_use]
pub fn excludes(constraint: &str, have: Version, dialect: Dialect) -> Option<bool> {
    let text = constraint.trim();
    if text.is_empty() || text == "*" {
        return Some(false);
    }
    let alternatives = text.replace("||", "|");
    let words = if dialect == Dialect::Pessimistic {
        alternatives.replace(" or ", "|").replace(" and ", ",")
    } else {
        alternatives
    };
    for alternative in words.split('|') {
        if may_satisfy(alternative, have, dialect)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether a version that `have` may be satisfies all parts of an alternative.
fn may_satisfy(text: &str, have: Version, dialect: Dialect) -> Option<bool> {
    let (low, high) = bounds(text, dialect)?;
    Some(low.max(have.first()) <= high.min(have.last()))
}

/// The last version that a constraint without alternatives takes; no bound where it has none.
#[must_use]
pub fn highest(constraint: &str, dialect: Dialect) -> Option<Full> {
    bounds(constraint, dialect).map(|(_, high)| high)
}

/// The first and the last version that the parts of an alternative take.
fn bounds(text: &str, dialect: Dialect) -> Option<(Full, Full)> {
    // `8.1 - 8.3`
    if let Some((from, to)) = text.split_once(" - ") {
        return Some((Version::at_start_of(from)?.first(), Version::at_start_of(to)?.last()));
    }
    let (mut low, mut high) = ((0, 0, 0), (MOST, MOST, MOST));
    let mut rest = text.trim().trim_start_matches(',');
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_digit() || matches!(c, '*' | 'v'))?;
        let operator = rest.get(..end)?.trim();
        let after = rest.get(end..)?;
        let stop = after.find([' ', ',', '<', '>', '=', '!', '~', '^']).unwrap_or(after.len());
        let word = after.get(..stop)?.split('@').next()?;
        rest = after.get(stop..)?.trim_start_matches([' ', ',']);
        if word.starts_with('*') {
            operator.is_empty().then_some(())?;
            continue;
        }
        let given = Version::at_start_of(word)?;
        let wild = word.contains(['*', 'x']) || dialect == Dialect::Npm;
        let (from, to) = match operator {
            ">=" => (given.first(), (MOST, MOST, MOST)),
            ">" => (next(given.first()), (MOST, MOST, MOST)),
            "<=" => ((0, 0, 0), if wild { given.last() } else { given.first() }),
            "<" => ((0, 0, 0), before(given.first())?),
            "^" => (given.first(), caret(given)),
            "~" if dialect == Dialect::Composer => (given.first(), pessimistic(given)),
            "~" => (given.first(), tilde(given)),
            "~>" | "~=" => (given.first(), pessimistic(given)),
            "" | "=" | "==" | "===" if wild => (given.first(), given.last()),
            "" | "=" | "==" | "===" if given.patch.is_some() => (given.first(), given.first()),
            // Which release of `8.1` is meant differs from tool to tool.
            "" | "=" | "==" | "===" => (given.first(), given.last()),
            "!=" | "<>" => continue,
            _ => return None,
        };
        low = low.max(from);
        high = high.min(to);
    }
    Some((low, high))
}

const fn next((major, minor, patch): Full) -> Full {
    (major, minor, patch.saturating_add(1))
}

/// The version before; none is before 0.
fn before((major, minor, patch): Full) -> Option<Full> {
    match (major, minor, patch) {
        (_, _, 1..) => Some((major, minor, patch - 1)),
        (_, 1.., 0) => Some((major, minor - 1, MOST)),
        (1.., 0, 0) => Some((major - 1, MOST, MOST)),
        (0, 0, 0) => None,
    }
}

const fn caret(given: Version) -> Full {
    match (given.major, given.minor) {
        (0, Some(minor)) => (0, minor, MOST),
        (major, _) => (major, MOST, MOST),
    }
}

fn tilde(given: Version) -> Full {
    (given.major, given.minor.unwrap_or(MOST), MOST)
}

/// All but the last part that is written may rise.
fn pessimistic(given: Version) -> Full {
    match (given.minor, given.patch) {
        (Some(minor), Some(_)) => (given.major, minor, MOST),
        _ => (given.major, MOST, MOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::at_start_of(text).unwrap()
    }

    #[test]
    fn versions() {
        assert_eq!(version("3.12-slim").to_string(), "3.12");
        assert_eq!(version("1.21.6").to_string(), "1.21.6");
        assert!(version("1.21").is_before(version("1.22")) && !version("1.22").is_before(version("1.22.5")));
        assert!(version("1.22.1").is_before(version("1.22.5")) && !version("1").is_before(version("1.22")));
        assert!(Version::at_start_of("latest").is_none());
    }

    #[test]
    fn constraints() {
        use Dialect::{Composer, Npm, Pessimistic, Python};
        for (constraint, have, dialect, expected) in [
            ("^8.2", "8.1", Composer, true),
            ("^8.2", "8.3", Composer, false),
            ("^7.4", "8.2", Composer, true),
            ("^7.4|^8.0", "8.2", Composer, false),
            ("^7.3 || ^8.0", "7.2", Composer, true),
            (">=8.1", "8", Composer, false),
            (">=8.1 <8.4", "8.4", Composer, true),
            (">=8.1,<8.4", "8.3", Composer, false),
            ("~8.1.0 || ~8.2.0", "8.3", Composer, true),
            ("~8.1", "8.3", Composer, false),
            ("8.1.*", "8.2", Composer, true),
            ("8.1 - 8.3", "8.2", Composer, false),
            ("*", "5", Composer, false),
            ("2.7.4", "2.7.8", Pessimistic, true),
            ("2.7.4", "2.7", Pessimistic, false),
            ("~> 3.0.0", "3.1", Pessimistic, true),
            ("~> 3.0", "3.3", Pessimistic, false),
            (">= 2.7.0", "2.6", Pessimistic, true),
            ("~> 1.14 or ~> 2.0", "1.13", Pessimistic, true),
            ("^3.11", "3.9", Python, true),
            (">=3.8,<3.11", "3.11", Python, true),
            (">=3.8,<3.11", "3.10", Python, false),
            ("~3.9", "3.10", Python, true),
            ("~=3.9", "3.10", Python, false),
            ("3.12.*", "3.11", Python, true),
            (">=18.17.0", "16", Npm, true),
            ("18", "20", Npm, true),
            ("18.x", "18", Npm, false),
            ("16 || 18", "20", Npm, true),
            (">=14 <=16", "16", Npm, false),
            (">= 18", "18.2", Npm, false),
        ] {
            assert_eq!(excludes(constraint, version(have), dialect), Some(expected), "{constraint} {have}");
        }
        assert_eq!(excludes("lts/*", version("18"), Npm), None);
    }
}
