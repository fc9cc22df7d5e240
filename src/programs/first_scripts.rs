//! The scripts that images of databases run when their data is first made: whether those make accounts and databases.

use std::path::{Path, PathBuf};

use super::javascript::mongo_users::{self, Made};
use super::service_files::ImageTree;
use crate::source::{Kind, SourceMap, Span, Spanned};

/// Where such images look for scripts.
pub(super) const DIRECTORY: &str = "/docker-entrypoint-initdb.d";
/// Longer scripts are dumps, which are not looked through.
const MAX_SCRIPT: u64 = 2 << 20;
/// More databases and accounts are not remembered by name.
const MAX_NAMES: usize = 200;
/// Nor are more of them.
const MAX_SCRIPTS: usize = 100;

/// What the scripts do, of a container in which every one of them is seen.
#[derive(Clone, Debug, Default)]
pub struct FirstScripts {
    /// The files and directories of the container that they are.
    pub targets: Vec<PathBuf>,
    /// The users and roles that some make or change.
    pub accounts: Vec<String>,
    /// Whether some make or change users whose names are not seen.
    pub unnamed: bool,
    /// The passwords that they give to users whom they make, where those are written out.
    pub passwords: Vec<(String, Spanned<String>)>,
    /// The databases that some make.
    pub databases: Vec<String>,
    /// Whether some make databases under names that are not seen.
    pub open: bool,
}

/// The scripts of a container; `None` where there are none, or where what they do cannot be told.
#[must_use]
pub fn of(sources: &SourceMap, files: &ImageTree) -> Option<FirstScripts> {
    let mut found = FirstScripts::default();
    let mut left = MAX_SCRIPTS;
    for layer in files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY)) {
        let paths = match layer.directory {
            true if layer.outside => return None,
            true => {
                let all = sources.files().list(&layer.host);
                let all = all.iter().map(|name| layer.host.join(name));
                all.filter(|path| !layer.leaves_out(path)).collect()
            }
            false => vec![layer.host.clone()],
        };
        for path in paths {
            left = left.checked_sub(1)?;
            let before = found.passwords.len();
            found.script(sources, &path)?;
            let new = found.passwords.iter_mut().skip(before);
            for (name, password) in new.filter(|(_, password)| password.span.is_none()) {
                password.span = written(sources, &path, name, &password.value).unwrap_or(Span::NONE);
            }
        }
        found.targets.push(layer.target.clone());
    }
    (!found.targets.is_empty()).then_some(found)
}

impl FirstScripts {
    /// Whether they may make the database of this name.
    #[must_use]
    pub fn may_make(&self, database: &str) -> bool {
        self.open || self.databases.iter().any(|made| made.eq_ignore_ascii_case(database))
    }

    /// Whether they may make the account of this name, or change its password.
    #[must_use]
    pub fn may_touch(&self, account: &str) -> bool {
        let said = self.open && !self.accounts.is_empty();
        self.unnamed || said || self.accounts.iter().any(|made| made.eq_ignore_ascii_case(account))
    }

    /// The password with which they make the account of this name; nothing where it may have another in the end.
    #[must_use]
    pub fn password_of(&self, account: &str) -> Option<&Spanned<String>> {
        let once = self.accounts.iter().filter(|made| made.eq_ignore_ascii_case(account)).count() == 1;
        let mut known = self.passwords.iter().filter(|(made, _)| made.eq_ignore_ascii_case(account));
        known.next().filter(|_| once && !self.unnamed && !self.open).map(|(_, password)| password)
    }

    fn script(&mut self, sources: &SourceMap, path: &Path) -> Option<()> {
        let name = path.file_name()?.to_str()?;
        // Images run scripts and read SQL; they pass over everything else.
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("sql") => {}
            Some("sh" | "js") => return self.program(sources, path),
            Some("md" | "txt" | "gitkeep" | "csv" | "yml" | "yaml" | "dockerignore") => return Some(()),
            None if name == "Dockerfile" => return Some(()),
            // Folders are passed over, too; only some images look into them.
            _ if sources.files().kind(path) == Some(Kind::Directory) => {
                let runs = |name: &String| {
                    [".sql", ".sh", ".js", ".gz", ".xz", ".zst"].iter().any(|end| name.ends_with(end))
                };
                let files = sources.files();
                let deep = |name: &String| files.kind(&path.join(name)) == Some(Kind::Directory);
                let within = files.list(path);
                return (!within.iter().any(|name| runs(name) || deep(name))).then_some(());
            }
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

    /// A script of the shell's or of MongoDB's: only where it makes neither accounts nor databases is it known what it does.
    fn program(&mut self, sources: &SourceMap, path: &Path) -> Option<()> {
        const SHELL: &[&str] = &[
            "user",
            "role",
            "passw",
            "grant",
            "identified",
            "database",
            "createdb",
            "curl",
            "wget",
            "python",
            "source ",
            "restore",
            ".sql",
            ".dump",
            ".gz",
            "cp ",
        ];
        const MONGO: &[&str] =
            &["updateuser", "userpassword", "createrole", "grantroles", "command(", "load(", "require("];
        let makes = if super::has_extension(path, &["js"]) { MONGO } else { SHELL };
        let peeked = sources.peek(path, MAX_SCRIPT).ok()?;
        let shell = super::has_extension(path, &["sh"]).then(|| handed(peeked.text()));
        let users = match super::has_extension(path, &["js"]) {
            true => Some(mongo_users::of(path, peeked.text())?),
            false => None,
        };
        let rest = match (&shell, &users) {
            (Some((rest, statements)), _) => {
                statements.iter().for_each(|text| self.told(text));
                rest.as_str()
            }
            (None, Some((users, rest))) => {
                for user in users {
                    self.user(sources, path, user)?;
                }
                rest.as_str()
            }
            (None, None) => peeked.text(),
        };
        // These are the account that the image makes itself, by which scripts log in.
        let text = rest.to_ascii_lowercase();
        let own = ["--username", "postgres_user", "postgres_password", "mysql_root_password", "-u root"];
        let text = own.iter().fold(text, |text, word| text.replace(word, ""));
        (!makes.iter().any(|word| text.contains(word))).then_some(())
    }

    /// A user whom a script of MongoDB's makes.
    fn user(&mut self, sources: &SourceMap, path: &Path, user: &Made) -> Option<()> {
        let Some(name) = &user.name else {
            self.unnamed = true;
            return Some(());
        };
        self.accounts.push(name.clone());
        if let Some(at) = user.password.clone() {
            let file = sources.load(path).ok()?;
            let value = file.text.get(at.clone())?.to_string();
            self.passwords.push((name.clone(), Spanned::new(value, file.slice(at.start, at.end))));
        }
        Some(())
    }

    /// SQL in which a shell puts the values of variables.
    fn told(&mut self, text: &str) {
        if !text.contains(['$', '`']) {
            return self.sql(text);
        }
        for statement in text.split_inclusive(';') {
            let lower = statement.to_ascii_lowercase();
            if !statement.contains(['$', '`']) {
                self.sql(statement);
            } else if ["database", "schema", "\\c"].iter().any(|word| lower.contains(word)) {
                self.open = true;
                self.unnamed = true;
            } else {
                self.unnamed = true;
            }
        }
    }

    fn sql(&mut self, text: &str) {
        let text = without_comments(text);
        for statement in text.split(';') {
            self.statement(statement);
        }
        // `EXECUTE format('CREATE DATABASE %I', …)`
        self.open |= self.databases.len() > MAX_NAMES || text.contains("%I") || text.contains("||");
        self.unnamed |= self.accounts.len() > MAX_NAMES;
    }

    fn statement(&mut self, statement: &str) {
        let mut words = statement
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .filter(|word| !word.is_empty())
            .peekable();
        let is = |word: &str, wanted: &[&str]| wanted.iter().any(|known| word.eq_ignore_ascii_case(known));
        // `SET PASSWORD FOR …`
        let mut start = words.clone();
        self.unnamed |= start.next().is_some_and(|word| is(word, &["set"]))
            && start.next().is_some_and(|word| is(word, &["password"]));
        let before = self.accounts.len();
        while let Some(word) = words.next() {
            if is(word, &["mysql"]) {
                // `UPDATE mysql.user SET …`
                self.unnamed |= words.peek().is_some_and(|next| is(next, &["user"]));
            } else if is(word, &["identified"]) {
                self.unnamed |= self.accounts.len() == before;
            } else if is(word, &["create", "alter"]) {
                const SMALL: [&str; 5] = ["or", "replace", "if", "not", "exists"];
                let mut rest = words.clone().take(12).filter(|word| !is(word, &SMALL));
                let what = rest.next().unwrap_or("").to_ascii_lowercase();
                let name = rest.next().map(str::to_string);
                match (what.as_str(), name) {
                    ("user" | "role" | "group" | "login", Some(name)) => {
                        let password = password_in(statement).filter(|_| is(word, &["create"]));
                        self.passwords
                            .extend(password.map(|it| (name.clone(), Spanned::new(it, Span::NONE))));
                        self.accounts.push(name);
                    }
                    ("user" | "role" | "group" | "login", None) => self.unnamed = true,
                    ("database" | "schema", name) if is(word, &["create"]) => match name {
                        Some(name) => self.databases.push(name),
                        None => self.open = true,
                    },
                    _ => {}
                }
            }
        }
    }
}

/// Where a script writes the password of an account: behind its name.
fn written(sources: &SourceMap, path: &Path, name: &str, password: &str) -> Option<Span> {
    let file = sources.load(path).ok()?;
    let quoted = format!("'{password}'");
    let mut next = 0;
    file.text.split_inclusive('\n').find_map(|line| {
        let start = next;
        next += line.len();
        let at = line.find(name)?;
        let at = at + line.get(at..)?.find(&quoted)? + 1;
        Some(file.slice(start + at, start + at + password.len()))
    })
}

/// What a script of the shell's hands to the client of a database, in here-documents and behind `-c` or `-e`, and the script
/// without that and without what it only says.
fn handed(text: &str) -> (String, Vec<String>) {
    const CLIENTS: [&str; 3] = ["psql", "mysql", "mariadb"];
    let (mut rest, mut statements) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let plain = line.trim_start();
        if plain.starts_with(['#']) || plain.starts_with("echo ") && !plain.contains('|') {
            continue;
        }
        let called = CLIENTS.iter().any(|client| {
            plain.split_whitespace().take(4).any(|word| word.rsplit('/').next() == Some(client))
        });
        let document = line.split_once("<<").filter(|(_, end)| called && !end.starts_with('<'));
        if let Some((before, end)) = document {
            let end = end.trim_start_matches('-').trim();
            let end = end.split_whitespace().next().unwrap_or("").trim_matches(['"', '\'']);
            let body: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != end).collect();
            statements.push(body.join("\n"));
            rest.push_str(&without_options(before));
        } else if let Some((before, said)) = called.then(|| quoted(line)).flatten() {
            statements.push(format!("{said};"));
            rest.push_str(&without_options(before));
        } else {
            rest.push_str(line);
        }
        rest.push('\n');
    }
    (rest, statements)
}

/// The call of a client without its options, which say who logs in.
fn without_options(call: &str) -> String {
    let plain: Vec<&str> = call.split_whitespace().filter(|word| !word.starts_with('-')).collect();
    plain.join(" ")
}

/// What is quoted behind `-c` or `-e` at the end of a line, and what stands before that.
fn quoted(line: &str) -> Option<(&str, &str)> {
    let option = [" -c ", " -e ", " --command=", " --execute=", " --command ", " --execute "].iter();
    let at = option.filter_map(|option| Some((line.find(option)?, option.len()))).min()?;
    let (before, said) = (line.get(..at.0)?, line.get(at.0 + at.1..)?.trim());
    let quote = said.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let said = said
        .get(1..)?
        .strip_suffix(quote)
        .or_else(|| said.get(1..)?.strip_suffix(';')?.strip_suffix(quote))?;
    (!said.contains(quote)).then_some((before, said))
}

/// The password that a statement gives, as it is written: `WITH PASSWORD 'secret'`, `IDENTIFIED BY 'secret'`.
fn password_in(statement: &str) -> Option<String> {
    let lower = statement.to_ascii_lowercase();
    let mut found = ["password", "identified by"].iter().filter_map(|word| {
        let rest = statement.get(lower.find(word)? + word.len()..)?.trim_start();
        let (password, _) = rest.strip_prefix('\'')?.split_once('\'')?;
        Some(password.to_string())
    });
    found.next().filter(|password| !password.is_empty() && !password.contains([':', '$', '%', '{']))
}

/// The text without what is only said: from `--` or `#` to the end of a line, and between `/*` and `*/`. What MySQL reads all
/// the same (`/*! … */`) stays.
pub(super) fn without_comments(text: &str) -> String {
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
        (found.unnamed || !found.accounts.is_empty(), !found.databases.is_empty())
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
        assert_eq!(read("CREATE TABLE clients (password VARCHAR(200) NOT NULL);"), (false, false));
        assert_eq!(read("UPDATE clients SET password = 'x';"), (false, false));
        assert_eq!(read("SELECT 1;\nSET PASSWORD FOR 'root'@'%' = 'x';"), (true, false));
        assert_eq!(read("INSERT INTO mysql.user VALUES (1);"), (true, false));
    }

    #[test]
    fn names_of_databases() {
        let mut found = FirstScripts::default();
        found.sql("CREATE DATABASE IF NOT EXISTS `shop-orders`; create database \"Users\" owner x;");
        assert!(found.may_make("shop-orders") && found.may_make("users") && !found.may_make("carts"));
        found.sql("DO $$ BEGIN EXECUTE format('CREATE DATABASE %I', name); END $$;");
        assert!(found.may_make("carts"));
    }

    #[test]
    fn passwords_of_accounts() {
        let mut found = FirstScripts::default();
        found.sql(
            "CREATE USER leo WITH PASSWORD 'x1'; create user 'ann'@'%' identified by 'y'; CREATE ROLE bob;",
        );
        assert_eq!(found.password_of("leo").map(|it| it.value.as_str()), Some("x1"));
        assert_eq!(
            (found.password_of("ann").map(|it| it.value.as_str()), found.password_of("bob")),
            (Some("y"), None)
        );
        found.sql("ALTER USER leo WITH PASSWORD 'z';");
        assert_eq!(found.password_of("leo"), None);
    }

    #[test]
    fn names_of_accounts() {
        let mut found = FirstScripts::default();
        found.sql("CREATE USER leo WITH PASSWORD 'x'; GRANT ALL ON shop.* TO leo;");
        assert!(found.may_touch("leo") && !found.may_touch("postgres"));
        found.sql("GRANT ALL ON shop.* TO 'root'@'%' IDENTIFIED BY 'x';");
        assert!(found.may_touch("root"));
    }
}
