//! The grammars' scanners are C code that ends the process, or never comes back, on some texts. Each grammar is run
//! here over hostile ones, in a child process: with the screen in place nothing may happen.
//!
//! `HOSTILE=100 cargo test --test scanners` runs a hundred times as many; with `BARE=1` without the screen, to find
//! what it is needed for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use dockworthy::programs::reading;
use tree_sitter::{Language, Parser};

/// The grammars, and texts that exercise their scanners.
fn grammars() -> Vec<(&'static str, Language, &'static [&'static str])> {
    vec![
        (
            "bash",
            tree_sitter_bash::LANGUAGE.into(),
            &[
                "#!/bin/sh\ncat <<EOF | grep x\n$A ${B:-c} `d`\nEOF\ncase $1 in a*|b) : \"${X:?}\";; esac\n",
                "cat <<-'A' <<B\n\tx\n\tA\n$(y)\nB\n[[ $a =~ ^(x|y)+$ ]] && echo {1..3} ${a#*/} ${a//\\//_}\n",
            ],
        ),
        (
            "c_sharp",
            tree_sitter_c_sharp::LANGUAGE.into(),
            &[
                "class A { string s = $\"{a} {$@\"x{b:N2}\"}\" + \"\"\"raw \"x\" \"\"\" + $$\"\"\"{{c}}\"\"\" + @\"v\"\"w\"; }\n",
            ],
        ),
        (
            "elixir",
            tree_sitter_elixir::LANGUAGE.into(),
            &[
                "defmodule A do\n  @doc \"\"\"\n  x #{y}\n  \"\"\"\n  def b, do: ~s(c #{d}) <> \"e\" |> :\"f g\" not in h\nend\n",
            ],
        ),
        (
            "go",
            tree_sitter_go::LANGUAGE.into(),
            &["package a\nfunc b() string { return os.Getenv(`c`) + \"d\" }\n"],
        ),
        (
            "java",
            tree_sitter_java::LANGUAGE.into(),
            &["class A { @B(\"${c:d}\") String e = \"\"\"\n  f\"\"\"; /* g */ }\n"],
        ),
        (
            "javascript",
            tree_sitter_javascript::LANGUAGE.into(),
            &[
                "const a = `b ${c ? `d ${e}` : f}`\n<G h='i'>j {k} &amp;</G>\n<!-- l\nreturn /m[/]/g ?? n?.o\n",
            ],
        ),
        (
            "kotlin",
            tree_sitter_kotlin_ng::LANGUAGE.into(),
            &[
                "@A(\"b\") class C {\n  val d by lazy { \"$e ${f}\" }\n    @G get() = \"\"\"h $i\"\"\" /* /* j */ */\n  @K constructor(l: M)\n}\n",
            ],
        ),
        (
            "php",
            tree_sitter_php::LANGUAGE_PHP.into(),
            &[
                "<?php $a = <<<EOT\n b {$c->d['e']} $f[0]\n EOT . <<<'G'\n h\nG; $i = `j $k` . \"l ${m}\"; ?> <b>\n",
            ],
        ),
        (
            "python",
            tree_sitter_python::LANGUAGE.into(),
            &[
                "if a:\n  b = f'{c!r:>{d}} {{' + r\"\"\"e\"\"\"\n  try:\n\tg()\n  except* H: pass\nelse:\n   \\\n  i\n# j\n",
            ],
        ),
        (
            "ruby",
            tree_sitter_ruby::LANGUAGE.into(),
            &[
                "a = <<~SQL.strip + <<-'B'\n  c #{d + \"e #{%w[f g]}\"}\nSQL\n  h\n  B\n:\"i#{j}\" %i(k l) /m#{n}/x `o` ?p ... q&.r\n",
                "class << self\n  puts <<HTML, <<\"K L\"\n#$m #@n\nHTML\nK L\n  { \"a\": 1, b: -2, **c } ; x *y ; z[1]\nend\n",
            ],
        ),
        (
            "rust",
            tree_sitter_rust::LANGUAGE.into(),
            &[
                "/** a */ fn b() { let c = r##\"d\"# \"##; 1.0e3f32; 2..3; \"e\\n\"; /* f /* g */ */ } //! h\n",
            ],
        ),
        (
            "tsx",
            tree_sitter_typescript::LANGUAGE_TSX.into(),
            &[
                "const A: B<C> = ({d}: {e?: F}) => <G h={`i ${j}`}>k</G>\nabstract class L { m?: n\n [o](): p }\n",
            ],
        ),
        (
            "typescript",
            tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            &[
                "type A = ({b}: {c: d}) => e\nfunction f(): g\nlet h = i as `j${k}` <!-- l\nenum M { n = 'o' }\n",
            ],
        ),
    ]
}

/// Texts that bring a scanner down when nothing keeps them from it.
fn killers() -> Vec<(&'static str, String)> {
    let nested =
        |width: fn(usize) -> String| (0..700).fold(String::new(), |all, n| all + &width(n) + "if f'{a}':\n");
    vec![
        ("kotlin", "class A\n@Inject".to_string()),
        ("kotlin", "class A {\n  val b = 1\n    @C(\"d\" get".to_string()),
        ("python", nested(|n| " ".repeat(n))),
        ("python", nested(|n| format!("{}\\\n{}", " ".repeat(n / 30 * 30), " ".repeat(n % 30)))),
        ("ruby", format!("puts <<\"{}\"\n", "a".repeat(300))),
        ("ruby", format!("puts <<{}\n", "A".repeat(256))),
        ("ruby", format!("x = <<~HTML\n{}\n", "#{\"".repeat(203))),
    ]
}

fn raw(language: &Language, text: &str) {
    let mut parser = Parser::new();
    parser.set_language(language).unwrap();
    parser.parse(text, None);
}

/// A sequence that is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

const BITS: [&str; 44] = [
    "\"", "'", "`", "\"\"\"", "'''", "{", "}", "(", ")", "[", "]", "#{", "${", "$(", "{{", "<<", "<<~HTML",
    "<<-'A'", "<<<EOT", "\nHTML\n", "\nEOF\n", "@", "@A(", "\\", "\\\n", "\n", "\n\n", "\t", "        ", " ",
    "\r", "\0", "é", "\u{2028}", "%w(", "%q{", "/", "/*", "*/", "//", "<", "$@\"", "f'{", "if a:\n",
];

/// A text made of the seeds by cutting, repeating and putting in what scanners care for.
fn hostile(seeds: &[&str], random: &mut Random) -> String {
    let mut text: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
    for _ in 0..=random.below(12) {
        let at = random.below(text.len() + 1);
        let to = (at + random.below(40)).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(at..to)),
            1 => text.truncate(at.max(1)),
            2 => {
                let part: Vec<char> = text[at..to].to_vec();
                for _ in 0..random.below(120) {
                    text.splice(at..at, part.iter().copied());
                }
            }
            3 => {
                let part = BITS[random.below(BITS.len())].repeat(random.below(400));
                drop(text.splice(at..at, part.chars()));
            }
            4 => {
                let other: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
                drop(text.splice(at..at, other));
            }
            _ => {
                let part = BITS[random.below(BITS.len())];
                drop(text.splice(at..at, part.chars()));
            }
        }
        text.truncate(60_000);
    }
    text.into_iter().collect()
}

/// How many texts each grammar is given.
fn rounds() -> usize {
    let more = std::env::var("HOSTILE").ok().and_then(|more| more.parse::<usize>().ok());
    60 * more.unwrap_or(1)
}

/// What the children do. It does nothing when it is run as a test.
#[test]
fn child() {
    let Ok(job) = std::env::var("SCANNER") else { return };
    let (name, what) = job.split_once(':').unwrap();
    let (_, language, seeds) = grammars().into_iter().find(|(known, ..)| *known == name).unwrap();
    match what.split_once('=') {
        Some((how, index)) => {
            let (_, text) = killers().swap_remove(index.parse().unwrap());
            match how {
                "raw" => raw(&language, &text),
                _ => drop(reading::parse(&language, &text)),
            }
        }
        None => {
            let mut random = Random(7);
            let mut at = String::new();
            for round in 0..rounds() {
                let text = hostile(seeds, &mut random);
                at.clear();
                write!(at, "{name} {round}").unwrap();
                let started = Instant::now();
                match std::env::var_os("BARE") {
                    Some(_) => raw(&language, &text),
                    None => drop(reading::parse(&language, &text)),
                }
                if started.elapsed() > Duration::from_secs(2) {
                    eprintln!("{at}: {} bytes took {:?}", text.len(), started.elapsed());
                }
                assert!(started.elapsed() < Duration::from_secs(120), "{at} took {:?}", started.elapsed());
            }
        }
    }
}

fn start(job: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env("SCANNER", job)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How the child ended; `None` when it did not in time.
fn end(mut child: Child, patience: Duration) -> Option<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if started.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn no_text_brings_a_scanner_down() {
    let patience = Duration::from_secs(120) * u32::try_from(rounds()).unwrap();
    for (name, ..) in grammars() {
        let status = end(start(&format!("{name}:all")), patience);
        assert!(status.is_some_and(|status| status.success()), "{name}: {status:?}");
    }
}

#[test]
fn the_screen_is_needed_and_enough() {
    for (index, (name, _)) in killers().into_iter().enumerate() {
        let screened = end(start(&format!("{name}:screened={index}")), Duration::from_secs(60));
        assert!(screened.is_some_and(|status| status.success()), "{name} {index}: {screened:?}");
        let bare = end(start(&format!("{name}:raw={index}")), Duration::from_secs(3));
        assert!(!bare.is_some_and(|status| status.success()), "{name} {index} does no harm any more");
    }
}
