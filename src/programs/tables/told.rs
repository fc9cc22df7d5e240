//! What the files of a repository say of how tables are made: any word of it, in code, scripts, notes, compose files and pipelines.

use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, MatchKind};

use super::Tool;
use crate::programs::repository::{self, MAX_BYTES, MAX_FILE, name_of, stands_alone};
use crate::source::SourceMap;

/// Files of whole databases.
const DUMPS: [&str; 6] = ["dump", "bak", "backup", "bacpac", "dacpac", "sqlproj"];
/// What stands on lines by which something is run.
const RUNS: [&str; 16] = [
    "run ",
    "exec ",
    "npm ",
    "yarn ",
    "pnpm ",
    "bun ",
    "make ",
    "just ",
    "task ",
    "cmd",
    "command",
    "entrypoint",
    "python",
    "node ",
    "php ",
    "sh ",
];
/// Scripts of a package that are called without being named, or by everybody.
const CALLED: [&str; 8] = ["start", "dev", "build", "install", "prepare", "setup", "serve", "docker"];

/// What would make the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A script of a `package.json`.
    Script(String),
    /// A script of SQL, from the root of the repository.
    File(PathBuf),
}

/// What is said.
#[derive(Debug)]
pub(super) enum Told {
    /// Something makes them, or may.
    Made,
    /// Nothing does; something would that nothing calls. Whether a note says how the project is started.
    Not { by: Option<By>, described: bool },
}

/// What the files of a repository say of the tables of a tool.
pub(super) fn of(sources: &SourceMap, root: &Path, always: &[String], tool: &Tool) -> Told {
    let words: Vec<&str> = always.iter().chain(&tool.makes).chain(&tool.but).map(String::as_str).collect();
    let making = always.len() + tool.makes.len();
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
    let Ok(automaton) = builder.build(&words) else { return Told::Made };
    let makes = |text: &str| {
        automaton.find_iter(text).any(|found| {
            found.pattern().as_usize() < making && stands_alone(text, found.start(), found.end())
        })
    };
    let Some(files) = repository::files(sources, root) else { return Told::Made };
    let (mut bytes, mut called, mut sql, mut described) = (0, Vec::new(), Vec::new(), false);
    for path in &files {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if DUMPS.contains(&ending) || name_of(path).ends_with(".sql.gz") {
            return Told::Made;
        }
        let Ok(peeked) = sources.peek(path, MAX_FILE) else {
            if ending == "sql" {
                sql.push(path);
            }
            continue;
        };
        let text = peeked.text();
        bytes += text.len();
        described |= path.starts_with(root) && tells_to_start(name_of(path), text);
        match name_of(path) {
            _ if bytes > MAX_BYTES => return Told::Made,
            "package.json" => called.extend(asked_for(text, &makes)),
            _ if ending == "sql" && text.to_ascii_lowercase().contains("create table") => sql.push(path),
            _ if makes(text) || runs_migrations(ending, text) => return Told::Made,
            _ => {}
        }
    }
    if called.iter().any(|name| is_called_by_itself(name)) {
        return Told::Made;
    }
    let says = |asks: &dyn Fn(&str) -> bool| {
        files.iter().filter(|path| path.extension().is_none_or(|ending| ending != "sql")).any(|path| {
            let own = name_of(path) == "package.json";
            sources.peek(path, MAX_FILE).is_ok_and(|peeked| match own {
                // The name of a script is no call of it.
                true => scripts(peeked.text()).iter().any(|(_, body)| asks(body)),
                false => asks(peeked.text()),
            })
        })
    };
    if called.iter().any(|name| says(&|text| calls(text, name)))
        || sql.iter().any(|path| says(&|text| is_named(text, root, path)))
    {
        return Told::Made;
    }
    let script = called.into_iter().next().map(By::Script);
    let file = || Some(By::File(sql.first()?.strip_prefix(root).ok()?.to_path_buf()));
    Told::Not { by: script.or_else(file), described }
}

/// Whether a text names a file, or the folder that it lies in.
fn is_named(text: &str, root: &Path, path: &Path) -> bool {
    let folder = path.parent().filter(|folder| *folder != root).map(name_of);
    text.contains(name_of(path)) || folder.is_some_and(|folder| text.contains(&format!("{folder}/")))
}

/// Whether a note says how the project is started.
fn tells_to_start(name: &str, text: &str) -> bool {
    let note = name.to_ascii_lowercase().starts_with("readme");
    note && ["docker compose", "docker-compose"].iter().any(|word| text.contains(word))
}

/// Whether a note, a script or a compose file runs something that is called after migrations.
fn runs_migrations(ending: &str, text: &str) -> bool {
    const CODE: [&str; 18] = [
        "py", "js", "ts", "mjs", "cjs", "mts", "cts", "jsx", "tsx", "go", "rb", "php", "java", "kt", "cs",
        "rs", "ex", "json",
    ];
    if CODE.contains(&ending) {
        return false;
    }
    text.lines().any(|line| {
        let line = line.trim().to_ascii_lowercase();
        let line = line.trim_start_matches(['-', '$', '`', '"', '\'', ' ']);
        let copied = line.starts_with("copy ") || line.starts_with("add ");
        line.contains("migrat")
            && !copied
            && (RUNS.iter().any(|word| line.contains(word))
                || line.starts_with("./")
                || line.starts_with("migrat") && line.contains(':'))
    })
}

/// The scripts of a `package.json`, by their names.
fn scripts(text: &str) -> Vec<(String, String)> {
    let read: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let scripts = read.get("scripts").and_then(|scripts| scripts.as_object());
    scripts
        .into_iter()
        .flatten()
        .filter_map(|(name, body)| Some((name.clone(), body.as_str()?.to_string())))
        .collect()
}

/// The names of those that make tables, or are called after that.
fn asked_for(text: &str, makes: &dyn Fn(&str) -> bool) -> Vec<String> {
    // What makes a migration, or takes one back, is no way to tables.
    const OTHERS: [&str; 6] = ["generate", "revert", "rollback", "undo", "create", "down"];
    let asked = |(name, body): &(String, String)| {
        (makes(body) || name.contains("migrat")) && !OTHERS.iter().any(|word| name.contains(word))
    };
    scripts(text).into_iter().filter(asked).map(|(name, _)| name).collect()
}

fn is_called_by_itself(name: &str) -> bool {
    let bare = name.strip_prefix("pre").or_else(|| name.strip_prefix("post")).unwrap_or(name);
    CALLED.iter().any(|called| bare == *called || bare.starts_with(&format!("{called}:")))
}

/// Whether a text calls a script of a package.
fn calls(text: &str, name: &str) -> bool {
    const BY: [&str; 12] = [
        "run ",
        "yarn ",
        "pnpm ",
        "bun ",
        "npm ",
        "-s ",
        "run-s ",
        "run-p ",
        "\"run\", \"",
        "\"yarn\", \"",
        "\"pnpm\", \"",
        "turbo ",
    ];
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        stands_alone(text, at, at + name.len()) && BY.iter().any(|by| before.ends_with(by))
            || name.contains(':') && stands_alone(text, at, at + name.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn told(files: &[(&'static str, &'static str)]) -> Told {
        let all = files.iter().map(|(path, text)| (Path::new("/p").join(path), *text));
        let sources = SourceMap::new(Memory::new(all));
        let table = super::super::table();
        let tool = table.tools.iter().find(|tool| tool.name == "Prisma").unwrap();
        of(&sources, Path::new("/p"), &table.always, tool)
    }

    const CODE: (&str, &str) = ("src/db.ts", "export const db = new PrismaClient()");
    const MADE: (&str, &str) = ("prisma/migrations/1/migration.sql", "CREATE TABLE a (id int)");

    #[test]
    fn nothing_makes_them() {
        assert!(matches!(told(&[CODE, MADE]), Told::Not { by: None, .. }));
        let tests = ("tests/setup.ts", "execSync('npx prisma migrate deploy')");
        assert!(matches!(told(&[CODE, MADE, tests]), Told::Not { by: None, .. }));
        let copied = ("Dockerfile", "COPY prisma/migrations ./prisma/migrations\nRUN npx prisma generate");
        assert!(matches!(told(&[CODE, MADE, copied]), Told::Not { by: None, .. }));
        let uncalled =
            ("package.json", r#"{"scripts": {"db:deploy": "prisma migrate deploy", "start": "node ."}}"#);
        assert!(
            matches!(told(&[CODE, uncalled]), Told::Not { by: Some(By::Script(name)), .. } if name == "db:deploy")
        );
        let loose = ("db/tables.sql", "create table a (id int)");
        assert!(
            matches!(told(&[CODE, loose]), Told::Not { by: Some(By::File(path)), .. } if path == Path::new("db/tables.sql"))
        );
    }

    #[test]
    fn words_of_variables() {
        assert!(stands_alone("SPRING_JPA_HIBERNATE_DDL_AUTO: update", 21, 29));
        assert!(!stands_alone("immigrated", 3, 10) && stands_alone("db.migrate()", 3, 10));
    }

    #[test]
    fn something_may() {
        for (path, text) in [
            ("start.sh", "npx prisma migrate deploy && node ."),
            ("README.md", "Then `npx prisma db push`."),
            ("README.md", "docker compose exec api npm run migrate"),
            ("Makefile", "db:\n\tnpx prisma migrate dev"),
            ("compose.yaml", "services:\n  migrations:\n    build: .\n"),
            (".github/workflows/ci.yml", "- run: npx prisma migrate deploy"),
            ("src/boot.ts", "await db.$executeRawUnsafe(`CREATE TABLE IF NOT EXISTS a (id int)`)"),
            ("package.json", r#"{"scripts": {"prestart": "prisma migrate deploy"}}"#),
            ("package.json", r#"{"scripts": {"up": "prisma migrate deploy", "go": "npm run up && node ."}}"#),
            ("backup/all.dump", "x"),
            ("compose.yaml", "services: {api: {environment: {RUN_DB_PUSH: npx prisma db push}}}"),
        ] {
            assert!(matches!(told(&[CODE, MADE, (path, text)]), Told::Made), "{path}: {text}");
        }
        let loose = ("db/tables.sql", "create table a (id int)");
        assert!(matches!(told(&[CODE, loose, ("README.md", "import tables.sql")]), Told::Made));
    }
}
