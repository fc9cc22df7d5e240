//! What the name of an environment variable says about its value.
//!
//! Names are evidence, not proof: they decide only where the value alone leaves it open (a bare host
//! name, an HTTP URL that a browser or the server may use).

mod lists;

use lists::{
    ADDRESSES, BACKENDS, DRIVER_STYLES, ENDS, GENERIC, HOST, KINDS, KINDS_OF_PROGRAMS, NOT_DIALLED, OWN,
    PUBLIC,
};

use crate::programs::pages;

/// A variable's name, cut into its upper-case words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Words(Vec<String>);

/// The ways in which an address is spread over variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One host: `DB_HOST`.
    Host,
    /// Hosts with ports: `KAFKA_BROKERS`, `BOOTSTRAP_SERVERS`, `MEMCACHED_SERVERS`.
    Addresses,
}

impl Words {
    /// Cuts at `_`, `.`, `-` and where a small letter meets a capital one.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut words = vec![String::new()];
        let mut small_before = false;
        for c in name.chars() {
            let cut = matches!(c, '_' | '.' | '-') || (small_before && c.is_uppercase());
            if cut && words.last().is_some_and(|word| !word.is_empty()) {
                words.push(String::new());
            }
            if !matches!(c, '_' | '.' | '-')
                && let Some(word) = words.last_mut()
            {
                word.extend(c.to_uppercase());
            }
            small_before = c.is_lowercase();
        }
        if words.ends_with(&["HOST".to_string(), "NAME".to_string()]) {
            words.truncate(words.len() - 2);
            words.push("HOSTNAME".to_string());
        }
        Self(words.into_iter().flat_map(halves).collect())
    }

    /// Whether it names a server that no browser dials.
    #[must_use]
    pub fn is_of_backends(&self) -> bool {
        let within = |list: &&[&str]| self.0.windows(list.len()).any(|words| words == *list);
        !self.is_for_pages() && !self.has(&["PUBLIC", "EXTERNAL"]) && BACKENDS.iter().any(within)
    }

    /// Whether it names where objects are kept, for programs: not the console that people look at.
    #[must_use]
    pub fn is_of_objects(&self) -> bool {
        const ELSE: &[&str] = &["CONSOLE", "BROWSER", "UI", "ADMIN", "HEALTH", "METRICS"];
        self.has(&["S3", "MINIO"]) && !self.is_public() && !self.has(ELSE)
    }

    /// Whether it names where telemetry is sent.
    #[must_use]
    pub fn is_of_telemetry(&self) -> bool {
        self.has(&["OTLP"])
    }

    /// Whether it names the one back end of a project, whatever that is called: `API_URL`, `BACKEND_HOST`.
    #[must_use]
    pub fn is_of_the_back_end(&self) -> bool {
        const ENDS: [&str; 7] = ["URL", "URI", "HOST", "HOSTNAME", "ENDPOINT", "ADDRESS", "BASE"];
        let own = |word: &&String| !ENDS.contains(&word.as_str());
        let rest: Vec<&String> = self.0.iter().filter(own).collect();
        rest.len() < self.0.len()
            && matches!(rest.as_slice(), [word] if ["API", "BACKEND", "SERVER"].contains(&word.as_str()))
    }

    pub(super) fn has(&self, list: &[&str]) -> bool {
        self.0.iter().any(|word| list.contains(&word.as_str()))
    }

    /// Whether the value may be meant for a browser or another machine than this container.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.has(PUBLIC)
            || matches!(
                self.0.join("_").as_str(),
                "BASE_URL" | "URL" | "HOST_URL" | "API_BASE_URL" | "DEFAULT_URI"
            )
    }

    /// Whether it is one that bundlers put into the code of pages, by its first words.
    #[must_use]
    pub fn is_for_pages(&self) -> bool {
        pages::convention(&self.0.join("_")).is_some_and(|convention| !convention.vague)
    }

    /// Whether it is an address that something is dialled at, spread over several variables; `None`
    /// also for the program's own address.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        let last = self.0.last()?.as_str();
        if self.0.len() < 2 || self.has(NOT_DIALLED) || OWN.contains(&self.0.first()?.as_str()) {
            return None;
        }
        if self.protocols().is_empty() {
            return None;
        }
        // .NET's and others' way to name addresses: `ConnectionStrings__Redis`.
        let connection = matches!(self.0.as_slice(), [a, b, ..] if a == "CONNECTION" && b == "STRINGS");
        if HOST.contains(&last) {
            Some(Part::Host)
        } else if connection || ADDRESSES.contains(&last) {
            Some(Part::Addresses)
        } else {
            None
        }
    }

    /// Whether it may hold the `host:port` of something that the name does not tell the kind of: `TEMPORAL_ADDRESS`.
    #[must_use]
    pub fn may_be_dialled(&self) -> bool {
        const WHERE: [&str; 4] = ["URL", "URI", "TARGET", "UPSTREAM"];
        let Some((last, before)) = self.0.split_last() else { return false };
        let last = last.as_str();
        let of_others = before.first().is_some_and(|first| !OWN.contains(&first.as_str()));
        of_others
            && !before
                .iter()
                .any(|word| NOT_DIALLED.contains(&word.as_str()) || PUBLIC.contains(&word.as_str()))
            && (HOST.contains(&last) || ADDRESSES.contains(&last) || WHERE.contains(&last))
    }

    /// The protocols that what the name names may speak; empty when the name does not say.
    #[must_use]
    pub fn protocols(&self) -> &'static [&'static str] {
        // Kafka's own variable for where ZooKeeper is.
        if self.has(&["ZOOKEEPER", "ZK"]) {
            return &["zookeeper"];
        }
        // The first word that says something: `REDIS_CACHE_HOST` is Redis, `DB_CACHE_HOST` a database.
        let kind = |word: &String| KINDS.iter().find(|(words, _)| words.contains(&word.as_str()));
        let specific = self.0.iter().filter_map(kind).find(|(_, protocols)| protocols.len() == 1);
        specific.or_else(|| self.0.iter().find_map(kind)).map_or(&[], |(_, protocols)| protocols)
    }

    /// The name of the variable of the same family with another last word: `DB_PORT` for `DB_HOST`.
    #[must_use]
    pub fn with_last(&self, last: &str) -> String {
        let mut words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        if let Some(word) = words.last_mut() {
            *word = last;
        }
        words.join("_")
    }

    /// The words without those that name a driver or its style: `ASYNC_DATABASE_URL` and `DATABASE_URL`
    /// leave the same.
    #[must_use]
    pub fn without_drivers(&self) -> Vec<&str> {
        let style = |word: &&str| !DRIVER_STYLES.contains(word);
        let mut words: Vec<&str> = self.0.iter().map(String::as_str).filter(style).collect();
        if let Some(word) = words.last_mut().filter(|word| matches!(**word, "URI" | "DSN")) {
            *word = "URL";
        }
        words
    }

    /// Whether a variable of this name holds the address of a service of that one, kinds of programs and of
    /// addresses left out of both, and what stands before: `Services__Catalog__Url` and `catalog-api`.
    #[must_use]
    pub fn names(&self, service: &Self) -> bool {
        let telling = |words: &Self| -> Vec<String> {
            // `destination1`, `authservice`
            let bare = words.0.iter().map(|word| match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "" => word.as_str(),
                start => start,
            });
            let plain = bare.filter(|word| !GENERIC.contains(word)).map(|word| {
                let kind = KINDS_OF_PROGRAMS.iter().find_map(|kind| word.strip_suffix(kind));
                kind.filter(|name| name.len() > 2).unwrap_or(word)
            });
            plain.map(|word| word.strip_suffix('S').unwrap_or(word).to_string()).collect()
        };
        let (own, named) = (telling(self), telling(service));
        let whole = service.0.concat();
        !named.is_empty() && (own.ends_with(&named) || matches!(own.as_slice(), [one] if *one == whole))
    }

    /// Whether a server binds it, or it is otherwise never dialled.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.has(NOT_DIALLED)
    }
}

/// A word that is written in one, as two: `DBHOST`.
fn halves(word: String) -> Vec<String> {
    let named = |start: &str| KINDS.iter().any(|(words, _)| words.contains(&start));
    let cut = ENDS.iter().find_map(|end| word.strip_suffix(end).filter(|start| named(start)));
    match cut {
        Some(start) => vec![start.to_string(), word.get(start.len()..).unwrap_or("").to_string()],
        None => vec![word],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(Words::of("dbHost").with_last("PORT"), "DB_PORT");
        assert_eq!(Words::of("DB_HOST").part(), Some(Part::Host));
        assert_eq!(Words::of("PAPERLESS_DBHOST").with_last("PORT"), "PAPERLESS_DB_PORT");
        assert_eq!(Words::of("PAPERLESS_DBPORT"), Words::of("PAPERLESS_DB_PORT"));
        assert_eq!(Words::of("KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS").part(), Some(Part::Addresses));
        assert!(Words::of("KAFKA_CLUSTERS_0_SCHEMAREGISTRY").is_of_backends());
        assert!(!Words::of("NEXT_PUBLIC_OLLAMA_URL").is_of_backends());
        assert_eq!(Words::of("REDIS_CACHE_HOST").protocols(), ["redis"]);
        assert_eq!(Words::of("KAFKA_BOOTSTRAP_SERVERS").part(), Some(Part::Addresses));
        for own in
            ["HOST", "APP_HOST", "UVICORN_HOST", "KAFKA_ADVERTISED_HOST", "VIRTUAL_HOST", "DB_ALLOWED_HOSTS"]
        {
            assert_eq!(Words::of(own).part(), None, "{own}");
        }
        assert_eq!(Words::of("KAFKA_ZOOKEEPER_CONNECT").protocols(), ["zookeeper"]);
        assert!(Words::of("CORS_ALLOWED_ORIGINS").is_public());
        assert!(Words::of("NEXT_PUBLIC_API_URL").is_public());
        assert!(!Words::of("CELERY_BROKER_URL").is_public());
    }

    #[test]
    fn named_after_services() {
        assert!(Words::of("USER_SERVICE_ADDR").names(&Words::of("user-service")));
        assert!(Words::of("USER_GRPC_ADDR").names(&Words::of("user-service")));
        assert!(Words::of("USERSERVICE_ADDR").names(&Words::of("user-service")));
        assert!(Words::of("userServiceUrl").names(&Words::of("user_svc")));
        assert!(!Words::of("POWER_USER_X").names(&Words::of("super-user")));
        assert!(!Words::of("API_URL").names(&Words::of("api")));
        assert!(Words::of("ORDERS_ADDR").names(&Words::of("order-service")));
        assert!(!Words::of("USER_DB_URL").names(&Words::of("user-service")));
    }
}
