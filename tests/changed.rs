//! `--changed-since`: which projects a changed file belongs to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::Command;

use support::tree::Tree;

const BUILT: &str = "services:\n  api:\n    build: ./app\n    depends_on: [db]\n    env_file: api.env\n";
const MOUNTED: &str = "services:\n  web:\n    image: nginx\n    depends_on: [db]\n    volumes: ['../shared/conf:/etc/nginx:ro']\n";

/// A repository of three projects, each with a finding, and a branch on which nothing has changed yet.
fn repository() -> Tree {
    let tree = Tree::new(&[
        ("one/compose.yaml", BUILT),
        ("one/app/Dockerfile", "FROM python:3.12\nCOPY . .\nCMD [\"python\", \"main.py\"]\n"),
        ("one/app/main.py", ""),
        ("one/api.env", "A=1\n"),
        ("two/compose.yaml", MOUNTED),
        ("shared/conf/nginx.conf", ""),
        ("three/compose.yaml", "services:\n  job: {image: example/job, depends_on: [db]}\n"),
        ("three/compose.override.yaml", "services:\n  job: {restart: always}\n"),
        ("README.md", ""),
    ]);
    git(&tree, &["init", "-q", "-b", "main"]);
    commit(&tree);
    git(&tree, &["checkout", "-q", "-b", "work"]);
    tree
}

fn git(tree: &Tree, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn commit(tree: &Tree) {
    git(tree, &["add", "-A"]);
    git(tree, &["commit", "-q", "-m", "x"]);
}

fn run(tree: &Tree, folder: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = tree.command(arguments);
    command.current_dir(tree.path().join(folder));
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The folders of the projects that are checked.
fn checked(tree: &Tree) -> String {
    let (_, out, err) = run(tree, ".", &["--changed-since", "main", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let projects = json["summary"]["projects"].as_array().unwrap().iter();
    let files = projects.map(|project| project["files"][0].as_str().unwrap().split('/').next().unwrap());
    files.collect::<Vec<_>>().join(" ")
}

fn write(tree: &Tree, path: &str, text: &str) {
    let path = tree.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_changed_file_brings_its_projects() {
    let tree = repository();
    assert_eq!(checked(&tree), "");
    let (code, out, _) = run(&tree, ".", &["--changed-since", "main"]);
    assert_eq!(code, 0);
    assert!(out.contains("0 projects") && out.contains("; 3 projects unchanged (--changed-since)"), "{out}");
    write(&tree, "README.md", "more");
    assert_eq!(checked(&tree), "");
    // Source that is not tracked yet, a file that is mounted, and one that is staged.
    write(&tree, "one/app/a folder/nëw.py", "");
    assert_eq!(checked(&tree), "one");
    assert_eq!(run(&tree, ".", &["--changed-since", "main", "-q"]).0, 1);
    assert_eq!(run(&tree, "one/app", &["--changed-since", "main", "-q", ".."]).0, 1);
    write(&tree, "shared/conf/nginx.conf", "events {}\n");
    assert_eq!(checked(&tree), "one two");
    commit(&tree);
    assert_eq!(checked(&tree), "one two");
    git(&tree, &["rm", "-q", "three/compose.override.yaml"]);
    assert_eq!(checked(&tree), "one three two");
}

#[test]
fn what_the_other_branch_did_does_not_count() {
    let tree = repository();
    git(&tree, &["checkout", "-q", "main"]);
    write(&tree, "one/api.env", "A=2\n");
    commit(&tree);
    git(&tree, &["checkout", "-q", "work"]);
    assert_eq!(checked(&tree), "");
    write(&tree, "one/api.env", "A=3\n");
    assert_eq!(checked(&tree), "one");
}

#[test]
fn every_part_counts() {
    for (path, project) in [
        ("one/api.env", "one"),
        ("one/.env", "one"),
        ("one/app/Dockerfile", "one"),
        ("two/.dockworthy.yaml", "two"),
        (".dockworthy.yaml", "one three two"),
        ("three/compose.yaml", "three"),
    ] {
        let tree = repository();
        let text =
            if path.ends_with("compose.yaml") { "services:\n  job: {image: x}\n" } else { "# changed\n" };
        write(&tree, path, text);
        assert_eq!(checked(&tree), project, "{path}");
    }
}

#[test]
fn what_cannot_be_known_stops_the_run() {
    let tree = repository();
    let told = |arguments: &[&str]| {
        let (code, out, err) = run(&tree, ".", arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        err
    };
    let err = told(&["--changed-since", "nowhere"]);
    assert!(err.starts_with("error: --changed-since: git knows no commit `nowhere` here; "), "{err}");
    // A revision is never taken for an option.
    let err = told(&["--changed-since=--output=pwned"]);
    assert!(err.contains("git knows no commit `--output=pwned` here"), "{err}");
    assert!(!tree.path().join("pwned").exists());
    git(&tree, &["checkout", "-q", "--orphan", "alone"]);
    write(&tree, "README.md", "another beginning");
    commit(&tree);
    let err = told(&["--changed-since", "main"]);
    assert!(err.contains("`main` and HEAD share no commit"), "{err}");
    let bare = Tree::new(&[("compose.yaml", BUILT)]);
    let (code, _, err) = run(&bare, ".", &["--changed-since", "main"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("error: --changed-since: git says: fatal: not a git repository"), "{err}");
    let output = tree.command(&["--changed-since", "main"]).env("PATH", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs git"), "{output:?}");
}
