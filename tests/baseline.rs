//! Baselines: what is known is not reported, wherever it moves to; what is gone is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::tree::Tree;

const BROKEN: &str = "services:\n  api:\n    depends_on: [db]\n";
const SOUND: &str = "services:\n  api:\n    image: example/api:1.2.3\n";
const FILE: &str = ".dockworthy-baseline.yaml";

fn tree() -> Tree {
    Tree::new(&[("shop/compose.yaml", BROKEN), ("infra/compose.yaml", BROKEN)])
}

/// What is said of a baseline that no configuration file names.
const NOTE: &str = "note: later runs leave them out with `--baseline .dockworthy-baseline.yaml`, or with `baseline: .dockworthy-baseline.yaml` in .dockworthy.yaml\n";

/// The tree with its baseline.
fn known() -> Tree {
    let tree = tree();
    let (code, out, err) = tree.run(&["baseline"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert_eq!(err, format!("wrote 4 findings to `.dockworthy-baseline.yaml`\n{NOTE}"));
    tree
}

fn write(tree: &Tree, path: &str, text: &str) {
    std::fs::write(tree.path().join(path), text).unwrap();
}

fn baseline(tree: &Tree) -> String {
    std::fs::read_to_string(tree.path().join(FILE)).unwrap()
}

#[test]
fn the_file_can_be_read_and_merged() {
    let tree = known();
    let text = baseline(&tree);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines.is_sorted(), "{text}");
    assert!(
        lines[0]
            .starts_with("- {file: infra/compose.yaml, rule: no-image-or-build, service: api, fingerprint: "),
        "{text}"
    );
    // Made again, it is the same.
    assert_eq!(tree.run(&["baseline", "-q"]).0, 0);
    assert_eq!(baseline(&tree), text);
}

#[test]
fn what_is_known_does_not_fail_a_run() {
    let tree = known();
    let (code, out, err) = tree.run(&["--baseline", FILE]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with("nothing to report in 2 projects (") && out.contains("; 4 known (--baseline)"),
        "{out}"
    );
    // Lines move, and nothing else does.
    write(&tree, "shop/compose.yaml", &format!("# a comment\n\n{BROKEN}"));
    assert_eq!(tree.run(&["--baseline", FILE, "-q"]), (0, String::new(), String::new()));
    // From another folder it is the same file.
    let mut elsewhere = tree.command(&["--baseline", "../.dockworthy-baseline.yaml", "-q"]);
    let output = elsewhere.current_dir(tree.path().join("shop")).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
}

#[test]
fn what_is_new_is_reported_alone() {
    let tree = known();
    write(&tree, "shop/compose.yaml", &format!("{BROKEN}  web:\n    image: nginx\n    imge: nginx\n"));
    let (code, out, err) = tree.run(&["--baseline", FILE, "--format", "concise"]);
    assert_eq!(code, 1, "{err}");
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.starts_with("shop/compose.yaml:6:5: error[unknown-attribute] "), "{out}");
    for format in ["text", "github", "gitlab", "junit", "checkstyle", "rdjson"] {
        let (_, out, _) = tree.run(&["--baseline", FILE, "--format", format]);
        assert!(out.contains("unknown-attribute") && !out.contains("no-image-or-build"), "{format}: {out}");
    }
    let value = |format: &str| -> Value {
        serde_json::from_str(&tree.run(&["--baseline", FILE, "--format", format]).1).unwrap()
    };
    let json = value("json");
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    assert_eq!(json["baseline"]["known"].as_array().unwrap().len(), 4);
    assert_eq!(json["baseline"]["stale"], Value::Array(vec![]));
    let sarif = value("sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let states = |state: &str| results.iter().filter(|result| result["baselineState"] == state).count();
    assert_eq!((states("new"), states("unchanged"), results.len()), (1, 4, 5));
    let suppressed = results.iter().filter(|result| result["suppressions"][0]["kind"] == "external").count();
    assert_eq!(suppressed, 4);
    // Without a baseline nothing is said of one.
    let (_, out, _) = tree.run(&["--format", "json"]);
    assert!(!out.contains("\"baseline\""), "{out}");
    assert!(!tree.run(&["--format", "sarif"]).1.contains("baselineState"));
}

#[test]
fn what_is_gone_is_told_and_taken_out() {
    let tree = known();
    write(&tree, "shop/compose.yaml", SOUND);
    let (code, _, err) = tree.run(&["--baseline", FILE]);
    assert_eq!(code, 0);
    assert!(err.contains("note: .dockworthy-baseline.yaml:7: no longer found: no-image-or-build in shop/compose.yaml of `api`\n"), "{err}");
    assert!(err.contains("`dockworthy baseline --prune`"), "{err}");
    let (_, out, _) = tree.run(&["--baseline", FILE, "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["baseline"]["stale"].as_array().unwrap().len(), 2);
    // A run that does not look there does not know.
    for arguments in [&["infra"][..], &["--select", "unknown-host"], &["-f", "infra/compose.yaml"]] {
        let (_, _, err) = tree.run(&[arguments, &["--baseline", FILE]].concat());
        assert_eq!(err, "", "{arguments:?}");
    }
    assert_eq!(
        tree.run(&["baseline", "--prune", "infra"]).2,
        "took 0 findings that are gone out of `.dockworthy-baseline.yaml`; 4 findings left\n"
    );
    let (code, _, err) = tree.run(&["baseline", "--prune"]);
    assert_eq!(
        (code, err.as_str()),
        (0, "took 2 findings that are gone out of `.dockworthy-baseline.yaml`; 2 findings left\n")
    );
    assert!(!baseline(&tree).contains("shop/"), "{}", baseline(&tree));
    assert_eq!(tree.run(&["--baseline", FILE, "-q"]), (0, String::new(), String::new()));
    // Pruning adds nothing.
    write(&tree, "shop/compose.yaml", BROKEN);
    assert_eq!(tree.run(&["baseline", "--prune", "-q"]).0, 0);
    assert_eq!(tree.run(&["--baseline", FILE, "-q"]).0, 1);
}

#[test]
fn a_part_can_be_renewed() {
    let tree = known();
    write(&tree, "shop/compose.yaml", SOUND);
    write(&tree, "infra/compose.yaml", &format!("{BROKEN}  web: {{image: nginx, imge: nginx}}\n"));
    let (code, _, err) = tree.run(&["baseline", "infra"]);
    assert_eq!(
        (code, err.as_str()),
        (
            0,
            &*format!(
                "wrote 5 findings to `.dockworthy-baseline.yaml`, 2 of them kept from before, of what was not checked now\n{NOTE}"
            )
        )
    );
    assert_eq!(tree.run(&["--baseline", FILE, "-q", "infra"]).0, 0);
}

#[test]
fn a_baseline_that_is_none_stops_the_run() {
    let tree = tree();
    let told = |text: &str| {
        write(&tree, "b.yaml", text);
        let (code, out, err) = tree.run(&["--baseline", "b.yaml"]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        // It is not overwritten either.
        assert_eq!(tree.run(&["baseline", "-o", "b.yaml"]).0, 2);
        err
    };
    assert_eq!(
        told("version: 7\nfindings: []\n"),
        "error: b.yaml:1:10: this version of baselines is unknown here; known is 1\n"
    );
    assert!(
        told("version: 1\nfindings:\n- {rule: x, fingerprint: y}\n")
            .starts_with("error: b.yaml:3:26: a fingerprint ")
    );
    assert!(told("").starts_with("error: the baseline `b.yaml`: "));
    assert!(told("a: [\n").starts_with("error: b.yaml:1:"));
    let (code, _, err) = tree.run(&["--baseline", "missing.yaml"]);
    assert_eq!((code, err.as_str()), (2, "error: the baseline `missing.yaml`: no such file\n"));
    assert_eq!(tree.run(&["baseline", "--prune", "-o", "missing.yaml"]).0, 2);
}

#[test]
fn secrets_stay_out_of_it() {
    let tree = Tree::new(&[(
        "compose.yaml",
        "services:\n  api:\n    image: example/api:1\n    environment:\n      DATABASE_URL: postgres://me:hunter2@nowhere:5432/app\n  db: {image: 'postgres:16'}\n",
    )]);
    assert_eq!(tree.run(&["baseline", "--level", "pedantic", "--min-confidence", "possible"]).0, 0);
    assert!(!baseline(&tree).contains("hunter2"));
}

#[test]
fn the_configuration_names_a_baseline() {
    let tree = tree();
    write(&tree, ".dockworthy.yaml", "baseline: known/today.yaml\n");
    std::fs::create_dir(tree.path().join("known")).unwrap();
    // It may not be there yet when it is to be written, but it must be when it is to be read.
    let (code, _, err) = tree.run(&[]);
    assert_eq!((code, err.as_str()), (2, "error: the baseline `known/today.yaml`: no such file\n"));
    let (code, _, err) = tree.run(&["baseline"]);
    assert_eq!((code, err.as_str()), (0, "wrote 4 findings to `known/today.yaml`\n"));
    assert_eq!(tree.run(&["-q"]), (0, String::new(), String::new()));
    assert_eq!(tree.run(&["-q", "shop"]).0, 0);
    assert_eq!(tree.run(&["-q", "--no-baseline"]).0, 1);
    assert_eq!(tree.run(&["--no-baseline", "--baseline", FILE]).0, 2);
    // The command line has the last word.
    write(&tree, FILE, "version: 1\nfindings: []\n");
    assert_eq!(tree.run(&["-q", "--baseline", FILE]).0, 1);
    write(&tree, "shop/compose.yaml", SOUND);
    assert!(tree.run(&["baseline", "--prune"]).2.starts_with("took 2 findings"));
}
