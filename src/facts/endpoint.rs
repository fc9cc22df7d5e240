//! Addresses of servers, taken apart without losing where each part is written.

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
}

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
                Ok(Host::Domain(_)) if host.contains('.') => HostKind::Domain(host),
                Ok(Host::Domain(_)) => HostKind::Label(host),
                Err(_) => HostKind::Unknown,
            }
        }
    }
}

impl Endpoint {
    /// Takes an address apart: a URL, a JDBC URL, a Go MySQL DSN.
    ///
    /// Gives `None` for what does not name a scheme and `//`; see [`Endpoint::from_addresses`] for
    /// `host:port` and [`Endpoint::from_keywords`] for `host=… port=…`.
    #[must_use]
    pub fn from_url(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let skipped = whole.len() - whole.trim_start().len();
        let start = match whole[skipped..].strip_prefix("jdbc:") {
            Some(_) => skipped + "jdbc:".len(),
            None => skipped,
        };
        let colon = start + whole[start..].find("://")?;
        let scheme = &whole[start..colon];
        let plausible =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | ':' | Text::HOLE);
        if scheme.is_empty() || !scheme.chars().all(plausible) {
            return None;
        }
        let authority = colon + "://".len();
        let trimmed = whole.trim_end().len();
        let end = whole[authority..trimmed].find(['/', '?', '#', ';']).map_or(trimmed, |at| authority + at);
        // A password with an unescaped `/` or `#` is cut short here, as it is by every client.
        let mut endpoint = Self {
            scheme: Some(text.slice(start, colon)),
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
        let query = whole[end..trimmed].find(['?', ';']).map_or(trimmed, |at| end + at);
        if whole[end..].starts_with('/') {
            let path_end = whole[end..query].find('#').map_or(query, |at| end + at);
            endpoint.database = Some(text.slice(end + 1, path_end));
        }
        endpoint.parameters = parameters(text, &whole, query, trimmed);
        Some(endpoint)
    }

    /// Reads `host`, `host:port`, and comma-separated lists of them.
    #[must_use]
    pub fn from_addresses(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        let plausible =
            |c: char| !c.is_whitespace() && !matches!(c, '/' | '=' | '@' | '?' | '\\' | '"' | '\'');
        if whole.is_empty() || !whole.trim().chars().all(plausible) {
            return None;
        }
        let (start, end) = (whole.len() - whole.trim_start().len(), whole.trim_end().len());
        let hosts = addresses(text, &whole, start, end);
        (!hosts.is_empty()).then(|| Self { hosts, text: text.clone(), ..Self::default() })
    }

    /// Reads keyword strings: libpq's `host=db port=5432 dbname=x`, ADO.NET's `Server=db;Port=5432`, PDO's
    /// `pgsql:host=db;dbname=x`.
    #[must_use]
    pub fn from_keywords(text: &Text) -> Option<Self> {
        let mut whole = text.assumed();
        let mut endpoint = Self { text: text.clone(), ..Self::default() };
        let (mut host, mut port) = (None, None);
        if let Some(driver) = whole.split_once(':').map(|(driver, _)| driver)
            && protocol::of_scheme(driver).is_some()
        {
            endpoint.scheme = Some(text.slice(0, driver.len()));
            // A blank in the driver's place keeps the offsets.
            whole.replace_range(..=driver.len(), &" ".repeat(driver.len() + 1));
        }
        let separator = if whole.contains(';') || endpoint.scheme.is_some() { ';' } else { ' ' };
        let mut at = 0;
        for part in whole.split(separator) {
            let start = at;
            at += part.len() + separator.len_utf8();
            let Some(equals) = part.find('=') else { continue };
            let key = part[..equals].trim().to_ascii_lowercase().replace([' ', '_'], "");
            let raw = &part[equals + 1..];
            let blanks = raw.len() - raw.trim_start().len();
            let from = start + equals + 1 + blanks;
            let value = text.slice(from, from + raw.trim().trim_matches('\'').len());
            match key.as_str() {
                "host" | "server" | "datasource" | "addr" | "address" | "networkaddress" => {
                    host = Some((from, value))
                }
                "port" => port = Some(value),
                "user" | "userid" | "username" | "uid" => endpoint.user = Some(value),
                "password" | "pwd" => endpoint.password = Some(value),
                "dbname" | "database" | "initialcatalog" => endpoint.database = Some(value),
                _ => endpoint.parameters.push((key, value)),
            }
        }
        let (from, value) = host?;
        // SQL Server writes `Server=tcp:db,1433`.
        let raw = value.assumed();
        let skip = raw.strip_prefix("tcp:").map_or(0, |_| "tcp:".len());
        let cut = raw[skip..].find([',', ':']).map(|at| skip + at);
        let _ = from;
        let host = value.slice(skip, cut.unwrap_or(raw.len()));
        let port = port.or_else(|| cut.map(|cut| value.slice(cut + 1, raw.len())));
        endpoint.hosts.push(Address { host, port });
        Some(endpoint)
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
        protocol::of_scheme(&self.scheme_name()?)
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
        let Some(address) = self.address() else { return self.text.assumed() };
        let written = self.text.assumed();
        if !written.contains("://") && written.contains('=') {
            let put = |text: String, old: &Text, new: &str| match old.assumed() {
                old if old.is_empty() => text,
                old => text.replacen(&format!("={old}"), &format!("={new}"), 1),
            };
            let text = put(written, &address.host, host);
            return match (&address.port, port) {
                (Some(old), Some(port)) => put(text, old, &port.to_string()),
                _ => text,
            };
        }
        let mut text = String::new();
        if let Some(scheme) = &self.scheme {
            text.push_str(&scheme.assumed());
            text.push_str("://");
        }
        if let Some(user) = &self.user {
            text.push_str(&user.assumed());
        }
        if let Some(password) = &self.password {
            text.push(':');
            text.push_str(&password.assumed());
        }
        if self.user.is_some() || self.password.is_some() {
            text.push('@');
        }
        text.push_str(host);
        let port = port.filter(|_| address.port.is_some() || port != self.port());
        if let Some(port) = port {
            text.push_str(&format!(":{port}"));
        }
        if let Some(database) = &self.database {
            text.push('/');
            text.push_str(&database.assumed());
        }
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(&format!("{name}={}", value.assumed()));
        }
        text
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
        let go = Endpoint::from_url(&text("mysql://u:p@tcp(db:3306)/x")).unwrap();
        assert_eq!(go.shown(), "db:3306");
        let list = Endpoint::from_addresses(&text("kafka1:9092,kafka2:9093")).unwrap();
        assert_eq!(list.hosts[1].port_number(), Some(9093));
    }

    #[test]
    fn keywords() {
        let libpq =
            Endpoint::from_keywords(&text("host=db port=5433 user=app password=x dbname=shop")).unwrap();
        assert_eq!((libpq.shown().as_str(), libpq.database.unwrap().assumed().as_str()), ("db:5433", "shop"));
        let ado =
            Endpoint::from_keywords(&text("Server=tcp:db,1433;Initial Catalog=shop;User Id=sa")).unwrap();
        assert_eq!(ado.shown(), "db:1433");
        assert_eq!(ado.user.unwrap().assumed(), "sa");
        let pdo = Endpoint::from_keywords(&text("mysql:host=localhost;port=3306;dbname=shop")).unwrap();
        assert_eq!((pdo.shown().as_str(), pdo.protocol()), ("localhost:3306", Some("mysql")));
        assert_eq!(pdo.with_address("db", Some(3307)), "mysql:host=db;port=3307;dbname=shop");
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
        assert_eq!(kind("a b"), HostKind::Unknown);
    }

    #[test]
    fn no_url_at_all() {
        for raw in ["", "db", "db:5432", "://", "a b://c", "sqlite:x.db"] {
            assert!(Endpoint::from_url(&text(raw)).is_none(), "{raw}");
        }
    }
}
