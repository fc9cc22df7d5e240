//! What the name of a compose file says.

use std::path::Path;

use crate::compose::FILE_NAMES;

/// A name with the word `compose` in it, in parts: `app.docker-compose.prod.yml` is `app.` and `.prod`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What stands before `compose` or `docker-compose`.
    pub prefix: String,
    /// What stands after it, without the extension.
    pub variant: String,
    /// The place among [`FILE_NAMES`].
    pub standard: Option<usize>,
}

impl Name {
    /// The parts of the file's name; `None` when it is not named like a compose file.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"))?;
        let standard = FILE_NAMES.iter().position(|standard| path.ends_with(standard));
        let is_word = |at: usize, length: usize| {
            let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            free(stem[..at].chars().next_back()) && free(stem[at + length..].chars().next())
        };
        for word in ["docker-compose", "docker_compose", "dockercompose", "podman-compose", "compose"] {
            if let Some((at, _)) = stem.rmatch_indices(word).find(|(at, _)| is_word(*at, word.len())) {
                let (prefix, variant) = (stem[..at].to_string(), stem[at + word.len()..].to_string());
                // `docker-compose-x.compose.yml`: the last word is the one that counts.
                if word != "compose" && variant.split(|c: char| !c.is_alphanumeric()).any(|w| w == "compose")
                {
                    continue;
                }
                return Some(Self { prefix, variant, standard });
            }
        }
        None
    }

    /// Whether this name is the other's with more words.
    pub fn varies(&self, other: &Self) -> bool {
        let rest = self.variant.strip_prefix(&other.variant);
        self.prefix == other.prefix && rest.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
    }

    /// Whether this is a file that Compose merges over the standard one by itself.
    pub fn is_override(&self) -> bool {
        self.prefix.is_empty() && self.variant == ".override"
    }

    /// Whether the variant's name says that others build on it.
    pub fn is_common(&self) -> bool {
        let mut words = self.variant.split(|c: char| !c.is_alphanumeric());
        words.any(|word| matches!(word, "base" | "common" | "shared" | "default" | "main"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_parts() {
        let of = |name: &str| Name::of(Path::new(name)).map(|n| (n.prefix, n.variant, n.standard.is_some()));
        let is = |a: &str, b: &str, c| Some((a.to_string(), b.to_string(), c));
        assert_eq!(of("x/compose.yaml"), is("", "", true));
        assert_eq!(of("docker-compose.yml"), is("", "", true));
        assert_eq!(of("docker-compose.prod.yml"), is("", ".prod", false));
        assert_eq!(of("compose-dev.yaml"), is("", "-dev", false));
        assert_eq!(of("app.docker-compose.yml"), is("app.", "", false));
        assert_eq!(of("o__docker-compose-x__docker-compose.yml"), is("o__docker-compose-x__", "", false));
        assert_eq!(of("o__my-compose__compose.prod.yml"), is("o__my-compose__", ".prod", false));
        assert_eq!(of("decompose.yml"), None);
        assert_eq!(of("composer.yml"), None);
        assert_eq!(of("compose.json"), None);
    }
}
