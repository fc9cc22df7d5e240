//! Secrets are masked here and nowhere else: passwords in URLs, values of variables whose names
//! say that they are secret, and tokens that are known by their looks become `***`.

mod names;
mod tokens;
mod values;

use std::borrow::Cow;
use std::ops::Range;

pub use names::is_secret as secret_name;

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// How values are written in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// YAML, env files, Dockerfiles, JSON, INI: values mostly without quotes.
    Config,
    /// A programming language: only what stands in quotes is a value.
    Code,
    /// A sentence about them: values stand in backticks.
    Message,
}

impl Kind {
    /// The kind of the file of this name.
    #[must_use]
    pub fn of(path: &std::path::Path) -> Self {
        const CODE: [&str; 24] = [
            "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "tsx", "mts", "cts", "vue", "svelte", "go", "rb",
            "erb", "java", "kt", "kts", "scala", "cs", "php", "rs", "ex", "exs",
        ];
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if CODE.contains(&extension) => Self::Code,
            _ => Self::Config,
        }
    }
}

/// A message or help text without its secrets.
#[must_use]
pub fn message(text: &str) -> Cow<'_, str> {
    apply(text, &secrets(text, Kind::Message))
}

/// A piece of configuration without its secrets.
#[must_use]
pub fn config(text: &str) -> Cow<'_, str> {
    apply(text, &secrets(text, Kind::Config))
}

/// The value of the variable of this name without its secrets: all of it when the name says so.
#[must_use]
pub fn value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    let switch = ["", "true", "false", "yes", "no", "on", "off", "0", "1", "none"];
    if secret_name(name) && !switch.contains(&value.to_ascii_lowercase().as_str()) {
        return Cow::Borrowed(MASK);
    }
    config(value)
}

/// Where the secrets of a text stand: byte ranges in order, disjoint.
#[must_use]
pub fn secrets(text: &str, kind: Kind) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let flat = values::flat(text);
    values::url_passwords(text, &flat, &mut found);
    values::of_names(text, &flat, kind, &mut found);
    tokens::find(text, &mut found);
    found.sort_by_key(|range| (range.start, range.end));
    let mut disjoint: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match disjoint.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => disjoint.push(range),
        }
    }
    disjoint
}

fn apply<'a>(text: &'a str, secrets: &[Range<usize>]) -> Cow<'a, str> {
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for range in secrets {
        masked.push_str(text.get(from..range.start).unwrap_or_default());
        masked.push_str(MASK);
        from = range.end;
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, kind: Kind) -> String {
        apply(text, &secrets(text, kind)).into_owned()
    }

    #[track_caller]
    fn config_is(text: &str, expected: &str) {
        assert_eq!(masked(text, Kind::Config), expected);
    }

    #[test]
    fn passwords_of_urls() {
        config_is("x postgres://app:hunter2@db/app y", "x postgres://app:***@db/app y");
        config_is("redis://:p@ss@redis:6379/0", "redis://:***@redis:6379/0");
        config_is("a://u:p/w@h:1/x, b://v:q@h2", "a://u:***@h:1/x, b://v:***@h2");
        config_is("postgres://app:${PW}@db/app", "postgres://app:${PW}@db/app");
        config_is("postgres://app:${PW:-hunter2}@db/app", "postgres://app:${PW:-***}@db/app");
        config_is("p://${U:-a}:${P:-b c}@h:1/${D:-d}", "p://${U:-a}:${P:-***}@h:1/${D:-d}");
        config_is("http://host:80/a@b", "http://host:80/a@b");
        config_is("http://web:8080/ mail@example.org", "http://web:8080/ mail@example.org");
        config_is("root:hunter2@tcp(db:3306)/app", "root:***@tcp(db:3306)/app");
    }

    #[test]
    fn values_of_secret_names_in_configuration() {
        config_is("      POSTGRES_PASSWORD: my pass # why", "      POSTGRES_PASSWORD: *** # why");
        config_is("  - MYSQL_ROOT_PASSWORD=a b", "  - MYSQL_ROOT_PASSWORD=***");
        config_is("  - \"JWT_SECRET=abc\"", "  - \"JWT_SECRET=***\"");
        config_is("API_KEY='x y'", "API_KEY='***'");
        config_is("{DB_PASSWORD: a, DB_HOST: db}", "{DB_PASSWORD: ***, DB_HOST: db}");
        config_is("\"apiKey\": \"x\", \"port\": 1", "\"apiKey\": \"***\", \"port\": 1");
        config_is("ENV TOKEN=a PORT=1", "ENV TOKEN=*** PORT=1");
        config_is("Host=db;Password=a b;Database=x", "Host=db;Password=***;Database=x");
        config_is("redis-server --requirepass hunter2 --port 1", "redis-server --requirepass *** --port 1");
        config_is("[\"--requirepass\", \"hunter2\"]", "[\"--requirepass\", \"***\"]");
        config_is("mysqladmin ping -uroot -phunter2", "mysqladmin ping -uroot -p***");
        config_is("X: a${DB_PASSWORD:-${Y:-z}}b", "X: a${DB_PASSWORD:-${Y:-***}}b");
        config_is("NEO4J_AUTH: neo4j/letmein", "NEO4J_AUTH: ***");
        config_is(
            "  password: \"<%= ENV.fetch(\"PG_PASSWORD\") { \"hunter2\" } %>\"",
            "  password: \"<%= ENV.fetch(\"PG_PASSWORD\") { \"***\" } %>\"",
        );
        config_is("password: <%= ENV['PG_PASS'] || 'hunter2' %>", "password: <%= ENV['PG_PASS'] || '***' %>");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
            "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?not set}",
            "- DB_PASSWORD=$DB_PASSWORD",
            "redis-server --requirepass ${PW:?a password is needed} --port 1",
            "- ./secrets/tls.key:/certs/tls.key",
            "POSTGRES_PASSWORD_FILE: /run/secrets/db",
            "TOKEN_LIFETIME: 3600",
            "ALLOW_EMPTY_PASSWORD: \"yes\"",
            "secrets:",
            "  - db_password",
            "image: postgres:16@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "PUBLIC_KEY: abc",
            "PWD=/srv/app",
            "dials postgres-auth:5432",
            "http://token-auth:8080/x",
            "depends_on: [db]",
            "",
        ] {
            config_is(text, text);
        }
    }

    #[test]
    fn literals_in_code() {
        let code = |text: &str| masked(text, Kind::Code);
        assert_eq!(
            code("pw = os.getenv(\"DB_PASSWORD\", \"postgres\")"),
            "pw = os.getenv(\"DB_PASSWORD\", \"***\")"
        );
        assert_eq!(code("password: str = 'x'"), "password: str = '***'");
        assert_eq!(code("password = settings.DB_PASSWORD"), "password = settings.DB_PASSWORD");
        assert_eq!(
            code("const apiKey = process.env.API_KEY || \"abc\""),
            "const apiKey = process.env.API_KEY || \"***\""
        );
        assert_eq!(
            code("url = \"postgresql://a:b@localhost:5432/x\""),
            "url = \"postgresql://a:***@localhost:5432/x\""
        );
    }

    #[test]
    fn values_in_sentences() {
        assert_eq!(message("password `hunter2` is not `secret99`"), "password `***` is not `secret99`");
        assert_eq!(message("`POSTGRES_PASSWORD=hunter2` is set"), "`POSTGRES_PASSWORD=***` is set");
        assert_eq!(message("`POSTGRES_PASSWORD` is not set"), "`POSTGRES_PASSWORD` is not set");
        assert_eq!(
            message("the password `POSTGRES_PASSWORD` names"),
            "the password `POSTGRES_PASSWORD` names"
        );
        for plain in ["set `DB_PASSWORD`, give it a default", "`DB_PASSWORD`: not set"] {
            assert_eq!(message(plain), plain);
        }
        assert_eq!(message("`DB_PASSWORD` = `abc`"), "`DB_PASSWORD` = `***`");
        assert_eq!(message("uses `a://b:c@d/e`; set `X`"), "uses `a://b:***@d/e`; set `X`");
    }

    #[test]
    fn tokens_by_their_looks() {
        config_is("x: ghp_0123456789abcdefghijABCDEFGHIJ012345", "x: ***");
        config_is("AWS: AKIAIOSFODNN7EXAMPLE", "AWS: ***");
        config_is("h: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_123", "h: Bearer ***");
        config_is("  MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", "  ***");
        config_is("a: skeleton-sk-sketch", "a: skeleton-sk-sketch");
    }

    #[test]
    fn any_text_is_survived() {
        for text in [
            "é:é@é://é",
            "PASSWORD=",
            "PASSWORD: \"",
            "://@",
            "x://:@",
            "${",
            "PASSWORD=${",
            "`password `",
            "-p",
        ] {
            for kind in [Kind::Config, Kind::Code, Kind::Message] {
                let _ = masked(text, kind);
            }
        }
    }
}
