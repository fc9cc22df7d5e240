//! What a member of an etcd cluster is told of itself, where it does not go together: it refuses to start, or nobody reaches it.

use super::ServiceFacts;
use super::reach::{Reach, Target};
use crate::source::{Span, Text};

/// Something a member is told that does not go together with the rest.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The option or variable.
    pub name: String,
    /// Where its value is written.
    pub place: Span,
    /// What etcd says, or what becomes of it, as a clause.
    pub says: String,
    /// What to do.
    pub instead: String,
    /// Whether it ends.
    pub ends: bool,
}

/// An option with its value.
struct Told {
    name: String,
    value: String,
    place: Span,
}

impl Told {
    /// The addresses that it lists: scheme, host and port.
    fn addresses(&self) -> Option<Vec<(String, String, u16)>> {
        self.value.split(',').map(|url| address(url.trim())).collect()
    }
}

/// The parts of `http://etcd1:2380`.
fn address(url: &str) -> Option<(String, String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, port) = rest.trim_end_matches('/').rsplit_once(':')?;
    let plain = !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '[' | ']' | ':'));
    Some((scheme.to_string(), host.to_ascii_lowercase(), port.parse().ok()?)).filter(|_| plain)
}

/// The value of an option: of the command that starts the server, else of its variable.
fn told(service: &ServiceFacts<'_>, option: &str) -> Option<Told> {
    // What is not known is none of an address.
    let known = |text: &Text| text.complete().unwrap_or_else(|| "$".to_string());
    let flag = format!("--{option}");
    if let Some(text) = service.flag(&flag).or_else(|| service.flag(&format!("-{option}"))) {
        return Some(Told { name: flag, value: known(&text), place: text.span() });
    }
    let name = format!("ETCD_{}", option.replace('-', "_").to_ascii_uppercase());
    let text = service.environment.value(&name).filter(|text| text.is_blank() == Some(false))?;
    Some(Told { name, value: known(text), place: text.span() })
}

/// What a member is told that does not go together; nothing where a value is not known.
#[must_use]
pub fn refused<'a>(reach: &Reach<'a>, service: &ServiceFacts<'a>) -> Option<Refused> {
    let etcd =
        |words: &Vec<String>| words.first().is_some_and(|first| first.rsplit('/').next() == Some("etcd"));
    let known = service.image.is_some_and(|image| image.name == "etcd");
    let started = service.program.commands.iter().any(etcd);
    if !(started || known && service.service.entrypoint.is_none()) {
        return None;
    }
    let get = |option: &str| told(service, option);
    let elsewhere = ["config-file", "discovery", "discovery-srv", "force-new-cluster"];
    if elsewhere.iter().any(|option| get(option).is_some()) || service.environment.unseen().is_some() {
        return None;
    }
    if let Some(listens) = get("listen-client-urls")
        && get("advertise-client-urls").is_none()
    {
        return Some(Refused {
            name: listens.name,
            place: listens.place,
            says:
                "etcd says `--advertise-client-urls is required when --listen-client-urls is set explicitly`"
                    .to_string(),
            instead: format!("set `ETCD_ADVERTISE_CLIENT_URLS: http://{}:2379`", service.service.name.value),
            ends: true,
        });
    }
    members(reach, service, &get)
        .or_else(|| listeners(service, &get))
        .or_else(|| nobody(reach, service, &get))
}

/// A member that is not listed as it says it is.
fn members<'a>(
    reach: &Reach<'a>,
    service: &ServiceFacts<'a>,
    get: &dyn Fn(&str) -> Option<Told>,
) -> Option<Refused> {
    let cluster = get("initial-cluster")?;
    if get("initial-cluster-state").is_some_and(|state| state.value == "existing") {
        return None;
    }
    let name = get("name").map_or_else(|| "default".to_string(), |name| name.value);
    let listed: Vec<(&str, &str)> =
        cluster.value.split(',').map(|one| one.trim().split_once('=')).collect::<Option<_>>()?;
    if name.contains('$') || cluster.value.contains('$') {
        return None;
    }
    let own: Vec<&str> = listed.iter().filter(|(of, _)| *of == name).map(|(_, url)| *url).collect();
    if own.is_empty() {
        let names: Vec<String> = listed.iter().map(|(of, _)| format!("`{of}`")).collect();
        let told = get("name");
        return Some(Refused {
            place: told.as_ref().map_or(cluster.place, |told| told.place),
            name: told.map_or(cluster.name, |told| told.name),
            says: format!(
                "etcd says `couldn't find local name \"{name}\" in the initial cluster configuration`"
            ),
            instead: format!("give it one of the names {}, or list `{name}`", names.join(", ")),
            ends: true,
        });
    }
    let says = get("initial-advertise-peer-urls")?;
    let (mine, theirs) = (says.addresses()?, own.iter().map(|url| address(url)).collect::<Option<Vec<_>>>()?);
    // Names are looked up before they are compared.
    let same = |one: &(String, String, u16), other: &(String, String, u16)| {
        one.0 == other.0 && one.2 == other.2 && is_one(reach, service, &one.1, &other.1)
    };
    let agree =
        mine.len() == theirs.len() && mine.iter().all(|one| theirs.iter().any(|other| same(one, other)));
    (!agree).then(|| Refused {
        says: format!(
            "etcd says `--initial-cluster has {name}={} but missing from --initial-advertise-peer-urls={}`",
            own.join(&format!(",{name}=")),
            says.value
        ),
        name: says.name,
        place: says.place,
        instead: format!("write the same address here and for `{name}` in `{}`", cluster.name),
        ends: true,
    })
}

/// A host that it tells others, which no service is called.
fn nobody<'a>(
    reach: &Reach<'a>,
    service: &ServiceFacts<'a>,
    get: &dyn Fn(&str) -> Option<Told>,
) -> Option<Refused> {
    let told = get("advertise-client-urls")?;
    let is_label = |host: &str| host != "localhost" && !host.contains(['.', ':', '[']);
    let hosts = told.addresses()?;
    let (_, host, _) = hosts
        .iter()
        .find(|(_, host, _)| is_label(host) && reach.resolve(service.key, host) == Target::Nobody)?;
    Some(Refused {
        says: format!("it tells clients to come to `{host}`, which no service on its networks is called"),
        instead: format!("write `{}` in place of `{host}`", service.service.name.value),
        name: told.name,
        place: told.place,
        ends: false,
    })
}

/// Whether two hosts may be one.
fn is_one<'a>(reach: &Reach<'a>, service: &ServiceFacts<'a>, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let known = |host: &str| match reach.resolve(service.key, host) {
        Target::Itself => Some(service.key),
        Target::Sibling(key) => Some(key),
        _ => None,
    };
    match (known(one), known(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => true,
        // The loopback is none of a sibling's addresses.
        _ => ![one, other].iter().any(|host| matches!(*host, "localhost" | "127.0.0.1")),
    }
}

/// A port that it tells others and does not listen on.
fn listeners(service: &ServiceFacts<'_>, get: &dyn Fn(&str) -> Option<Told>) -> Option<Refused> {
    let cluster = get("initial-cluster").map_or(0, |cluster| cluster.value.split(',').count());
    let astray = |told: &str, listens: &str, usual: u16| {
        let told = get(told)?;
        let (listens, open) = match get(listens) {
            Some(listens) => (listens.addresses()?, Some(listens)),
            None => (vec![(String::new(), "localhost".to_string(), usual)], None),
        };
        let port = told.addresses()?.iter().map(|(_, _, port)| *port).find(|port| {
            !listens.iter().any(|(_, _, open)| open == port) && service.published_as(*port).is_none()
        })?;
        Some((told, open?, port))
    };
    let peers = || astray("initial-advertise-peer-urls", "listen-peer-urls", 2380).filter(|_| cluster > 1);
    let (told, open, port) = astray("advertise-client-urls", "listen-client-urls", 2379).or_else(peers)?;
    Some(Refused {
        says: format!(
            "it tells others to come to port {port}, and listens on `{}` as `{}` says",
            open.value, open.name
        ),
        instead: format!("write the port of `{}` in place of {port}", open.name),
        name: told.name,
        place: told.place,
        ends: false,
    })
}
