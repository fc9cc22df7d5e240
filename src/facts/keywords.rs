//! Addresses that are written as keywords: libpq's `host=db port=5432`, ADO.NET's `Server=db;Port=5432`,
//! PDO's `mysql:host=db;port=3306`, StackExchange.Redis' `redis:6379,abortConnect=false`.

use super::endpoint::{Address, Endpoint};
use super::protocol;
use crate::programs::SinkKind;
use crate::source::{Origin, Span, Text, Via};

const HOST: &[&str] = &["host", "server", "datasource", "addr", "address", "networkaddress"];

/// Keywords that only one database's client has.
const OF_ONE: &[(&str, &str)] = &[
    ("initialcatalog", "mssql"),
    ("trustedconnection", "mssql"),
    ("integratedsecurity", "mssql"),
    ("multipleactiveresultsets", "mssql"),
    ("trustservercertificate", "mssql"),
    ("encrypt", "mssql"),
    ("allowpublickeyretrieval", "mysql"),
    ("convertzerodatetime", "mysql"),
    ("allowuservariables", "mysql"),
    ("charset", "mysql"),
    ("host", "postgresql"),
    ("searchpath", "postgresql"),
    ("includeerrordetail", "postgresql"),
];

/// From where to where a text goes.
type Range = (usize, usize);

/// A keyword and the range of its value.
struct Pair {
    /// In lower case, without blanks and underscores.
    key: String,
    from: usize,
    to: usize,
}

/// The driver that stands before the keywords: `mysql` of PDO's `mysql:host=db;port=3306`.
fn driver(whole: &str) -> Option<&str> {
    let (driver, rest) = whole.split_once(':')?;
    (!rest.starts_with("//") && protocol::of_scheme(driver).is_some()).then_some(driver)
}

fn pairs(whole: &str) -> Vec<Pair> {
    let mut at = driver(whole).map_or(0, |driver| driver.len() + 1);
    let separator = if whole.contains(';') || at > 0 { ';' } else { ' ' };
    let mut found = Vec::new();
    for part in whole.get(at..).unwrap_or("").split(separator) {
        let start = at;
        at += part.len() + separator.len_utf8();
        let Some((key, raw)) = part.split_once('=') else { continue };
        let quotes = ['\'', '"'];
        let value = raw.trim().trim_start_matches(quotes);
        let from = start + key.len() + 1 + (raw.trim_end().len() - value.len());
        let key = key.trim().to_ascii_lowercase().replace([' ', '_'], "");
        found.push(Pair { key, from, to: from + value.trim_end_matches(quotes).len() });
    }
    found
}

/// The host and port within the value of a server's keyword: `tcp:db,1433`, `db\SQLEXPRESS`, `db:1521/XE`.
fn host_and_port(value: &str) -> Option<(Range, Option<Range>)> {
    let start =
        ["tcp:", "np:", "//"].iter().find(|prefix| value.starts_with(**prefix)).map_or(0, |p| p.len());
    let rest = value.get(start..)?;
    let end = rest.find([',', ':', '\\', '/']).unwrap_or(rest.len());
    let after = rest.get(end..)?;
    let port = after.strip_prefix([',', ':']).map(|port| {
        let blanks = port.len() - port.trim_start().len();
        let digits = port.trim_start();
        let stop = digits.find(['/', ',', '\\']).unwrap_or(digits.len());
        let from = start + end + 1 + blanks;
        (from, from + digits.get(..stop).unwrap_or(digits).trim_end().len())
    });
    Some(((start, start + end), port))
}

/// Whether the source of the data is a file, as SQLite's is.
fn is_file(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let ending = [".db", ".db3", ".sqlite", ".sqlite3", ".mdf", ".s3db", ".sdf"];
    ending.iter().any(|ending| lower.ends_with(ending))
        || lower.starts_with([':', '/', '|', '~'])
        || lower.starts_with("./")
        || lower.starts_with("../")
        || lower.starts_with("file:")
        || lower.starts_with("(description")
}

impl Endpoint {
    /// Reads keyword strings; `None` where no keyword names a host.
    #[must_use]
    pub fn from_keywords(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let mut endpoint = Self { text: text.clone(), ..Self::default() };
        endpoint.scheme = driver(&whole).map(|driver| text.slice(0, driver.len()));
        let (mut host, mut port) = (None, None);
        for pair in pairs(&whole) {
            let value = text.slice(pair.from, pair.to);
            match pair.key.as_str() {
                key if HOST.contains(&key) => host = Some((pair.from, value)),
                "port" => port = Some(value),
                "user" | "userid" | "username" | "uid" => endpoint.user = Some(value),
                "password" | "pwd" => endpoint.password = Some(value),
                "dbname" | "database" | "initialcatalog" => endpoint.database = Some(value),
                _ => endpoint.parameters.push((pair.key, value)),
            }
        }
        let (_, value) = host?;
        let raw = value.assumed();
        if is_file(&raw) {
            return None;
        }
        let (host, within) = host_and_port(&raw)?;
        let port = port.or_else(|| within.map(|(from, to)| value.slice(from, to)));
        endpoint.hosts.push(Address { host: value.slice(host.0, host.1), port });
        Some(endpoint)
    }

    /// Reads what names no server, so that the driver dials its own default: `user=shop dbname=shop`, and
    /// `shop:secret@/shop` of Go's MySQL driver.
    #[must_use]
    pub fn without_host(kind: SinkKind, text: &Text, callee: Span) -> Option<Self> {
        let whole = text.complete()?;
        let (scheme, database) = match kind {
            SinkKind::Postgres | SinkKind::Psycopg | SinkKind::Psycopg2 => {
                let pairs = pairs(&whole);
                let has = |keys: &[&str]| pairs.iter().any(|pair| keys.contains(&pair.key.as_str()));
                let said = has(&["user", "dbname"]) && !has(&["host", "hostaddr", "service"]);
                let plain = !whole.contains([';', '/']);
                let database = pairs.iter().find(|pair| pair.key == "dbname");
                (said && plain).then_some(())?;
                ("postgresql", database.map(|pair| text.slice(pair.from, pair.to)))
            }
            SinkKind::MySql => {
                let (_, rest) = whole.rsplit_once('@')?;
                let name = rest.strip_prefix("tcp/").or_else(|| rest.strip_prefix('/'))?;
                let end = name.find('?').unwrap_or(name.len());
                let from = whole.len() - name.len();
                ("mysql", Some(text.slice(from, from + end)))
            }
            _ => return None,
        };
        let own = |text: &str| Text::known(text, Origin::default()).via(&Via::LibraryDefault(callee));
        Some(Self {
            text: text.clone(),
            scheme: Some(own(scheme)),
            hosts: vec![Address { host: own("localhost"), port: None }],
            database,
            ..Self::default()
        })
    }

    /// Reads addresses with options behind them, separated by commas: `redis:6379,abortConnect=false`.
    #[must_use]
    pub fn from_addresses_with_options(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let mut end = 0;
        for part in whole.split(',') {
            if part.contains('=') {
                break;
            }
            end += part.len() + 1;
        }
        let addresses = end.checked_sub(1).filter(|end| *end < whole.len())?;
        let endpoint = Self::from_addresses(&text.slice(0, addresses))?;
        let mut at = end;
        let mut option = |wanted: &str| {
            at = end;
            whole.get(end..)?.split(',').find_map(|part| {
                let from = at;
                at += part.len() + 1;
                let (name, value) = part.split_once('=')?;
                let named = name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty();
                named.then(|| text.slice(from + name.len() + 1, from + part.len()))
            })
        };
        let (user, password) = (option("user"), option("password"));
        Some(Self { text: text.clone(), user, password, ..endpoint })
    }

    /// Whether it is written as keywords of a database's client: it names a server, and what to do there.
    #[must_use]
    pub fn is_connection_string(&self) -> bool {
        let named = self.database.is_some() || self.user.is_some() || self.password.is_some();
        self.scheme.is_none() && named && self.text.assumed().contains(';')
    }

    /// The protocols that the keywords leave open; empty for what is not written so.
    #[must_use]
    pub fn protocols_by_keywords(&self) -> Vec<&'static str> {
        if self.scheme.is_some() {
            return Vec::new();
        }
        let pairs = pairs(&self.text.assumed());
        let port = self.address().and_then(Address::port_number).and_then(protocol::of_port);
        let databases = ["postgresql", "mysql", "mssql", "oracle"];
        if let Some(only) = databases.iter().find(|database| port == Some(**database)) {
            return vec![only];
        }
        for pair in &pairs {
            // `Host` alone is RabbitMQ's, too.
            let known = OF_ONE.iter().find(|(key, _)| *key == pair.key);
            if let Some((_, protocol)) = known.filter(|(key, _)| *key != "host" || self.database.is_some()) {
                return vec![protocol];
            }
        }
        match self.database.is_some() {
            true => vec!["postgresql", "mysql", "mssql"],
            false => Vec::new(),
        }
    }

    /// A keyword string, or addresses with options, with another host and port.
    pub(super) fn keywords_with_address(&self, host: &str, port: Option<u16>) -> Option<String> {
        let whole = self.text.assumed();
        if self.scheme.is_some() && driver(&whole).is_none() {
            return None;
        }
        let pairs = pairs(&whole);
        let Some(server) = pairs.iter().rev().find(|pair| HOST.contains(&pair.key.as_str())) else {
            let (addresses, options) = whole.split_once(',').filter(|(_, rest)| rest.contains('='))?;
            let port = port.filter(|_| addresses.contains(':'));
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            return Some(format!("{host}{port},{options}"));
        };
        let value = whole.get(server.from..server.to)?;
        let (at, within) = host_and_port(value)?;
        let mut edits = vec![(server.from + at.0, server.from + at.1, host.to_string())];
        let port = port.map(|port| port.to_string());
        if let Some((from, to)) = within {
            let same = whole.get(server.from + from..server.from + to)?.to_string();
            edits.push((server.from + from, server.from + to, port.clone().unwrap_or(same)));
        }
        if let Some(own) = pairs.iter().find(|pair| pair.key == "port") {
            let same = whole.get(own.from..own.to)?.to_string();
            edits.push((own.from, own.to, port.unwrap_or(same)));
        }
        // An instance has no meaning on another machine.
        if value.get(at.1..)?.starts_with('\\') {
            edits.push((server.from + at.1, server.to, String::new()));
        }
        edits.sort_by_key(|(from, ..)| *from);
        let mut out = String::new();
        let mut last = 0;
        for (from, to, text) in edits {
            out.push_str(whole.get(last..from)?);
            out.push_str(&text);
            last = to;
        }
        out.push_str(whole.get(last..)?);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::HostKind;
    use crate::source::{Origin, Span};

    fn text(raw: &str) -> Text {
        Text::known(raw, Origin::at(Span::new(100, 100 + u32::try_from(raw.len()).unwrap())))
    }

    fn read(raw: &str) -> Endpoint {
        Endpoint::from_keywords(&text(raw)).unwrap()
    }

    #[test]
    fn keywords() {
        let libpq = read("host=db port=5433 user=app password=x dbname=shop");
        assert_eq!((libpq.shown().as_str(), libpq.database.unwrap().assumed().as_str()), ("db:5433", "shop"));
        let ado = read("Server=tcp:db,1433;Initial Catalog=shop;User Id=sa");
        assert_eq!((ado.shown().as_str(), ado.user.clone().unwrap().assumed().as_str()), ("db:1433", "sa"));
        assert_eq!(ado.host_span(), Span::new(111, 113));
        assert_eq!(ado.protocols_by_keywords(), ["mssql"]);
        let npgsql = read("Host=localhost;Port=5432;Database=shop;Username=app;Password=x");
        assert_eq!(npgsql.host_span(), Span::new(105, 114));
        assert_eq!(npgsql.protocols_by_keywords(), ["postgresql"]);
        assert_eq!(read("Server=db;Database=x;Uid=root;SslMode=None").protocols_by_keywords().len(), 3);
    }

    #[test]
    fn what_is_no_server() {
        for raw in
            ["Data Source=app.db", "DataSource=:memory:", "Filename=./x.db", "Data Source=/data/x", "a=b;c=d"]
        {
            assert!(Endpoint::from_keywords(&text(raw)).is_none(), "{raw}");
        }
        for raw in [
            "Server=.;Database=x",
            "Server=(localdb)\\mssqllocaldb;Database=x",
            "Data Source=(local);User Id=sa",
        ] {
            assert_eq!(read(raw).hosts[0].kind(), HostKind::Loopback, "{raw}");
        }
    }

    #[test]
    fn another_address() {
        let moved = |raw: &str, port| read(raw).with_address("db", Some(port));
        assert_eq!(
            moved("Host=localhost;Port=5433;Database=x;Password=a;", 5432),
            "Host=db;Port=5432;Database=x;Password=a;"
        );
        assert_eq!(moved("Server=localhost,14330;Database=x", 1433), "Server=db,1433;Database=x");
        assert_eq!(moved("Server=.\\SQLEXPRESS;Database=x", 1433), "Server=db;Database=x");
        assert_eq!(read("mysql:host=localhost;port=3306;dbname=shop").protocol(), Some("mysql"));
        let pdo = moved("mysql:host=localhost;port=3306;dbname=shop", 3307);
        assert_eq!(pdo, "mysql:host=db;port=3307;dbname=shop");
        let redis =
            Endpoint::from_addresses_with_options(&text("localhost:6379,abortConnect=false")).unwrap();
        assert_eq!(redis.shown(), "localhost:6379");
        assert_eq!(redis.with_address("redis", Some(6379)), "redis:6379,abortConnect=false");
    }
}
