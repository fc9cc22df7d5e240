//! Hostile sources: whatever a file holds, it is read in bounded time and space, without a panic.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dockworthy::compose::Variable;
use dockworthy::programs::{Scope, Sources, evaluate};
use dockworthy::source::{Memory, SourceMap};
use indexmap::IndexMap;

/// Reads the text as Python and evaluates all that came of it, on a stack as small as those of worker threads.
fn survive(name: &str, text: impl Into<Vec<u8>>) -> Duration {
    let bytes: Vec<u8> = text.into();
    let started = Instant::now();
    let work = move || {
        let path = PathBuf::from("/app/main.py");
        let sources = SourceMap::new(Memory::new([(path.clone(), bytes)]));
        let mut scope = Scope::new(vec![PathBuf::from("/app")]);
        let source = Sources::default().get(&sources, &path).expect("a source");
        scope.insert(path.clone(), source.clone());
        source.imports();
        let index = scope.at(Path::new("/app/main.py")).expect("the file");
        let module = source.full().clone();
        let environment = IndexMap::<String, Variable>::new();
        for expr in module.sinks.iter().map(|sink| &sink.target).chain(module.names.values()).take(200) {
            let _ = evaluate(&scope, index, &environment, expr);
            assert!(expr.to_string().len() < 10_000);
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("a thread");
    assert!(thread.join().is_ok(), "{name}");
    started.elapsed()
}

#[test]
fn hostile_sources_are_survived() {
    let head = "import os\nfrom redis import from_url\n";
    let cases: Vec<(&str, String)> = vec![
        ("parentheses", format!("{head}x = {}1{}\nfrom_url(x)\n", "(".repeat(50_000), ")".repeat(50_000))),
        ("open parentheses", format!("{head}x = {}", "(".repeat(200_000))),
        ("lists", format!("{head}x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000))),
        ("calls", format!("{head}x = {}1{}\n", "from_url(".repeat(5_000), ")".repeat(5_000))),
        ("attributes", format!("{head}x = os{}\n", ".environ".repeat(20_000))),
        ("sum", format!("{head}x = {}'a'\nfrom_url(x)\n", "os.getenv('A', 'b') + ".repeat(5_000))),
        ("not", format!("{head}x = {}y\n", "not ".repeat(20_000))),
        ("or", format!("{head}x = {}y\nfrom_url(x)\n", "y or ".repeat(20_000))),
        ("conditionals", format!("{head}x = {}1\nfrom_url(x)\n", "1 if y else ".repeat(5_000))),
        (
            "growing",
            format!("{head}x = 'a'\n{}from_url(x)\n", "x = x + os.getenv('A', 'b')\n".repeat(20_000)),
        ),
        ("doubling", format!("{head}x = os.getenv('A', 'b')\n{}from_url(x)\n", "x = x + x\n".repeat(90))),
        (
            "branching",
            format!(
                "{head}x = os.getenv('A', 'b')\n{}from_url(x)\n",
                "if x == 'c':\n    x = x + x\n".repeat(90)
            ),
        ),
        (
            "elif",
            format!(
                "{head}if a:\n    x = 1\n{}from_url(x)\n",
                "elif os.getenv('B'):\n    x = 2\n".repeat(10_000)
            ),
        ),
        ("f-strings", format!("{head}x = {}1{}\n", "f'{".repeat(500), "}'".repeat(500))),
        ("braces", format!("{head}x = '{}'.format(1)\nfrom_url(x)\n", "{}{0}{a[b].c}".repeat(10_000))),
        ("percent", format!("{head}x = '{}' % (1, 2)\nfrom_url(x)\n", "%s%(a)s%%".repeat(10_000))),
        (
            "names",
            format!(
                "{head}{}",
                (0..10_000).fold(String::new(), |all, n| all + &format!("a{n} = os.getenv('A{n}')\n"))
            ),
        ),
        ("one line", format!("{head}{}", "a=os.getenv('A');b=a+'x';".repeat(10_000))),
        ("imports", format!("import {}\n", "a.".repeat(50_000))),
        (
            "settings",
            format!(
                "from pydantic import BaseSettings\nclass S(BaseSettings):\n{}s = S()\n",
                (0..5_000).fold(String::new(), |all, n| all + &format!("    a{n}: str = 'x'\n"))
            ),
        ),
        (
            "recursion",
            format!(
                "{head}def f(x):\n    return f(g(x))\ndef g(x):\n    return f(x) + g(x)\nfrom_url(f(1))\n"
            ),
        ),
        (
            "itself",
            format!(
                "{head}class A(A):\n    x = A.x\n    @property\n    def y(self):\n        return self.z\n    @property\n    def z(self):\n        return self.y\nfrom_url(A().y)\n"
            ),
        ),
    ];
    for (name, text) in cases {
        let took = survive(name, text);
        assert!(took < Duration::from_secs(60), "{name} took {took:?}");
    }
}

#[test]
fn nested_blocks_are_survived() {
    let mut text = String::from("import os\n");
    for depth in 0..2_000 {
        text.push_str(&" ".repeat(depth));
        text.push_str(
            ["if os.getenv('A'):\n", "def f(a=os.getenv('B')):\n", "class C(X):\n", "try:\n"][depth % 4],
        );
    }
    let took = survive("blocks", text);
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn odd_bytes_are_survived() {
    survive("invalid UTF-8", b"import os\nx = os.getenv('A\xff\xfe', '\x80')\n".to_vec());
    survive("zeros", vec![0_u8; 100_000]);
    survive("carriage returns", "import os\rx = os.getenv('A')\r\ny = 'b'\r".as_bytes().to_vec());
    survive("byte order mark", "\u{FEFF}import os\nx = os.getenv('A')\n".as_bytes().to_vec());
    survive(
        "wide",
        "переменная = os.getenv('ИМЯ', '\u{1F600}'[0])\nx = 'é'.split('\u{301}')[0][1:]\n"
            .as_bytes()
            .to_vec(),
    );
    survive("nothing", Vec::new());
}

#[test]
fn large_sources_are_not_read() {
    let line = "x = os.getenv('A', 'localhost')\n";
    let took = survive("20 MB", line.repeat((20 << 20) / line.len()));
    assert!(took < Duration::from_secs(30), "{took:?}");
}
