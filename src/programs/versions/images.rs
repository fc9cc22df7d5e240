//! The version of a language that an image has, by its name and tag.

use super::range::Version;
use crate::compose::ImageReference;

/// A language whose version images are named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Go
    Go,
    /// .NET
    DotNet,
    /// Java, also for Kotlin
    Java,
    /// Node.js
    Node,
    /// Python
    Python,
    /// Ruby
    Ruby,
    /// PHP
    Php,
    /// Rust
    Rust,
    /// Elixir
    Elixir,
}

impl Language {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "Go",
            Self::DotNet => ".NET",
            Self::Java => "Java",
            Self::Node => "Node.js",
            Self::Python => "Python",
            Self::Ruby => "Ruby",
            Self::Php => "PHP",
            Self::Rust => "Rust",
            Self::Elixir => "Elixir",
        }
    }
}

/// Images whose tags begin with the version of their language.
const BY_TAG: [(&str, Language); 32] = [
    ("golang", Language::Go),
    ("dotnet/sdk", Language::DotNet),
    ("dotnet/aspnet", Language::DotNet),
    ("dotnet/runtime", Language::DotNet),
    ("openjdk", Language::Java),
    ("eclipse-temurin", Language::Java),
    ("amazoncorretto", Language::Java),
    ("ibm-semeru-runtimes", Language::Java),
    ("azul/zulu-openjdk", Language::Java),
    ("azul/zulu-openjdk-alpine", Language::Java),
    ("bellsoft/liberica-openjdk-alpine", Language::Java),
    ("bellsoft/liberica-openjdk-debian", Language::Java),
    ("bellsoft/liberica-openjre-alpine", Language::Java),
    ("azul/zulu-openjdk-debian", Language::Java),
    ("azul/zulu-openjdk-centos", Language::Java),
    ("sapmachine", Language::Java),
    ("openjdk/jdk", Language::Java),
    ("bellsoft/liberica-openjre-debian", Language::Java),
    ("ibmjava", Language::Java),
    ("adoptopenjdk", Language::Java),
    ("adoptopenjdk/openjdk8", Language::Java),
    ("node", Language::Node),
    ("python", Language::Python),
    ("ruby", Language::Ruby),
    ("php", Language::Php),
    ("rust", Language::Rust),
    ("elixir", Language::Elixir),
    ("hexpm/elixir", Language::Elixir),
    ("lukemathwalker/cargo-chef", Language::Rust),
    ("adoptopenjdk/openjdk11", Language::Java),
    ("circleci/golang", Language::Go),
    ("circleci/node", Language::Node),
];

/// Images that have the tool's version first, and the JDK's among the words of the tag.
const BY_WORD: [&str; 2] = ["maven", "gradle"];

/// The version of Python that a tag without a number means, at least.
const NEWEST: Version = Version { major: 3, minor: Some(14), patch: None };

/// Words with which tags of `python` begin that name no version.
const NAMELESS: [&str; 9] =
    ["latest", "slim", "alpine", "3", "bullseye", "bookworm", "trixie", "alpine3", "windowsservercore"];

/// The language of an image, and its version as far as the tag says it.
#[must_use]
pub(in crate::programs) fn version(reference: &str) -> Option<(Language, Version)> {
    let parsed = ImageReference::parse(reference)?;
    // `gcr.io/distroless/java17-debian12`, `ubi9/openjdk-17-runtime`
    let named = parsed.path.strip_prefix("distroless/java").or_else(|| {
        parsed.path.strip_prefix("ubi").and_then(|path| path.split_once("/openjdk-").map(|(_, rest)| rest))
    });
    if let Some(named) = named {
        let version = Version::at_start_of(named)?;
        return Some((Language::Java, Version { minor: None, patch: None, ..version }));
    }
    let tag = parsed.tag?;
    if BY_WORD.contains(&parsed.path) {
        return Some((Language::Java, jdk(tag)?));
    }
    let (_, language) = BY_TAG.iter().find(|(path, _)| *path == parsed.path)?;
    let tag = match parsed.path {
        "lukemathwalker/cargo-chef" => tag.split_once("rust-")?.1,
        "ibm-semeru-runtimes" => tag.trim_start_matches("open-"),
        _ => tag,
    };
    // `17-jdk`, `8u342`, `11.0.6`; only the first number tells what the others say.
    let version = Version::at_start_of(tag)?;
    Some((
        *language,
        if *language == Language::Java { Version { minor: None, patch: None, ..version } } else { version },
    ))
}

/// The version of Python that an image has, as far as that can be told.
#[must_use]
pub(in crate::programs) fn of_python(image: &str) -> Option<Version> {
    if let Some((Language::Python, version)) = version(image)
        && version.minor.is_some()
    {
        return Some(version);
    }
    let parsed =
        ImageReference::parse(image).filter(|parsed| parsed.path == "python" && parsed.digest.is_none())?;
    let first = parsed.tag.map_or("latest", |tag| tag.split(['-', '.']).next().unwrap_or(tag));
    NAMELESS.contains(&first).then_some(NEWEST)
}

/// The PHP of the image of Composer, as far as its tag says it: 2 came with 8 and later.
pub(super) fn of_composer(reference: &str) -> Option<(Language, Version)> {
    let parsed = ImageReference::parse(reference).filter(|parsed| parsed.path == "composer")?;
    let first = parsed.tag.map_or("latest", |tag| tag.split(['.', '-']).next().unwrap_or(tag));
    let has = Version { major: 8, minor: None, patch: None };
    matches!(first, "latest" | "2").then_some((Language::Php, has))
}

/// `3.9-eclipse-temurin-17`, `8.5-jdk17-alpine`, `3-openjdk-11-slim`
fn jdk(tag: &str) -> Option<Version> {
    let words = tag.split('-').skip(usize::from(!tag.starts_with("jdk")));
    let mut found = words.filter_map(|word| {
        let word = word.trim_start_matches("jdk").trim_start_matches("jre");
        word.starts_with(|c: char| c.is_ascii_digit()).then(|| Version::at_start_of(word)).flatten()
    });
    let version = found.next()?;
    Some(Version { minor: None, patch: None, ..version })
}

/// The oldest JDK that an image of Gradle or Maven which does not name one may have.
pub(super) fn at_least(reference: &str) -> Option<u32> {
    let parsed = ImageReference::parse(reference).filter(|parsed| BY_WORD.contains(&parsed.path))?;
    let tag = parsed.tag.unwrap_or("latest");
    let first = tag.split(['-', '.']).next().unwrap_or(tag);
    match (parsed.path, first) {
        (_, "latest" | "alpine" | "jdk") | ("gradle", "8" | "9") => Some(17),
        ("gradle", "7") => Some(11),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_images() {
        for (reference, expected) in [
            ("golang:1.21.6-alpine", Some((Language::Go, "1.21.6"))),
            ("golang:1.22", Some((Language::Go, "1.22"))),
            ("golang:alpine", None),
            ("golang", None),
            ("mcr.microsoft.com/dotnet/sdk:6.0-alpine", Some((Language::DotNet, "6.0"))),
            ("maven:3.9-eclipse-temurin-17", Some((Language::Java, "17"))),
            ("maven:3.8.5-openjdk-11-slim", Some((Language::Java, "11"))),
            ("maven:3.9", None),
            ("gradle:8.5-jdk17-alpine", Some((Language::Java, "17"))),
            ("gradle:7.6.1-jdk11", Some((Language::Java, "11"))),
            ("eclipse-temurin:17.0.8_7-jre", Some((Language::Java, "17"))),
            ("openjdk:8-jdk-alpine", Some((Language::Java, "8"))),
            ("php:8.2-fpm", Some((Language::Php, "8.2"))),
            ("ruby:3.2.2-slim", Some((Language::Ruby, "3.2.2"))),
            ("node:lts-alpine", None),
            ("gradle:jdk21-alpine", Some((Language::Java, "21"))),
            ("maven:3-amazoncorretto-21", Some((Language::Java, "21"))),
            ("sapmachine:17-jre-ubuntu", Some((Language::Java, "17"))),
            ("gcr.io/distroless/java17-debian12", Some((Language::Java, "17"))),
            ("registry.access.redhat.com/ubi9/openjdk-17-runtime:1.18", Some((Language::Java, "17"))),
            ("composer:2", None),
        ] {
            let found = version(reference).map(|(language, version)| (language, version.to_string()));
            assert_eq!(found, expected.map(|(language, has)| (language, has.to_string())), "{reference}");
        }
    }

    #[test]
    fn versions_of_python() {
        for (image, expected) in [
            ("python:3.12-slim", Some("3.12")),
            ("python", Some("3.14")),
            ("python:3-alpine", Some("3.14")),
            ("ubuntu:24.04", None),
        ] {
            assert_eq!(of_python(image).map(|it| it.to_string()).as_deref(), expected, "{image}");
        }
    }
}
