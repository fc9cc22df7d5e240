//! Names of images: `[registry/]path[:tag][@digest]`.

/// An image reference, taken apart. Follows the grammar of the distribution project's `reference`
/// package; nothing is filled in (`nginx` has no tag, not `latest`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// The registry's host, with its port.
    pub registry: Option<&'a str>,
    /// The path of the repository, without `library/`.
    pub path: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest (`sha256:…`).
    pub digest: Option<&'a str>,
}

impl<'a> ImageReference<'a> {
    /// Takes a reference apart; `None` when it is none.
    #[must_use]
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let (name, tag) = match name.rfind(':') {
            // A colon before the last slash is a registry's port.
            Some(colon) if !name[colon..].contains('/') => (&name[..colon], Some(&name[colon + 1..])),
            _ => (name, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
            _ => (None, name),
        };
        let component = |part: &str| {
            let inner =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
            let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.chars().all(inner) && part.starts_with(edge) && part.ends_with(edge)
        };
        let tag_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let valid = path.split('/').all(component)
            && tag.is_none_or(|tag| !tag.is_empty() && tag.len() <= 128 && tag.chars().all(tag_char))
            && digest.is_none_or(|digest| digest.split_once(':').is_some_and(|(_, hex)| hex.len() >= 32));
        // Mirrors keep Docker's official images under `library/`, some with a prefix of their own.
        let path = path.rfind("library/").map_or(path, |at| &path[at + "library/".len()..]);
        valid.then_some(Self { registry, path, tag, digest })
    }

    /// The leading number of the tag: 18 of `18.1-alpine`, `pg18`-like prefixes left out.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        let tag = self.tag?.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
        let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let parse = |text| ImageReference::parse(text).map(|r| (r.registry, r.path, r.tag));
        assert_eq!(parse("postgres"), Some((None, "postgres", None)));
        assert_eq!(parse("docker.io/library/postgres:16"), Some((Some("docker.io"), "postgres", Some("16"))));
        assert_eq!(parse("localhost:5000/x/y:1"), Some((Some("localhost:5000"), "x/y", Some("1"))));
        assert_eq!(parse("localhost/x"), Some((Some("localhost"), "x", None)));
        for wrong in ["", "UPPER", "x:", "http://x", "a//b", "x@sha256:1", "x:t@g"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(ImageReference::parse("postgis/postgis:17-3.5").and_then(|r| r.major()), Some(17));
        assert_eq!(
            ImageReference::parse("timescale/timescaledb:latest-pg16").and_then(|r| r.major()),
            Some(16)
        );
    }
}
