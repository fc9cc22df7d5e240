//! Programs in JavaScript and TypeScript: which of their files commands load, what their settings come to across
//! modules, and texts that are made to hurt.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dockworthy::compose::{Build, Command, Project, Service, Variable};
use dockworthy::programs::{
    self, FrontEnd, Program, Scope, Shelf, Sources, Value, evaluate, javascript, prisma,
};
use dockworthy::source::{Memory, Origin, SourceMap, Span, Spanned, Text};
use indexmap::IndexMap;

fn text(value: &str) -> Text {
    Text::known(value, Origin::default())
}

/// The program of a service that is built in `/p` and runs this command there.
fn program(files: &[(&str, &str)], command: Option<&str>) -> Program {
    let map =
        SourceMap::new(Memory::new(files.iter().map(|(path, text)| (Path::new("/p").join(path), *text))));
    let command = command.map(|line| Command {
        words: ["sh", "-c", line].map(text).to_vec(),
        split: false,
        dropped: None,
        origin: Origin::default(),
    });
    let service = Service {
        name: Spanned::new("api".to_string(), Span::NONE),
        active: true,
        build: Some(Build { directory: Some(PathBuf::from("/p")), ..Build::default() }),
        command,
        ..Service::default()
    };
    let project = Project {
        name: "p".to_string(),
        directory: PathBuf::from("/p"),
        services: [("api".to_string(), service)].into(),
        ..Project::default()
    };
    programs::read(&map, &Shelf::default(), &project).of("api").clone()
}

/// The files below `/p` that the program loads, manifests left out. What launchers set stands in no file.
fn loaded(program: &Program) -> Vec<String> {
    let mut files: Vec<String> = program
        .modules
        .iter()
        .filter_map(|module| Some(module.path.strip_prefix("/p").ok()?.to_string_lossy().into_owned()))
        .filter(|path| !path.ends_with(".json"))
        .collect();
    files.sort();
    files
}

const DOCKERFILE: (&str, &str) = ("Dockerfile", "FROM node:22\nWORKDIR /app\nCOPY . .\n");

#[test]
fn every_way_to_start_the_server_finds_it() {
    let files = [
        DOCKERFILE,
        (
            "package.json",
            r#"{ "name": "root", "main": "dist/server.js", "workspaces": ["apps/*"], "scripts": {
                "start": "node dist/server.js", "prestart": "npm run build", "build": "tsc", "watch": "nodemon --exec ts-node src/server.ts",
                "all": "concurrently \"npm:start\" \"tsc -w\"", "both": "run-p start build", "env": "cross-env A=b dotenv -e .env -- npm start" } }"#,
        ),
        ("src/server.ts", "import './db';"),
        ("src/db.ts", "export const url = process.env.A;"),
        ("src/other.ts", "export const url = process.env.B;"),
        (
            "ecosystem.config.js",
            "module.exports = { apps: [{ name: 'api', script: './dist/server.js' }, { name: 'x', script: 'src/other.ts' }] }",
        ),
        ("nodemon.json", "{ \"exec\": \"tsx src/server.ts\" }"),
    ];
    let commands = [
        "node dist/server.js",
        "node --enable-source-maps -r dotenv/config --max-old-space-size=512 ./dist/server.js --port 1",
        "node .",
        "node dist/server",
        "npm start",
        "npm run start",
        "npm run -s start -- --port 1",
        "npm --prefix /app start",
        "yarn start",
        "yarn run watch",
        "pnpm start",
        "pnpm run all",
        "bun run start",
        "bun src/server.ts",
        "bun run --hot src/server.ts",
        "npm run both",
        "npm run env",
        "npx tsx watch src/server.ts",
        "npx -y ts-node --transpile-only src/server.ts",
        "ts-node-dev --respawn src/server.ts",
        "nodemon",
        "nodemon dist/server.js",
        "nodemon -w src --exec 'ts-node src/server.ts'",
        "deno run -A src/server.ts",
        "pm2-runtime start ecosystem.config.js --only api",
        "pm2 start dist/server.js --name api -i max",
        "pm2-runtime start npm -- start",
        "npm ci && npm run build && exec node dist/server.js",
        "wait-on tcp:db:5432 && node dist/server.js",
        "tsc-watch --onSuccess 'node dist/server.js'",
        "npx prisma migrate deploy && node dist/server.js",
    ];
    for command in commands {
        let program = program(&files, Some(command));
        assert_eq!(loaded(&program), ["src/db.ts", "src/server.ts"], "{command}");
        assert!(program.entry_known, "{command}");
    }
}

#[test]
fn workspaces_are_found_by_name_and_place() {
    let manifest = |name: &str| {
        format!(
            r#"{{ "name": "@acme/{name}", "scripts": {{ "start": "node dist/main.js", "dev": "tsx src/main.ts" }} }}"#
        )
    };
    let (api, web) = (manifest("api"), manifest("web"));
    let files = [
        DOCKERFILE,
        (
            "package.json",
            r#"{ "private": true, "workspaces": { "packages": ["apps/*", "packages/*"] }, "scripts": { "api": "turbo run start --filter=api" } }"#,
        ),
        ("apps/api/package.json", api.as_str()),
        ("apps/api/tsconfig.json", r#"{ "compilerOptions": { "paths": { "~lib/*": ["./src/lib/*"] } } }"#),
        (
            "apps/api/src/main.ts",
            "import { a } from '@acme/shared'; import '@acme/shared/deep'; import '~lib/x'; import './y.js'; import('#z')",
        ),
        ("apps/api/src/lib/x.ts", "process.env.X"),
        ("apps/api/src/y.ts", "process.env.Y"),
        ("apps/web/package.json", web.as_str()),
        ("apps/web/src/main.ts", "process.env.WEB"),
        (
            "packages/shared/package.json",
            r#"{ "name": "@acme/shared", "main": "dist/index.js", "types": "dist/index.d.ts" }"#,
        ),
        ("packages/shared/src/index.ts", "export const a = process.env.SHARED"),
        ("packages/shared/src/deep.ts", "process.env.DEEP"),
    ];
    let wanted = [
        "apps/api/src/lib/x.ts",
        "apps/api/src/main.ts",
        "apps/api/src/y.ts",
        "packages/shared/src/deep.ts",
        "packages/shared/src/index.ts",
    ];
    let commands = [
        "npm run start -w @acme/api",
        "npm start --workspace=apps/api",
        "yarn workspace @acme/api start",
        "yarn workspace @acme/api run dev",
        "pnpm --filter @acme/api start",
        "pnpm --filter ./apps/api run dev",
        "pnpm -C apps/api start",
        "cd apps/api && npm start",
        "npx turbo run start --filter=@acme/api",
        "npm run api",
        "node apps/api/dist/main.js",
        "nx serve api",
    ];
    for command in commands {
        assert_eq!(loaded(&program(&files, Some(command))), wanted, "{command}");
    }
}

#[test]
fn what_was_compiled_in_another_place_is_found() {
    let dockerfile = "FROM node:22 AS build\nWORKDIR /build\nCOPY . .\nRUN npm run build\nFROM gcr.io/distroless/nodejs22\nWORKDIR /srv\n\
                      COPY --from=build /build/apps/api/dist ./dist\nENTRYPOINT [\"/nodejs/bin/node\"]\nCMD [\"dist/main.js\"]\n";
    let files = [
        ("Dockerfile", dockerfile),
        ("apps/api/package.json", "{}"),
        ("apps/api/src/main.ts", "process.env.A"),
        ("apps/api/src/other.ts", "process.env.B"),
    ];
    assert_eq!(loaded(&program(&files, None)), ["apps/api/src/main.ts"]);
    // A bundle, by what the manifest builds it from.
    let files = [
        (
            "Dockerfile",
            "FROM node:22 AS b\nWORKDIR /app\nCOPY . .\nRUN npm run build\nFROM node:22\nCOPY --from=b /app/out /app/out\nCMD [\"node\", \"/app/out/bundle.cjs\"]\n",
        ),
        (
            "package.json",
            r#"{ "scripts": { "build": "esbuild server/index.ts --bundle --outfile=out/bundle.cjs" } }"#,
        ),
        ("server/index.ts", "process.env.A"),
        ("server/unused.ts", "process.env.B"),
    ];
    assert_eq!(loaded(&program(&files, None)), ["server/index.ts"]);
    // By the command that built it.
    let dockerfile = "FROM oven/bun AS b\nWORKDIR /app\nCOPY . .\nRUN bun build ./server/index.ts --outfile out/app.js\n\
                      FROM oven/bun\nCOPY --from=b /app/out/app.js /app.js\nCMD [\"bun\", \"/app.js\"]\n";
    let files = [("Dockerfile", dockerfile), ("package.json", "{}"), files[2], files[3]];
    assert_eq!(loaded(&program(&files, None)), ["server/index.ts"]);
}

#[test]
fn frameworks_load_their_routes() {
    let files = [
        DOCKERFILE,
        (
            "package.json",
            r#"{ "scripts": { "dev": "next dev", "start": "next start -p 80", "vite": "vite --host" } }"#,
        ),
        ("next.config.mjs", "export default {}"),
        ("src/app/page.tsx", "import '@/lib/db'; import '../ui/button'"),
        ("src/app/api/x/route.ts", "process.env.A"),
        ("src/lib/db.ts", "process.env.B"),
        ("src/ui/button.tsx", "'use client'\nimport './client'"),
        ("src/ui/client.ts", "fetch('http://localhost:1')"),
        ("src/pages/old.tsx", "fetch('/')"),
        ("src/pages/api/y.ts", "process.env.C"),
        ("src/pages/data.tsx", "export async function getServerSideProps() {}"),
        ("scripts/x.ts", "process.env.D"),
    ];
    let wanted = [
        "next.config.mjs",
        "src/app/api/x/route.ts",
        "src/app/page.tsx",
        "src/lib/db.ts",
        "src/pages/api/y.ts",
        "src/pages/data.tsx",
        "src/ui/button.tsx",
    ];
    for command in ["npm start", "npx next dev", "node .next/standalone/server.js", "node server.js"] {
        assert_eq!(loaded(&program(&files, Some(command))), wanted, "{command}");
    }
    // A development server of pages loads its settings only.
    let files =
        [DOCKERFILE, ("vite.config.ts", "export default {}"), ("src/main.ts", "fetch('http://localhost:1')")];
    assert_eq!(loaded(&program(&files, Some("npx vite --host 0.0.0.0"))), ["vite.config.ts"]);
    // And a server of files none at all.
    let files = [
        ("Dockerfile", "FROM nginx:alpine\nCOPY . /usr/share/nginx/html\n"),
        ("src/main.ts", "process.env.A"),
    ];
    assert!(loaded(&program(&files, None)).is_empty());
}

/// What the only client in a file dials.
fn dialled(files: &[(&str, &str)], path: &str, environment: &[(&str, &str)]) -> String {
    let sources = SourceMap::new(Memory::new(files.iter().copied()));
    let cache = Sources::default();
    let mut scope = Scope::new(vec![PathBuf::from("/app")]);
    for (path, _) in files {
        scope.insert(PathBuf::from(path), cache.get(&sources, Path::new(path)).unwrap());
    }
    let index = scope.at(Path::new(path)).unwrap();
    let module = scope.get(index).unwrap().1.module().clone();
    let sink = module.sinks.first().unwrap_or_else(|| panic!("no sink in {path}"));
    let variable = |value: &str| Variable { value: Some(text(value)), ..Variable::default() };
    let environment: IndexMap<String, Variable> =
        environment.iter().map(|(name, value)| ((*name).to_string(), variable(value))).collect();
    match evaluate(&scope, index, &environment, &sink.target).value {
        Value::Text(text) | Value::Number(text) => text.assumed().replace(Text::HOLE, "?"),
        Value::Null(_) => "nothing".to_string(),
        _ => "?".to_string(),
    }
}

/// What a file that makes a client of the settings of another dials.
fn through(settings: &str, client: &str, environment: &[(&str, &str)]) -> String {
    dialled(&[("/app/config.js", settings), ("/app/main.js", client)], "/app/main.js", environment)
}

#[test]
fn settings_are_followed_across_modules() {
    let client =
        "const config = require('./config'); const Redis = require('ioredis'); new Redis(config.redis);";
    for settings in [
        "module.exports = { redis: process.env.R || 'redis://localhost:1' }",
        "exports.redis = process.env.R || 'redis://localhost:1'",
        "module.exports.redis = process.env.R || 'redis://localhost:1'",
        "const redis = process.env.R || 'redis://localhost:1'; module.exports = { redis }",
        "class C { constructor() { this.redis = process.env.R || 'redis://localhost:1' } } module.exports = new C()",
        "const make = () => ({ redis: process.env.R || 'redis://localhost:1' }); module.exports = make()",
        "const all = {}; all.redis = process.env.R || 'redis://localhost:1'; module.exports = all",
        "const base = { redis: 'x' }; module.exports = { ...base, redis: process.env.R || 'redis://localhost:1' }",
        "const { R: redis = 'redis://localhost:1' } = process.env; module.exports = { redis }",
        "const get = (name, fallback) => process.env[name] || fallback; module.exports = { redis: get('R', 'redis://localhost:1') }",
        "const get = ({ name, fallback }) => process.env[name] ?? fallback; module.exports = { redis: get({ name: 'R', fallback: 'redis://localhost:1' }) }",
        "module.exports = Object.freeze({ redis: process.env.R ? process.env.R : 'redis://localhost:1' })",
        "let redis = 'redis://localhost:1'; if (process.env.R) redis = process.env.R; module.exports = { redis }",
        "const all = { development: { redis: process.env.R ?? 'redis://localhost:1' } }; module.exports = all[process.env.NODE_ENV || 'development']",
        "module.exports = (() => ({ redis: process.env.R ?? 'redis://localhost:1' }))()",
    ] {
        assert_eq!(through(settings, client, &[]), "redis://localhost:1", "{settings}");
        assert_eq!(through(settings, client, &[("R", "redis://r")]), "redis://r", "{settings}");
    }
    let client = "import config, { redis } from './config.js'; import Redis from 'ioredis'; new Redis(redis ?? config.redis)";
    for settings in [
        "export const redis = process.env.R || 'redis://localhost:1'",
        "const url = process.env.R || 'redis://localhost:1'; export { url as redis }",
        "export default { redis: process.env.R || 'redis://localhost:1' }; export const redis = undefined",
        "const config = { redis: process.env.R || 'redis://localhost:1' }; export default config; export const { redis } = config",
    ] {
        assert_eq!(through(settings, client, &[]), "redis://localhost:1", "{settings}");
    }
}

#[test]
fn options_may_come_from_anywhere() {
    let config = (
        "/app/config.ts",
        "export const db = { host: process.env.H || 'localhost', port: 1, user: 'u' }; export const url = process.env.U",
    );
    let sink = |client: &str, environment: &[(&str, &str)]| {
        dialled(
            &[
                config,
                (
                    "/app/main.ts",
                    &format!("import {{ db, url }} from './config'; import pg from 'pg'; {client}"),
                ),
            ],
            "/app/main.ts",
            environment,
        )
    };
    assert_eq!(sink("new pg.Pool(db)", &[]), "postgresql://u@localhost:1");
    assert_eq!(sink("new pg.Pool({ ...db, database: 'd' })", &[("H", "x")]), "postgresql://u@x:1/d");
    assert_eq!(sink("new pg.Pool({ host: db.host, port: db.port })", &[]), "postgresql://:@localhost:1/");
    assert_eq!(sink("new pg.Pool({ connectionString: url })", &[]), "postgresql://:@localhost/");
    assert_eq!(sink("new pg.Pool({ connectionString: url })", &[("PGHOST", "x")]), "postgresql://:@x/");
    assert_eq!(sink("new pg.Pool({ connectionString: url })", &[("U", "postgres://x/y")]), "postgres://x/y");
    assert_eq!(sink("new pg.Pool(unknown)", &[]), "?");
    assert_eq!(
        sink("const o = { ...db }; if (process.env.P) { o.port = 2 } new pg.Pool(o)", &[]),
        "postgresql://u@localhost:1"
    );
    assert_eq!(
        sink("class S { constructor(private o = db) {} go() { return new pg.Pool(this.o) } }", &[]),
        "postgresql://u@localhost:1"
    );
}

#[test]
fn blank_and_unset_are_told_apart() {
    let dial = |value: &str, environment: &[(&str, &str)]| {
        dialled(
            &[("/app/main.ts", &format!("import mongoose from 'mongoose'; mongoose.connect({value})"))],
            "/app/main.ts",
            environment,
        )
    };
    assert_eq!(dial("process.env.X || 'd'", &[("X", "")]), "d");
    assert_eq!(dial("process.env.X ?? 'd'", &[("X", "")]), "");
    assert_eq!(dial("process.env.X ?? 'd'", &[]), "d");
    assert_eq!(dial("`mongodb://${process.env.X}/d`", &[]), "mongodb://undefined/d");
    assert_eq!(dial("process.env.X?.trim() || 'd'", &[]), "d");
    assert_eq!(
        dial("(process.env.X ?? 'mongodb://h:1/').replace(/\\/$/, '') + '/d'", &[]),
        "mongodb://h:1/d"
    );
    assert_eq!(
        dial("process.env.NODE_ENV === 'production' ? process.env.X : 'd'", &[("NODE_ENV", "production")]),
        "nothing"
    );
    assert_eq!(
        dial("['mongodb:/', [process.env.H ?? 'h', 27017].join(':'), 'd'].join('/')", &[]),
        "mongodb://h:27017/d"
    );
}

#[test]
fn registered_settings_are_found_by_name() {
    let files = [
        (
            "/app/src/db.config.ts",
            "import { registerAs } from '@nestjs/config'; export default registerAs('db', () => ({ uri: process.env.M ?? 'mongodb://localhost' }))",
        ),
        (
            "/app/src/configuration.ts",
            "export default () => ({ mongo: { uri: process.env.N || 'mongodb://127.0.0.1' } })",
        ),
        (
            "/app/src/a.ts",
            "import { ConfigService } from '@nestjs/config'; import mongoose from 'mongoose'; class A { constructor(private c: ConfigService) { mongoose.connect(c.get('db.uri')) } }",
        ),
        (
            "/app/src/b.ts",
            "import { ConfigService } from '@nestjs/config'; import mongoose from 'mongoose'; class B { constructor(private readonly c: ConfigService) {} go() { mongoose.connect(this.c.get<string>('mongo.uri')) } }",
        ),
        (
            "/app/src/c.ts",
            "import { ConfigService } from '@nestjs/config'; import mongoose from 'mongoose'; class C { constructor(private c: ConfigService) { mongoose.connect(c.get('M')) } }",
        ),
    ];
    assert_eq!(dialled(&files, "/app/src/a.ts", &[]), "mongodb://localhost");
    assert_eq!(dialled(&files, "/app/src/b.ts", &[]), "mongodb://127.0.0.1");
    // A schema may give it a default.
    assert_eq!(dialled(&files, "/app/src/c.ts", &[]), "?");
}

#[test]
fn hostile_texts_are_answered_quickly() {
    let deep =
        |open: &str, close: &str, n: usize| format!("const a = {}1{};", open.repeat(n), close.repeat(n));
    let texts = [
        String::new(),
        "\u{0}\u{1}binary\u{fffd}".repeat(10_000),
        deep("(", ")", 10_000),
        deep("[", "]", 10_000),
        deep("{a:", "}", 10_000),
        deep("f(() => ", ")", 3_000),
        "function f() {".repeat(5_000),
        format!("const a = process.env.A{}", " || process.env.A".repeat(5_000)),
        format!("const a = {}'';", "`${process.env.A}` + ".repeat(20_000)),
        format!("z.object({{}}){}", ".extend({A: z.string()})".repeat(2_000)),
        "const a = new Redis(process.env.A || 'x');if(!a){return}".repeat(5_000),
        "import {".repeat(20_000),
        "'".repeat(10_001),
        "<a>{".repeat(10_000),
        "class A extends ".repeat(5_000),
        format!("const {}a{} = process.env", "{a:".repeat(5_000), "}".repeat(5_000)),
        "env.get('A').default(".repeat(5_000),
        "// from 'x'\n/*".repeat(10_000),
    ];
    for (at, text) in texts.iter().enumerate() {
        for name in ["/a.js", "/a.tsx", "/a.ts", "/package.json", "/schema.prisma"] {
            let map = SourceMap::new(Memory::new([(name, text.clone())]));
            let file = map.load(Path::new(name)).unwrap();

            let start = Instant::now();
            let module = match name.ends_with("prisma") {
                true => prisma::Prisma.read(&file),
                false => javascript::JavaScript.read(&file),
            };
            let imports = javascript::JavaScript.imports(&file.text);
            drop((module, imports));
            let took = start.elapsed();
            assert!(took < Duration::from_secs(30), "text {at} as {name}: {took:?}");
        }
    }
}
