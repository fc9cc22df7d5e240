//! Which names say that their value is a secret.

/// Words that make a name secret wherever they stand in it.
const SECRET: [&str; 13] = [
    "password",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "credential",
    "credentials",
    "requirepass",
    "masterauth",
    "passcode",
];

/// Last words after which the value is about the secret, not the secret.
const ABOUT: [&str; 56] = [
    "file",
    "files",
    "path",
    "dir",
    "directory",
    "url",
    "uri",
    "endpoint",
    "host",
    "port",
    "length",
    "len",
    "size",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "expire",
    "lifetime",
    "timeout",
    "header",
    "name",
    "id",
    "type",
    "algorithm",
    "alg",
    "enabled",
    "required",
    "policy",
    "min",
    "max",
    "count",
    "limit",
    "age",
    "days",
    "hours",
    "minutes",
    "seconds",
    "prefix",
    "suffix",
    "method",
    "mode",
    "field",
    "env",
    "scheme",
    "issuer",
    "audience",
    "validators",
    "hashers",
    "provider",
    "class",
    "version",
    "rotation",
    "backend",
    "manager",
    "generator",
];

/// Words before `key` with which it is no secret.
const OPEN_KEYS: [&str; 14] = [
    "public",
    "primary",
    "foreign",
    "sort",
    "partition",
    "routing",
    "cache",
    "host",
    "hot",
    "object",
    "group",
    "order",
    "unique",
    "index",
];

/// Whether a variable, attribute or flag of this name holds a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    if ABOUT.contains(&last.as_str()) {
        return false;
    }
    if words.iter().any(|word| SECRET.contains(&word.as_str())) {
        return true;
    }
    match (last.as_str(), before.last()) {
        ("key" | "keys", Some(kind)) => !OPEN_KEYS.contains(&kind.as_str()),
        ("auth", Some(_)) => true,
        _ => false,
    }
}

/// Whether the text is the name of a variable and not a value: `DB_PASSWORD`.
pub fn is_variable(text: &str) -> bool {
    text.contains('_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The words of a name, in lower case: `mysqlRootPassword` and `MYSQL_ROOT-PASSWORD` have three.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    for c in name.chars() {
        let starts = !previous.is_alphanumeric() || (previous.is_lowercase() && c.is_uppercase());
        if c.is_alphanumeric() {
            if starts || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        previous = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "POSTGRES_PASSWORD",
            "dbPassword",
            "JWT_SECRET",
            "API_KEY",
            "SECRET_KEY_BASE",
            "APP_KEY",
            "token",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "POSTGRES_USER",
            "TOKEN_URL",
            "PUBLIC_KEY",
            "key",
            "bypass",
            "PWD",
            "PASSWORD_MIN_LENGTH",
            "",
            "tokens",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
