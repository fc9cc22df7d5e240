//! The gems that a `Gemfile` names, and what a build leaves out of them.

use super::Program;
use crate::source::{SourceFile, Span};

/// A gem that a `Gemfile` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gem {
    pub name: String,
    /// The groups that it is in; none where it is for all.
    pub groups: Vec<String>,
    /// What stands behind its name.
    pub rest: String,
}

/// What a `Gemfile` says.
#[derive(Debug, Default)]
pub(super) struct Gems {
    pub all: Vec<Gem>,
    /// Whether it may name others, which are not written there.
    pub open: bool,
}

/// Reads a `Gemfile`, line by line.
pub(super) fn read(file: &SourceFile) -> Gems {
    const OPENS: [&str; 4] = ["gemspec", "eval_gemfile", "instance_eval", "Dir"];
    let mut out = Gems::default();
    // What each block around the line says of groups; others say nothing.
    let mut blocks: Vec<Vec<String>> = Vec::new();
    for line in file.text.lines() {
        let line = line.split(" #").next().unwrap_or(line).trim();
        let (word, rest) = line.split_once([' ', '(']).unwrap_or((line, ""));
        if OPENS.iter().any(|open| word.starts_with(open)) {
            out.open = true;
        } else if word == "gem" {
            match quoted(rest) {
                Some((name, rest)) => {
                    let mut groups: Vec<String> = blocks.iter().flatten().cloned().collect();
                    for key in ["group:", "groups:", ":group =>", ":groups =>"] {
                        if let Some((_, named)) = rest.split_once(key) {
                            groups.extend(symbols(named));
                        }
                    }
                    out.all.push(Gem { name: name.to_string(), groups, rest: rest.to_string() });
                }
                None => out.open = true,
            }
        } else if line.ends_with(" do") || line.ends_with('|') && line.contains(" do ") {
            blocks.push(if word == "group" { symbols(rest) } else { Vec::new() });
        } else if matches!(word, "if" | "unless" | "case" | "begin" | "def") {
            blocks.push(Vec::new());
        } else if word == "end" {
            blocks.pop();
        }
    }
    out
}

/// The text in the first quotes, and what stands behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

/// The names of `:development, :test`, or of `[:development, :test]`, up to something else.
fn symbols(text: &str) -> Vec<String> {
    let end = text.find(" do").unwrap_or(text.len());
    let parts = text.get(..end).unwrap_or(text).split([',', '[', ']', '(', ')']).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let named = parts.take_while(|part| part.starts_with(':') || part.starts_with(['"', '\'']));
    named.map(|part| part.trim_matches([':', '"', '\'', ' ']).to_string()).collect()
}

/// The groups that are left out when the gems are installed, and what says so.
pub(super) fn without(program: &Program<'_>) -> Vec<(String, Span)> {
    let split = |text: &str, at: Span| -> Vec<(String, Span)> {
        let parts = text.split([':', ' ', ',', '\'', '"']).filter(|part| !part.is_empty());
        parts.map(|part| (part.to_string(), at)).collect()
    };
    let at_start = program
        .at_start()
        .any(|launch| launch.name() == "bundle" && launch.words.iter().any(|word| word == "install"));
    if at_start {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (launch, at) in program.builds.iter().filter(|(launch, _)| launch.name() == "bundle") {
        let words = &launch.words;
        let verb = words.iter().skip(1).find(|word| !word.starts_with('-')).map_or("install", String::as_str);
        let behind =
            |word: &str| words.iter().position(|other| other == word).and_then(|at| words.get(at + 1..));
        match verb {
            "install" => {
                out.extend(launch.env.get("BUNDLE_WITHOUT").into_iter().flat_map(|text| split(text, *at)));
                let named = behind("--without").unwrap_or_default();
                out.extend(
                    named.iter().take_while(|word| !word.starts_with('-')).flat_map(|word| split(word, *at)),
                );
            }
            "config" => {
                let named = behind("without").unwrap_or_default();
                out.extend(
                    named.iter().filter(|word| !word.starts_with('-')).flat_map(|word| split(word, *at)),
                );
            }
            _ => {}
        }
    }
    out
}

/// Whether a lock file says that something else brings the gem.
pub(super) fn is_brought(lock: &str, name: &str) -> bool {
    let depends = |line: &str| {
        line.strip_prefix("      ").is_some_and(|rest| rest.split([' ', '(']).next() == Some(name))
    };
    let has = |line: &str| {
        line.strip_prefix("    ").is_some_and(|rest| rest.split([' ', '(']).next() == Some(name))
    };
    let direct = lock.split("\nDEPENDENCIES\n").nth(1).unwrap_or("");
    let direct = direct.lines().take_while(|line| line.starts_with("  "));
    let mut direct = direct.map(|line| line.trim().split([' ', '!', '(']).next().unwrap_or(""));
    lock.lines().any(depends) || lock.lines().any(has) && !direct.any(|own| own == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    #[test]
    fn gems_and_groups() {
        let text = "source \"https://rubygems.org\"\ngem 'rails', '~> 7.1' # the newest\ngem \"pg\"\nif ENV[\"X\"]\n  gem 'x'\nend\n\
            group :development, :test do\n  gem 'rspec'\n  platforms :ruby do\n    gem 'byebug'\n  end\nend\n\
            gem \"rerun\", group: :development\ngem 'a', groups: [:test, :ci], require: false\n";
        let map = SourceMap::new(Memory::new([("/Gemfile", text)]));
        let found = read(&map.load(std::path::Path::new("/Gemfile")).unwrap());
        let groups = |name: &str| found.all.iter().find(|gem| gem.name == name).unwrap().groups.join(" ");
        assert!(
            !found.open && groups("rails").is_empty() && groups("pg").is_empty() && groups("x").is_empty()
        );
        assert_eq!(groups("byebug"), "development test");
        assert_eq!(groups("rerun"), "development");
        assert_eq!(groups("a"), "test ci");
    }

    #[test]
    fn what_a_lock_file_brings() {
        let lock = "GEM\n  specs:\n    pg (1.5.6)\n    redis (5.0)\n      redis-client (>= 0.9)\n    redis-client (0.22)\n\nDEPENDENCIES\n  pg (~> 1.5)\n  redis\n\nBUNDLED WITH\n   2.5\n";
        assert!(!is_brought(lock, "pg") && !is_brought(lock, "redis") && !is_brought(lock, "x"));
        assert!(is_brought(lock, "redis-client"));
    }
}
