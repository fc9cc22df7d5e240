//! `.dockworthy.yaml`, its schema, and `dockworthy init`, with the real program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use dockworthy::config::{file, keys};
use dockworthy::source::{Memory, SourceMap};
use serde_json::Value;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What lies above is not ours.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
        let command = command.args(arguments).current_dir(self.0.path()).env_clear();
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn found(&self, arguments: &[&str]) -> String {
        let (_, out, err) = self.run(&[arguments, &["--format", "concise", "-q"]].concat());
        assert!(!err.contains("error:"), "{err}");
        out
    }
}

const NAME: &str = ".dockworthy.yaml";
const UNSET: &str = "services:\n  a:\n    image: x:${TAG}\n    command: run ${NAME:-default}\n";
const TWO: &str = "services:\n  a:\n    image: x:1\n    depends_on: [b]\n  c:\n    depends_on: [a]\n";

#[test]
fn the_file_decides_and_the_command_line_has_the_last_word() {
    let with = |config: &str| Tree::new(&[("compose.yaml", TWO), (NAME, config)]);
    let both = with("").found(&[]);
    assert!(both.contains("[undefined-service]") && both.contains("[no-image-or-build]"), "{both}");
    let one = with("select: no-image-or-build\n");
    assert!(!one.found(&[]).contains("undefined-service"));
    assert!(one.found(&["--select", "undefined-service"]).contains("[undefined-service]"));
    assert!(one.found(&["--level", "default"]).contains("[undefined-service]"));
    let ignoring = with("ignore: [no-image-or-build]\n");
    assert!(!ignoring.found(&[]).contains("no-image-or-build"));
    assert!(ignoring.found(&["--select", "no-image-or-build"]).contains("no-image-or-build"));
    assert_eq!(ignoring.found(&["--ignore", "undefined-service"]), "");
    let severity = with("severity: {no-image-or-build: advice, undefined-service: advice}\n");
    assert!(severity.found(&[]).contains("advice[undefined-service]"));
    assert_eq!(severity.run(&["-q"]).0, 0);
    assert_eq!(severity.run(&["-q", "--fail-on", "advice"]).0, 1);
    let never = with("fail-on: never\n");
    assert_eq!((never.run(&["-q"]).0, never.run(&["-q", "--fail-on", "error"]).0), (0, 1));
    let sure = with("min-confidence: certain\nlevel: pedantic\n");
    assert!(sure.found(&[]).contains("[undefined-service]"));
}

#[test]
fn each_project_is_asked_by_the_nearest_file() {
    let tree = Tree::new(&[
        (NAME, "ignore: [undefined-service]\n"),
        ("one/compose.yaml", TWO),
        ("two/compose.yaml", TWO),
        ("two/.dockworthy.yaml", "ignore: [no-image-or-build]\n"),
    ]);
    let found = tree.found(&[]);
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines.len(), 2, "{found}");
    assert!(lines[0].starts_with("one/") && lines[0].contains("no-image-or-build"), "{found}");
    assert!(lines[1].starts_with("two/") && lines[1].contains("undefined-service"), "{found}");
    let given = tree.found(&["--config", "two/.dockworthy.yaml"]);
    assert!(!given.contains("no-image-or-build") && given.contains("one/"), "{given}");
}

#[test]
fn paths_have_their_own() {
    let config = "overrides:\n  - paths: examples/\n    ignore: [undefined-service]\n  - paths: ['*.yaml']\n    severity: {no-image-or-build: advice}\n";
    let tree = Tree::new(&[(NAME, config), ("compose.yaml", TWO), ("examples/compose.yaml", TWO)]);
    let found = tree.found(&[]);
    assert!(found.contains("compose.yaml:4") && !found.contains("examples/compose.yaml:4"), "{found}");
    assert!(found.contains("examples/compose.yaml:5:3: advice[no-image-or-build]"), "{found}");
}

#[test]
fn what_the_host_will_have_is_set() {
    let rule = ["--select", "unset-interpolation"];
    assert!(Tree::new(&[("compose.yaml", UNSET)]).found(&rule).contains("`TAG`"));
    let tree = Tree::new(&[("compose.yaml", UNSET), (NAME, "environment: [TAG]\n")]);
    assert_eq!(tree.found(&rule), "");
    let required = "services:\n  a:\n    image: x:${TAG:?}\n";
    let tree = Tree::new(&[("compose.yaml", required), (NAME, "environment: [TAG]\n")]);
    assert_eq!(tree.found(&["--select", "required-variable-missing"]), "");
}

const DOCKERFILE: &str = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
const DIALS: &str = "import psycopg2\nc = psycopg2.connect(\"postgres://u@legacy-db:5432/d\")\n";

#[test]
fn hosts_outside_may_be_dialled_and_sources_are_where_the_file_says() {
    let built = "services:\n  api:\n    build: .\n  db:\n    image: postgres:16\n";
    let rule = ["--select", "unknown-host", "--min-confidence", "possible"];
    let files = [("compose.yaml", built), ("Dockerfile", DOCKERFILE), ("app.py", DIALS)];
    assert!(Tree::new(&files).found(&rule).contains("`legacy-db`"));
    for hosts in ["external-hosts: [Legacy-DB]\n", "external-hosts: legacy-db\n"] {
        assert_eq!(Tree::new(&[&files[..], &[(NAME, hosts)]].concat()).found(&rule), "");
    }
    let named = "services:\n  api:\n    image: registry.example.com/api:1\n  db:\n    image: postgres:16\n";
    let files = [("compose.yaml", named), ("services/api/app.py", DIALS)];
    assert_eq!(Tree::new(&files).found(&rule), "");
    let config = (NAME, "service-sources:\n  api: services/api\n");
    let found = Tree::new(&[&files[..], &[config]].concat()).found(&rule);
    assert!(found.contains("services/api/app.py:2") && found.contains("`legacy-db`"), "{found}");
}

/// What a run in the folder of a rule's fixture finds, with this configuration.
fn of_fixture(rule: &str, case: &str, config: &str) -> String {
    let folder = support::root().join("fixtures/rules").join(rule).join(case);
    let files = support::files(&folder).into_iter().map(|path| {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    });
    let mut files: Vec<(String, String)> = files.filter(|(name, _)| !name.starts_with("fixed")).collect();
    files.push((NAME.to_string(), config.to_string()));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Tree::new(&files).found(&["--select", rule])
}

#[test]
fn services_that_retry_need_not_wait() {
    for rule in
        ["missing-depends-on", "depends-on-without-health", "healthcheck-ignored", "no-restart-policy"]
    {
        let cases = std::fs::read_dir(support::root().join("fixtures/rules").join(rule)).unwrap();
        let cases = cases.map(|case| case.unwrap().file_name().into_string().unwrap());
        let cases: Vec<String> = cases.filter(|case| case.starts_with("fails-")).collect();
        let mut spoke = 0;
        for case in cases {
            let mut retrying = BTreeSet::new();
            // A finding may name only the first of several clients.
            loop {
                let config = format!("retrying-services: {}\n", serde_json::to_string(&retrying).unwrap());
                let found = of_fixture(rule, &case, &config);
                let names = found.split('`').skip(1).step_by(2).filter(|name| !name.contains(' '));
                let more: BTreeSet<String> = names.map(str::to_string).collect();
                assert!(found.is_empty() || !more.is_subset(&retrying), "{rule} {case}: {found}");
                spoke += usize::from(retrying.is_empty() && !found.is_empty());
                if found.is_empty() {
                    break;
                }
                retrying.extend(more);
            }
        }
        assert!(spoke >= 3, "{rule}");
    }
}

#[test]
fn rules_have_options() {
    let (rule, case) = ("pool-exceeds-max-connections", "fails-node-pool");
    let limit =
        |limit: u64| of_fixture(rule, case, &format!("rules: {{{rule}: {{limits: {{db: {limit}}}}}}}\n"));
    assert!(of_fixture(rule, case, "").contains("which takes 100"));
    assert_eq!(limit(400), "");
    assert!(limit(50).contains("which takes 50"), "{}", limit(50));
    // What the project itself shows counts.
    let (case, config) =
        ("fails-go-mysql-lowered", "rules: {pool-exceeds-max-connections: {limits: {mysql: 400}}}\n");
    assert!(of_fixture(rule, case, config).contains("which takes 60"));

    let (rule, case) = ("unread-variable", "fails-javascript-list");
    let all = of_fixture(rule, case, "");
    let name = all.split('`').nth(3).unwrap();
    for known in [name.to_string(), format!("{}*", &name[..3])] {
        let some = of_fixture(rule, case, &format!("rules: {{{rule}: {{read-elsewhere: ['{known}']}}}}\n"));
        assert!(!some.contains(&format!("`{name}`")), "{known}: {some}");
    }
    assert_eq!(of_fixture(rule, case, &format!("rules: {{{rule}: {{read-elsewhere: ['{name}X']}}}}\n")), all);
}

#[test]
fn mistakes_stop_the_run_with_their_places() {
    let wrong = |config: &str, told: &[&str]| {
        let (code, out, err) = Tree::new(&[("compose.yaml", UNSET), (NAME, config)]).run(&[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        for line in told {
            assert!(err.contains(&format!("error: .dockworthy.yaml:{line}\n")), "{err}");
        }
    };
    wrong(
        "selct: [unknown-host]\nignore: [unknown-hots]\n",
        &[
            "1:1: a configuration file has no key `selct`; did you mean `select`?",
            "2:10: there is no rule `unknown-hots`; did you mean `unknown-host`?",
        ],
    );
    wrong("level: hardning\n", &["1:8: `level` cannot be `hardning`; did you mean `hardening`?"]);
    wrong(
        "severity: {wrong-port: off}\n",
        &["1:24: the severity of `wrong-port` cannot be `off`; write one of `error`, `warning`, `advice`"],
    );
    wrong(
        "environment: [A=1]\n",
        &["1:15: `A=1` is no name of a variable; values are not taken, the name is enough"],
    );
    wrong("service-sources: {a: nowhere}\n", &["1:22: there is no folder `nowhere` here"]);
    wrong("suppressions: {require-reason: maybe}\n", &["1:32: `require-reason` must be `true` or `false`"]);
    wrong(
        "overrides:\n  - ignore: [wrong-port]\n",
        &["2:5: an entry of `overrides` names no paths; write `paths: [\"examples/**\", …]`"],
    );
    wrong("overrides: [{paths: \"a[\"}]\n", &[]);
    wrong(
        "external-hosts: http://a/\n",
        &[
            "1:17: `http://a/` is no host; write it without scheme, port and path, or `*.example.com` for all below one",
        ],
    );
}

#[test]
fn what_matches_nothing_is_told() {
    let config = "overrides:\n  - paths: [gone/, compose.yaml]\nenvironment: [TAG, TGA]\nexternal-hosts: [nowhere]\nservice-sources: {appi: .}\nretrying-services: [apo]\nrules: {unread-variable: {read-elsewhere: [GONE_*]}, pool-exceeds-max-connections: {limits: {dbx: 3}}}\n";
    let compose = UNSET.replace("  a:", "  api:");
    let tree = Tree::new(&[("compose.yaml", compose.as_str()), (NAME, config), ("below/compose.yaml", TWO)]);
    let (_, _, err) = tree.run(&["--fail-on", "never"]);
    let notes: Vec<&str> = err.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(
        notes,
        [
            "warning: .dockworthy.yaml:2:13: no file fits `gone/`",
            "warning: .dockworthy.yaml:3:20: no project here mentions `TGA`",
            "warning: .dockworthy.yaml:4:18: no project here mentions `nowhere`",
            "warning: .dockworthy.yaml:5:19: no project here has a service `appi`; did you mean `api`?",
            "warning: .dockworthy.yaml:6:21: no project here has a service `apo`; did you mean `api`?",
            "warning: .dockworthy.yaml:7:44: no project here mentions `GONE_*`",
            "warning: .dockworthy.yaml:7:94: no project here has a service `dbx`",
        ]
    );
    // A run that does not see all projects cannot tell, and a quiet one does not.
    assert!(!tree.run(&["below", "--fail-on", "never"]).2.contains("warning:"));
    assert!(!tree.run(&["-q", "--fail-on", "never"]).2.contains("warning:"));
}

#[test]
fn the_schema_is_current_and_agrees_with_the_parser() {
    let schema = keys::schema();
    let path = support::root().join("docs/configuration.schema.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    support::finish(support::expect(&path, &text).err().into_iter().collect());
    assert_eq!(Tree::new(&[]).run(&["schema"]).1, text);
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    let mut problems = Vec::new();
    let mut judge = |text: &str, right: bool| {
        let files = [("/p/.dockworthy.yaml", text), ("/p/a.yaml", ""), ("/p/app/x", "")];
        let sources = SourceMap::new(Memory::new(files));
        let parser = file::read(&sources, Path::new("/p/.dockworthy.yaml"));
        let value: Value = serde_yaml::from_str(text).unwrap();
        let schema = schemas.validate(&value, index);
        if parser.is_ok() != right || schema.is_ok() != right {
            problems
                .push(format!("{text}parser: {parser:?}\nschema: {:?}", schema.map_err(|e| e.to_string())));
        }
    };
    for text in [
        "select: [wrong-port]\n",
        "select: wrong-port\n",
        "ignore: []\n",
        "severity: {wrong-port: error}\n",
        "level: pedantic\n",
        "min-confidence: possible\n",
        "fail-on: never\n",
        "overrides: [{paths: 'a/**', ignore: [wrong-port], severity: {wrong-port: advice}}]\n",
        "overrides: []\n",
        "stacks: {a: {files: [a.yaml], profiles: [x, 1], env-files: a.yaml, project-name: y}}\n",
        "stacks: {}\n",
        "environment: [A, B_2]\n",
        "external-hosts: [db, '*.internal']\n",
        "service-sources: {a: app}\n",
        "baseline: later.yaml\n",
        "retrying-services: [a]\n",
        "rules: {}\n",
        "rules: {pool-exceeds-max-connections: {limits: {db: 300}}, unread-variable: {read-elsewhere: [A, 'B_*']}}\n",
        "suppressions: {require-reason: true}\n",
        "suppressions: {}\n",
        "stacks:\nlevel:\nselect:\n",
        "null\n",
    ] {
        judge(text, true);
    }
    for text in [
        "selct: [wrong-port]\n",
        "select: [no-such-rule]\n",
        "select: {a: b}\n",
        "severity: {wrong-port: off}\n",
        "severity: {no-such-rule: error}\n",
        "severity: [a]\n",
        "level: high\n",
        "level: [default]\n",
        "fail-on: all\n",
        "overrides: {paths: a}\n",
        "overrides: [{ignore: [wrong-port]}]\n",
        "overrides: [{paths: []}]\n",
        "overrides: [{paths: a, level: default}]\n",
        "stacks: {a: {}}\n",
        "stacks: {a: {files: []}}\n",
        "stacks: [a]\n",
        "stacks: {a: {files: a.yaml, profile: x}}\n",
        "environment: {A: b}\n",
        "environment: [A=1]\n",
        "external-hosts: ['http://a']\n",
        "service-sources: {a: [app]}\n",
        "service-sources: app\n",
        "baseline: [a.yaml]\n",
        "retrying-services: {a: b}\n",
        "rules: {wrong-port: {}}\n",
        "rules: {pool-exceeds-max-connections: {limits: {db: 0}}}\n",
        "rules: {pool-exceeds-max-connections: {limits: {db: many}}}\n",
        "rules: {pool-exceeds-max-connections: {limits: 300}}\n",
        "rules: {unread-variable: {read-elsewhere: ['*']}}\n",
        "rules: {unread-variable: [A]}\n",
        "suppressions: {require-reason: 1}\n",
        "suppressions: {reason: true}\n",
        "suppressions: true\n",
        "[a]\n",
    ] {
        judge(text, false);
    }
    support::finish(problems);
}

#[test]
fn init_writes_a_file_to_begin_with() {
    let tree = Tree::new(&[
        ("docker-compose.yml", UNSET),
        ("docker-compose.prod.yml", "services:\n  a:\n    restart: always\n"),
        ("services/x", ""),
    ]);
    let (code, out, err) = tree.run(&["init"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("wrote `.dockworthy.yaml`") && err.contains("dockworthy baseline"), "{err}");
    let path = tree.0.path().join(NAME);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("docker-compose.yml + docker-compose.prod.yml"), "{text}");
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
    assert_eq!(tree.run(&["-q", "--fail-on", "never"]).0, 0);
    assert_eq!(tree.run(&["init"]).0, 2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(tree.run(&["init", "--force"]).0, 0);
    // Taken off their `#`, the lines are what the program reads.
    let keys = keys::FILE.iter().map(|key| key.name);
    let begins = |line: &str| keys.clone().any(|key| line.starts_with(&format!("# {key}:")));
    let mut inside = false;
    let plain: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            inside = begins(line) || inside && !line.is_empty();
            inside.then(|| line.strip_prefix("# ").unwrap())
        })
        .collect();
    let plain = plain.join("\n").replace("./services/api", "services");
    std::fs::write(&path, format!("{plain}\n")).unwrap();
    assert_eq!(tree.run(&["baseline", "-q"]).0, 0);
    let (code, _, err) = tree.run(&["-q", "--fail-on", "never"]);
    assert_eq!(code, 0, "{err}\n{plain}");
    assert_eq!(tree.run(&["init", "nowhere"]).0, 2);
}
