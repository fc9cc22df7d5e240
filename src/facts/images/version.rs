//! The versions that tags name.

use serde::Deserialize;

/// A version as far as tags say it: `10`, `10.4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(u32, u32);

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::at_start_of(&text).ok_or_else(|| format!("`{text}` is no version"))
    }
}

impl Version {
    /// The version at the start of a tag, letters before it left out: `pg16-alpine` is 16.
    pub(super) fn at_start_of(tag: &str) -> Option<Self> {
        let mut numbers =
            tag.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-').split(['.', '-', '_']);
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok());
        // What only says the major version is the newest of it.
        Some(Self(major, minor.unwrap_or(u32::MAX)))
    }

    /// Whether the version of a tag lies in a range. A tag that says none is the newest.
    #[must_use]
    pub fn lies_within(tag: Option<&str>, since: Option<Self>, before: Option<Self>) -> bool {
        let whole = |version: Self| Self(version.0, if version.1 == u32::MAX { 0 } else { version.1 });
        let version = tag.and_then(Self::at_start_of).unwrap_or(Self(u32::MAX, u32::MAX));
        since.is_none_or(|since| whole(since) <= version)
            && before.is_none_or(|before| version < whole(before))
    }
}
