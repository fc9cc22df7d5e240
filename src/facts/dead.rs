//! Addresses that builds ask and from which nothing is to be had any more: `rules/data/dead.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::build_programs::chain;
use super::service::ServiceFacts;
use crate::programs::dockerfile::Step;
use crate::source::Span;

const TABLE: &str = include_str!("../../rules/data/dead.yaml");

/// An address from which nothing comes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dead {
    address: String,
    below: Option<String>,
    piped: bool,
    git: bool,
    /// What became of it, as the end of a sentence.
    pub why: String,
    /// What to write.
    pub instead: String,
}

/// A step of a build that asks one.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is known of it.
    pub known: &'static Dead,
    /// The address as it is written.
    pub address: String,
    /// Where.
    pub at: Span,
}

fn table() -> &'static [Dead] {
    static READ: OnceLock<Vec<Dead>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What in a `RUN` says that a failure does not matter, or that something else is tried.
const TRIED: [&str; 6] = ["||", "if ", "for ", "while ", "<<", "case "];

/// The addresses that the build of a service asks in vain, the first of each step.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Asked> {
    let image = &service.program.image;
    let (Some(parsed), Some(build)) = (&image.parsed, &service.service.build) else { return Vec::new() };
    if image.problem.is_some() || image.assumed || build.target.is_some() {
        return Vec::new();
    }
    let last = parsed.stages.len().checked_sub(1);
    let Some((steps, _)) = last.and_then(|last| chain(parsed, last)) else { return Vec::new() };
    steps.into_iter().filter_map(of_step).collect()
}

fn of_step(step: &Step) -> Option<Asked> {
    match step {
        Step::Copy(copy) if copy.add => copy.sources.iter().find_map(|source| {
            let text = source.assumed();
            let known = table().iter().find(|known| !known.git && known.is_in(&text).is_some())?;
            Some(Asked { known, address: text, at: source.span() })
        }),
        Step::Run(text) => {
            let whole = text.assumed();
            if whole.contains("insteadOf") || TRIED.iter().any(|word| whole.contains(word)) {
                return None;
            }
            table().iter().find_map(|known| {
                let at = known.is_in(&whole).filter(|at| known.stops(&whole, *at))?;
                let open = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | '\\');
                let from = whole.get(..at)?.rfind(open).map_or(0, |from| from + 1);
                let to = whole.get(at..)?.find(open).map_or(whole.len(), |to| at + to);
                let span = text.slice(from, to).span();
                let address = whole.get(from..to)?.to_string();
                Some(Asked { known, address, at: if span.is_none() { text.span() } else { span } })
            })
        }
        _ => None,
    }
}

impl Dead {
    /// Where it stands in a text, if what stands there is not to be had.
    fn is_in(&self, text: &str) -> Option<usize> {
        let at = text.find(&self.address)?;
        let Some(below) = &self.below else { return Some(at) };
        let rest = text.get(at + self.address.len()..)?;
        let part = rest.split('/').next()?;
        let number = part.find(|c: char| c.is_ascii_digit()).and_then(|from| part.get(from..))?;
        let numbers = |text: &str| -> Option<Vec<u32>> {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
            text.get(..end)?.split('.').map(|part| part.parse().ok()).collect()
        };
        (numbers(number)? < numbers(below)?).then_some(at)
    }

    /// Whether the command in which it stands stops the `RUN`.
    fn stops(&self, text: &str, at: usize) -> bool {
        let ends = |c: char| matches!(c, '\n' | ';' | '&');
        let joined = text.replace("\\\n", "  ");
        let before = joined.get(..at).unwrap_or("");
        let start = before.rfind(ends).map_or(0, |start| start + 1);
        let command = before.get(start..).unwrap_or("");
        // Whoever is handed what another fetches.
        let fetcher = command.rsplit('|').next().unwrap_or(command).trim_start();
        let name =
            fetcher.split_whitespace().find(|word| !word.contains('=') && *word != "sudo").unwrap_or("");
        let after = joined.get(at..).unwrap_or("");
        let after = after.get(..after.find(ends).unwrap_or(after.len())).unwrap_or("");
        let piped = after.split_once('|').map(|(_, next)| next.split_whitespace().next().unwrap_or(""));
        let options = format!("{fetcher}{after}");
        let fails = options.split_whitespace().any(|word| {
            word == "--fail" || word.starts_with('-') && !word.starts_with("--") && word.contains('f')
        });
        if command.trim_start().starts_with('#') {
            return false;
        }
        match (name, piped) {
            ("git", _) if fetcher.contains("config") => false,
            ("git" | "pip" | "pip3" | "npm" | "yarn", None) if self.git => true,
            _ if self.git => false,
            (_, Some("tar" | "gunzip")) => true,
            (_, Some(_)) => self.piped,
            ("wget" | "gpg" | "gpg2" | "apt-key", None) => true,
            ("curl", None) => fails && !self.piped,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Dead> = serde_yaml::from_str(TABLE).unwrap();
        assert!(all.iter().all(|known| !known.why.is_empty() && !known.instead.is_empty()));
    }

    #[test]
    fn what_stops() {
        let stops = |text: &str| {
            table().iter().any(|known| known.is_in(text).is_some_and(|at| known.stops(text, at)))
        };
        for text in [
            "wget http://central.maven.org/maven2/a.jar",
            "cd /x && curl -fsSL http://repo1.maven.org/maven2/a.jar -o a.jar",
            "curl -sSL https://raw.githubusercontent.com/python-poetry/poetry/master/get-poetry.py | python -",
            "git clone git://github.com/shop/shop.git",
            "pip install git+git://github.com/shop/shop.git",
            "curl -sL https://downloads.apache.org/kafka/2.8.0/kafka_2.13-2.8.0.tgz | tar xz",
            "wget https://dlcdn.apache.org/tomcat/tomcat-9/v9.0.65/bin/apache-tomcat-9.0.65.tar.gz",
            "wget https://dlcdn.apache.org/spark/spark-3.3.0/spark-3.3.0-bin-hadoop3.tgz",
            "gpg --keyserver ha.pool.sks-keyservers.net --recv-keys 0123",
        ] {
            assert!(stops(text), "{text}");
        }
        for text in [
            "wget https://repo1.maven.org/maven2/a.jar",
            "curl -sSL http://central.maven.org/a.sh | sh",
            "curl -sSL http://central.maven.org/a.jar -o a.jar",
            "echo git://github.com/shop",
            "git config --global url.https://github.com/.insteadOf git://github.com/ || true",
            "wget https://dlcdn.apache.org/kafka/3.9.1/kafka_2.13-3.9.1.tgz",
        ] {
            let tried = TRIED.iter().any(|word| text.contains(word));
            assert!(tried || !stops(text), "{text}");
        }
    }
}
