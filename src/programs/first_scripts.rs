//! The scripts that images of databases run when their data is first made: whether those make accounts and databases.

use std::path::{Path, PathBuf};

use super::service_files::ImageTree;
use crate::source::{Kind, SourceMap};

/// Where such images look for scripts.
const DIRECTORY: &str = "/docker-entrypoint-initdb.d";
/// Longer scripts are dumps, which are not looked through.
const MAX_SCRIPT: u64 = 2 << 20;
/// Nor are more of them.
const MAX_SCRIPTS: usize = 100;

/// What the scripts do, of a container in which every one of them is seen.
#[derive(Clone, Debug, Default)]
pub struct FirstScripts {
    /// The files and directories of the container that they are.
    pub targets: Vec<PathBuf>,
    /// Whether some make or change users, roles or passwords.
    pub accounts: bool,
    /// Whether some make databases.
    pub databases: bool,
}

/// The scripts of a container; `None` where there are none, or where what they do cannot be told.
#[must_use]
pub fn of(sources: &SourceMap, files: &ImageTree) -> Option<FirstScripts> {
    let mut found = FirstScripts::default();
    let mut left = MAX_SCRIPTS;
    for layer in files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY)) {
        let paths = match layer.directory {
            // What is left out of a build is not worth a look here.
            true if layer.outside || layer.context.is_some() => return None,
            true => sources.files().list(&layer.host).iter().map(|name| layer.host.join(name)).collect(),
            false => vec![layer.host.clone()],
        };
        for path in paths {
            left = left.checked_sub(1)?;
            found.script(sources, &path)?;
        }
        found.targets.push(layer.target.clone());
    }
    (!found.targets.is_empty()).then_some(found)
}

impl FirstScripts {
    fn script(&mut self, sources: &SourceMap, path: &Path) -> Option<()> {
        let name = path.file_name()?.to_str()?;
        // Images run scripts and read SQL; they pass over everything else.
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("sql") => {}
            Some("md" | "txt" | "gitkeep" | "csv") => return Some(()),
            _ if sources.files().kind(path) != Some(Kind::File) => return None,
            _ => return None,
        }
        let peeked = sources.peek(path, MAX_SCRIPT).ok()?;
        // `\i other.sql`, `source other.sql`
        let others =
            |line: &str| line.starts_with("\\i") || line.starts_with("source ") || line.starts_with("\\!");
        if !peeked.text().contains(';') || peeked.text().lines().any(|line| others(line.trim_start())) {
            return None;
        }
        self.sql(peeked.text());
        Some(())
    }

    fn sql(&mut self, text: &str) {
        let text = without_comments(text);
        let mut words =
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
            if is("identified") || is("password") {
                self.accounts = true;
            } else if is("create") || is("alter") {
                let small = |word: &&str| {
                    ["or", "replace", "if", "not", "exists"]
                        .iter()
                        .any(|small| word.eq_ignore_ascii_case(small))
                };
                let rest = words.clone();
                let what = rest.take(6).find(|word| !small(word)).unwrap_or("").to_ascii_lowercase();
                self.accounts |= matches!(what.as_str(), "user" | "role" | "group" | "login");
                self.databases |= is("create") && matches!(what.as_str(), "database" | "schema");
            }
        }
    }
}

/// The text without what is only said: from `--` or `#` to the end of a line, and between `/*` and `*/`. What MySQL reads all
/// the same (`/*! … */`) stays.
fn without_comments(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let mut rest = line;
        loop {
            if inside {
                let Some(end) = rest.find("*/") else { break };
                rest = rest.get(end + 2..).unwrap_or("");
                inside = false;
            }
            let dashes =
                rest.find("--").into_iter().chain(rest.trim_start().starts_with('#').then_some(0)).min();
            match rest
                .find("/*")
                .filter(|at| !rest[*at..].starts_with("/*!") && dashes.is_none_or(|end| *at < end))
            {
                Some(start) => {
                    left.push_str(rest.get(..start).unwrap_or(""));
                    left.push(' ');
                    rest = rest.get(start + 2..).unwrap_or("");
                    inside = true;
                }
                None => {
                    left.push_str(rest.get(..dashes.unwrap_or(rest.len())).unwrap_or(""));
                    break;
                }
            }
        }
        left.push('\n');
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (bool, bool) {
        let mut found = FirstScripts::default();
        found.sql(text);
        (found.accounts, found.databases)
    }

    #[test]
    fn accounts_and_databases() {
        assert_eq!(read("CREATE TABLE users (id int); INSERT INTO users VALUES (1);"), (false, false));
        assert_eq!(read("create table \"user\" (id int);"), (false, false));
        assert_eq!(read("CREATE DATABASE IF NOT EXISTS shop;"), (false, true));
        assert_eq!(read("CREATE ROLE app LOGIN;"), (true, false));
        assert_eq!(read("-- CREATE USER a WITH PASSWORD 'b';\n# identified\nSELECT 1;"), (false, false));
        assert_eq!(read("/* CREATE\nUSER a */ SELECT 1; /*!50003 CREATE USER b */;"), (true, false));
        assert_eq!(read("ALTER DATABASE shop SET search_path TO shop;"), (false, false));
        assert_eq!(read("create or replace user 'a'@'%' identified by 'b';"), (true, false));
    }
}
