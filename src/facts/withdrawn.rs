//! Images that registries do not have: `rules/data/withdrawn.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::compose::ImageReference;

const TABLE: &str = include_str!("../../rules/data/withdrawn.yaml");

/// Which tags of an image are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gone {
    /// `latest`, and so what has no tag.
    Latest,
    /// All but `latest`.
    Versions,
    /// Those that name no single release.
    Aliases,
    /// Those with a word of `variants`.
    Variants,
    /// All.
    All,
}

/// An image, or tags of it, that a registry does not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// The repositories' paths; with `/` at the end all below.
    images: Vec<String>,
    /// Only there; Docker Hub, if none is said.
    #[serde(default)]
    registry: Option<String>,
    /// Which tags.
    gone: Gone,
    /// What became of it, as the end of a sentence.
    pub why: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    keeps: Vec<String>,
    #[serde(default)]
    versions: Vec<u32>,
    #[serde(default)]
    lacks: Vec<String>,
    /// Words of tags: `alpine`, also with a release behind it.
    #[serde(default)]
    variants: Vec<String>,
    /// Pages that say it.
    pub sources: Vec<String>,
}

/// Why the image of this reference can't be had, if that is known. What is pinned by a digest may be there still.
#[must_use]
pub fn withdrawn(reference: &str) -> Option<&'static Withdrawn> {
    static ALL: OnceLock<Vec<Withdrawn>> = OnceLock::new();
    let parsed = ImageReference::parse(reference)?;
    if parsed.digest.is_some() {
        return None;
    }
    let all = ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
    all.iter().find(|known| known.is_at(&parsed) && known.has(parsed.tag))
}

impl Withdrawn {
    /// Whether the tag is one of those that are not there.
    fn has(&self, tag: Option<&str>) -> bool {
        let latest = tag.is_none_or(|tag| tag == "latest");
        match self.gone {
            Gone::All => true,
            Gone::Latest => latest,
            Gone::Versions => !latest,
            Gone::Variants => tag.is_some_and(|tag| tag.split('-').any(|word| self.is_variant(word))),
            Gone::Aliases => tag.is_none_or(|tag| {
                let mut words = tag.split('-');
                let version = words.next().unwrap_or("");
                let released = version.starts_with(|c: char| c.is_ascii_digit())
                    && version.contains(['.', 'u', 'b', '+']);
                !released && !words.any(|word| matches!(word, "ea" | "rc"))
            }),
        }
    }

    fn is_variant(&self, word: &str) -> bool {
        let release = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
        self.variants.iter().any(|variant| word.strip_prefix(variant.as_str()).is_some_and(release))
    }

    fn is_at(&self, reference: &ImageReference<'_>) -> bool {
        let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"];
        let registry = match (&self.registry, reference.registry) {
            (Some(wanted), given) => given == Some(wanted.as_str()),
            (None, given) => given.is_none_or(|given| hub.contains(&given)),
        };
        registry
            && self.images.iter().any(|image| match image.ends_with('/') {
                true => reference.path.starts_with(image.as_str()),
                false => reference.path == image,
            })
    }

    /// What to do where nothing is known to take its place as it stands.
    #[must_use]
    pub fn advice(&self, reference: &str) -> String {
        let name = reference
            .rsplit_once(':')
            .filter(|(_, tag)| !tag.contains('/'))
            .map_or(reference, |(name, _)| name);
        match (&self.to, self.versions.as_slice()) {
            (None, _) if self.gone == Gone::Latest => format!("name a version: `{name}:VERSION`"),
            (Some(to), [_, ..]) => {
                let versions: Vec<String> = self.versions.iter().map(u32::to_string).collect();
                format!(
                    "`{to}` has the versions {}: write one of them, as `{to}:VERSION`",
                    versions.join(", ")
                )
            }
            _ => format!(
                "no other repository is known to have `{reference}`: name another image, or another version"
            ),
        }
    }

    /// What to write in its place, where that is there.
    #[must_use]
    pub fn instead(&self, reference: &str) -> Option<String> {
        let parsed = ImageReference::parse(reference)?;
        let tag = parsed.tag.unwrap_or("");
        let known = |version: u32| self.versions.is_empty() || self.versions.contains(&version);
        if self.lacks.iter().any(|word| tag.contains(word.as_str())) || !parsed.major().is_none_or(known) {
            return None;
        }
        if self.gone == Gone::Variants {
            let name = reference.strip_suffix(tag)?.trim_end_matches(':');
            let left: Vec<&str> = tag.split('-').filter(|word| !self.is_variant(word)).collect();
            return Some(if left.is_empty() {
                name.to_string()
            } else {
                format!("{name}:{}", left.join("-"))
            });
        }
        let path = self.to.as_ref()?.replace("{name}", parsed.path.rsplit('/').next().unwrap_or(parsed.path));
        let tag = match (self.keeps.is_empty(), parsed.major()) {
            (true, _) => tag.to_string(),
            (false, major) => {
                let kept = tag
                    .split('-')
                    .filter(|word| self.keeps.iter().any(|keep| word.starts_with(keep.as_str())));
                // `alpine3.9` is a release that the other repository need not have.
                let plain =
                    |word: &str| self.keeps.iter().find(|keep| word.starts_with(keep.as_str())).cloned();
                major
                    .map(|major| major.to_string())
                    .into_iter()
                    .chain(kept.filter_map(plain))
                    .collect::<Vec<_>>()
                    .join("-")
            }
        };
        Some(if tag.is_empty() { path } else { format!("{path}:{tag}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_read() {
        let all: Vec<Withdrawn> = serde_yaml::from_str(TABLE).expect("a table");
        assert!(all.iter().all(|known| !known.sources.is_empty() && !known.images.is_empty()));
    }

    #[test]
    fn advice_names_what_to_write() {
        let advice = |reference: &str| withdrawn(reference).unwrap().advice(reference);
        assert_eq!(
            advice("docker.elastic.co/kibana/kibana"),
            "name a version: `docker.elastic.co/kibana/kibana:VERSION`"
        );
        assert_eq!(advice("kibana:latest"), "name a version: `kibana:VERSION`");
        assert!(
            advice("openjdk:14-jdk-alpine")
                .starts_with("`eclipse-temurin` has the versions 8, 11, 17, 21, 25")
        );
        assert!(advice("bitnami/postgresql:10-debian-10").contains("`bitnami/postgresql:10-debian-10`"));
    }

    #[test]
    fn what_is_gone() {
        let instead = |reference: &str| withdrawn(reference).map(|known| known.instead(reference));
        let gone = |reference: &str, to: &str| {
            assert_eq!(instead(reference), Some(Some(to.to_string())), "{reference}")
        };
        gone("openjdk:17-jdk-slim", "eclipse-temurin:17-jdk");
        gone("openjdk:8-jdk-alpine", "eclipse-temurin:8-jdk-alpine");
        gone("openjdk:8-alpine3.9", "eclipse-temurin:8-alpine");
        gone("openjdk:21", "eclipse-temurin:21");
        gone("openjdk", "eclipse-temurin");
        gone("docker.io/library/openjdk:11-jre-slim-buster", "eclipse-temurin:11-jre");
        gone("bitnami/kafka:3.7", "bitnamilegacy/kafka:3.7");
        gone("bitnami/postgresql:16", "bitnamilegacy/postgresql:16");
        gone("java:8-jre", "eclipse-temurin:8-jre");
        gone("jenkins", "jenkins/jenkins");
        gone("bitnami/kafka:latest", "bitnamilegacy/kafka:latest");
        gone("vault", "hashicorp/vault");
        gone("consul:latest", "hashicorp/consul:latest");
        gone("mongo:7-alpine", "mongo:7");
        gone("mysql:8.0-alpine3.19", "mysql:8.0");
        gone("mariadb:alpine", "mariadb");
        gone("docker.io/library/postgres:16-slim", "docker.io/library/postgres:16");
        gone("microsoft/mssql-server-linux:2017-latest", "mcr.microsoft.com/mssql/server:2017-latest");
        for nowhere in [
            "openjdk:14-jdk-alpine",
            "bitnami/postgresql:10-debian-10",
            "elasticsearch",
            "wurstmeister/zookeeper",
            "microsoft/aspnetcore:2.0",
            "kibana:latest",
            "docker.elastic.co/kibana/kibana",
        ] {
            assert_eq!(instead(nowhere), Some(None), "{nowhere}");
        }
        for there in [
            "openjdk:11.0.16-jre-slim",
            "openjdk:8u342-jdk",
            "openjdk:26-ea-slim",
            "openjdk:26-ea-11-jdk",
            "bitnami/redis",
            "bitnami/redis:latest",
            "bitnamilegacy/redis:7.2",
            "bitnami/redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "elasticsearch:8.11.3",
            "vault:1.13.3",
            "registry.example.org/openjdk:17",
            "hashicorp/consul",
            "mongo:7-jammy",
            "postgres:16-alpine",
            "yobasystems/alpine-mariadb",
        ] {
            assert_eq!(instead(there), None, "{there}");
        }
    }
}
