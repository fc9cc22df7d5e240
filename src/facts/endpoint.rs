//! Addresses of servers, taken apart without losing where each part is written.

mod forms;
mod hostless;

use url::Host;

use super::protocol;
use crate::source::{Span, Text};

/// What a client dials: one or more hosts, and what it says to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// The scheme as written, driver included (`postgresql+asyncpg`); without `jdbc:`.
    pub scheme: Option<Text>,
    /// The user.
    pub user: Option<Text>,
    /// The password.
    pub password: Option<Text>,
    /// The hosts; one, but for lists (`mongodb://a,b`, `kafka1:9092,kafka2:9092`).
    pub hosts: Vec<Address>,
    /// The database: the path without its leading slash; blank when the slash stands alone.
    pub database: Option<Text>,
    /// The query's parameters, or further keywords.
    pub parameters: Vec<(String, Text)>,
    /// The whole.
    pub text: Text,
    /// Where the hosts and ports stand in it.
    pub(super) authority: (usize, usize),
}

/// What stands before the URLs that Java's database interfaces take.
const JAVA: [&str; 2] = ["jdbc:", "r2dbc:"];

/// One host and its port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    /// The host as written, brackets of an IPv6 address removed.
    pub host: Text,
    /// The port as written.
    pub port: Option<Text>,
}

/// What a host is, by its text alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// `localhost`, `127.0.0.0/8`, `::1`, and the unspecified address that clients take for it.
    Loopback,
    /// An IP address.
    Address,
    /// One label: a name that Docker's DNS or nobody knows.
    Label(String),
    /// A name with dots.
    Domain(String),
    /// `host.docker.internal`, `gateway.docker.internal`
    DockerHost,
    /// Blank, or not known.
    Unknown,
}

impl Address {
    /// The port, if it is written and a number.
    #[must_use]
    pub fn port_number(&self) -> Option<u16> {
        self.port.as_ref()?.complete()?.trim().parse().ok()
    }

    /// Whether the host is `0.0.0.0`, `::` or a star: every interface, for a server to listen on.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        let host = self.host.assumed();
        matches!(host.trim(), "0.0.0.0" | "::" | "*" | "+")
    }

    /// What the host is.
    #[must_use]
    pub fn kind(&self) -> HostKind {
        let Some(host) = self.host.complete() else { return HostKind::Unknown };
        // SQL Server's client takes these for its own machine.
        if matches!(host.trim(), "." | "(local)" | "(localdb)") {
            return HostKind::Loopback;
        }
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        let local = |host: &str| host == "localhost" || host.ends_with(".localhost");
        if host.is_empty() {
            HostKind::Unknown
        } else if local(&host) || host == "localhost.localdomain" {
            HostKind::Loopback
        } else if matches!(host.as_str(), "host.docker.internal" | "gateway.docker.internal") {
            HostKind::DockerHost
        } else if let Ok(address) = host.parse::<std::net::Ipv6Addr>() {
            if address.is_loopback() || address.is_unspecified() {
                HostKind::Loopback
            } else {
                HostKind::Address
            }
        } else {
            // `url` knows the odd spellings of IPv4 (`127.1`, `0x7f.1`) and refuses what is no name.
            match Host::parse(&host) {
                Ok(Host::Ipv4(address)) if address.is_loopback() || address.is_unspecified() => {
                    HostKind::Loopback
                }
                Ok(Host::Ipv4(_) | Host::Ipv6(_)) => HostKind::Address,
                // `http://+:8080` and `http://*:8080`: a server's way to say every interface.
                Ok(Host::Domain(_)) if !host.contains(char::is_alphanumeric) => HostKind::Unknown,
                Ok(Host::Domain(_)) if host.contains('.') => HostKind::Domain(host),
                Ok(Host::Domain(_)) => HostKind::Label(host),
                Err(_) => HostKind::Unknown,
            }
        }
    }
}

impl Endpoint {
    /// Takes an address apart: a URL, a JDBC URL.
    ///
    /// Gives `None` for what does not name a scheme and `//`; see [`Endpoint::from_addresses`] for
    /// `host:port`, [`Endpoint::from_keywords`] for `host=… port=…` and [`Endpoint::from_dsn`] for Go's MySQL.
    #[must_use]
    pub fn from_url(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let skipped = whole.len() - whole.trim_start().len();
        let java = JAVA.iter().find(|prefix| whole[skipped..].starts_with(**prefix));
        let mut start = skipped + java.map_or(0, |prefix| prefix.len());
        if java.is_some() && whole[start..].starts_with("oracle:") {
            return Self::from_oracle(text, &whole, skipped, start);
        }
        let colon = start + whole[start..].find("://")?;
        let mut scheme_end = colon;
        if java.is_some() {
            // Wrappers and modes stand beside the database: `p6spy:mysql`, `mysql:loadbalance`, `pool:postgresql`.
            let mut at = start;
            for part in whole[start..colon].split(':') {
                if protocol::of_scheme(part).is_some() {
                    (start, scheme_end) = (at, at + part.len());
                    break;
                }
                at += part.len() + 1;
            }
        }
        let scheme = &whole[start..scheme_end];
        let plausible =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | ':' | Text::HOLE);
        if scheme.is_empty() || !scheme.chars().all(plausible) {
            return None;
        }
        let authority = colon + "://".len();
        let trimmed = whole.trim_end().len();
        let ends =
            |from: usize| whole[from..trimmed].find(['/', '?', '#', ';']).map_or(trimmed, |at| from + at);
        // A password with an unescaped `/` goes on to the `@`, as SQLAlchemy reads it; other clients refuse it.
        let end = ends(authority);
        let cut = whole[authority..end].split_once(':').is_some_and(|(_, port)| {
            !port.contains('@')
                && !port.is_empty()
                && !port.chars().all(|c| c.is_ascii_digit() || c == Text::HOLE)
        });
        let sign = whole[end..trimmed].find('@').filter(|_| cut && whole[end..].starts_with('/'));
        let end = sign.map_or(end, |at| ends(end + at));
        let mut endpoint = Self {
            scheme: Some(text.slice(start, scheme_end)),
            text: text.slice(skipped, trimmed),
            ..Self::default()
        };
        let mut hosts = authority;
        if let Some(at) = whole[authority..end].rfind('@') {
            hosts = authority + at + 1;
            let credentials = &whole[authority..authority + at];
            match credentials.find(':') {
                Some(cut) => {
                    endpoint.user = Some(text.slice(authority, authority + cut));
                    endpoint.password = Some(text.slice(authority + cut + 1, authority + at));
                }
                None => endpoint.user = Some(text.slice(authority, authority + at)),
            }
        }
        endpoint.hosts = addresses(text, &whole, hosts, end);
        endpoint.authority = (hosts - skipped, end - skipped);
        let query = whole[end..trimmed].find(['?', ';']).map_or(trimmed, |at| end + at);
        if whole[end..].starts_with('/') {
            let path_end = whole[end..query].find('#').map_or(query, |at| end + at);
            endpoint.database = Some(text.slice(end + 1, path_end));
        }
        endpoint.parameters = parameters(text, &whole, query, trimmed);
        endpoint.take_login();
        if matches!(&whole[start..scheme_end], "redis" | "rediss" | "amqp" | "amqps" | "pyamqp") {
            endpoint.take_own_host();
        }
        Some(endpoint)
    }

    /// NocoDB's addresses have the login behind them: `pg://db:5432?u=shop&p=secret&d=shop`.
    fn take_login(&mut self) {
        let named = |name: &str| {
            let mut found = self.parameters.iter().filter(|(known, _)| known == name);
            found.next().map(|(_, text)| text.clone())
        };
        let (user, password, database) = (named("u"), named("p"), named("d"));
        if self.user.is_none() && self.database.is_none() && user.is_some() && database.is_some() {
            (self.user, self.password, self.database) = (user, password, database);
        }
    }

    /// Reads `host`, `host:port`, and comma-separated lists of them.
    #[must_use]
    pub fn from_addresses(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let plausible =
            |c: char| !c.is_whitespace() && !matches!(c, '/' | '=' | '@' | '?' | '\\' | '"' | '\'');
        let java = JAVA.iter().any(|prefix| whole.trim_start().starts_with(prefix));
        // A file, as PDO has it.
        let file = whole.trim_start().starts_with("sqlite:");
        if whole.is_empty() || java || file || !whole.trim().chars().all(plausible) {
            return None;
        }
        let (start, end) = (whole.len() - whole.trim_start().len(), whole.trim_end().len());
        let hosts = addresses(text, &whole, start, end);
        (!hosts.is_empty()).then(|| Self { hosts, text: text.clone(), ..Self::default() })
    }

    /// The first host.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.hosts.first()
    }

    /// The scheme in lower case, if it is known.
    #[must_use]
    pub fn scheme_name(&self) -> Option<String> {
        Some(self.scheme.as_ref()?.complete()?.to_ascii_lowercase())
    }

    /// The protocol of the scheme, if it is one that dials.
    #[must_use]
    pub fn protocol(&self) -> Option<&'static str> {
        let scheme = self.scheme_name()?;
        // ClickHouse's driver for Java asks over HTTP.
        if self.prefix() == "jdbc:" && matches!(scheme.as_str(), "clickhouse" | "ch") {
            return Some("http");
        }
        protocol::of_scheme(&scheme)
    }

    /// The port of the first host: as written, else the protocol's.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let address = self.address()?;
        match &address.port {
            Some(_) => address.port_number(),
            None => self.protocol().and_then(protocol::default_port),
        }
    }

    /// Where the first host is written.
    #[must_use]
    pub fn host_span(&self) -> Span {
        self.address().map_or(Span::NONE, |address| address.host.span())
    }

    /// `host:port` of the first host as a person would write it.
    #[must_use]
    pub fn shown(&self) -> String {
        let Some(address) = self.address() else { return String::new() };
        let host = address.host.assumed();
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        match (&address.port, self.port()) {
            (Some(port), _) => format!("{host}:{}", port.assumed()),
            (None, Some(port)) => format!("{host}:{port}"),
            (None, None) => host,
        }
    }

    /// The whole address with another host and port, everything else as it is written.
    #[must_use]
    pub fn with_address(&self, host: &str, port: Option<u16>) -> String {
        if let Some(text) = self.keywords_with_address(host, port) {
            return text;
        }
        let whole = self.text.assumed();
        let (from, to) = self.authority;
        let (Some(address), Some(before), Some(after)) = (self.address(), whole.get(..from), whole.get(to..))
        else {
            return whole;
        };
        let port = port.filter(|port| address.port.is_some() || Some(*port) != self.port());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{before}{host}{port}{after}")
    }

    /// What stands before the scheme: `jdbc:`.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        let whole = self.text.assumed();
        JAVA.iter().find(|prefix| whole.starts_with(**prefix)).copied().unwrap_or("")
    }

    /// `jdbc:oracle:thin:[user/password]@[//]host:port[/service or :sid]`
    fn from_oracle(text: &Text, whole: &str, skipped: usize, start: usize) -> Option<Self> {
        let trimmed = whole.trim_end().len();
        let at = start + whole.get(start..trimmed)?.find('@')? + 1;
        let slashes = if whole.get(at..)?.starts_with("//") { 2 } else { 0 };
        let hosts = at + slashes;
        if whole.get(hosts..)?.starts_with('(') {
            return None;
        }
        let rest = whole.get(hosts..trimmed)?;
        let colon = rest.find(':');
        // Behind the port a second colon begins the name of the instance.
        let sid = colon.and_then(|colon| Some(colon + 1 + rest.get(colon + 1..)?.find([':', '/'])?));
        let end = hosts + sid.or_else(|| rest.find('/')).unwrap_or(rest.len());
        let scheme = Some(text.slice(start, start + "oracle".len()));
        let database = (end < trimmed).then(|| text.slice(end + 1, trimmed));
        let hosts_found = addresses(text, whole, hosts, end);
        (!hosts_found.is_empty()).then(|| Self {
            scheme,
            hosts: hosts_found,
            database,
            text: text.slice(skipped, trimmed),
            authority: (hosts - skipped, end - skipped),
            ..Self::default()
        })
    }
}

/// The addresses in `from..to`: separated by commas, in Go's DSN wrapped as `tcp(host:port)`.
fn addresses(text: &Text, whole: &str, from: usize, to: usize) -> Vec<Address> {
    let mut found = Vec::new();
    let mut at = from;
    for part in whole.get(from..to).unwrap_or_default().split(',') {
        let (mut lo, mut hi) = (at, at + part.len());
        at = hi + 1;
        if let Some(inner) = part.strip_prefix("tcp(").and_then(|rest| rest.strip_suffix(')')) {
            lo += "tcp(".len();
            hi = lo + inner.len();
        }
        let part = &whole[lo..hi];
        if part.trim().is_empty() {
            continue;
        }
        let bracket = part.strip_prefix('[').and_then(|rest| rest.find(']'));
        let (host, port) = match bracket {
            Some(close) => {
                let port = part[close + 2..].starts_with(':').then_some(lo + close + 3);
                (text.slice(lo + 1, lo + 1 + close), port)
            }
            None => match part.rfind(':') {
                // Two colons without brackets: an IPv6 address without a port.
                Some(colon) if part.find(':') == Some(colon) => {
                    (text.slice(lo, lo + colon), Some(lo + colon + 1))
                }
                _ => (text.slice(lo, hi), None),
            },
        };
        let port = port.filter(|start| *start < hi).map(|start| text.slice(start, hi));
        found.push(Address { host, port });
    }
    found
}

fn parameters(text: &Text, whole: &str, from: usize, to: usize) -> Vec<(String, Text)> {
    let mut found = Vec::new();
    let mut at = from;
    for part in whole[from..to].split(['?', '&', ';']) {
        if let Some(equals) = part.find('=') {
            let value = text.slice(at + equals + 1, at + part.len());
            found.push((part[..equals].to_string(), value));
        }
        at += part.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    fn text(raw: &str) -> Text {
        Text::known(raw, Origin::at(Span::new(100, 100 + u32::try_from(raw.len()).unwrap())))
    }

    fn url(raw: &str) -> Endpoint {
        Endpoint::from_url(&text(raw)).unwrap()
    }

    #[test]
    fn parts_keep_their_places() {
        let endpoint = url("postgresql+asyncpg://app:s@cret@db:5433/shop?ssl=off&x=1");
        assert_eq!(endpoint.scheme_name().unwrap(), "postgresql+asyncpg");
        assert_eq!(endpoint.user.as_ref().unwrap().assumed(), "app");
        assert_eq!(endpoint.password.as_ref().unwrap().assumed(), "s@cret");
        assert_eq!(endpoint.shown(), "db:5433");
        assert_eq!(endpoint.database.as_ref().unwrap().assumed(), "shop");
        assert_eq!(endpoint.parameters[0].1.assumed(), "off");
        assert_eq!(endpoint.host_span(), Span::new(132, 134));
        assert_eq!(endpoint.protocol(), Some("postgresql"));
    }

    #[test]
    fn lists_brackets_and_wrappers() {
        let endpoint = url("mongodb://a:1,b:2/db?replicaSet=rs");
        assert_eq!(endpoint.hosts.len(), 2);
        assert_eq!(endpoint.hosts[1].port_number(), Some(2));
        assert_eq!(url("redis://[::1]:6380/0").hosts[0].kind(), HostKind::Loopback);
        assert_eq!(url("redis://[::1]:6380/0").port(), Some(6380));
        assert_eq!(url("jdbc:postgresql://db/x").shown(), "db:5432");
        assert_eq!(url("jdbc:sqlserver://db:1433;databaseName=x").hosts[0].port_number(), Some(1433));
        assert_eq!(url("r2dbc:pool:postgresql://db/x").protocol(), Some("postgresql"));
        assert_eq!(url("jdbc:p6spy:mysql://db/x").shown(), "db:3306");
        for oracle in
            ["jdbc:oracle:thin:@//o:1522/x", "jdbc:oracle:thin:@o:1522:x", "jdbc:oracle:thin:u/p@o:1522/x"]
        {
            assert_eq!(url(oracle).shown(), "o:1522", "{oracle}");
        }
        assert_eq!(
            url("jdbc:oracle:thin:@o:1522:x").with_address("db", Some(1521)),
            "jdbc:oracle:thin:@db:1521:x"
        );
        assert_eq!(
            url("jdbc:mysql://localhost:3306/a?b=c&d=e").with_address("db", Some(3306)),
            "jdbc:mysql://db:3306/a?b=c&d=e"
        );
        let go = Endpoint::from_url(&text("mysql://u:p@tcp(db:3306)/x")).unwrap();
        assert_eq!(go.shown(), "db:3306");
        let list = Endpoint::from_addresses(&text("kafka1:9092,kafka2:9093")).unwrap();
        assert_eq!(list.hosts[1].port_number(), Some(9093));
    }

    #[test]
    fn what_mysql_takes_in_go() {
        let dsn = Endpoint::from_dsn(&text("app:p@ss:w@tcp(db:3307)/shop?parseTime=true")).unwrap();
        assert_eq!(dsn.shown(), "db:3307");
        assert_eq!(
            (dsn.user.unwrap().assumed().as_str(), dsn.password.unwrap().assumed().as_str()),
            ("app", "p@ss:w")
        );
        assert_eq!(dsn.database.unwrap().assumed(), "shop");
        assert_eq!(dsn.parameters[0].0, "parseTime");
        assert_eq!(Endpoint::from_dsn(&text("tcp(localhost)/")).unwrap().shown(), "localhost");
        for raw in ["app@unix(/tmp/mysql.sock)/shop", "app:x@/shop", "tcp()/", "tcp(db", ""] {
            assert!(Endpoint::from_dsn(&text(raw)).is_none(), "{raw}");
        }
    }

    #[test]
    fn holes_survive() {
        let mut whole = text("postgresql://app:");
        whole.push(Text::unknown(Origin::default()));
        whole.push(text("@db/shop"));
        let endpoint = Endpoint::from_url(&whole).unwrap();
        assert_eq!(endpoint.shown(), "db:5432");
        assert!(endpoint.password.unwrap().has_hole());
    }

    #[test]
    fn kinds_of_hosts() {
        let kind = |raw: &str| Address { host: text(raw), port: None }.kind();
        for loopback in ["localhost", "127.0.0.1", "127.1", "0.0.0.0", "::1", "LOCALHOST"] {
            assert_eq!(kind(loopback), HostKind::Loopback, "{loopback}");
        }
        assert_eq!(kind("10.0.0.5"), HostKind::Address);
        assert_eq!(kind("db"), HostKind::Label("db".into()));
        assert_eq!(kind("my_db"), HostKind::Label("my_db".into()));
        assert_eq!(kind("db.example.org"), HostKind::Domain("db.example.org".into()));
        for none in ["a b", "*", "+"] {
            assert_eq!(kind(none), HostKind::Unknown, "{none}");
        }
    }

    #[test]
    fn no_url_at_all() {
        for raw in ["", "db", "db:5432", "://", "a b://c", "sqlite:x.db", "jdbc:h2:mem:x"] {
            assert!(Endpoint::from_url(&text(raw)).is_none(), "{raw}");
        }
    }
}
