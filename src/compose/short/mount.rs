//! `volumes` of a service in the short form: `[SOURCE:]TARGET[:OPTIONS]`.

use std::ops::Range;

use super::Unreadable;

/// A short form taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// The bytes where the source is written; `None` for an anonymous volume.
    pub source: Option<Range<usize>>,
    /// The bytes where the target is written.
    pub target: Range<usize>,
    /// Whether the source is a path of the host rather than the name of a volume.
    pub bind: bool,
    /// `ro`
    pub read_only: bool,
    /// `nocopy`
    pub no_copy: bool,
    /// `shared`, `rslave` …
    pub propagation: Option<&'static str>,
    /// `z` or `Z`
    pub selinux: Option<&'static str>,
}

const PROPAGATIONS: &[&str] = &["rprivate", "private", "rshared", "shared", "rslave", "slave"];
const SELINUX: &[&str] = &["z", "Z"];

/// Takes a short form apart. A single letter before a colon is a Windows drive: `c:/x` is one part.
///
/// # Errors
/// When it is blank, a part between colons is blank, or there are more than three parts.
pub fn parse(text: &str) -> Result<Mount, Unreadable> {
    if text.is_empty() {
        return Err(Unreadable::new("is blank"));
    }
    if text.len() <= 2 {
        return Ok(Mount { target: 0..text.len(), ..Mount::default() });
    }
    let parts = sections(text);
    if parts.iter().any(Range::is_empty) {
        return Err(Unreadable::new("has an empty section between colons"));
    }
    let mut mount = Mount::default();
    match parts.as_slice() {
        [target] => mount.target = target.clone(),
        [source, target] => (mount.source, mount.target) = (Some(source.clone()), target.clone()),
        [source, target, options] => {
            (mount.source, mount.target) = (Some(source.clone()), target.clone());
            for option in text[options.clone()].split(',') {
                mount.option(option);
            }
        }
        _ => return Err(Unreadable::new("has too many colons")),
    }
    mount.bind = mount.source.clone().is_some_and(|source| is_path(&text[source]));
    Ok(mount)
}

impl Mount {
    /// Options that Compose does not know are ignored by it.
    fn option(&mut self, option: &str) {
        let among = |words: &[&'static str]| words.iter().find(|word| **word == option).copied();
        match option {
            "ro" => self.read_only = true,
            "rw" => self.read_only = false,
            "nocopy" => self.no_copy = true,
            _ => {
                self.propagation = among(PROPAGATIONS).or(self.propagation);
                self.selinux = among(SELINUX).or(self.selinux);
            }
        }
    }
}

fn sections(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut braces) = (0, 0_usize);
    for (at, _) in text.match_indices([':', '{', '}']) {
        match text.as_bytes().get(at) {
            // `${NAME:-default}`, where references are left as they are written.
            Some(b'{') if text[..at].ends_with('$') => braces += 1,
            Some(b'}') => braces = braces.saturating_sub(1),
            _ => {}
        }
        if braces > 0 || !text[at..].starts_with(':') {
            continue;
        }
        let before = &text[start..at];
        let mut letters = before.chars();
        let drive = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
        if !drive {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..text.len());
    parts
}

/// Whether the source of a mount is a path rather than the name of a volume.
#[must_use]
pub fn is_path(source: &str) -> bool {
    if source.starts_with(['.', '/', '~']) || source.starts_with(r"\\") {
        return true;
    }
    let mut letters = source.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next() == Some(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(Option<&str>, &str, bool)> {
        let mount = parse(text).ok()?;
        Some((mount.source.map(|range| &text[range]), &text[mount.target], mount.bind))
    }

    #[test]
    fn short_forms() {
        assert_eq!(parts("/data"), Some((None, "/data", false)));
        assert_eq!(parts("data:/data"), Some((Some("data"), "/data", false)));
        assert_eq!(parts("./a:/b:ro"), Some((Some("./a"), "/b", true)));
        assert_eq!(parts("~:/b"), Some((Some("~"), "/b", true)));
        assert_eq!(parts("v:/x"), Some((None, "v:/x", false)));
        assert_eq!(parts(r"c:\a:/b"), Some((Some(r"c:\a"), "/b", true)));
        assert_eq!(parts("/x"), Some((None, "/x", false)));
        for bad in ["", "data::/b", ":/config", "/a:/b:ro:z", "/a:"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }

    #[test]
    fn options() {
        let mount = parse("./a:/b:ro,rslave,Z,unknown").unwrap();
        assert!(mount.read_only);
        assert_eq!((mount.propagation, mount.selinux), (Some("rslave"), Some("Z")));
    }
}
