//! `--fix` and `--diff` as a user meets them: the bytes they leave, and what they refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use dockworthy::compose::LoadOptions;
use dockworthy::config::Settings;
use dockworthy::repair::{Job, Repaired, repair};
use dockworthy::source::{Disk, Files, WriteError};

/// A project on the disk.
struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn read(&self, path: &str) -> String {
        String::from_utf8(std::fs::read(self.path().join(path)).unwrap()).unwrap()
    }

    /// All files and what they hold.
    fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let walk = Disk.walk(&self.path(), |_| true).files;
        walk.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_in(".", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
        let folder = self.path().join(folder);
        command.args(arguments).current_dir(folder).env_clear().env("LANG", "C.UTF-8");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// Runs a program on a text.
    fn feed(&self, program: &str, arguments: &[&str], text: &str) {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{program} refuses\n{text}");
    }
}

const FIX: [&str; 5] = ["--fix", "--format", "concise", "--fail-on", "never"];
const ALL: [&str; 6] = ["--fix", "--unsafe-fixes", "--format", "concise", "--fail-on", "never"];

/// A client of a database with a healthcheck; `depends_on` of the client goes where `{}` stands.
const WAITS: &str = "services:\n  api:\n    image: example/api:1.0.0\n{}  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: app\n      POSTGRES_PASSWORD: secret\n    healthcheck:\n      test: [\"CMD-SHELL\", \"pg_isready -U $POSTGRES_USER\"]\n";

/// What is left of `before` with all fixes made, also where a diff of it is applied. It must not matter how often
/// fixes are made, and only `compose.yaml` may change.
#[track_caller]
fn fixed(before: &str) -> String {
    let tree = Tree::new(&[("compose.yaml", before)]);
    let (code, diff, err) = tree.run(&["--diff", "--unsafe-fixes"]);
    assert_eq!(tree.read("compose.yaml"), before, "a diff changes nothing");
    let (_, out, said) = tree.run(&ALL);
    let after = tree.read("compose.yaml");
    assert_eq!(code, i32::from(after != before), "{err}{out}{said}");
    assert_eq!(diff.is_empty(), after == before);
    assert_eq!(tree.all().len(), 1, "nothing lies about");
    let (_, _, again) = tree.run(&ALL);
    assert_eq!(tree.read("compose.yaml"), after, "{again}");
    if after != before {
        for (program, arguments) in
            [("patch", &["-p0", "-s", "--binary"][..]), ("git", &["apply", "-p0", "--whitespace=nowarn"])]
        {
            let other = Tree::new(&[("compose.yaml", before)]);
            other.feed(program, arguments, &diff);
            assert_eq!(other.read("compose.yaml"), after, "{program}\n{diff}");
        }
    }
    after
}

#[track_caller]
fn check(before: &str, after: &str) {
    assert_eq!(fixed(before), after);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(fixed(&crlf(before)), crlf(after), "with the line ends of another system");
    let bare = |text: &str| text.strip_suffix('\n').unwrap_or(text).to_string();
    assert_eq!(fixed(&bare(before)), bare(after), "without a last line end");
    let marked = |text: &str| format!("\u{feff}{text}");
    assert_eq!(fixed(&marked(before)), marked(after), "with a byte order mark");
}

fn waits(depends_on: &str) -> String {
    WAITS.replace("{}", depends_on)
}

fn escaped(text: &str) -> String {
    text.replace("-U $POSTGRES", "-U $$POSTGRES")
}

#[test]
fn lists_become_mappings() {
    let after = "    depends_on:\n      db:\n        condition: service_healthy\n";
    check(&waits("    depends_on:\n      - db\n"), &escaped(&waits(after)));
    check(&waits("    depends_on: [db]\n"), &escaped(&waits(after)));
    check(&waits("    depends_on: [ \"db\" ]\n"), &escaped(&waits(after)));
    check(
        &waits("    depends_on:\n    - db # first\t!\n"),
        &escaped(&waits("    depends_on:\n      db: # first\t!\n        condition: service_healthy\n")),
    );
    check(
        &waits("    depends_on: {db: {condition: service_started, restart: true}}\n"),
        &escaped(&waits("    depends_on: {db: {condition: service_healthy, restart: true}}\n")),
    );
    // Where brackets and comments mix, it is left to a person.
    let mixed = "    depends_on: [ # why\n      db\n    ]\n";
    check(&waits(mixed), &escaped(&waits(mixed)));
}

#[test]
fn what_others_share_is_declined() {
    let anchored = "x-waits: &waits\n  depends_on: [db]\n";
    let merged = format!("{anchored}{}", waits("    <<: *waits\n"));
    check(&merged, &escaped(&merged));
    // A service of `extends` would change with the other one.
    let extended = waits("    depends_on: [db]\n  worker:\n    extends: api\n");
    let after = waits(
        "    depends_on:\n      db:\n        condition: service_healthy\n  worker:\n    extends: api\n",
    );
    check(&extended, &escaped(&after));
    // The one has the variable, the other has not.
    let shared = "x-check: &check\n  test: [\"CMD-SHELL\", \"pg_isready -U $POSTGRES_USER\"]\nservices:\n  a:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: secret, POSTGRES_USER: app}\n    healthcheck: *check\n  b:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: secret}\n    healthcheck: *check\n";
    check(shared, shared);
    let both = shared.replace("{POSTGRES_PASSWORD: secret}", "{POSTGRES_PASSWORD: secret, POSTGRES_USER: b}");
    check(&both, &escaped(&both));
}

#[test]
fn a_command_without_a_shell_expands_nothing() {
    let text = "services:\n  db:\n    image: postgres:16\n    environment: {POSTGRES_PASSWORD: secret, POSTGRES_USER: app}\n    healthcheck:\n      test: [\"CMD\", \"pg_isready\", \"-U\", \"$POSTGRES_USER\"]\n";
    check(text, text);
}

#[test]
fn references_are_escaped_in_every_style() {
    let file = |test: &str| {
        format!(
            "services:\n  db:\n    image: postgres:16\n    environment:\n    - POSTGRES_USER=app\n    - POSTGRES_PASSWORD=secret\n    healthcheck:\n      test: {test}\n      interval: 5s\n"
        )
    };
    for (before, after) in [
        ("pg_isready -U $POSTGRES_USER", "pg_isready -U $$POSTGRES_USER"),
        ("'pg_isready -U ${POSTGRES_USER}'\t# why", "'pg_isready -U $${POSTGRES_USER}'\t# why"),
        (
            "\"pg_isready \\\n        -U ${POSTGRES_USER:-x}\"",
            "\"pg_isready \\\n        -U $${POSTGRES_USER:-x}\"",
        ),
        (
            "|\n        test -n $POSTGRES_USER\n        pg_isready -U $$POSTGRES_USERS \"$POSTGRES_USER\"",
            "|\n        test -n $$POSTGRES_USER\n        pg_isready -U $$POSTGRES_USERS \"$$POSTGRES_USER\"",
        ),
        (
            ">-\n        pg_isready\n        -U $POSTGRES_USER",
            ">-\n        pg_isready\n        -U $$POSTGRES_USER",
        ),
        ("[CMD-SHELL, pg_isready -U $POSTGRES_USER]", "[CMD-SHELL, pg_isready -U $$POSTGRES_USER]"),
        (
            "[\"CMD\", \"sh\", \"-c\", \"pg_isready -U $POSTGRES_USER\"]",
            "[\"CMD\", \"sh\", \"-c\", \"pg_isready -U $$POSTGRES_USER\"]",
        ),
    ] {
        check(&file(before), &file(after));
    }
}

#[test]
fn addresses_are_changed_where_they_are_written() {
    let file = |api: &str| {
        format!(
            "services:\n  api:\n    image: example/api:1.0.0\n    restart: always\n    depends_on: {{cache: {{condition: service_healthy}}}}\n    environment:\n{api}  cache:\n    image: redis:7\n    healthcheck:\n      test: [\"CMD\", \"redis-cli\", \"ping\"]\n"
        )
    };
    for (before, after) in [
        ("      REDIS_URL: redis://localhost:6379/0\n", "      REDIS_URL: redis://cache:6379/0\n"),
        (
            "      REDIS_URL: \"redis://127.0.0.1:6379/0\" # here\n",
            "      REDIS_URL: \"redis://cache:6379/0\" # here\n",
        ),
        ("      - REDIS_URL=redis://localhost:6379/0\n", "      - REDIS_URL=redis://cache:6379/0\n"),
        (
            "      - 'REDIS_URL=redis://:${PASS:-p}@localhost/0'\n",
            "      - 'REDIS_URL=redis://:${PASS:-p}@cache/0'\n",
        ),
        (
            "      REDIS_URL: redis://${REDIS_HOST:-localhost}:6379\n",
            "      REDIS_URL: redis://${REDIS_HOST:-cache}:6379\n",
        ),
        ("      REDIS_URL: redis://cahce:6379/0\n", "      REDIS_URL: redis://cache:6379/0\n"),
        ("      REDIS_URL: redis://cache:6380/0\n", "      REDIS_URL: redis://cache:6379/0\n"),
        // An escape stands in the way of knowing which bytes are the host.
        (
            "      REDIS_URL: \"redis:\\/\\/localhost:6379/0\"\n",
            "      REDIS_URL: \"redis:\\/\\/localhost:6379/0\"\n",
        ),
    ] {
        check(&file(before), &file(after));
    }
}

#[test]
fn keys_are_renamed_and_taken_out() {
    check(
        "version: \"3.8\" # old\n\nservices:\n  web:\n    image: nginx:1.27\n    prots: ['80:80']\n",
        "services:\n  web:\n    image: nginx:1.27\n    ports: ['80:80']\n",
    );
    check(
        "# top\nversion: '3'\nservices: {web: {image: nginx:1.27, \"prots\": ['80:80']}}\n",
        "# top\nservices: {web: {image: nginx:1.27, \"ports\": ['80:80']}}\n",
    );
    let last = "services:\n  web:\n    image: nginx:1.27\n";
    assert_eq!(fixed(&format!("{last}version: '2'\n")), last);
    assert_eq!(fixed(&format!("{last}version: '2'")), last);
    let flow = "{version: '3', services: {web: {image: 'nginx:1.27'}}}\n";
    check(flow, flow);
    // Two keys of one name: which of them counts is not for us to say.
    let twice = "version: '3'\nversion: '3'\nservices:\n  web:\n    image: nginx:1.27\n";
    let after = fixed(twice);
    assert!(after == twice || after.matches("version").count() < 2, "{after}");
    // Of another kind, it is not what was meant.
    let network = "services:\n  web:\n    image: nginx:1.27\n    network: host\n";
    check(network, network);
}

#[test]
fn unsafe_fixes_are_made_when_asked_for() {
    let before = format!("version: '3'\n{}", waits("    depends_on: [db]\n    prots: ['80:80']\n"));
    let tree = Tree::new(&[("compose.yaml", &before)]);
    let counts = |arguments: &[&str]| tree.run(arguments).2.trim().rsplit_once("); ").unwrap().1.to_string();
    assert_eq!(counts(&["--format", "concise"]), "3 fixable with --fix, 1 more with --unsafe-fixes");
    assert_eq!(counts(&["--format", "concise", "--unsafe-fixes"]), "4 fixable with --fix");
    let (code, out, err) = tree.run(&["--diff"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("--- compose.yaml\n+++ compose.yaml\n@@ -1,"), "{out}");
    assert_eq!(err, "3 findings would be fixed in 1 file, 1 more with --unsafe-fixes\n");
    assert_eq!(tree.read("compose.yaml"), before);
    let (code, out, err) = tree.run(&["--fix", "--format", "concise"]);
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(
        out.contains("unknown-attribute") && err.contains("; 3 fixed, 1 more with --unsafe-fixes"),
        "{err}"
    );
    let (code, _, err) = tree.run(&["--fix", "--unsafe-fixes", "--format", "concise"]);
    assert_eq!(code, 0);
    assert!(err.starts_with("nothing to report") && err.contains("; 1 fixed"), "{err}");
    assert_eq!(tree.run(&["--diff", "--unsafe-fixes"]).0, 0);
    let (_, out, _) = tree.run(&["--fix", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["summary"]["fixed"], 0);
}

#[test]
fn what_is_hidden_or_not_asked_for_is_not_fixed() {
    let tree = Tree::new(&[("compose.yaml", format!("version: '3'\n{}", waits("    depends_on: [db]\n")))]);
    tree.run(&[&FIX[..], &["--select", "obsolete-attribute"]].concat());
    assert_eq!(tree.read("compose.yaml"), waits("    depends_on: [db]\n"));
    tree.run(&[&FIX[..], &["--ignore", "healthcheck-ignored", "--min-confidence", "certain"]].concat());
    assert_eq!(tree.read("compose.yaml"), escaped(&waits("    depends_on: [db]\n")));
}

#[test]
fn a_file_of_several_projects_is_changed_once() {
    let base = format!("version: '3'\n{}", waits("    depends_on: [db]\n"));
    let tree = Tree::new(&[
        ("compose.yaml", base.as_str()),
        ("compose.prod.yaml", "services:\n  api:\n    environment: [A=1]\n"),
        ("one/compose.yaml", "include: [../shared/db.yaml]\nservices:\n  a:\n    image: x\n"),
        ("two/compose.yaml", "include: [../shared/db.yaml]\nservices:\n  b:\n    image: x\n"),
        ("shared/db.yaml", &base),
    ]);
    let (code, out, err) = tree.run(&ALL);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let after = escaped(&waits("    depends_on:\n      db:\n        condition: service_healthy\n"));
    assert_eq!(tree.read("compose.yaml"), after);
    assert_eq!(tree.read("shared/db.yaml"), after);
}

#[test]
fn files_elsewhere_are_left_alone() {
    let base = format!("version: '3'\n{}", waits("    depends_on: [db]\n"));
    let main = "version: '3'\ninclude: [../shared/db.yaml]\nservices:\n  a:\n    image: example/a:1.0.0\n";
    let tree = Tree::new(&[("one/compose.yaml", main), ("shared/db.yaml", &base)]);
    let (code, _, err) = tree.run_in("one", &FIX);
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("error: not fixed: `../shared/db.yaml` lies outside the folders that are checked"),
        "{err}"
    );
    assert_eq!(tree.read("shared/db.yaml"), base);
    assert_eq!(tree.read("one/compose.yaml"), main.replace("version: '3'\n", ""));
    // The project above is the one that Compose would take.
    let above = Tree::new(&[("compose.yaml", base.as_str()), ("src/main.txt", "")]);
    assert_eq!(above.run_in("src", &FIX).0, 0);
    assert!(!above.read("compose.yaml").contains("version"));
    let (code, out, _) =
        Tree::new(&[("compose.yaml", base.as_str()), ("src/a", "")]).run_in("src", &["--diff"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("--- ../compose.yaml\n"), "{out}");
}

#[cfg(unix)]
#[test]
fn files_that_must_not_be_written_are_named() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let base = format!("version: '3'\n{}", waits("    depends_on: [db]\n"));
    let tree = Tree::new(&[("real.yaml.txt", base.as_str())]);
    symlink("real.yaml.txt", tree.path().join("compose.yaml")).unwrap();
    let (code, _, err) = tree.run(&FIX);
    assert_eq!(code, 2);
    assert!(err.contains("`compose.yaml` is a symbolic link; check `real.yaml.txt` itself"), "{err}");
    assert_eq!(tree.read("real.yaml.txt"), base);
    assert!(tree.path().join("compose.yaml").is_symlink());

    let tree = Tree::new(&[("compose.yaml", base.as_str())]);
    let path = tree.path().join("compose.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, err) = tree.run(&FIX);
    assert_eq!((code, tree.read("compose.yaml")), (2, base.clone()));
    assert!(err.contains("error: not fixed: `compose.yaml` is read-only"), "{err}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(tree.run(&FIX).0, 0);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_no_text_stays() {
    let bytes = [b"version: '3'\nservices:\n  a:\n    image: x # ".as_slice(), b"\xff\n"].concat();
    let tree = Tree::new(&[("compose.yaml", &bytes)]);
    let (code, out, err) = tree.run(&FIX);
    assert_eq!(tree.all().into_values().next().unwrap(), bytes, "{code}{out}{err}");
    assert!(out.contains("this byte is not UTF-8 text"), "{out}");
}

#[test]
fn standard_input_is_not_changed() {
    let tree = Tree::new::<&str>(&[]);
    for flag in ["--fix", "--diff"] {
        let (code, out, err) = tree.run(&["-f", "-", flag]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert_eq!(err, format!("error: standard input cannot be changed: {flag} needs files\n"));
    }
}

fn repaired(tree: &Tree, files: Arc<dyn Files>) -> Repaired {
    let folder = tree.path();
    let requests = [LoadOptions { current_directory: folder.clone(), ..LoadOptions::default() }];
    let settings = Settings::default();
    let job =
        Job { requests: &requests, settings: &settings, directory: &folder, within: &[], unsafe_fixes: true };
    repair(files, &job)
}

#[test]
fn a_file_that_somebody_changed_meanwhile_is_left_to_them() {
    let tree = Tree::new(&[("compose.yaml", format!("version: '3'\n{}", waits("    depends_on: [db]\n")))]);
    let repaired = repaired(&tree, Arc::new(Disk));
    assert_eq!(repaired.changes.len(), 1);
    std::fs::write(tree.path().join("compose.yaml"), "services: {}\n").unwrap();
    let failed = repaired.write(&Disk);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].error, WriteError::Changed);
    assert_eq!(tree.read("compose.yaml"), "services: {}\n");
    assert_eq!(tree.all().len(), 1);
}

#[test]
fn people_see_no_secrets_and_programs_see_all() {
    let text = "version: '3'\nservices:\n  a:\n    environment: {DB_PASSWORD: hunter2} # \u{202e}x\n    image: example/a:1.0.0\n";
    let tree = Tree::new(&[("compose.yaml", text)]);
    assert!(tree.run(&["--diff"]).1.contains("DB_PASSWORD: hunter2} # \u{202e}x\n"));
    let (_, shown, _) = tree.run(&["--diff", "--color", "always"]);
    assert!(shown.contains("DB_PASSWORD: ***") && !shown.contains("hunter2"), "{shown}");
    assert!(!shown.contains("# \u{202e}x"), "{shown}");
}

#[test]
fn names_with_blanks_are_names() {
    let before = waits("    depends_on: [db]\n");
    let tree = Tree::new(&[("my shop/compose.yaml", before.as_str())]);
    let diff = tree.run(&["--diff"]).1;
    tree.feed("patch", &["-p0", "-s"], &diff);
    let after = tree.read("my shop/compose.yaml");
    std::fs::write(tree.path().join("my shop/compose.yaml"), &before).unwrap();
    tree.run(&FIX);
    assert_eq!(tree.read("my shop/compose.yaml"), after);
}
