//! What sources come to under an environment: whole modules in, the text that a sink gets and its provenance out.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockworthy::compose::Variable;
use dockworthy::programs::{Evaluated, Outcome, Scope, Sources, Value, evaluate};
use dockworthy::source::{Certainty, Memory, Origin, Piece, SourceMap, Span, Text, Via};
use indexmap::IndexMap;

struct Program {
    sources: SourceMap,
    scope: Scope,
}

type Variables = IndexMap<String, Variable>;

fn variables(all: &[(&str, &str)]) -> Variables {
    let text = |value: &str| Text::known(value, Origin::at(Span::NONE));
    let variable = |value: &str| Variable { value: Some(text(value)), ..Variable::default() };
    all.iter().map(|(name, value)| ((*name).to_string(), variable(value))).collect()
}

impl Program {
    fn of(files: &[(&str, &str)]) -> Self {
        let memory = Memory::new(files.iter().copied());
        let sources = SourceMap::new(memory);
        let cache = Sources::default();
        let mut scope = Scope::new(vec![PathBuf::from("/app")]);
        for (path, _) in files {
            let path = PathBuf::from(path);
            let source = cache.get(&sources, &path).expect("a source");
            scope.insert(path, source);
        }
        Self { sources, scope }
    }

    /// What the only sink (or the one of this callee) of a file gets.
    fn sink(&self, path: &str, callee: &str, environment: &Variables) -> Evaluated {
        let index = self.scope.at(Path::new(path)).expect("the file");
        let module = Arc::clone(self.scope.get(index).expect("the file").1.module());
        let mut sinks = module.sinks.iter().filter(|sink| sink.callee.value.contains(callee));
        let sink = sinks.next().unwrap_or_else(|| panic!("no sink {callee} in {:#?}", module.sinks));
        evaluate(&self.scope, index, environment, &sink.target)
    }

    fn text(&self, path: &str, callee: &str, environment: &[(&str, &str)]) -> String {
        match self.sink(path, callee, &variables(environment)).value {
            Value::Text(text) | Value::Number(text) => text.assumed().replace(Text::HOLE, "?"),
            Value::Null(_) => "nothing".to_string(),
            other => format!("{other:?}"),
        }
    }

    /// `line:column text [steps]` of every piece.
    fn pieces(&self, evaluated: &Evaluated) -> Vec<String> {
        let Value::Text(text) = &evaluated.value else { panic!("no text: {:?}", evaluated.value) };
        text.pieces().iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(&self, piece: &Piece) -> String {
        let place = match self.sources.file(piece.origin.written) {
            Some(file) => {
                let position = file.position(piece.origin.written.lo);
                format!("{}:{}", position.line, position.column)
            }
            None => "-".to_string(),
        };
        let step = |via: &Via| match via {
            Via::Read { variable, fallback: true, .. } => format!("!{variable}"),
            Via::Read { variable, .. } => format!("={variable}"),
            Via::LibraryDefault(_) => "library".to_string(),
            other => format!("{other:?}"),
        };
        let steps: Vec<String> = piece.origin.through.iter().map(step).collect();
        format!("{place} {} [{}]", piece.text, steps.join(" "))
    }
}

const REPAIRED: &str = include_str!("../fixtures/languages/python/derived_url.py");

fn repaired() -> Program {
    Program::of(&[("/app/connection.py", REPAIRED)])
}

#[test]
fn a_repaired_source_dials_the_sibling_that_the_other_variable_names() {
    let program = repaired();
    let environment = variables(&[("DATABASE_URL", "postgresql://u:p@database:5432/app")]);
    let got = program.sink("/app/connection.py", "create_async_engine", &environment);
    assert_eq!(
        program.pieces(&got),
        [
            "17:69 postgresql+asyncpg:// [!ASYNC_DATABASE_URL]",
            "- u:p@database:5432/app [=DATABASE_URL !ASYNC_DATABASE_URL]"
        ]
    );
    let outcomes: Vec<_> = got.trail.reads.iter().map(|read| (&*read.variable, read.outcome)).collect();
    assert!(outcomes.contains(&("ASYNC_DATABASE_URL", Outcome::Unset)), "{outcomes:?}");
    assert!(outcomes.contains(&("DATABASE_URL", Outcome::Set)), "{outcomes:?}");
    assert_eq!(got.trail.branches.iter().map(|(_, out)| *out).collect::<Vec<_>>(), [Some(true), Some(true)]);
}

#[test]
fn a_repaired_source_still_dials_loopback_when_nothing_is_set() {
    let program = repaired();
    let got = program.sink("/app/connection.py", "create_async_engine", &variables(&[]));
    let pieces = program.pieces(&got);
    assert_eq!(pieces.len(), 2);
    assert_eq!(
        pieces[1],
        "12:56 pepgmp_dev:dev@localhost:5432/pepgmp_development [!DATABASE_URL !ASYNC_DATABASE_URL]"
    );
    let Value::Text(text) = &got.value else { panic!() };
    let origin = &text.pieces()[1].origin;
    assert_eq!(origin.read(), None);
    assert_eq!(origin.fallback_read().map(|(name, _)| &**name), Some("DATABASE_URL"));
}

#[test]
fn a_repaired_source_takes_its_else_branch_for_another_database() {
    let program = repaired();
    let environment = variables(&[("DATABASE_URL", "mysql://u:p@database:3306/app")]);
    let got = program.sink("/app/connection.py", "create_async_engine", &environment);
    assert_eq!(
        program.pieces(&got),
        ["19:31 postgresql+asyncpg://pepgmp_dev:dev@localhost:5432/pepgmp_development [!ASYNC_DATABASE_URL]"]
    );
}

#[test]
fn attributes_of_instances_are_followed() {
    let program = repaired();
    let set = [("DATABASE_URL", "postgresql://u:p@database:5432/app")];
    assert_eq!(program.text("/app/connection.py", "create_pool", &set), "postgresql://u:p@database:5432/app");
}

#[test]
fn settings_are_read_through_properties_validators_and_nesting() {
    let v2 = include_str!("../fixtures/languages/python/pydantic_v2.py");
    let program = Program::of(&[("/app/main.py", v2)]);
    let set = [
        ("postgres_server", "db"),
        ("POSTGRES_USER", "app"),
        ("POSTGRES_PASSWORD", "p@ss"),
        ("PROJECT_NAME", "x"),
    ];
    // The blank after the slash says which variable names no database.
    let url = "postgresql+asyncpg://app:p%40ss@db:5432/";
    assert_eq!(program.text("/app/main.py", "create_async_engine", &set), url);
    assert_eq!(program.text("/app/main.py", "from_url", &set), "redis://localhost:6379/0");
    assert_eq!(program.text("/app/main.py", "from_url", &[("CACHE_HOST", "redis")]), "redis://redis:6379/0");
    assert_eq!(program.text("/app/main.py", "from_url", &[("CACHE__HOST", "kv")]), "redis://kv:6379/0");
    let v1 = include_str!("../fixtures/languages/python/pydantic_v1.py");
    let program = Program::of(&[("/app/main.py", v1)]);
    let set = [("POSTGRES_SERVER", "db"), ("POSTGRES_USER", "app"), ("POSTGRES_PASSWORD", "s")];
    assert_eq!(program.text("/app/main.py", "create_engine", &set), "postgresql://app:s@db/app");
    let whole = [("SQLALCHEMY_DATABASE_URI", "postgresql://x@y/z")];
    assert_eq!(program.text("/app/main.py", "create_engine", &whole), "postgresql://x@y/z");
}

/// The target of the one `redis.from_url(TARGET)` in a module of these lines.
fn target(lines: &str, environment: &[(&str, &str)]) -> String {
    let text = format!("import os\nimport redis\n{lines}\nclient = redis.from_url(TARGET)\n");
    Program::of(&[("/app/main.py", &text)]).text("/app/main.py", "from_url", environment)
}

#[test]
fn strings_are_computed() {
    let cases = [
        ("TARGET = 'redis://' + os.environ.get('H', 'a') + ':6379'", "redis://a:6379"),
        ("TARGET = f\"redis://{os.environ['H']}:{int(os.getenv('P', '1'))}\"", "redis://?:1"),
        ("TARGET = 'redis://%s:%d/%s' % (os.getenv('H', 'a'), 3, 'x')", "redis://a:3/x"),
        ("TARGET = 'redis://%(h)s' % {'h': 'b'}", "redis://b"),
        ("TARGET = 'redis://{}:{port}/{0}{{}}'.format('a', port=3)", "redis://a:3/a{}"),
        ("TARGET = ' redis://x/ '.strip().rstrip('/')", "redis://x"),
        ("TARGET = 'a,b,c'.split(',')[1]", "b"),
        ("TARGET = 'A'.lower() + 'b'.upper()", "aB"),
        ("TARGET = '-'.join(['a', os.getenv('H') or 'h'])", "a-h"),
        ("TARGET = 'abcdef'[1:3]", "bc"),
        ("TARGET = None or '' or 'x'", "x"),
        ("TARGET = os.getenv('X')", "nothing"),
        ("TARGET = f'redis://{os.getenv(\"H\")}'", "redis://None"),
        ("TARGET = 'x' if 'a' in 'abc' and not os.getenv('Y') else 'y'", "x"),
        ("TARGET = 'x' if os.getenv('ENV', 'dev') in ('prod', 'stage') else 'y'", "y"),
        ("TARGET = 'x' if 'ENV' in os.environ else 'y'", "y"),
        ("C = {'db': {'host': os.getenv('H', 'q')}}\nTARGET = C['db']['host']", "q"),
        ("C = {'dev': 'd', 'prod': 'p'}\nTARGET = C[os.getenv('ENV', 'dev')]", "d"),
        ("C = {'dev': 'd'}\nTARGET = C.get('x', 'none')", "none"),
        (
            "def env(name, default=None):\n    return os.environ.get(name, default)\nTARGET = env('H', 'z')",
            "z",
        ),
        (
            "def env(n, d=None):\n    v = os.getenv(n)\n    if not v:\n        return d\n    return v.strip()\nTARGET = env('H', d='z')",
            "z",
        ),
        ("TARGET = (lambda h: 'redis://' + h)('q')", "redis://q"),
        ("try:\n    TARGET = os.environ['H']\nexcept KeyError:\n    TARGET = 'fallback'", "fallback"),
        ("A = 'x'\nA += 'y'\nTARGET = A", "xy"),
        ("TARGET = A = B", "Unknown"),
        ("a, TARGET = 'x', 'y'", "y"),
        (
            "class C:\n    H = 'h'\n    def url(self, db=0):\n        return f'redis://{self.H}/{db}'\nTARGET = C().url(3)",
            "redis://h/3",
        ),
        ("class B:\n    H = 'b'\nclass C(B):\n    pass\nTARGET = C.H", "b"),
        (
            "from urllib.parse import urlparse, quote_plus\nTARGET = urlparse('redis://u@h:3/1').hostname + quote_plus('a/b')",
            "ha%2Fb",
        ),
        (
            "from sqlalchemy.engine import make_url\nTARGET = make_url('postgresql://a:b@c/d').set(drivername='x')",
            "x://a:b@c/d",
        ),
        ("TARGET = 'x' if os.path.exists('/.dockerenv') else 'y'", "x"),
        ("TARGET = 'x' if unknown() else 'x'", "x"),
        ("TARGET = 'x' if unknown() else 'y'", "Unknown"),
    ];
    for (lines, expected) in cases {
        let got = target(lines, &[]);
        assert_eq!(got, expected, "{lines}");
    }
}

#[test]
fn names_that_are_defined_by_themselves_end() {
    assert_eq!(target("TARGET = TARGET", &[]), "Unknown");
    let a = "from b import X\nimport redis\nredis.from_url(X)\n";
    let b = "from a import X\n";
    let program = Program::of(&[("/app/a.py", a), ("/app/b.py", b)]);
    assert_eq!(program.text("/app/a.py", "from_url", &[]), "Unknown");
}

#[test]
fn names_are_found_in_other_modules() {
    let files = [
        (
            "/app/main.py",
            "from shop.db import make\nfrom shop import config\nimport redis, shop.settings as s\nredis.from_url(config.URL)\nredis.Redis.from_url(s.get().url)\n",
        ),
        ("/app/shop/__init__.py", ""),
        ("/app/shop/config.py", "from .base import *\nURL = HOST + '/0'\n"),
        ("/app/shop/base.py", "import os\nHOST = 'redis://' + os.getenv('REDIS_HOST', 'localhost')\n"),
        (
            "/app/shop/settings.py",
            "from ..shop.base import HOST as H\nclass S:\n    url = H\ndef get():\n    return S()\n",
        ),
        ("/app/shop/db.py", "def make(): ...\n"),
    ];
    let program = Program::of(&files);
    let set = [("REDIS_HOST", "kv")];
    assert_eq!(program.text("/app/main.py", "redis.from_url", &set), "redis://kv/0");
    assert_eq!(program.text("/app/main.py", "Redis.from_url", &set), "redis://kv");
    let got = program.sink("/app/main.py", "redis.from_url", &variables(&[]));
    assert_eq!(program.pieces(&got)[1], "2:46 localhost [!REDIS_HOST]");
}

#[test]
fn a_library_default_is_told_from_the_programs_own() {
    let program = Program::of(&[("/app/main.py", "import redis\nclient = redis.Redis(db=1)\n")]);
    let got = program.sink("/app/main.py", "Redis", &variables(&[]));
    let pieces = program.pieces(&got);
    assert!(pieces.contains(&"- localhost [library]".to_string()), "{pieces:?}");
}

#[test]
fn a_sink_on_a_branch_not_taken_dials_nothing() {
    let lines = "import os, redis\nif os.getenv('CACHE'):\n    c = redis.from_url('redis://cache')\n\
                 else:\n    c = redis.Redis(host='localhost')\n";
    let program = Program::of(&[("/app/main.py", lines)]);
    assert_eq!(program.text("/app/main.py", "Redis", &[]), "redis://localhost");
    assert_eq!(program.text("/app/main.py", "Redis", &[("CACHE", "1")]), "nothing");
    assert_eq!(program.text("/app/main.py", "from_url", &[]), "nothing");
}

#[test]
fn what_hangs_on_a_host_variable_says_so() {
    let text = "import os, redis\nredis.from_url('redis://a' if os.getenv('MODE') == 'x' else 'redis://b')\n";
    let program = Program::of(&[("/app/main.py", text)]);
    let mut environment = variables(&[]);
    let mode = Piece {
        text: "x".into(),
        origin: Origin::default(),
        certainty: Certainty::Depends("MODE_ON_HOST".into()),
    };
    environment
        .insert("MODE".into(), Variable { value: Some(Text::from_piece(mode)), ..Variable::default() });
    let Value::Text(got) = program.sink("/app/main.py", "from_url", &environment).value else { panic!() };
    assert_eq!(
        (got.assumed().as_str(), got.certainty()),
        ("redis://a", Certainty::Depends("MODE_ON_HOST".into()))
    );
}

#[test]
fn classes_hand_their_configuration_on() {
    let text = include_str!("../fixtures/languages/python/dataclass_config.py");
    let program = Program::of(&[("/app/main.py", text)]);
    let engines = |set: &[(&str, &str)]| {
        let index = program.scope.at(Path::new("/app/main.py")).expect("the file");
        let module = Arc::clone(program.scope.get(index).expect("the file").1.module());
        let each = module
            .sinks
            .iter()
            .map(|sink| evaluate(&program.scope, index, &variables(set), &sink.target).value);
        each.map(|value| value.text().map(Text::assumed).unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(
        engines(&[]),
        ["postgresql+asyncpg://localhost:5432/shop", "postgresql+psycopg://localhost:5432/shop"]
    );
    assert_eq!(
        engines(&[("DATABASE_URL", "postgres://db/x"), ("DB_HOST", "pg")]),
        ["postgresql+asyncpg://db/x", "postgresql+psycopg://pg:5432/shop"]
    );
}

#[test]
fn helpers_convert_and_fall_back() {
    let text = include_str!("../fixtures/languages/python/helpers.py");
    let program = Program::of(&[("/app/main.py", text)]);
    assert_eq!(program.text("/app/main.py", "redis.from_url", &[]), "redis://localhost:6379/0");
    assert_eq!(program.text("/app/main.py", "redis.from_url", &[("REDIS_URL", "redis://kv")]), "redis://kv");
    assert_eq!(program.text("/app/main.py", "requests.get", &[]), "http://localhost:8000/api/?");
    let docker = [("IN_DOCKER", "yes")];
    assert_eq!(program.text("/app/main.py", "requests.get", &docker), "http://upstream:8000/api/?");
    let upstream = [("UPSTREAM", "http://u:1/")];
    assert_eq!(program.text("/app/main.py", "requests.get", &upstream), "http://u:1/api/?");
    assert_eq!(program.text("/app/main.py", "self.session.get", &[]), "http://127.0.0.1:9000/items");
}

#[test]
fn frameworks_are_configured() {
    let text = include_str!("../fixtures/languages/python/django_plain.py");
    let program = Program::of(&[("/app/settings.py", text)]);
    let all = |set: &[(&str, &str)]| {
        let index = program.scope.at(Path::new("/app/settings.py")).expect("the file");
        let module = Arc::clone(program.scope.get(index).expect("the file").1.module());
        let each = module
            .sinks
            .iter()
            .map(|sink| evaluate(&program.scope, index, &variables(set), &sink.target).value);
        each.map(|value| value.text().map(Text::assumed)).collect::<Vec<_>>()
    };
    let shop = "postgresql://shop:shop@localhost:5432/shop".to_string();
    // What is required and not set is unknown, and known to be read.
    assert_eq!(all(&[]), [None, Some(shop), Some(Text::HOLE.to_string())]);
    let set = [("DATABASE_URL", "postgres://db/shop"), ("AUDIT_DATABASE_URL", "postgres://audit/a")];
    assert_eq!(all(&set), [Some("postgres://db/shop".into()), None, Some("postgres://audit/a".into())]);
    let list = "import os\nfrom aiokafka import AIOKafkaProducer\nAIOKafkaProducer(bootstrap_servers=os.getenv('K', 'a:1,b:2').split(','))\n";
    let program = Program::of(&[("/app/k.py", list)]);
    assert_eq!(program.text("/app/k.py", "AIOKafkaProducer", &[]), "a:1,b:2");
}
