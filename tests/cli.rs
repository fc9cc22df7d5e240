//! The binary as a user meets it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// An error that Compose refuses, for whatever rules there are: a service of nothing.
const BROKEN: &str = "services:\n  api:\n    depends_on: [db]\n";
const SOUND: &str = "services:\n  api:\n    image: example/api:1.2.3\n";

struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
        command.args(arguments).current_dir(self.path()).env_clear().env("LANG", "C.UTF-8");
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

#[test]
fn exit_codes() {
    let broken = Tree::new(&[("compose.yaml", BROKEN)]);
    let sound = Tree::new(&[("compose.yaml", SOUND)]);
    assert_eq!(sound.run(&["-q"]).0, 0);
    let (code, out, err) = broken.run(&["--format", "concise"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.lines().any(|line| line.starts_with("compose.yaml:2:3: error[no-image-or-build] ")), "{out}");
    assert!(err.contains("error"), "the summary goes to standard error: {err}");
    assert_eq!(broken.run(&["--fail-on", "never"]).0, 0);
    assert_eq!(broken.run(&["--ignore", "no-image-or-build,undefined-service"]).0, 0);
    assert_eq!(Tree::new(&[]).run(&[]).0, 2);
    assert_eq!(sound.run(&["--no-such-flag"]).0, 2);
    assert_eq!(sound.run(&["no-such-folder"]).0, 2);
    assert_eq!(sound.run(&["--help"]).0, 0);
    assert_eq!(sound.run(&["--version"]).0, 0);
}

#[test]
fn check_is_what_is_done_when_nothing_is_said() {
    let tree = Tree::new(&[("a/compose.yaml", BROKEN), ("b/compose.yaml", SOUND)]);
    let plain = tree.run(&["--format", "concise", "-q"]);
    assert_eq!(plain, tree.run(&["check", "--format", "concise", "-q"]));
    assert_eq!(plain, tree.run(&["check", ".", "--format", "concise", "-q"]));
    assert_eq!(plain, tree.run(&["a", "b", "--format", "concise", "-q"]));
    assert_eq!(plain, tree.run(&["a/compose.yaml", "--format=concise", "-q"]));
    assert_eq!(tree.run(&["b"]).0, 0);
    assert!(plain.1.starts_with("a/compose.yaml:2:3: "), "{}", plain.1);
}

#[test]
fn files_and_profiles_are_those_of_compose() {
    let tree = Tree::new(&[
        ("base.yml", "services:\n  api: {image: 'example/api:1'}\n"),
        (
            "more.yml",
            "services:\n  api: {depends_on: [db]}\n  db: {profiles: [all], image: 'example/db:1'}\n",
        ),
    ]);
    let merged = ["-f", "base.yml", "-f", "more.yml", "--format", "concise", "--select", "undefined-service"];
    let (code, out, err) = tree.run(&merged);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.starts_with("more.yml:2:"), "{out}");
    assert_eq!(tree.run(&[&merged[..], &["--profile", "all"]].concat()).0, 0);
    assert_eq!(tree.run(&["-f", "missing.yml"]).0, 2);
}

#[test]
fn errors_say_what_to_do() {
    let tree = Tree::new(&[("notes.txt", "")]);
    let (code, out, err) = tree.run(&["."]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no compose file found in `.`") && err.contains("docker-compose.yml"), "{err}");
    let (_, _, err) = tree.run(&["expalin", "unknown-host"]);
    assert!(err.contains("did you mean the command `explain`?"), "{err}");
    let (code, _, err) = tree.run(&["explain", "unknown-hosts"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `unknown-host`?"), "{err}");
    assert_eq!(tree.run(&["--select", "no-such-rule"]).0, 2);
}

#[test]
fn pages_and_lists_can_be_read() {
    let tree = Tree::new(&[]);
    let (code, out, _) = tree.run(&["explain", "unknown-host"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("unknown-host\n") && out.contains("Why it matters"), "{out}");
    assert!(!out.contains("```") && !out.contains('\u{1b}'), "{out}");
    let (code, out, _) = tree.run(&["rules"]);
    assert_eq!(code, 0);
    assert!(out.contains("unknown-host"), "{out}");
    let (_, out, _) = tree.run(&["rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&out).unwrap();
    let names: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, dockworthy::rules::ALL.iter().map(|rule| rule.name).collect::<Vec<_>>());
}

#[test]
fn json_is_json_and_the_same_each_time() {
    let tree = Tree::new(&[("compose.yaml", BROKEN), ("x/docker-compose.yml", BROKEN)]);
    let first = tree.run(&["--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&first.1).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["summary"]["projects"].as_array().unwrap().len(), 2);
    assert!(value["findings"].as_array().unwrap().len() >= 2);
    for _ in 0..3 {
        assert_eq!(first, tree.run(&["--format", "json"]));
    }
    assert!(first.2.is_empty(), "{}", first.2);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let tree = Tree::new(&[("compose.yaml", BROKEN)]);
    assert!(!tree.run(&[]).1.contains('\u{1b}'), "standard output is no terminal here");
    assert!(tree.run(&["--color", "always"]).1.contains('\u{1b}'));
    let forced = tree.command(&[]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(forced.stdout.contains(&0x1b));
    let refused = tree.command(&[]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!refused.stdout.contains(&0x1b));
    let plain = tree.command(&[]).env("LANG", "C").output().unwrap();
    assert!(plain.stdout.is_ascii());
}

#[test]
fn the_host_is_seen_unless_it_is_not_to_be() {
    let text = "services:\n  api:\n    image: example/api:${TAG}\n";
    let tree = Tree::new(&[("compose.yaml", text)]);
    let code = |arguments: &[&str]| {
        let mut command = tree.command(arguments);
        command.args(["--select", "unset-interpolation"]).env("TAG", "1.2.3");
        command.output().unwrap().status.code()
    };
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--no-host-environment"]), Some(1));
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let broken =
        "services:\n".to_string() + &(0..4000).fold(String::new(), |t, i| t + &format!("  s{i}: {{}}\n"));
    let tree = Tree::new(&[("compose.yaml", &broken)]);
    let mut child = tree.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut some = [0; 64];
    out.read_exact(&mut some).unwrap();
    drop(out);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
}

#[test]
fn a_project_above_is_found_as_compose_finds_it() {
    let tree = Tree::new(&[("compose.yaml", BROKEN), ("src/main.py", "")]);
    let mut command = tree.command(&["--format", "concise", "-q"]);
    let output = command.current_dir(tree.path().join("src")).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with("../compose.yaml:2:3: "), "{out}");
}

#[test]
fn standard_input_is_a_compose_file() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_dockworthy"))
        .args(["-f", "-", "--format", "concise"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"services: {a: {imge: nginx}}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("-:1:16: error[unknown-attribute]"), "{said}");
}

const STACKS: &str = "stacks:\n  prod:\n    files: [compose.yaml, prod.yaml]\n    env-files: [prod.env]\n  debug:\n    files: [compose.yaml]\n    profiles: [debug]\n";

/// A project of three files, of which no two alone are how it is run.
fn with_stacks(config: &str) -> Tree {
    Tree::new(&[
        (
            "compose.yaml",
            "services:\n  api: {image: \"example/api:${TAG}\"}\n  shell:\n    profiles: [debug]\n",
        ),
        ("compose.override.yaml", "services:\n  api: {nonsense: 1}\n"),
        ("prod.yaml", "services:\n  api: {restart: always}\n"),
        ("prod.env", "TAG=1\n"),
        (".dockworthy.yaml", config),
        ("other/compose.yaml", SOUND),
    ])
}

#[test]
fn declared_stacks_are_the_projects_of_their_files() {
    let tree = with_stacks(STACKS);
    let (code, out, err) = tree.run(&["--format", "concise", "--verbose"]);
    assert_eq!(code, 1, "{out}{err}");
    // The one stack has its variable, the other its profile.
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.contains("compose.yaml:2:29: warning[unset-interpolation]"), "{out}");
    assert!(out.contains("compose.yaml:3:3: error[no-image-or-build]"), "{out}");
    assert!(err.contains("project: stack `prod`: compose.yaml + prod.yaml\n"), "{err}");
    assert!(err.contains("project: other\n"), "{err}");
    assert!(err.contains("passed over: compose.override.yaml: a part of declared stacks\n"), "{err}");
    assert_eq!(tree.run(&["--stack", "prod", "-q"]).0, 0);
    assert_eq!(tree.run(&["--stack", "debug", "-q"]).0, 1);
    let (_, out, _) = tree.run(&["--stack", "prod", "--format", "json"]);
    assert!(out.contains("\"stack\": \"prod\""), "{out}");
    // A subfolder takes only what concerns it, and a file that is named is taken alone.
    assert_eq!(tree.run(&["other", "-q"]).0, 0);
    assert_eq!(tree.run(&["prod.yaml", "-q"]).0, 1);
}

#[test]
fn mistakes_in_the_configuration_are_told_with_their_place() {
    let told = |config: &str, arguments: &[&str]| {
        let (code, out, err) = with_stacks(config).run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        err
    };
    assert_eq!(
        told("stacks:\n  a: {file: [x.yaml]}\n  b: 3\n", &[]),
        "error: .dockworthy.yaml:2:7: the stack `a` has no key `file`; did you mean `files`?\n\
         error: .dockworthy.yaml:3:6: the stack `b` must be a mapping\n"
    );
    assert_eq!(told(STACKS, &["--stack", "prd"]), "error: there is no stack `prd`; did you mean `prod`?\n");
    assert_eq!(
        told("", &["--stack", "x"]),
        "error: there is no stack `x`: no configuration file declares any\n"
    );
    assert_eq!(told("", &["--config", "x.yaml"]), "error: there is no configuration file `x.yaml`\n");
}
