//! The binary as a user meets it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Read as _;
use std::process::Stdio;

use support::tree::Tree;

/// An error that Compose refuses, for whatever rules there are: a service of nothing.
const BROKEN: &str = "services:\n  api:\n    depends_on: [db]\n";
const SOUND: &str = "services:\n  api:\n    image: example/api:1.2.3\n";

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
fn where_all_belongs_to_profiles_all_is_checked() {
    let service = |name: &str| {
        format!("  {name}:\n    image: redis:7\n    profiles: [full]\n    network_mode: service:gone\n")
    };
    let tree = Tree::new(&[("compose.yaml", &format!("services:\n{}", service("a")))]);
    let (code, out, err) = tree.run(&["check"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("gone"), "{out}");
    assert!(err.contains("note: no service of compose.yaml runs without a profile"), "{err}");
    // Who asks for one gets that.
    let told = |options: &[&str]| {
        tree.run(&[&["check", "--format", "json"], options].concat()).1.contains("\"every_profile\": true")
    };
    assert!(told(&[]) && !told(&["--profile", "full"]));
    let (_, _, err) = tree.run(&["check", "--profile", "full"]);
    assert!(!err.contains("note:"), "{err}");
    let (code, out, err) = tree.run(&["check", "--profile", "other"]);
    assert_eq!((code, err.contains("note:")), (0, false), "{out}{err}");
    // Compose itself is asked for what it would start.
    let (_, out, _) = tree.run(&["config"]);
    assert!(!out.contains("redis"), "{out}");
}

#[test]
fn errors_say_what_to_do() {
    let tree = Tree::new(&[("notes.txt", "")]);
    let (code, out, err) = tree.run(&["."]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no compose file found in `.`") && err.contains("docker-compose.yml"), "{err}");
    let (_, _, err) = tree.run(&["expalin", "unknown-host"]);
    assert!(err.contains("did you mean the command `explain`?"), "{err}");
    let (_, _, err) = tree.run(&["--color", "never", "explain", "unknown-host"]);
    assert!(err.contains("the command `explain` stands before its options"), "{err}");
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

#[test]
fn reports_go_where_they_are_wanted() {
    let tree = Tree::new(&[("compose.yaml", BROKEN)]);
    let read = |name: &str| std::fs::read_to_string(tree.path().join(name)).unwrap();
    let (_, sarif, _) = tree.run(&["--format", "sarif"]);
    let (_, gitlab, _) = tree.run(&["--format", "gitlab"]);
    let (_, concise, _) = tree.run(&["--format", "concise"]);
    let all = ["--format", "concise", "--format", "sarif=out.sarif", "--format", "gitlab=gl.json"];
    let (code, out, _) = tree.run(&all);
    assert_eq!((code, out), (1, concise.clone()));
    assert_eq!((read("out.sarif"), read("gl.json")), (sarif.clone(), gitlab));
    // Files alone: only the summary is said.
    let (code, out, err) = tree.run(&["--format", "sarif", "--output", "other.sarif"]);
    assert_eq!((code, out.as_str(), read("other.sarif")), (1, "", sarif.clone()));
    assert!(err.starts_with("2 errors in 1 project ("), "{err}");
    assert_eq!(tree.run(&["--format", "sarif=-"]).1, sarif);
    assert!(
        !std::fs::read_dir(tree.path()).unwrap().any(|entry| entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .ends_with(".tmp"))
    );
    let refused = |arguments: &[&str], why: &str| {
        let (code, out, err) = tree.run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(why), "{err}");
    };
    refused(&["--format", "text", "--format", "json"], "standard output takes one format");
    refused(&["--format", "json=a", "--output", "b"], "--output is for the format that names no file");
    refused(&["--format", "json=a", "--format", "sarif=./a"], "two reports cannot both go to `./a`");
    refused(&["--format", "json="], "no file name");
    refused(&["--format", "sarf=x"], "a similar value exists: 'sarif'");
    // What cannot be written is told after what can.
    let (code, out, err) = tree.run(&["--format", "json=no/such/folder.json", "--format", "concise"]);
    assert_eq!((code, out), (2, concise));
    assert!(err.contains("the report cannot be written to `no/such/folder.json`"), "{err}");
}

#[test]
fn rules_are_counted() {
    let two = "services:\n  api:\n    depends_on: [db]\n  web: {restart: always}\n";
    let tree = Tree::new(&[("compose.yaml", two)]);
    let (code, out, err) = tree.run(&["--statistics"]);
    assert_eq!((code, err.as_str()), (1, ""));
    let first = "2  no-image-or-build  error    a service without `image`, `build` and `provider`";
    assert!(out.starts_with(&format!("{first}\n1  undefined-service  error    ")), "{out}");
    assert!(out.trim_end().lines().last().unwrap().starts_with("3 errors in 1 project ("), "{out}");
    let (_, out, _) = tree.run(&["--statistics", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let line =
        serde_json::json!({"rule": "no-image-or-build", "severity": "error", "count": 2, "fixable": 0});
    assert_eq!(json["statistics"][0], line);
    assert_eq!(tree.run(&["--statistics", "--format", "sarif"]).0, 2);
}

#[test]
fn several_projects_are_told_apart() {
    let tree =
        Tree::new(&[("b/compose.yaml", BROKEN), ("a/compose.yaml", BROKEN), ("c/compose.yaml", SOUND)]);
    let (_, out, _) = tree.run(&[]);
    let headings: Vec<&str> = out.lines().filter(|line| line.starts_with("── ")).collect();
    assert_eq!(headings, ["── a/compose.yaml · 2 findings", "── b/compose.yaml · 2 findings"]);
    let plain = tree.command(&[]).env("LANG", "C").output().unwrap();
    assert!(plain.stdout.is_ascii() && plain.stdout.starts_with(b"-- a/compose.yaml - 2 findings\n"));
    assert!(!tree.run(&["a"]).1.contains("── a"), "one project needs no heading");
}

#[test]
fn the_report_does_not_depend_on_where_and_when_it_is_made() {
    let broken =
        "services:\n".to_string() + &(0..300).fold(String::new(), |t, i| t + &format!("  s{i}: {{}}\n"));
    let tree =
        Tree::new(&[("é/compose.yaml", BROKEN), ("z/compose.yaml", &broken), ("A/compose.yaml", BROKEN)]);
    for format in ["concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson"] {
        let first = tree.run(&["--format", format]).1;
        // Longer than a pipe holds.
        assert!(first.len() > 10_000 && first.ends_with('\n'), "{format}");
        let here = [("LC_ALL", "C"), ("TZ", "Asia/Tokyo"), ("RAYON_NUM_THREADS", "1"), ("COLUMNS", "40")];
        let there = [("LC_ALL", "tr_TR.UTF-8"), ("TERM", "dumb"), ("TZ", "America/St_Johns")];
        for variables in [&here[..], &there] {
            let again = tree.command(&["--format", format]).envs(variables.iter().copied()).output().unwrap();
            assert_eq!(String::from_utf8(again.stdout).unwrap(), first, "{format} {variables:?}");
        }
    }
}

/// Runs with a text on standard input.
fn with_input(tree: &Tree, arguments: &[&str], input: &str) -> (i32, String, String) {
    use std::io::Write as _;
    let mut command = tree.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who does not read it, does not care.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn standard_input_stands_for_a_file() {
    let tree = Tree::new(&[
        ("shop/compose.yaml", SOUND),
        ("shop/compose.override.yaml", "services:\n  api: {restart: always}\n"),
    ]);
    let concise = ["--format", "concise", "-q"];
    let run = |arguments: &[&str], input: &str| with_input(&tree, &[arguments, &concise].concat(), input);
    let (code, out, _) = run(&["-"], BROKEN);
    assert_eq!(code, 1);
    assert!(out.starts_with("-:2:3: error[no-image-or-build] "), "{out}");
    let (code, out, err) = run(&["-", "--stdin-filename", "shop/compose.yaml"], BROKEN);
    assert_eq!(code, 1, "{err}");
    assert!(out.starts_with("shop/compose.yaml:2:3: error[no-image-or-build] "), "{out}");
    assert_eq!(run(&["-", "--stdin-filename", "shop/compose.yaml"], SOUND).0, 0);
    let (_, out, _) = run(&["-f", "-", "--stdin-filename", "shop/new.yaml"], BROKEN);
    assert!(out.starts_with("shop/new.yaml:2:3: "), "{out}");
    let (_, out, err) = run(&["-", "--stdin-filename", "shop/new.yaml"], BROKEN);
    assert!(out.starts_with("shop/new.yaml:2:3: "), "{out}{err}");
    assert_eq!(run(&["--stdin-filename", "x.yaml"], BROKEN).0, 2);
    assert_eq!(run(&["-", "shop"], BROKEN).0, 2);
    let (code, _, err) = with_input(&tree, &["-", "--stdin-filename", "shop/compose.yaml", "--fix"], BROKEN);
    assert_eq!((code, err.as_str()), (2, "error: standard input cannot be changed: --fix needs files\n"));
    assert_eq!(std::fs::read_to_string(tree.path().join("shop/compose.yaml")).unwrap(), SOUND);
}

#[test]
fn source_on_standard_input_stands_for_a_file() {
    let main = |port: u16| {
        format!(
            "import os, asyncpg\n\nasync def main():\n    await asyncpg.connect(os.environ.get(\"DB\", \"postgres://db:{port}/app\"))\n"
        )
    };
    let tree = Tree::new(&[
        (
            "compose.yaml",
            "services:\n  api:\n    build: .\n    depends_on: {db: {condition: service_started}}\n  db: {image: 'postgres:16'}\n",
        ),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD [\"python\", \"main.py\"]\n"),
        ("main.py", &main(5432)),
    ]);
    let run = |text: &str| {
        with_input(
            &tree,
            &["-", "--stdin-filename", "main.py", "--select", "wrong-port", "--format", "concise"],
            text,
        )
    };
    assert_eq!(run(&main(5432)).0, 0);
    let (code, out, err) = run(&main(5433));
    assert_eq!(code, 1, "{err}");
    assert!(out.starts_with("main.py:4:"), "{out}");
}

#[test]
fn lists_have_filters() {
    let tree = Tree::new(&[]);
    let names = |arguments: &[&str]| -> Vec<String> {
        let (code, out, err) = tree.run(&[&["rules", "--format", "json"], arguments].concat());
        assert_eq!(code, 0, "{err}");
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        json.as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_string()).collect()
    };
    let wanted = |test: fn(&dockworthy::rules::page::Meta) -> bool| -> Vec<String> {
        let rules = dockworthy::rules::ALL.iter().filter(|rule| test(rule.meta()));
        rules.map(|rule| rule.name.to_string()).collect()
    };
    use dockworthy::rules::page::Level;
    assert_eq!(names(&["--category", "wiring"]), wanted(|meta| meta.category == "wiring"));
    assert_eq!(names(&["--fixable"]), wanted(|meta| meta.fix.is_some()));
    assert_eq!(names(&["--level", "pedantic"]), wanted(|meta| meta.level == Level::Pedantic));
    let severe = wanted(|meta| meta.severity != dockworthy::finding::Severity::Advice);
    assert_eq!(names(&["--severity", "error,warning"]), severe);
    let (code, _, err) = tree.run(&["rules", "--category", "wirin"]);
    assert_eq!((code, err.as_str()), (2, "error: there is no category `wirin`; did you mean `wiring`?\n"));
    assert!(tree.run(&["rules", "--categry", "x"]).2.contains("'--category'"));
}

#[test]
fn pages_have_formats_and_widths() {
    let tree = Tree::new(&[]);
    let (_, two, _) = tree.run(&["explain", "unknown-host", "wrong-port"]);
    assert!(two.starts_with("unknown-host\n") && two.contains("\n\nwrong-port\n"), "{two}");
    let (_, out, _) = tree.run(&["explain", "unknown-host,wrong-port", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json[1]["name"], "wrong-port");
    assert!(json[1]["explanation"].as_str().unwrap().starts_with("## What it does"));
    assert!(
        tree.run(&["explain", "wrong-port", "--format", "markdown"])
            .1
            .starts_with("# wrong-port\n\n## What it does\n")
    );
    let names: Vec<&str> = dockworthy::rules::ALL.iter().map(|rule| rule.name).collect();
    let all = [&["explain"], &names[..]].concat();
    let output = tree.command(&all).env("COLUMNS", "60").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(!out.contains("```") && !out.contains("|---") && !out.contains("]("), "{out}");
    // Code and addresses are as long as they are.
    let mut prose = true;
    for line in out.lines() {
        prose = (prose || line.starts_with("When to ignore it")) && line != "Fails" && line != "References"
            || names.contains(&line);
        assert!(!prose || line.chars().count() <= 60, "{line}");
    }
    assert!(tree.command(&all).env("LANG", "C").output().unwrap().stdout.is_ascii());
    let painted = tree.run(&["explain", "unknown-host", "--color", "always"]).1;
    assert!(painted.contains("\u{1b}[1mWhat it does\u{1b}[0m"), "{painted}");
}

#[test]
fn shells_and_man_know_the_command_line() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (code, out, _) = tree.run(&["completions", shell]);
        assert_eq!(code, 0);
        for word in ["--changed-since", "unknown-host", "sarif", "hardening", "baseline"] {
            let dashes = if shell == "fish" { word.trim_start_matches('-') } else { word };
            // PowerShell's knows no values.
            assert!(
                out.contains(dashes) || shell == "powershell" && !word.starts_with('-'),
                "{shell}: {word}"
            );
        }
    }
    let (code, out, _) = tree.run(&["man"]);
    assert_eq!(code, 0);
    assert!(out.contains(".TH dockworthy 1") && out.contains("changed\\-since"), "{out}");
    assert!(tree.run(&["man", "explain"]).1.contains("dockworthy\\-explain"));
    let (code, _, err) = tree.run(&["man", "chek"]);
    assert_eq!((code, err.as_str()), (2, "error: there is no command `chek`; did you mean `check`?\n"));
    for command in ["", "check", "baseline", "explain", "rules", "completions", "man"] {
        let words: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        assert!(tree.run(&words).1.contains("Examples:\n  dockworthy"), "{command}");
    }
}

/// All documents for programs, of all whole projects, with no member that the schema does not describe.
#[test]
fn documents_are_what_their_schema_says() {
    let projects = support::root().join("fixtures/projects");
    let folders = std::fs::read_dir(&projects).unwrap().map(|entry| entry.unwrap().path());
    let mut problems = Vec::new();
    let mut judged = 0;
    for folder in folders.filter(|path| path.is_dir()) {
        for command in [
            &["check", "--level", "pedantic", "--min-confidence", "possible", "--unsafe-fixes"][..],
            &["check", "--statistics"],
            &["env"],
            &["graph"],
        ] {
            let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_dockworthy"));
            let out = run.args(command).args(["--format", "json"]).current_dir(&folder).output().unwrap();
            let text = String::from_utf8(out.stdout).unwrap();
            let document = serde_json::from_str(&text).unwrap_or_else(|error| {
                panic!("{} {command:?}: {error}: {}", folder.display(), String::from_utf8_lossy(&out.stderr))
            });
            if let Err(error) = support::schema::json_and_no_more("docs/json.schema.json", &document) {
                problems.push(format!("{} {command:?}: {error}", folder.display()));
            }
            judged += 1;
        }
    }
    assert!(judged > 300, "{judged}");
    let tree = Tree::new(&[]);
    let (_, rules, _) = tree.run(&["rules", "--format", "json"]);
    let rules = serde_json::from_str(&rules).unwrap();
    if let Err(error) = support::schema::json_and_no_more("docs/json.schema.json", &rules) {
        problems.push(format!("rules: {error}"));
    }
    support::finish(problems);
    let (_, schema, _) = tree.run(&["schema", "json"]);
    let file = std::fs::read_to_string(support::root().join("docs/json.schema.json")).unwrap();
    assert_eq!(schema, file);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_compose_file_makes_a_project() {
    let tree = Tree::new(&[("shared/base.yml", BROKEN), ("shop/readme", "")]);
    std::os::unix::fs::symlink("../shared/base.yml", tree.path().join("shop/compose.yaml")).unwrap();
    for paths in [&["."][..], &["shop"], &["shop/compose.yaml"]] {
        let (code, out, err) = tree.run(&[paths, &["--format", "concise", "-q"]].concat());
        assert_eq!(code, 1, "{paths:?} {err}");
        assert!(out.contains("shop/compose.yaml:2:3: error[no-image-or-build]"), "{paths:?} {out}");
    }
}

#[test]
fn slips_of_the_pen_are_understood() {
    let tree = Tree::new(&[("compose.yaml", SOUND)]);
    assert!(tree.run(&["select", "wrong-port"]).2.contains("did you mean the option `--select`?"));
    assert!(tree.run(&["--level", "default", "graph"]).2.contains("the command `graph` stands before"));
    let (code, _, err) = tree.run(&["explain"]);
    assert_eq!((code, err.as_str()), (2, "error: which rule? `dockworthy rules` lists all of them\n"));
}

/// Whoever follows one of them has followed the other.
#[test]
fn advice_on_one_place_is_the_same() {
    let compose = "services:\n  api:\n    image: example/api:1\n    depends_on: [db, cache]\n  db:\n    image: postgres:16\n    healthcheck: {test: [CMD, pg_isready]}\n  cache:\n    image: redis:7\n";
    let tree = Tree::new(&[("compose.yaml", compose)]);
    let (_, out, _) =
        tree.run(&["--format", "json", "--select", "healthcheck-ignored,depends-on-without-health"]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let help =
        document["findings"].as_array().unwrap().iter().map(|finding| finding["help"].as_str().unwrap());
    let lines: Vec<&str> = help.map(|help| &help[help.find("`depends_on").unwrap()..]).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert_eq!(lines[0], lines[1]);
}
