//! What the scripts make that a database's image runs when its data is first made.

use std::path::{Path, PathBuf};

use super::dockerfile::Layer;
use crate::source::{Files, Kind};

/// Where the images of databases look for such scripts.
const FOLDERS: &[&str] = &["/docker-entrypoint-initdb.d", "/docker-entrypoint-startdb.d"];
/// Larger scripts are not read.
const MAX_SCRIPT: u64 = 4_000_000;
/// Nor are more than this.
const MAX_SCRIPTS: usize = 100;

/// Statements that make an account, or give one another password.
const USERS: &[&str] = &[
    "CREATE USER",
    "CREATE ROLE",
    "CREATE LOGIN",
    "ALTER USER",
    "ALTER ROLE",
    "RENAME USER",
    "IDENTIFIED ",
    "SET PASSWORD",
    "MYSQL.USER",
    "MYSQL`.`USER",
];
/// Statements that make a database, or go over to another.
const DATABASES: &[&str] = &["CREATE DATABASE", "CREATE SCHEMA", "\\CONNECT", "\\C ", "USE "];

/// Some of these stand in every script that does anything.
const ANY: &[&str] = &["CREATE ", "INSERT ", "ALTER ", "GRANT ", "SELECT ", "UPDATE ", "COPY "];
/// With these other scripts are run.
const OTHERS: &[&str] = &["\\I ", "\\IR ", "SOURCE "];

/// What is known of the scripts of the first start.
#[derive(Clone, Debug, Default)]
pub struct FirstStart {
    /// Whether some may make accounts.
    pub makes_users: bool,
    /// Whether some may make databases.
    pub makes_databases: bool,
    /// The places of the container whose scripts were read.
    read: Vec<PathBuf>,
}

impl FirstStart {
    /// Reads the scripts among the files that lie in a container.
    #[must_use]
    pub fn of(files: &dyn Files, layers: &[Layer]) -> Self {
        let mut known = Self::default();
        let within = |layer: &&Layer| FOLDERS.iter().any(|folder| layer.target.starts_with(folder));
        for layer in layers.iter().filter(within) {
            let scripts = match files.kind(&layer.host) {
                Some(Kind::File) => vec![layer.host.clone()],
                // The image runs what lies in the folder itself.
                Some(Kind::Directory) if !layer.outside => {
                    files.list(&layer.host).iter().map(|name| layer.host.join(name)).collect()
                }
                _ => continue,
            };
            if scripts.len() > MAX_SCRIPTS {
                continue;
            }
            known.read.push(layer.target.clone());
            for script in scripts.iter().filter(|script| files.kind(script) == Some(Kind::File)) {
                known.take(files, script);
            }
        }
        known
    }

    /// Whether all that lies at this place of the container was read.
    #[must_use]
    pub fn has_read(&self, target: &Path) -> bool {
        self.read.iter().any(|read| read == target)
    }

    fn take(&mut self, files: &dyn Files, script: &Path) {
        let statements = script.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("sql"));
        let bytes = statements.then(|| files.read(script, MAX_SCRIPT).ok()).flatten();
        let text =
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).to_ascii_uppercase()).unwrap_or_default();
        let has = |statements: &[&str]| statements.iter().any(|statement| text.contains(statement));
        // What is no script of statements may do anything; one without any is to be filled.
        let unknown = !has(ANY) || has(OTHERS);
        self.makes_users |= unknown || has(USERS);
        self.makes_databases |= unknown || has(DATABASES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Span};

    fn made(files: &[(&'static str, &'static str)], folder: bool) -> FirstStart {
        let memory = Memory::new(files.iter().map(|(path, text)| (*path, *text)));
        let (target, host) = match folder {
            true => ("/docker-entrypoint-initdb.d", "/p/db"),
            false => ("/docker-entrypoint-initdb.d/a.sql", "/p/db/a.sql"),
        };
        let layer = Layer::mount(target.into(), host.into(), folder, Span::NONE);
        FirstStart::of(&memory, &[layer])
    }

    #[test]
    fn tables_make_neither_users_nor_databases() {
        let first = made(&[("/p/db/a.sql", "create table t (id int);")], false);
        assert!(first.has_read(Path::new("/docker-entrypoint-initdb.d/a.sql")));
        assert!(!first.makes_users && !first.makes_databases);
    }

    #[test]
    fn statements_are_told_apart() {
        let first = made(&[("/p/db/a.sql", "Create Database x;\nGRANT ALL ON x.* TO 'u'@'%';")], true);
        assert!(!first.makes_users && first.makes_databases);
        let first = made(&[("/p/db/a.sql", "create user u identified by 'p';")], true);
        assert!(first.makes_users && !first.makes_databases);
    }

    #[test]
    fn other_scripts_may_do_anything() {
        let first = made(&[("/p/db/a.sh", "psql"), ("/p/db/b.sql", "select 1;")], true);
        assert!(first.makes_users && first.makes_databases);
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        assert!(!made(&[], true).has_read(Path::new("/docker-entrypoint-initdb.d")));
    }
}
