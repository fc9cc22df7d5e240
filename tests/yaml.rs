//! The tree of a YAML text.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

#[path = "support/texts.rs"]
mod texts;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde::Deserialize as _;

use dockworthy::source::{Memory, SourceFile, SourceMap};
use dockworthy::yaml::{self, Node, NodeKind, Resolved, Scalar, Stream, Style};
use texts::any_text;

fn read(text: impl Into<Vec<u8>>) -> (Arc<SourceFile>, Stream) {
    let map = SourceMap::new(Memory::new([("compose.yaml", text)]));
    let file = map.load(Path::new("compose.yaml")).unwrap();
    let stream = yaml::parse(&file);
    (file, stream)
}

/// The tree with the source text of every node.
fn outline(text: &str) -> String {
    let (file, stream) = read(text);
    let mut out = String::new();
    for document in &stream.documents {
        write(&file, document, 0, &mut out);
    }
    for comment in &stream.comments {
        writeln!(out, "comment {:?} own_line={}", file.snippet(comment.span), comment.own_line).unwrap();
    }
    for problem in &stream.problems {
        writeln!(out, "{:?} {}", file.range(problem.at), problem.message).unwrap();
    }
    out
}

fn write(file: &SourceFile, node: &Node, depth: usize, out: &mut String) {
    write!(out, "{}{:?}", "  ".repeat(depth), file.snippet(node.span)).unwrap();
    if node.span.is_empty() {
        write!(out, "@{}", file.local(node.span.lo)).unwrap();
    }
    for mark in node.tag.iter().chain(&node.anchor) {
        write!(out, " {}", file.snippet(mark.span)).unwrap();
    }
    match &node.kind {
        NodeKind::Scalar(scalar) => writeln!(out, " {:?} {:?}", scalar.style, scalar.text).unwrap(),
        NodeKind::Alias(alias) => writeln!(out, " alias {} {}", alias.name, alias.target.is_some()).unwrap(),
        NodeKind::Sequence(sequence) => {
            writeln!(out, " sequence flow={}", sequence.flow).unwrap();
            sequence.items.iter().for_each(|item| write(file, item, depth + 1, out));
        }
        NodeKind::Mapping(mapping) => {
            writeln!(out, " mapping flow={}", mapping.flow).unwrap();
            for entry in mapping.entries.iter() {
                write(file, &entry.key, depth + 1, out);
                write(file, &entry.value, depth + 2, out);
            }
        }
    }
}

#[track_caller]
fn assert_outline(text: &str, expected: &[&str]) {
    let outline = outline(text);
    assert_eq!(outline.lines().collect::<Vec<_>>(), expected, "\n{outline}");
}

#[test]
fn block_scalars_begin_at_their_header() {
    assert_outline(
        "a: &xy !tz |- # c | d\r\n\r\n  x\r\n  y\r\n\r\n\r\n",
        &[
            r#""a: &xy !tz |- # c | d\r\n\r\n  x\r\n  y" mapping flow=false"#,
            r#"  "a" Plain "a""#,
            r#"    "|- # c | d\r\n\r\n  x\r\n  y" !tz &xy Literal "\nx\ny""#,
            r##"comment "# c | d" own_line=false"##,
        ],
    );
}

#[test]
fn block_scalars_end_with_their_text() {
    assert_outline(
        "a: |\n\nb: |\n  x\n\n# no text\nc: >+\n  y\n\n",
        &[
            r##""a: |\n\nb: |\n  x\n\n# no text\nc: >+\n  y\n" mapping flow=false"##,
            r#"  "a" Plain "a""#,
            r#"    "|" Literal """#,
            r#"  "b" Plain "b""#,
            r#"    "|\n  x" Literal "x\n""#,
            r#"  "c" Plain "c""#,
            r#"    ">+\n  y\n" Folded "y\n\n""#,
            r##"comment "# no text" own_line=true"##,
        ],
    );
}

#[test]
fn what_is_not_written_stands_after_its_colon_tag_and_anchor() {
    assert_outline(
        "f:\ng: &z\nh: !reset\ni:   # c\n- \n".trim_end_matches("- \n"),
        &[
            r##""f:\ng: &z\nh: !reset\ni:" mapping flow=false"##,
            r#"  "f" Plain "f""#,
            r#"    ""@2 Plain """#,
            r#"  "g" Plain "g""#,
            r#"    ""@8 &z Plain """#,
            r#"  "h" Plain "h""#,
            r#"    ""@18 !reset Plain """#,
            r#"  "i" Plain "i""#,
            r#"    ""@21 Plain """#,
            r##"comment "# c" own_line=false"##,
        ],
    );
}

#[test]
fn sequences_no_deeper_than_their_key_begin_at_the_dash() {
    assert_outline(
        "a:\n- 1\n- - 2\n",
        &[
            r#""a:\n- 1\n- - 2" mapping flow=false"#,
            r#"  "a" Plain "a""#,
            r#"    "- 1\n- - 2" sequence flow=false"#,
            r#"      "1" Plain "1""#,
            r#"      "- 2" sequence flow=false"#,
            r#"        "2" Plain "2""#,
        ],
    );
}

#[test]
fn flow_collections_merge_keys_duplicates_and_characters_of_many_bytes() {
    assert_outline(
        "\u{feff}é: {<<: *b, <<: [x]}\n".replace("*b", "'ü'").as_str(),
        &[
            r#""é: {<<: 'ü', <<: [x]}" mapping flow=false"#,
            r#"  "é" Plain "é""#,
            r#"    "{<<: 'ü', <<: [x]}" mapping flow=true"#,
            r#"      "<<" Plain "<<""#,
            r#"        "'ü'" SingleQuoted "ü""#,
            r#"      "<<" Plain "<<""#,
            r#"        "[x]" sequence flow=true"#,
            r#"          "x" Plain "x""#,
        ],
    );
}

/// YAML 1.2 forbids it; the library of Compose does not.
#[test]
fn quoted_text_may_go_on_in_any_column() {
    assert_outline(
        "a:\n  b: \"x #\n y\n\n\tz\"\n  c: 'é\nf: g'\nd: e\n",
        &[
            r#""a:\n  b: \"x #\n y\n\n\tz\"\n  c: 'é\nf: g'\nd: e" mapping flow=false"#,
            r#"  "a" Plain "a""#,
            r#"    "b: \"x #\n y\n\n\tz\"\n  c: 'é\nf: g'" mapping flow=false"#,
            r#"      "b" Plain "b""#,
            r#"        "\"x #\n y\n\n\tz\"" DoubleQuoted "x # y\nz""#,
            r#"      "c" Plain "c""#,
            r#"        "'é\nf: g'" SingleQuoted "é f: g""#,
            r#"  "d" Plain "d""#,
            r#"    "e" Plain "e""#,
        ],
    );
}

#[test]
fn aliases_share_what_they_name_also_in_later_documents() {
    let (_, stream) = read("a: &x {b: c}\nd: *x\n---\ne: *x\n");
    assert_eq!(stream.problems, []);
    let [first, second] = stream.documents.as_slice() else { panic!("two documents") };
    let written = &first.as_mapping().unwrap().get("a").unwrap().value;
    for (document, key) in [(first, "d"), (second, "e")] {
        let value = &document.as_mapping().unwrap().get(key).unwrap().value;
        assert_eq!(value.resolved(), written);
    }
}

#[test]
fn an_alias_inside_its_own_target_has_none() {
    let (_, stream) = read("a: &x [*x]\n");
    let list = stream.documents[0].as_mapping().unwrap().get("a").unwrap().value.as_sequence().unwrap();
    assert!(matches!(&list.items[0].kind, NodeKind::Alias(alias) if alias.target.is_none()));
}

/// What `docker compose` calls an empty file, and what it calls a document that is no mapping.
#[test]
fn empty_files_have_no_document_but_a_blank_document_is_null() {
    for (text, documents) in [("", 0), ("# x\n", 0), ("\u{feff}", 0), ("---\n", 1), ("null\n", 1)] {
        assert_eq!(read(text).1.documents.len(), documents, "{text:?}");
    }
    assert_eq!(read("a: b\n---\n# x\n").1.documents.len(), 2);
    assert_eq!(read("\u{feff}a: b\nc: d\n").1.problems, []);
    assert_eq!(read("a: b\n...\n# x\n").1.documents.len(), 1);
}

#[test]
fn duplicate_keys_are_found_at_the_second_one() {
    let (file, stream) = read("a: 1\nb: &x {c: 1, 'c': 2}\nd: *x\n\"a\": 2\ne: [{<<: {}, <<: {}}]\n");
    assert_eq!(stream.problems, []);
    let found = yaml::duplicate_keys(&stream.documents[0]);
    let places: Vec<_> = found
        .iter()
        .map(|problem| (file.range(problem.at).start, file.snippet(problem.also[0].span)))
        .collect();
    assert_eq!(places, [(18, "c"), (32, "a"), (52, "<<")]);
}

/// Checked against `docker compose config` 5.6.1: the text it makes of each under `environment`;
/// `-` where it gives null, `!` where it refuses the file.
#[test]
fn scalars_resolve_as_compose_resolves_them() {
    let table = [
        ("0755", "493"),
        ("0o755", "493"),
        ("0O7", "7"),
        ("0b11", "3"),
        ("0x1F", "31"),
        ("0xg", "0xg"),
        ("1_000", "1000"),
        ("1_0.5", "10.5"),
        ("_1", "_1"),
        ("1_", "1"),
        ("-_1", "-1"),
        ("0x_1", "1"),
        ("22:22", "22:22"),
        ("12:30:45", "12:30:45"),
        ("09", "9"),
        ("08.5", "8.5"),
        ("0o8", "0o8"),
        ("-0", "-0"),
        ("+1", "1"),
        ("-0b11", "-3"),
        ("0b-1", "0b-1"),
        ("--1", "--1"),
        ("1.", "1"),
        (".5", "0.5"),
        (".", "."),
        (".1_0", "0.1"),
        ("._5", "._5"),
        ("1e3", "1000"),
        ("1e", "1e"),
        ("1e400", "1e400"),
        ("1e6", "1e+06"),
        ("123456789.0", "1.23456789e+08"),
        ("0.00001", "1e-05"),
        ("100000.0", "100000"),
        ("1.10", "1.1"),
        ("18446744073709551615", "18446744073709551615"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("true", "true"),
        ("TRUE", "true"),
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("~", "-"),
        ("Null", "-"),
        ("nULL", "nULL"),
        ("", "-"),
        ("'~'", "~"),
        ("\"1\"", "1"),
        ("=", "="),
        ("2001-01-01", "2001-01-01 00:00:00 +0000 UTC"),
        ("2001-1-2", "2001-01-02 00:00:00 +0000 UTC"),
        ("2001-02-30", "2001-02-30"),
        ("2001-13-01", "2001-13-01"),
        ("2001-01-01T00:00:00", "2001-01-01T00:00:00"),
        ("2001-01-01t1:2:3.50Z", "2001-01-01 01:02:03.5 +0000 UTC"),
        ("2001-01-01 10:02:03,25", "2001-01-01 10:02:03.25 +0000 UTC"),
        ("2001-01-01T10:02:03-00:30", "2001-01-01 10:02:03 -0030 -0030"),
        ("2001-01-01T25:00:00Z", "2001-01-01T25:00:00Z"),
        ("2001-01-01 10:02:03Z", "2001-01-01 10:02:03Z"),
        ("!!str 123", "123"),
        ("!!int \"0x10\"", "16"),
        ("!!int x", "!"),
        ("!!int 1.5", "!"),
        ("!!float 1", "1"),
        ("!!float 21000000", "2.1e+07"),
        ("!!bool yes", "!"),
        ("!!bool \"true\"", "true"),
        ("!!null x", "!"),
        ("!!binary aGk=", "hi"),
        ("!!binary x", "!"),
        ("!!timestamp \"2001-01-01\"", "2001-01-01 00:00:00 +0000 UTC"),
        ("! 5", "5"),
        ("!foo true", "true"),
        ("!foo ~", "~"),
        ("!<tag:yaml.org,2002:int> \"5\"", "5"),
        ("!!str", ""),
    ];
    for (text, expected) in table {
        let (_, stream) = read(format!("k: {text}\n"));
        let value = &stream.documents[0].as_mapping().unwrap().entries[0].value;
        let scalar = value.as_scalar().unwrap();
        let resolved = yaml::resolve(scalar, value.tag.as_ref().map(|tag| tag.value.as_str()));
        let shown = match &resolved {
            Resolved::Null => "-".to_string(),
            Resolved::Invalid(_) => "!".to_string(),
            other => other.to_text(scalar).unwrap(),
        };
        assert_eq!(shown, expected, "{text:?} gives {resolved:?}");
    }
}

#[test]
fn types_are_kept_apart() {
    let of = |text: &str| yaml::resolve(&Scalar { text: text.to_string(), style: Style::Plain }, None);
    assert_eq!(of("0755"), Resolved::Int(493));
    assert_eq!(of("1e3"), Resolved::Float(1000.0));
    assert_eq!(of("yes"), Resolved::String);
    assert_eq!(of(".inf"), Resolved::Float(f64::INFINITY));
    assert_eq!(of("9223372036854775808"), Resolved::Float(9_223_372_036_854_775_808.0));
}

/// Where it is wrong, whether Compose refuses it, and what we say.
#[test]
fn broken_texts_say_what_is_wrong_and_where() {
    let table = [
        ("a:\n\tb: c\n", "2:1", "a tab stands in the indentation, where YAML allows only spaces"),
        ("a:\n  b: c\n d: e\n", "3:2", "this line's indentation fits none of the mappings above it"),
        ("a: b\n  c: d\n", "2:4", "this line is indented under a key that already has a value"),
        ("a\nb: c\n", "2:2", "this line continues the text above it, which is no `key:`"),
        ("a: echo b: c\n", "1:10", "a second `: ` stands in this value"),
        ("a: \"x\nb: c\n", "1:4", "the quote `\"` that opens here is never closed"),
        ("a: ['it''s', 'x\n", "1:14", "the quote `'` that opens here is never closed"),
        ("a: \"b\" c\n", "1:8", "text follows the closing quote"),
        ("a: @b\n", "1:4", "a value cannot begin with `@`"),
        ("a: [b, c\n", "1:4", "`[` is never closed"),
        ("a: [b}\n", "1:4", "`[` is closed by `}`"),
        ("a: [${A:-x}]\n", "1:6", "a `,` or the closing bracket is missing before this"),
        (
            "a: [b? c, d]\n",
            "1:6",
            "a `?` before a blank ends the text here: Compose's YAML reads it as the sign of a key",
        ),
        ("a: b\n...\nc: d\n", "3:1", "after `...` Compose's YAML wants a document to begin with `---`"),
        ("a: *.py\n", "1:4", "the alias `*.py` names no anchor that stands before it"),
        ("a: & b\n", "1:4", "`&` stands without a name"),
        ("a: \"\\d\"\n", "1:5", "`\\d` means nothing between double quotes"),
        ("a: |x\n  b\n", "1:4", "text stands behind the sign of a block scalar"),
        ("a:\n  b: c\n  - d\n", "3:5", "a list item stands among the keys of a mapping"),
        ("a:\n  - b\n  c: d\n", "3:3", "a list goes on here without a `-`"),
        ("a: b\u{7}\n", "1:4", "the control character U+0007 is not allowed in YAML"),
        ("a: b\n<<<<<<< HEAD\nc: d\n", "2:1", "a merge conflict is left in the file"),
        (" a: b\nc: d\n", "2:1", "the document has ended before this line"),
        (
            ": 3\n",
            "1:1",
            "Compose's YAML does not allow this: did not find expected key, while parsing a block mapping",
        ),
    ];
    for (text, place, message) in table {
        let (file, stream) = read(text);
        let [problem] = stream.problems.as_slice() else { panic!("{text:?}: {:?}", stream.problems) };
        let at = file.position(problem.at.lo);
        assert_eq!(
            (format!("{}:{}", at.line, at.column).as_str(), problem.message.as_str()),
            (place, message),
            "{text:?}"
        );
        assert!(problem.refuses, "{text:?}");
    }
}

/// Whether the tree says what the value says. Numbers are only required to look like some: the two
/// libraries differ in their notations on purpose.
fn says(node: &Node, value: &serde_yaml::Value) -> bool {
    use serde_yaml::Value;
    let node = node.resolved();
    match (&node.kind, value) {
        (_, Value::Tagged(tagged)) => node.tag.is_some() && says(node, &tagged.value),
        (NodeKind::Scalar(scalar), Value::String(text)) => scalar.text == *text,
        (NodeKind::Scalar(scalar), Value::Null) => {
            ["", "~", "null", "Null", "NULL"].contains(&scalar.text.as_str())
        }
        (NodeKind::Scalar(scalar), Value::Bool(bool)) => scalar.text.to_lowercase() == bool.to_string(),
        (NodeKind::Scalar(scalar), Value::Number(_)) => {
            scalar.text.contains(|c: char| c.is_ascii_digit()) || scalar.text.contains('.')
        }
        (NodeKind::Sequence(sequence), Value::Sequence(values)) => {
            sequence.items.len() == values.len()
                && sequence.items.iter().zip(values).all(|(item, value)| says(item, value))
        }
        (NodeKind::Mapping(mapping), Value::Mapping(values)) => {
            mapping.entries.len() == values.len()
                && mapping
                    .entries
                    .iter()
                    .zip(values)
                    .all(|(entry, (key, value))| says(&entry.key, key) && says(&entry.value, value))
        }
        _ => false,
    }
}

/// The text of a scalar, put into a file of its own.
fn alone(snippet: &str, style: Style) -> Option<String> {
    // A lone carriage return breaks the line too, and nothing could be put after it here.
    let snippet = &snippet.replace("\r\n", "\n").replace('\r', "\n");
    match style {
        Style::Literal | Style::Folded => {
            let header = snippet.lines().next()?;
            let explicit = header.split(['#', ' ']).next()?.contains(|c: char| c.is_ascii_digit());
            let kept = header.contains('+');
            (!explicit && !kept).then(|| format!("k: {}\n", snippet.replace('\n', "\n ")))
        }
        // A key may begin and end with what a value may not.
        Style::Plain if snippet.starts_with([':', '-', '?']) || snippet.ends_with(':') => None,
        _ => Some(format!("k: {}\n", snippet.replace('\n', "\n  "))),
    }
}

fn check_spans(file: &SourceFile, node: &Node) -> Result<(), TestCaseError> {
    let inside = |child: &Node, after: u32| {
        prop_assert!(node.span.contains(child.span), "{:?} outside {:?}", child.span, node.span);
        prop_assert!(after <= child.span.lo, "{:?} begins before {after}", child.span);
        check_spans(file, child)?;
        Ok(child.span.hi)
    };
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            let snippet = file.snippet(node.span);
            let Some(text) = alone(snippet, scalar.style) else { return Ok(()) };
            let (_, stream) = read(text.clone());
            let again =
                stream.documents.first().and_then(Node::as_mapping).map(|map| map.entries[0].value.clone());
            let again = again.as_ref().and_then(Node::as_scalar);
            prop_assert_eq!(again, Some(scalar), "{:?} from {:?}", text, &file.text);
        }
        NodeKind::Alias(alias) => prop_assert_eq!(file.snippet(node.span), format!("*{}", alias.name)),
        NodeKind::Sequence(sequence) => {
            sequence.items.iter().try_fold(0, |after, item| inside(item, after))?;
        }
        NodeKind::Mapping(mapping) => {
            for (index, entry) in mapping.entries.iter().enumerate() {
                let before = index.checked_sub(1).map_or(0, |before| mapping.entries[before].value.span.hi);
                let key = inside(&entry.key, before)?;
                inside(&entry.value, key)?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_reference_library_reads_we_read_alike(text in any_text()) {
        let values: Result<Vec<serde_yaml::Value>, _> =
            serde_yaml::Deserializer::from_str(&text).map(serde_yaml::Value::deserialize).collect();
        let Ok(values) = values else { return Ok(()) };
        // Line breaks in YAML 1.1, characters in 1.2.
        prop_assume!(!text.contains(['\u{85}', '\u{2028}']));
        // After a byte order mark that library sees neither document markers nor another mark.
        let marks = ["\u{feff}.", "\u{feff}-", "\u{feff}\u{feff}"];
        prop_assume!(!marks.iter().any(|mark| text.contains(mark)));
        // To that library the name of an anchor ends before a `:`.
        prop_assume!(!text.split_whitespace().any(|word| word.contains('&') && word.contains(':')));
        let after_name = text.split('&').skip(1).filter_map(|name| name.split_once(char::is_whitespace));
        prop_assume!(!after_name.into_iter().any(|(_, rest)| rest.trim_start().starts_with(':')));
        // … and a `?` before a character is the sign of a key between brackets.
        prop_assume!(!text.split('?').skip(1).any(|after| !after.starts_with([' ', '\r', '\n'])));
        let (_, stream) = read(text.as_str());
        if let Some(problem) = stream.problems.first() {
            let stricter = ["a `?` before a blank", "after `...`"];
            let known = !problem.refuses || stricter.iter().any(|start| problem.message.starts_with(start));
            prop_assert!(known, "{text:?}: {problem:?}");
            return Ok(());
        }
        // That library sees one null document in a text of comments.
        let documents = stream.documents.iter().map(Some).chain(std::iter::repeat(None));
        for (document, value) in documents.zip(&values) {
            // That library takes a `#` in the first column of a block scalar at the root for a comment.
            let block = |scalar: &Scalar| matches!(scalar.style, Style::Literal | Style::Folded);
            if document.and_then(Node::as_scalar).is_some_and(block) {
                continue;
            }
            let same = document.map_or(value.is_null(), |document| says(document, value));
            prop_assert!(same, "{text:?}: {document:?} is not {value:?}");
        }
        prop_assert!(stream.documents.len() <= values.len());
    }

    #[test]
    fn spans_cover_what_they_name(text in any_text()) {
        let (file, stream) = read(text.as_str());
        if stream.problems.is_empty() {
            for document in &stream.documents {
                check_spans(&file, document)?;
            }
        }
        for comment in &stream.comments {
            let snippet = file.snippet(comment.span);
            prop_assert!(snippet.starts_with('#') && !snippet.contains('\n'));
        }
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (file, stream) = read(bytes);
        for problem in &stream.problems {
            prop_assert!(file.owns(problem.at) && !problem.message.is_empty());
        }
        stream.documents.iter().for_each(|document| drop(yaml::duplicate_keys(document)));
    }
}

/// Run by hand: prints what each file of the list that `PROBE` names gives, to compare with the real thing.
#[test]
fn probing() {
    let Ok(list) = std::env::var("PROBE") else { return };
    for path in std::fs::read_to_string(list).unwrap().lines() {
        let (file, stream) = read(std::fs::read(path).unwrap());
        match stream.problems.first() {
            None => println!("{path}\tok"),
            Some(problem) => {
                let at = file.position(problem.at.lo);
                println!("{path}\t{}\t{}:{}\t{}", problem.refuses, at.line, at.column, problem.message);
            }
        }
    }
}
