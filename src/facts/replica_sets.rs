//! What is said of a replica set of MongoDB, where it does not go together: its name, its members, and how they trust each other.

use super::reach::Target;
use super::{Facts, ServiceFacts};
use crate::compose::ImageReference;
use crate::programs::mongo_sets::SetUse;
use crate::source::{Span, Text};

/// Something that is said of a replica set and does not go together with the rest.
#[derive(Clone, Debug)]
pub struct Astray {
    /// Where it is said.
    pub place: Span,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub instead: String,
    /// The service that is told otherwise.
    pub also: Option<(Span, String)>,
}

/// The name of the set that a server is told, with its place.
fn set_of(server: &ServiceFacts<'_>) -> Option<(String, Text)> {
    let text = server.flag("--replSet")?;
    Some((text.complete()?.trim_matches(['"', '\'']).to_string(), text))
}

/// Whether a service is a server of the image as it is, with a command that says all.
fn is_plain(server: &ServiceFacts<'_>) -> bool {
    let reference = server.reference.as_deref().and_then(ImageReference::parse);
    let words: Vec<String> = server.program.command.iter().map(Text::assumed).collect();
    let told = words.iter().any(|word| {
        word.contains("--config") || word == "-f" || word.contains(".conf") || word.contains(" -f ")
    });
    reference.is_some_and(|reference| reference.path == "mongo")
        && server.service.build.is_none()
        && server.service.entrypoint.is_none()
        && server.environment.unseen().is_none()
        && !told
        && words.iter().all(|word| !word.contains('\n'))
}

/// What is said of replica sets and does not go together, of one service.
#[must_use]
pub fn astray<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Astray> {
    without_key(service)
        .or_else(|| of_client(facts, service))
        .or_else(|| initiated(facts, service))
        .or_else(|| without_set(facts, service))
}

/// Members that ask for accounts and have no key to know each other by: the image turns accounts on where a root is made.
fn without_key(service: &ServiceFacts<'_>) -> Option<Astray> {
    let (_, set) = set_of(service).filter(|_| is_plain(service))?;
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let other = ["keyFile", "clusterAuthMode", "noauth", "transitionToAuth", "bash", "sh -c", "sleep"];
    let given = |name: &str| {
        let file = format!("{name}_FILE");
        let value = service.environment.value(name).or_else(|| service.environment.value(&file));
        value.is_some_and(|value| value.is_blank() == Some(false))
    };
    let root = given("MONGO_INITDB_ROOT_USERNAME") && given("MONGO_INITDB_ROOT_PASSWORD");
    let told = words.iter().any(|word| other.iter().any(|it| word.contains(it)));
    (root && !told).then(|| Astray {
        place: set.span(),
        says: format!(
            "`{}` does not start: with `MONGO_INITDB_ROOT_USERNAME` its image asks for accounts, and MongoDB says `security.keyFile is required when authorization is enabled with replica sets`",
            service.key
        ),
        instead: "add `--keyFile` with a file that all members have alike, or make no root".to_string(),
        also: None,
    })
}

/// A client that looks for a set of another name than that of its server, or of one that is in none.
fn of_client<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Astray> {
    service.dials.iter().filter(|dial| dial.protocols == ["mongodb"]).find_map(|dial| {
        let server = facts.service(dial.sibling()?).filter(|server| is_plain(server))?;
        let (_, wanted) =
            dial.endpoint.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("replicaSet"))?;
        let name = wanted.complete().filter(|name| !name.is_empty())?;
        let place = if wanted.span().is_none() { dial.place } else { wanted.span() };
        match set_of(server) {
            Some((own, text)) if own != name => Some(Astray {
                place,
                says: format!(
                    "`{}` looks for the replica set `{name}`, and `{}` is of `{own}`: the driver finds no server",
                    service.key, server.key
                ),
                instead: format!("write `replicaSet={own}`"),
                also: Some((text.span(), format!("the set of `{}`", server.key))),
            }),
            None if server.flag("--replSet").is_none() && server.service.command.is_none() => Some(Astray {
                place,
                says: format!(
                    "`{}` looks for the replica set `{name}`, and `{}` is in none: the driver finds no server",
                    service.key, server.key
                ),
                instead: format!(
                    "start `{}` with `--replSet {name}` and initiate the set, or take `replicaSet` out",
                    server.key
                ),
                also: Some((server.service.name.span, "started without `--replSet`".to_string())),
            }),
            _ => None,
        }
    })
}

/// A program that does what only a replica set can do, and whose server is in none.
fn without_set<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Astray> {
    let need = service.program.set_need?;
    let mut dials = service.dials.iter().filter(|dial| dial.protocols == ["mongodb"]);
    let server = facts.service(dials.next()?.sibling()?)?;
    // Of several servers, it may be the other one that is asked.
    if !is_plain(server)
        || server.service.command.is_some()
        || dials.any(|dial| dial.sibling() != Some(server.key))
    {
        return None;
    }
    let (what, says) = match need.what {
        SetUse::Transaction => {
            ("makes a transaction", "Transaction numbers are only allowed on a replica set member or mongos")
        }
        SetUse::ChangeStream => {
            ("watches what changes", "The $changeStream stage is only supported on replica sets")
        }
        SetUse::Prisma => (
            "writes by Prisma, which does so in transactions",
            "Prisma needs to perform transactions, which requires your MongoDB server to be run as a replica set",
        ),
    };
    Some(Astray {
        place: need.at,
        says: format!("`{}` {what}, and `{}` is in no replica set: `{says}`", service.key, server.key),
        instead: format!(
            "start `{}` with `--replSet rs0` and initiate the set (`rs.initiate()`), in its healthcheck for one",
            server.key
        ),
        also: Some((server.service.name.span, "started without `--replSet`".to_string())),
    })
}

/// A set that a command initiates under another name than that of its members, or with a member that nobody is.
fn initiated<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Astray> {
    let sets: Vec<String> = facts.active().filter_map(|other| Some(set_of(other)?.0)).collect();
    let own = [&service.service.entrypoint, &service.service.command];
    let words = own.into_iter().flatten().flat_map(|command| &command.words);
    let tests = service.service.healthcheck.iter().flat_map(|health| &health.test);
    let tests = tests.flat_map(|test| test.words.iter().map(|word| &word.value));
    let all: Vec<&Text> = words.chain(tests).filter(|_| !sets.is_empty()).collect();
    all.into_iter().find_map(|text| {
        let whole = text.complete()?;
        let call = whole.find("rs.initiate(")?;
        let end = whole.get(call..)?.find(')').map_or(whole.len(), |at| call + at);
        let name = quoted(&whole, call, end, "_id");
        if let Some((from, name)) = name.filter(|(_, name)| !sets.contains(name) && !name.contains('$')) {
            return Some(Astray {
                place: text.slice(from, from + name.len()).span(),
                says: format!(
                    "`{}` initiates the replica set `{name}`, and its members are told `{}`: MongoDB says `Rejecting initiate with a set name that differs from command line set name`",
                    service.key,
                    sets.first()?
                ),
                instead: format!("write `{}`", sets.first()?),
                also: None,
            });
        }
        let mut at = call;
        while let Some((from, host)) = quoted(&whole, at, end, "host") {
            at = from + host.len();
            let bare = host.split(':').next().unwrap_or(&host);
            let plain = bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            let label = plain && bare != "localhost" && bare.chars().any(|c| c.is_ascii_alphabetic());
            if label && facts.reach.resolve(service.key, bare) == Target::Nobody {
                return Some(Astray {
                    place: text.slice(from, from + bare.len()).span(),
                    says: format!(
                        "`{}` initiates a replica set with the member `{bare}`, which no service on its networks is called",
                        service.key
                    ),
                    instead: "write the names of the services that are its members".to_string(),
                    also: None,
                });
            }
        }
        None
    })
}

/// The text in quotes behind a key, with where it begins.
fn quoted(whole: &str, from: usize, end: usize, key: &str) -> Option<(usize, String)> {
    let part = whole.get(from..end)?;
    let at = part.find(key)? + key.len();
    let rest = part.get(at..)?;
    let value = rest.trim_start_matches([' ', ':', '"', '\'', '\\']);
    let start = from + at + rest.len() - value.len();
    let length = value.find(['"', '\'', '\\', ',', '}'])?;
    let quoted = rest.get(..rest.len() - value.len())?.contains([':']);
    (quoted && length > 0).then(|| value.get(..length).map(|text| (start, text.to_string())))?
}
