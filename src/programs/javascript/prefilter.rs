//! What a file must hold to be parsed for its own sake.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::libraries;

/// Ways to read the environment and to make clients that need no import, or whose import says too little: code is
/// full of models of Mongoose and entities of TypeORM, of which no file makes a client.
const NEEDLES: [&str; 57] = [
    "localhost:",
    "127.0.0.1:",
    "process.env",
    "process?.env",
    "process['env']",
    "process[\"env\"]",
    "} = process",
    "= process;",
    "import.meta.env",
    "Bun.env",
    "Deno.env",
    "app.fetch",
    "env.int(",
    "env.bool(",
    "env.array(",
    "env.float(",
    "ConfigService",
    "ConfigModule",
    "registerAs(",
    "registerAs<",
    "createEnv(",
    "fetch(",
    "fetch<",
    "useFetch",
    "new WebSocket",
    "EventSource(",
    "axios.",
    "HttpService",
    "HttpModule",
    "DataSource",
    "createConnection",
    "TypeOrmModule.forRoot",
    "MongooseModule.forRoot",
    "SequelizeModule.forRoot",
    "Sequelize(",
    "openUri(",
    ".createInsecure(",
    "bindAsync(",
    "WebSocketGateway(",
    "socket.io",
    "connect(",
    ".listen(",
    "PrismaClient",
    "MikroORM",
    "MikroOrmModule",
    "CacheModule",
    "Transport.",
    "proxy",
    "rewrites",
    "NextResponse.rewrite",
    "loadEnv(",
    "new OpenAI(",
    "createRemoteJWKSet(",
    ".MongoDB(",
    "new SQL(",
    "RedisClient(",
    "useRuntimeConfig",
];

/// Libraries whose import alone says nothing: their clients have needles of their own, or they make none.
const COMMON: [&str; 34] = [
    "process",
    "path",
    "fs",
    "url",
    "util",
    "assert",
    "child_process",
    "zod",
    "zod/",
    "joi",
    "@hapi/joi",
    "@nestjs/config",
    "@nestjs/axios",
    "@nestjs/typeorm",
    "@nestjs/mongoose",
    "@nestjs/sequelize",
    "@nestjs/microservices",
    "@nestjs/cache-manager",
    "@typegoose/typegoose",
    "mongoose",
    "typeorm",
    "sequelize",
    "sequelize-typescript",
    "@mikro-orm/",
    "@prisma/client",
    "fastify-plugin",
    "fastify",
    "next/server",
    "vite",
    "winston",
    "openai",
    "jose",
    "@keystone-6/core",
    "bun",
];

/// Whether the text can hold a read or a sink.
pub(super) fn concerns(text: &str) -> bool {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let search = SEARCH.get_or_init(|| {
        let mut needles: Vec<String> = NEEDLES.map(str::to_string).to_vec();
        let imported = libraries::known().filter(|name| !COMMON.contains(name)).chain(["node:process"]);
        for name in imported {
            for quote in ['"', '\'', '`'] {
                // Of what ends with `/` all below it is meant.
                let end = if name.ends_with('/') { String::new() } else { quote.to_string() };
                needles.push(format!("{quote}{name}{end}"));
                if matches!(name, "http" | "https" | "net") {
                    needles.push(format!("{quote}node:{name}{end}"));
                }
            }
        }
        AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(needles).ok()
    });
    search.as_ref().is_none_or(|search| search.find_iter(text).any(|found| tells(text, &found)))
        || calls_helper(text)
        || describes(text)
}

/// Whether a needle says something where it stands: the name of a library is also a word (`'config'`).
fn tells(text: &str, found: &aho_corasick::Match) -> bool {
    let before = || text.get(..found.start()).unwrap_or("").trim_end();
    let imports = ["from", "import", "require(", "import("];
    found.pattern().as_usize() < NEEDLES.len() || imports.iter().any(|word| before().ends_with(word))
}

/// What stands before a text and calls a function with it is this long.
const CALL: usize = 120;

/// Whether a function that is named after the environment, or that demands what it is asked for, is called with a text:
/// `getEnv("PORT")`, `required("PORT")`.
fn calls_helper(text: &str) -> bool {
    text.match_indices(['"', '\'', '`']).any(|(at, _)| {
        let inside = text.get(at + 1..).unwrap_or("");
        if !inside.starts_with(|c: char| c.is_ascii_uppercase()) {
            return false;
        }
        let from = (at.saturating_sub(CALL)..at).find(|from| text.is_char_boundary(*from)).unwrap_or(at);
        let before = text.get(from..at).unwrap_or("").trim_end();
        let Some(callee) = before.strip_suffix('(') else { return false };
        // `getEnv<string>("PORT")`
        let typed = callee.strip_suffix('>').and_then(|callee| callee.rsplit_once('<'));
        let callee = typed.map_or(callee, |(callee, _)| callee);
        let start = callee.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
        let name = callee.get(start.map_or(0, |start| start + 1)..).unwrap_or(callee);
        let name = name.to_ascii_lowercase();
        // `this.settings.getString("JWT_SECRET")`
        let asked = || {
            let quoted = inside.split(['"', '\'', '`']).next().unwrap_or("");
            let method = start.is_some_and(|start| callee.get(start..).is_some_and(|it| it.starts_with('.')));
            method
                && quoted.contains('_')
                && super::scan::is_variable(quoted)
                && super::required::LOOK_UPS.contains(&name.as_str())
        };
        name.contains("env") || name != "require" && super::required::demands(&name) || asked()
    })
}

/// Whether a schema describes variables: `z.object({ DATABASE_URL: z.string() })`.
fn describes(text: &str) -> bool {
    ["'zod", "\"zod", "joi'", "joi\""].iter().any(|library| text.contains(library))
        && text.split(['\n', ',', '{']).any(|line| {
            let key = line.trim_start().split_once(':').map_or("", |(key, _)| key);
            super::scan::is_variable(key.trim_matches(['"', '\'']))
        })
}

#[cfg(test)]
mod tests {
    use super::concerns;

    #[test]
    fn what_reads_or_dials_is_parsed() {
        for text in [
            "import { Pool } from 'pg'",
            "const pg = require(\"pg\");",
            "import http from \"node:http\"",
            "import { S3Client } from '@aws-sdk/client-s3'",
            "const { env } = process\n",
            "getEnv('PORT')",
            "config.requireEnv<string>(\"PORT\")",
            "super({ secretOrKey: settings.getString('JWT_SECRET') })",
            "import { z } from 'zod'\nexport const s = z.object({ PORT: z.string() })",
            "const Joi = require('joi'); Joi.object({\n  DB_HOST: Joi.string() })",
        ] {
            assert!(concerns(text), "{text}");
        }
    }

    #[test]
    fn other_code_is_not() {
        for text in [
            "const got = null; export const pages = full.map(process)",
            "import { Schema } from 'mongoose'; export const User = new Schema({})",
            "import { Entity } from \"typeorm\"",
            "import { z } from 'zod'; z.object({ email: z.string() })",
            "const views = { name: 'config', title: \"request\" }",
            "t(\"Prefetch\"); environment.map('X'); get('A_B'); page.getString('Title')",
            "import path from 'path'; import fs from 'node:fs'",
        ] {
            assert!(!concerns(text), "{text}");
        }
    }
}
