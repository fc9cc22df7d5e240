//! Names of variables that are so near to each other that one is probably meant for the other.

/// How near two names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// One letter of a word is wrong, or only case and separators differ.
    Typo,
    /// They say the same with other words, or in another order: `DB_URI` and `DATABASE_URL`.
    Words,
    /// One of them has one word more, in front or at the end.
    Longer,
    /// Where one says what kind of server it is, the other says which: `DB_HOST` and `MYSQL_HOST`.
    Product,
    /// Both say where the same thing is, with other words that say nothing of it: `GATEWAY_URL` and `GATEWAY_ADDRESS`,
    /// `USERS_API_ADDRESS` and `USERS_SERVICE_ADDRESS`.
    Place,
}

/// Last words of variables that say where something is, in one form: as a URL, or as a host. An address may be either.
const PLACES: [&[&str]; 2] = [
    &["URL", "URI", "DSN", "ENDPOINT", "BASE", "ADDRESS", "ADDR"],
    &["HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR"],
];

/// Words that say nothing of which service it is.
const FILLERS: &[&str] = &["SERVICE", "SERVICES", "SVC", "API", "SERVER", "BACKEND", "APP", "BASE", "MS"];

/// Kinds of servers, and what there is of each.
const PRODUCTS: &[(&[&str], &[&str])] = &[
    (&["DB", "SQL"], &["POSTGRES", "MYSQL", "MARIADB", "MONGO", "MSSQL", "ORACLE"]),
    (&["CACHE", "BROKER"], &["REDIS", "VALKEY", "MEMCACHED"]),
    (&["BROKER", "QUEUE", "MQ"], &["RABBITMQ", "KAFKA", "NATS", "ACTIVEMQ"]),
    (&["SEARCH"], &["ELASTICSEARCH", "OPENSEARCH", "MEILISEARCH", "SOLR"]),
];

/// Words that say the same.
const SAME: &[&[&str]] = &[
    &["URL", "URI", "DSN"],
    &["DB", "DATABASE"],
    &["POSTGRES", "POSTGRESQL", "PG", "PGSQL"],
    &["MONGO", "MONGODB"],
    &["RABBITMQ", "RABBIT", "AMQP", "RMQ"],
    &["ELASTICSEARCH", "ELASTIC", "ES"],
    &["MEILISEARCH", "MEILI"],
    &["MSSQL", "SQLSERVER"],
    &["HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR"],
    &["PASSWORD", "PASS", "PASSWD", "PWD", "PW"],
    &["USER", "USERNAME"],
    &["BROKER", "SERVER"],
    &["SECRET", "KEY"],
    &["ENV", "ENVIRONMENT"],
];

/// Words that make another variable of what they stand beside: for another driver, another server, another use.
const APART: &[&str] = &[
    "ASYNC",
    "SYNC",
    "AIO",
    "READ",
    "READER",
    "READONLY",
    "WRITE",
    "WRITER",
    "REPLICA",
    "PRIMARY",
    "SECONDARY",
    "MASTER",
    "SLAVE",
    "TEST",
    "TESTING",
    "DEV",
    "PROD",
    "MIGRATION",
    "DIRECT",
    "SHADOW",
    "BACKUP",
    "ADMIN",
    "ROOT",
    "PUBLIC",
    "EXTERNAL",
    "INTERNAL",
    "OLD",
    "NEW",
    "CELERY",
    "CACHE",
    "QUEUE",
    "SESSION",
    "BROKER",
];

/// How near the names are; `None` when they are the same or have nothing to do with each other.
#[must_use]
pub fn nearness(a: &str, b: &str) -> Option<Nearness> {
    if a == b || a.is_empty() || b.is_empty() {
        return None;
    }
    let (words_a, words_b) = (words(a), words(b));
    if words_a.concat() == words_b.concat() || is_typo(&words_a, &words_b) {
        return Some(Nearness::Typo);
    }
    let canonical = |words: &[String]| -> Vec<String> {
        let mut said: Vec<String> = words.iter().map(|word| meaning(word)).collect();
        // `DB_DATABASE` and `DB_NAME`: of a server, its database is a name.
        if let [of, _, .., last] | [of, last] = said.as_mut_slice()
            && last == "DB"
            && PRODUCTS
                .iter()
                .any(|(kinds, names)| kinds.contains(&of.as_str()) || names.contains(&of.as_str()))
        {
            *last = "NAME".to_string();
        }
        said
    };
    let (a, b) = (canonical(&words_a), canonical(&words_b));
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    // One word alone says too little to be said with another.
    if a.len() > 1 && sorted(&a) == sorted(&b) {
        return Some(Nearness::Words);
    }
    let mut other = a.iter().zip(&b).filter(|(a, b)| a != b);
    if let (Some((x, y)), None) = (other.next(), other.next())
        && a.len() == b.len()
        && a.len() > 1
        && PRODUCTS.iter().any(|(kinds, names)| {
            let pair = |x: &str, y: &str| kinds.contains(&x) && names.contains(&y);
            pair(x, y) || pair(y, x)
        })
    {
        return Some(Nearness::Product);
    }
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    let longer = short.len() > 1 && long.len() == short.len() + 1;
    let within = longer && (long.starts_with(short) || long.ends_with(short));
    let another =
        [long.first(), long.last()].into_iter().flatten().any(|word| APART.contains(&word.as_str()));
    if within && !another {
        return Some(Nearness::Longer);
    }
    is_place(&words_a, &words_b).then_some(Nearness::Place)
}

/// Whether both say where one and the same thing is, in one form, but for words that say nothing.
fn is_place(a: &[String], b: &[String]) -> bool {
    let named = |words: &[String], form: &[&str]| -> Option<Vec<String>> {
        let (last, rest) = words.split_last()?;
        let said = rest.iter().map(|word| meaning(word)).filter(|word| !FILLERS.contains(&word.as_str()));
        form.contains(&last.as_str()).then(|| said.collect()).filter(|said: &Vec<String>| !said.is_empty())
    };
    PLACES.iter().any(|form| named(a, form).is_some_and(|said| named(b, form) == Some(said)))
}

/// The words in capitals, cut at separators, the double ones of .NET among them, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            let starts =
                !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && c.is_ascii_uppercase();
            match words.last_mut().filter(|_| !starts) {
                Some(word) => word.push(c.to_ascii_uppercase()),
                None => words.push(c.to_ascii_uppercase().to_string()),
            }
        }
        before = c;
    }
    words
}

/// The first of the words that say the same.
fn meaning(word: &str) -> String {
    let single = word.strip_suffix('S').filter(|rest| rest.len() > 4).unwrap_or(word);
    let group = SAME.iter().find(|group| group.contains(&word) || group.contains(&single));
    group.and_then(|group| group.first()).map_or(single, |first| first).to_string()
}

/// Whether they differ in one word, and that by a slip of the hand.
fn is_typo(a: &[String], b: &[String]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut other = a.iter().zip(b).filter(|(a, b)| a != b);
    let (Some((a, b)), None) = (other.next(), other.next()) else { return false };
    let shorter = a.len().min(b.len());
    // Short words are near only where letters are swapped: `ULR`.
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let allowed = match shorter {
        0..=2 => return false,
        3 if letters(a) != letters(b) => return false,
        3..=6 => 1,
        _ => 2,
    };
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).collect::<String>();
    let pair = |a: &str, b: &str| OTHER.iter().any(|(x, y)| (*x == a && *y == b) || (*x == b && *y == a));
    digits(a) == digits(b) && !pair(a, b) && distance(a, b) <= allowed
}

/// Words that are near, and mean other things.
const OTHER: &[(&str, &str)] = &[
    ("HTTP", "HTTPS"),
    ("HOST", "POST"),
    ("PORT", "POST"),
    ("SMTP", "SMTPS"),
    ("MAIL", "EMAIL"),
    ("LOCAL", "LOCALE"),
    ("READ", "HEAD"),
    ("TEST", "BEST"),
    ("PUBLIC", "PUBLICS"),
    ("CREATE", "CREATED"),
    ("INTERNAL", "EXTERNAL"),
    ("REQUEST", "REQUESTED"),
    ("ACCESS", "PROCESS"),
    ("PREFIX", "SUFFIX"),
];

/// Insertions, deletions, replacements and swaps of neighbours that make one of the other.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, x) in a.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, y) in b.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best = at(&last, column) + usize::from(x != y);
            best = best.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let swapped = row > 0 && column > 0 && a.get(row - 1) == Some(y) && b.get(column - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        for (a, b) in [
            ("DATABSE_URL", "DATABASE_URL"),
            ("DATABASEURL", "DATABASE_URL"),
            ("database_url", "DATABASE_URL"),
            ("KAFKA_BROKER", "KAFKA_BROKERS"),
            ("REIDS_HOST", "REDIS_HOST"),
            ("REDIS_ULR", "REDIS_URL"),
        ] {
            assert_eq!(nearness(a, b), Some(Nearness::Typo), "{a} {b}");
        }
        for (a, b) in [
            ("ELASTIC_ADDRESS", "ELASTICSEARCH_ADDRESS"),
            ("ES_URL", "ELASTICSEARCH_URL"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("DB_PASS", "DATABASE_PASSWORD"),
            ("URL_REDIS", "REDIS_URL"),
            ("DB_DATABASE", "DB_NAME"),
            ("POSTGRES_DB", "POSTGRES_NAME"),
        ] {
            assert_eq!(nearness(a, b), Some(Nearness::Words), "{a} {b}");
        }
        assert_eq!(nearness("APP_DATABASE_URL", "DATABASE_URL"), Some(Nearness::Longer));
        for (a, b) in [("MYSQL_HOST", "DB_HOST"), ("DATABASE_CONNECTION", "POSTGRESQL_CONNECTION")] {
            assert_eq!(nearness(a, b), Some(Nearness::Product), "{a} {b}");
        }
        for (a, b) in [
            ("USERS_SERVICE_ADDRESS", "USERS_API_ADDRESS"),
            ("ApiSettings__GatewayUrl", "ApiSettings__GatewayAddress"),
        ] {
            assert_eq!(nearness(a, b), Some(Nearness::Place), "{a} {b}");
        }
        for (a, b) in [
            ("API_URL", "BACKEND_URL"),
            ("REDIS_HOST", "REDIS_URL"),
            ("MYSQL_HOST", "POSTGRES_HOST"),
            ("MYSQL_HOST", "DB_PORT"),
            ("DB_HOST", "DB_PORT"),
            ("HTTP_PROXY", "HTTPS_PROXY"),
            ("REDIS_HOST", "REDIS_PORT"),
            ("KAFKA_1_HOST", "KAFKA_2_HOST"),
            ("SHARD1_URL", "SHARD2_URL"),
            ("REDIS_URL", "MONGO_URL"),
            ("ASYNC_DATABASE_URL", "DATABASE_URL"),
            ("PORT", "HOST"),
            ("X", "Y"),
        ] {
            assert_eq!(nearness(a, b), None, "{a} {b}");
        }
    }
}
