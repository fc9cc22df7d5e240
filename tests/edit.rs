//! Edits that keep every other byte, and fixes that are made of them.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

#[path = "support/texts.rs"]
mod texts;

use std::path::Path;
use std::sync::Arc;

use dockworthy::compose::{LoadOptions, Service, edits::Edits};
use dockworthy::finding::{Applicability, Edit, Fix};
use dockworthy::fix::{self, Reason};
use dockworthy::source::{Disk, Files as _, Memory, SourceFile, SourceMap, Span, WriteError};
use dockworthy::yaml::edit::{Editor, Value, changes_only};
use dockworthy::yaml::{self, Node, NodeKind, Stream};
use proptest::prelude::*;

fn read(text: &str) -> (Arc<SourceFile>, Stream) {
    let map = SourceMap::new(Memory::new([("compose.yaml", text)]));
    let file = map.load(Path::new("compose.yaml")).unwrap();
    let stream = yaml::parse(&file);
    (file, stream)
}

/// The place of a value: `services.a.environment`, `ports.0`.
fn place(stream: &Stream, path: &str) -> Span {
    let mut node: &Node = &stream.documents[0];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        node = match step.parse::<usize>() {
            Ok(index) => &node.as_sequence().unwrap().items[index],
            Err(_) => &node.as_mapping().unwrap().get(step).unwrap().value,
        };
    }
    node.span
}

fn key(stream: &Stream, path: &str, key: &str) -> Span {
    let mut node = &stream.documents[0];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        node = &node.as_mapping().unwrap().get(step).unwrap().value;
    }
    node.as_mapping().unwrap().get(key).unwrap().key.span
}

type Make = dyn Fn(&Editor<'_>, &Stream) -> Option<Vec<Edit>>;

/// The text after the edit, checked to be sound; `None` where the editor declines.
#[track_caller]
fn edited(text: &str, make: &Make) -> Option<String> {
    let (file, stream) = read(text);
    assert_eq!(stream.problems, [], "{text}");
    let edits = make(&Editor::new(&file, &stream), &stream)?;
    let after = fix::apply(&file, &edits).unwrap();
    let (_, again) = read(&after);
    let spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    assert!(changes_only(&file, &stream, &again, &spans), "unsound:\n{after}");
    Some(after)
}

#[track_caller]
fn check(before: &str, make: &Make, after: &str) {
    assert_eq!(edited(before, make).as_deref(), Some(after));
    // The same in a file of another system.
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(edited(&crlf(before), make), Some(crlf(after)));
}

fn variable(editor: &Editor<'_>, stream: &Stream) -> Option<Vec<Edit>> {
    editor.set_variable(place(stream, "e"), "HOST", "db")
}

#[test]
fn variables_go_into_mappings() {
    check("e:\n  A: b\n", &variable, "e:\n  A: b\n  HOST: db\n");
    check(
        "e:\n    A: b  # why\n# end\nf: g\n",
        &variable,
        "e:\n    A: b  # why\n    HOST: db\n# end\nf: g\n",
    );
    check(
        "e:\n  A: |\n    x\n\n    y\n\n\nf: g\n",
        &variable,
        "e:\n  A: |\n    x\n\n    y\n  HOST: db\n\n\nf: g\n",
    );
    check("e:\n  A: |+\n    x\n\nf: g\n", &variable, "e:\n  A: |+\n    x\n\n  HOST: db\nf: g\n");
    check("e:\n  A:\nf: g\n", &variable, "e:\n  A:\n  HOST: db\nf: g\n");
    check("e:\n  A: b\n  HOST: localhost # old\n", &variable, "e:\n  A: b\n  HOST: db # old\n");
    check("e:\n  HOST: \"localhost\"\n", &variable, "e:\n  HOST: \"db\"\n");
    check("e:\n  HOST:\n  A: b\n", &variable, "e:\n  HOST: db\n  A: b\n");
    check("\u{feff}e:\n  A: b\n", &variable, "\u{feff}e:\n  A: b\n  HOST: db\n");
    check("x: &x {B: c}\ne:\n  <<: *x\n", &variable, "x: &x {B: c}\ne:\n  <<: *x\n  HOST: db\n");
}

#[test]
fn files_without_a_last_line_break_stay_so() {
    assert_eq!(edited("e:\n  A: b", &variable).unwrap(), "e:\n  A: b\n  HOST: db");
    assert_eq!(edited("e:\r\n  A: b", &variable).unwrap(), "e:\r\n  A: b\r\n  HOST: db");
    assert_eq!(edited("e:", &variable).unwrap(), "e:\n  HOST: db");
    assert_eq!(edited("e: {}", &variable).unwrap(), "e: {HOST: db}");
}

#[test]
fn variables_go_into_lists() {
    check("e:\n  - A=b\n", &variable, "e:\n  - A=b\n  - HOST=db\n");
    check("e:\n- A=b\n# x\nf: g\n", &variable, "e:\n- A=b\n- HOST=db\n# x\nf: g\n");
    check("e:\n  - \"A=b\"\n", &variable, "e:\n  - \"A=b\"\n  - \"HOST=db\"\n");
    check("e:\n  - 'HOST=x'  # c\n  - B\n", &variable, "e:\n  - 'HOST=db'  # c\n  - B\n");
    check("e: [A=b]\n", &variable, "e: [A=b, HOST=db]\n");
    check("e: [\"A=b\"]\n", &variable, "e: [\"A=b\", \"HOST=db\"]\n");
}

#[test]
fn variables_go_between_brackets() {
    check("e: {A: b, C: 'd'} # x\n", &variable, "e: {A: b, C: 'd', HOST: db} # x\n");
    check("e: { A: b, }\n", &variable, "e: { A: b, HOST: db }\n");
    check("e: {}\n", &variable, "e: {HOST: db}\n");
    check("{\"e\": {\"A\": \"b\"}}\n", &variable, "{\"e\": {\"A\": \"b\", \"HOST\": \"db\"}}\n");
    check("e: {\n  A: b,\n  C: d # x\n}\n", &variable, "e: {\n  A: b,\n  C: d, # x\n  HOST: db\n}\n");
    check("e: {\n  A: b,\n  C: d,\n}\n", &variable, "e: {\n  A: b,\n  C: d,\n  HOST: db,\n}\n");
}

#[test]
fn blocks_begin_where_nothing_is() {
    check(
        "s:\n    e:  # none yet\n    f: g\n",
        &|editor, stream| editor.set_variable(place(stream, "s.e"), "A", "b"),
        "s:\n    e:  # none yet\n        A: b\n    f: g\n",
    );
    check(
        "s:\n  e: ~ # none\n",
        &|editor, stream| editor.append_item(place(stream, "s.e"), &"x".into()),
        "s:\n  e: # none\n    - x\n",
    );
    check(
        "a:\n- b\ns:\n  e:\n",
        &|editor, stream| editor.append_item(key(stream, "s", "e"), &"x".into()),
        "a:\n- b\ns:\n  e:\n  - x\n",
    );
}

#[test]
fn what_others_share_is_left_alone() {
    for text in ["x: &x\n  A: b\ny: *x\n", "x: &x {A: {B: c}}\ny: *x\n"] {
        let (file, stream) = read(text);
        let editor = Editor::new(&file, &stream);
        assert_eq!(editor.append_entry(place(&stream, "x"), "C", &"d".into()), None);
        assert_eq!(editor.set_attribute(place(&stream, "x"), "A", &"d".into()), None);
        assert_eq!(editor.append_entry(key(&stream, "", "y"), "C", &"d".into()), None);
    }
    // An anchor that nobody uses shares nothing.
    let make =
        |editor: &Editor<'_>, stream: &Stream| editor.append_entry(place(stream, "x"), "C", &"d".into());
    check("x: &x\n  A: b\n", &make, "x: &x\n  A: b\n  C: d\n");
    assert_eq!(edited("x: &x\n", &make), None);
    assert_eq!(edited("x: !reset\n", &make), None);
    assert_eq!(edited("x: y\n", &make), None);
    assert_eq!(edited("x: {C: y}\n", &make), None);
}

fn healthcheck() -> Value {
    let words = ["CMD-SHELL", "pg_isready -U \"app\""];
    Value::Map(vec![
        ("test".into(), Value::Words(words.map(str::to_string).to_vec())),
        ("interval".into(), Value::Bare("5s".into())),
        ("retries".into(), Value::Bare("10".into())),
    ])
}

#[test]
fn a_healthcheck_is_added_in_the_file_s_own_style() {
    let make = |editor: &Editor<'_>, stream: &Stream| {
        editor.append_entry(place(stream, "db"), "healthcheck", &healthcheck())
    };
    check(
        "db:\n    image: postgres\n    ports:\n        - \"1:1\"\n\nx: y\n",
        &make,
        concat!(
            "db:\n    image: postgres\n    ports:\n        - \"1:1\"\n    healthcheck:\n",
            "        test: [\"CMD-SHELL\", \"pg_isready -U \\\"app\\\"\"]\n        interval: 5s\n        retries: 10\n\nx: y\n"
        ),
    );
    check(
        "db: {image: postgres}\n",
        &make,
        "db: {image: postgres, healthcheck: {test: [\"CMD-SHELL\", \"pg_isready -U \\\"app\\\"\"], interval: 5s, retries: 10}}\n",
    );
}

#[test]
fn depends_on_becomes_a_mapping() {
    let make = |editor: &Editor<'_>, stream: &Stream| {
        editor.list_to_map(
            place(stream, "w.depends_on"),
            &|name| {
                let condition = if name == "db" { "service_healthy" } else { "service_started" };
                Value::Map(vec![("condition".into(), condition.into())])
            },
            None,
        )
    };
    check(
        "w:\n  depends_on:\n    - db  # first\n    # then\n    - 'mq'\n  x: y\n",
        &make,
        "w:\n  depends_on:\n    db:  # first\n      condition: service_healthy\n    # then\n    mq:\n      condition: service_started\n  x: y\n",
    );
    check(
        "w:\n  x:\n    y: z\n  depends_on:\n  - db\n",
        &make,
        "w:\n  x:\n    y: z\n  depends_on:\n    db:\n      condition: service_healthy\n",
    );
    check(
        "w:\n  depends_on: [db, mq] # both\n  x: y\n",
        &make,
        "w:\n  depends_on: # both\n    db:\n      condition: service_healthy\n    mq:\n      condition: service_started\n  x: y\n",
    );
    check("w: {depends_on: [db]}\n", &make, "w: {depends_on: {db: {condition: service_healthy}}}\n");
    assert_eq!(edited("w:\n  depends_on: [&a b]\nx: *a\n", &make), None);
}

#[test]
fn scalars_keep_their_quotes() {
    let put = |text: &'static str| {
        move |editor: &Editor<'_>, stream: &Stream| editor.replace_scalar(place(stream, "a"), text)
    };
    for (before, text, after) in [
        ("a: b # c\n", "d", "a: d # c\n"),
        ("a: b\n", "5432", "a: \"5432\"\n"),
        ("a: 80\n", "5432", "a: 5432\n"),
        ("a: 80\n", "on", "a: \"on\"\n"),
        ("a: b\n", "x: y", "a: \"x: y\"\n"),
        ("a: b\n", "C:\\x", "a: C:\\x\n"),
        ("a: b\n", "", "a: \"\"\n"),
        ("a: b\n", "22:22", "a: \"22:22\"\n"),
        ("a: b\n", "postgres://db:5432/app", "a: postgres://db:5432/app\n"),
        ("a: 'b'\n", "it's", "a: 'it''s'\n"),
        ("a: \"b\"\n", "q\"\n", "a: \"q\\\"\\n\"\n"),
        ("a: |\n  b\n  c\nd: e\n", "x", "a: \"x\"\nd: e\n"),
        ("a: b\n", "*x", "a: \"*x\"\n"),
        ("a: b\n", "${X:-y}", "a: ${X:-y}\n"),
    ] {
        check(before, &put(text), after);
    }
    check(
        "f: [b]\n",
        &|editor, stream| editor.replace_scalar(place(stream, "f.0"), "${X:-y}"),
        "f: [\"${X:-y}\"]\n",
    );
}

#[test]
fn parts_of_scalars_are_replaced_where_they_are_written_as_they_are() {
    for (before, old, new, after) in [
        ("a: http://localhost:1/x\n", "localhost", "db", Some("a: http://db:1/x\n")),
        ("a: \"http://localhost:1/x\" # c\n", "localhost", "db", Some("a: \"http://db:1/x\" # c\n")),
        ("a: 'localhost'\n", "localhost", "db", Some("a: 'db'\n")),
        ("a: |\n  host localhost\n", "localhost", "db", Some("a: |\n  host db\n")),
        ("a: x localhost\n", "localhost", "# b", None),
        ("a: \"localhost\"\n", "localhost", "\"", None),
    ] {
        let (file, stream) = read(before);
        let at = before.find(old).unwrap();
        let edits = Editor::new(&file, &stream).replace_within(file.slice(at, at + old.len()), new);
        assert_eq!(edits.map(|edits| fix::apply(&file, &edits).unwrap()).as_deref(), after);
    }
}

#[test]
fn entries_are_taken_out_whole() {
    let remove = |editor: &Editor<'_>, stream: &Stream| editor.remove_entry(key(stream, "", "version"));
    check("version: '3'\n\nservices: {}\n", &remove, "services: {}\n");
    check("# x\nversion: '3' # old\nservices: {}\n", &remove, "# x\nservices: {}\n");
    check("services: {}\nversion: '3'\n", &remove, "services: {}\n");
    assert_eq!(edited("version: '3'\n", &remove), None);
    assert_eq!(edited("{version: '3', a: b}\n", &remove), None);
}

const PROJECT: &str = "services:\n  a:\n    image: x\n    environment:\n      A: b\n";

fn fixes(sources: &SourceMap, makes: &[&Make]) -> (Arc<SourceFile>, Vec<Fix>) {
    let file = sources.load(Path::new("compose.yaml")).unwrap();
    let stream = yaml::parse(&file);
    let fix = |make: &&Make| Fix {
        title: "do it".to_string(),
        applicability: Applicability::Safe,
        edits: make(&Editor::new(&file, &stream), &stream).unwrap(),
    };
    let fixes = makes.iter().map(fix).collect();
    (file, fixes)
}

fn set(name: &'static str, text: &'static str) -> impl Fn(&Editor<'_>, &Stream) -> Option<Vec<Edit>> {
    move |editor, stream| editor.set_variable(place(stream, "services.a.environment"), name, text)
}

#[test]
fn fixes_are_made_together_and_the_later_of_two_that_collide_is_dropped() {
    let sources = SourceMap::new(Memory::new([("compose.yaml", PROJECT)]));
    let makes: [&Make; 5] = [&set("B", "1"), &set("A", "c"), &set("A", "d"), &set("C", "2"), &set("A", "c")];
    let (_, fixes) = fixes(&sources, &makes);
    let plan = fix::plan(&sources, &fixes.iter().collect::<Vec<_>>());
    assert_eq!(plan.applied, [0, 1, 3, 4]);
    assert_eq!(plan.dropped, [(2, Reason::Overlap)]);
    assert_eq!(
        plan.changes[0].text,
        format!("{}      B: \"1\"\n      C: \"2\"\n", PROJECT.replace("A: b", "A: c"))
    );
    assert_eq!(plan.write(sources.files()), []);
    assert_eq!(
        sources.files().read(Path::new("compose.yaml"), 999).unwrap(),
        plan.changes[0].text.as_bytes()
    );
    // The file is no longer what was read.
    assert_eq!(plan.write(sources.files())[0].error, WriteError::Changed);
}

#[test]
fn a_fix_that_breaks_the_file_is_dropped_and_the_others_are_made() {
    let sources = SourceMap::new(Memory::new([("compose.yaml", PROJECT)]));
    let (file, mut fixes) = fixes(&sources, &[&set("B", "x"), &set("B", "y")]);
    let raw = |from: &str, text: &str| {
        let at = PROJECT.find(from).unwrap();
        let edit = Edit { span: file.slice(at, at + from.len()), text: text.to_string() };
        Fix { title: String::new(), applicability: Applicability::Safe, edits: vec![edit] }
    };
    fixes.push(raw("    image: x\n", "   image: x\n"));
    fixes.push(raw("image", "image: ["));
    fixes.push(Fix { edits: vec![Edit { span: Span::NONE, text: String::new() }], ..fixes[0].clone() });
    let plan = fix::plan(&sources, &fixes.iter().collect::<Vec<_>>());
    assert_eq!(plan.applied, [0]);
    let reasons: Vec<Reason> = plan.dropped.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons, [Reason::Overlap, Reason::Breaks, Reason::Overlap, Reason::NoPlace]);
    assert_eq!(plan.changes[0].text, format!("{PROJECT}      B: x\n"));
}

#[test]
fn what_no_edit_touches_must_not_change() {
    let (file, before) = read("a: b\nc:\n  d: e\nf: [g, h] # i\n");
    let sound = |after: &str, from: usize, to: usize| {
        let (_, after) = read(after);
        changes_only(&file, &before, &after, &[file.slice(from, to)])
    };
    assert!(sound("a: b\nc:\n  d: e\n  x: y\nf: [g, h] # i\n", 14, 14));
    assert!(sound("a: b\nc:\n  d: z\nf: [g, h] # i\n", 13, 14));
    assert!(!sound("a: b\nc:\n  d: e x\nf: [g, h] # i\n", 14, 14), "the scalar before grew");
    assert!(!sound("a: b\nc:\n  d: e\nf: [g] # i\n", 14, 14), "something else changed");
    assert!(!sound("a: b\nc:\n  d: e\nf: [g, h]\n", 14, 14), "a comment is gone");
    assert!(!sound("a: b\nf: [g, h] # i\n", 14, 14), "an entry is gone");
    assert!(!sound("a: b\nc:\n  d: e\n  d: e\nf: [g, h] # i\n", 14, 14), "a key stands twice");
}

#[test]
fn files_on_disk_keep_their_permissions_and_links() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("compose.yaml");
    std::fs::write(&path, PROJECT).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = directory.path().join("link.yaml");
        std::os::unix::fs::symlink("compose.yaml", &link).unwrap();
        Disk.write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    Disk.write(&path, b"newer").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"newer");
    assert_eq!(Disk.write(directory.path(), b"x"), Err(WriteError::NotRegular));
    assert_eq!(Disk.write(&directory.path().join("none"), b"x"), Err(WriteError::NotRegular));
    let names = Disk.list(directory.path());
    assert!(names.iter().all(|name| !name.ends_with(".tmp")), "{names:?}");
}

/// The text of the file after an edit that is asked for in the project's nouns.
#[track_caller]
fn asked(text: &str, make: impl Fn(&Edits<'_>, &Service) -> Option<Vec<Edit>>) -> Option<String> {
    let sources = SourceMap::new(Memory::new([("/p/compose.yaml", text)]));
    let request = LoadOptions { files: vec!["/p/compose.yaml".into()], ..LoadOptions::default() };
    let project = dockworthy::compose::load(&sources, &request).unwrap();
    let edits = make(&Edits::new(&sources), &project.services["web"])?;
    let file = sources.load(Path::new("/p/compose.yaml")).unwrap();
    fix::apply(&file, &edits)
}

#[test]
fn a_service_is_changed_in_the_project_s_nouns() {
    let file = |web: &str| {
        format!("services:\n  web:\n    image: x\n{web}  db:\n    image: y\n  mq:\n    image: z\n")
    };
    let changes = |before: &str, after: &str, make: &dyn Fn(&Edits<'_>, &Service) -> Option<Vec<Edit>>| {
        assert_eq!(asked(&file(before), make).as_deref(), Some(file(after).as_str()));
    };
    let variable = |edits: &Edits<'_>, web: &Service| edits.set_variable(web, "A", "b");
    changes("", "    environment:\n      A: b\n", &variable);
    changes("    environment:\n", "    environment:\n      A: b\n", &variable);
    changes("    environment:\n      - C=d\n", "    environment:\n      - C=d\n      - A=b\n", &variable);
    let healthy = |edits: &Edits<'_>, web: &Service| edits.wait_until_healthy(web, &web.depends_on[0]);
    changes(
        "    depends_on: [db, mq]\n",
        "    depends_on:\n      db:\n        condition: service_healthy\n      mq:\n        condition: service_started\n",
        &healthy,
    );
    changes(
        "    depends_on:\n      db:\n        condition: service_started\n",
        "    depends_on:\n      db:\n        condition: service_healthy\n",
        &healthy,
    );
    let wait = |edits: &Edits<'_>, web: &Service| edits.add_dependency(web, "mq", None);
    changes("", "    depends_on:\n      - mq\n", &wait);
    changes("    depends_on: [db]\n", "    depends_on: [db, mq]\n", &wait);
    changes(
        "    depends_on:\n      db:\n        condition: service_healthy\n",
        "    depends_on:\n      db:\n        condition: service_healthy\n      mq:\n        condition: service_started\n",
        &wait,
    );
    let shared = "services:\n  web: &w\n    image: x\n  b: *w\n";
    assert_eq!(asked(shared, variable), None);
}

/// Every node that is a value or an item.
fn places<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    found.push(node);
    match &node.kind {
        NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
        NodeKind::Sequence(sequence) => sequence.items.iter().for_each(|item| places(item, found)),
        NodeKind::Mapping(mapping) => mapping.entries.iter().for_each(|entry| places(&entry.value, found)),
    }
}

fn entry_of(value: &str) -> Value {
    Value::Map(vec![("k".to_string(), value.into())])
}

/// All that an editor can be asked for at a place.
fn offers(editor: &Editor<'_>, at: Span) -> Vec<(&'static str, Option<Vec<Edit>>)> {
    vec![
        ("append_entry", editor.append_entry(at, "NEW", &"a: b".into())),
        ("append_block", editor.append_entry(at, "NEW", &entry_of("v"))),
        ("append_item", editor.append_item(at, &"- new".into())),
        ("append_map", editor.append_item(at, &entry_of("v"))),
        ("set_variable", editor.set_variable(at, "K", "v w")),
        ("set_attribute", editor.set_attribute(at, "k", &entry_of("v"))),
        ("replace_scalar", editor.replace_scalar(at, "it's \"new\"")),
        ("replace_value", editor.replace_value(at, &entry_of("v"))),
        ("replace_list", editor.replace_value(at, &Value::List(vec!["a".into()]))),
        ("list_to_map", editor.list_to_map(at, &entry_of, None)),
        ("remove_entry", editor.remove_entry(at)),
        ("rename_key", editor.rename_key(at, "other")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the file looks like: what is offered can be read and changes nothing else.
    #[test]
    fn every_offer_is_sound(text in texts::mutated(), which in any::<prop::sample::Index>()) {
        let (file, stream) = read(&text);
        if !stream.problems.is_empty() || stream.documents.is_empty() {
            return Ok(());
        }
        let mut nodes = Vec::new();
        stream.documents.iter().for_each(|document| places(document, &mut nodes));
        let node = which.get(&nodes);
        for (what, edits) in offers(&Editor::new(&file, &stream), node.span) {
            let Some(edits) = edits else { continue };
            let after = fix::apply(&file, &edits).unwrap();
            let (_, again) = read(&after);
            let spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
            prop_assert!(
                changes_only(&file, &stream, &again, &spans),
                "{what} at {:?} of {text:?} gives {after:?}: {:?}", file.snippet(node.span), again.problems
            );
        }
    }

    /// What is set need not be set again.
    #[test]
    fn a_variable_that_is_set_is_set(text in texts::mutated(), which in any::<prop::sample::Index>()) {
        let (file, stream) = read(&text);
        if !stream.problems.is_empty() || stream.documents.is_empty() {
            return Ok(());
        }
        let mut nodes = Vec::new();
        stream.documents.iter().for_each(|document| places(document, &mut nodes));
        let node = which.get(&nodes);
        let Some(edits) = Editor::new(&file, &stream).set_variable(node.span, "K", "v") else { return Ok(()) };
        let once = fix::apply(&file, &edits).unwrap();
        let (file, stream) = read(&once);
        // The block begins where it began, unless a null gave way to it.
        let mut nodes = Vec::new();
        stream.documents.iter().for_each(|document| places(document, &mut nodes));
        let same = nodes.iter().filter(|again| again.span.lo == node.span.lo && !node.span.is_empty());
        for again in same {
            if let Some(edits) = Editor::new(&file, &stream).set_variable(again.span, "K", "v") {
                prop_assert_eq!(fix::apply(&file, &edits).unwrap(), once.as_str());
            }
        }
    }
}

#[test]
fn items_are_taken_out() {
    let item = |editor: &Editor<'_>, stream: &Stream| editor.remove_item(place(stream, "environment.0"));
    let text = "environment:\n  - A=1 # old\n  - B=2\n";
    assert_eq!(edited(text, &item).unwrap(), "environment:\n  - B=2\n");
    // The only one, one of a flow list, one that spans lines: all but the last are declined.
    assert_eq!(edited("environment:\n  - A=1\n", &item), None);
    assert_eq!(edited("environment: [A=1, B=2]\n", &item), None);
    let text = "environment:\n- \"A=\n   1\"\n- B=2\n";
    assert_eq!(edited(text, &item).unwrap(), "environment:\n- B=2\n");
    // A part of the item names it, too.
    let part =
        |editor: &Editor<'_>, stream: &Stream| editor.remove_item(place(stream, "environment.1").slice(0, 1));
    assert_eq!(edited("environment:\n- A=1\n- B=2\nx: 1\n", &part).unwrap(), "environment:\n- A=1\nx: 1\n");
}

#[test]
fn scalars_are_put_in_quotes() {
    let quote = |editor: &Editor<'_>, stream: &Stream| editor.quote(place(stream, "a"));
    assert_eq!(edited("a: 3.10 # python\n", &quote).unwrap(), "a: \"3.10\" # python\n");
    assert_eq!(edited("{a: 0755, b: 1}\n", &quote).unwrap(), "{a: \"0755\", b: 1}\n");
    assert_eq!(edited("a: \"3.10\"\n", &quote), None);
    assert_eq!(edited("a: !!float 3.10\n", &quote), None);
    assert_eq!(edited("a: &v 3.10\nb: 1\n", &quote).unwrap(), "a: &v \"3.10\"\nb: 1\n");
}
