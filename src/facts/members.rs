//! Members of a cluster that are told who they are and who the others are: numbers that two of them have, and hosts of the list
//! that are another's or nobody's.

use super::reach::{Reach, Target};
use super::{Facts, ServiceFacts};
use crate::source::{Span, Text};

/// What members of one kind are told.
struct Kind {
    /// What to call the server.
    title: &'static str,
    /// The variable of the number or name.
    id: &'static str,
    /// The variable that lists the members, or says otherwise which cluster it is.
    list: &'static str,
    /// How the list names them.
    form: Form,
}

/// How a list of members is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `1@kafka-1:9093,2@kafka-2:9093`
    At,
    /// `server.1=zoo1:2888:3888;2181 server.2=…`
    Server,
    /// `etcd1=http://etcd1:2380,…`
    Url,
    /// `zoo1:2888:3888;zoo2:2888:3888`: the first is number 1.
    Order,
    /// Something that all of a cluster have alike, which names none of them.
    Shared,
}

const KINDS: [Kind; 9] = [
    Kind { title: "Kafka", id: "KAFKA_NODE_ID", list: "KAFKA_CONTROLLER_QUORUM_VOTERS", form: Form::At },
    Kind {
        title: "Kafka",
        id: "KAFKA_CFG_NODE_ID",
        list: "KAFKA_CFG_CONTROLLER_QUORUM_VOTERS",
        form: Form::At,
    },
    Kind { title: "Kafka", id: "KAFKA_BROKER_ID", list: "KAFKA_ZOOKEEPER_CONNECT", form: Form::Shared },
    Kind {
        title: "Kafka",
        id: "KAFKA_CFG_BROKER_ID",
        list: "KAFKA_CFG_ZOOKEEPER_CONNECT",
        form: Form::Shared,
    },
    Kind { title: "ZooKeeper", id: "ZOO_MY_ID", list: "ZOO_SERVERS", form: Form::Server },
    Kind { title: "ZooKeeper", id: "ZOOKEEPER_SERVER_ID", list: "ZOOKEEPER_SERVERS", form: Form::Order },
    Kind { title: "etcd", id: "ETCD_NAME", list: "ETCD_INITIAL_CLUSTER", form: Form::Url },
    Kind { title: "Patroni", id: "PATRONI_NAME", list: "PATRONI_SCOPE", form: Form::Shared },
    Kind { title: "repmgr", id: "REPMGR_NODE_NAME", list: "REPMGR_PARTNER_NODES", form: Form::Shared },
];

/// Names that all members of a cluster have to have alike, and the variables by which one finds the others.
const NAMES: [(&str, &str, &str); 5] = [
    ("Elasticsearch", "cluster.name", "discovery.seed_hosts"),
    ("Cassandra", "CASSANDRA_CLUSTER_NAME", "CASSANDRA_SEEDS"),
    ("etcd", "ETCD_INITIAL_CLUSTER_TOKEN", "ETCD_INITIAL_CLUSTER"),
    ("Kafka", "CLUSTER_ID", "KAFKA_CONTROLLER_QUORUM_VOTERS"),
    ("Kafka", "KAFKA_KRAFT_CLUSTER_ID", "KAFKA_CFG_CONTROLLER_QUORUM_VOTERS"),
];

/// What is wrong with what a member is told.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The variable.
    pub variable: &'static str,
    /// Where its value is written.
    pub place: Span,
    /// What is wrong, as a clause.
    pub says: String,
    /// What to do.
    pub instead: String,
    /// The other place of it, with what is there.
    pub also: Option<(Span, String)>,
}

/// A member of a list.
struct Member {
    id: String,
    host: String,
}

impl Form {
    fn members(self, list: &str) -> Vec<Member> {
        let host = |address: &str| {
            let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
            rest.split([':', ';', '/']).next().unwrap_or("").trim().to_string()
        };
        let named = |separators: &[char], by: char, prefix: &str| -> Vec<Member> {
            let parts = list.split(separators).map(str::trim).filter(|part| !part.is_empty());
            let one = |part: &str| {
                let (id, address) = part.split_once(by)?;
                let id = id.trim().strip_prefix(prefix)?.to_string();
                Some(Member { id, host: host(address) })
            };
            parts.map(one).collect::<Option<_>>().unwrap_or_default()
        };
        match self {
            Self::At => named(&[','], '@', ""),
            Self::Server => named(&[' ', ',', '\n'], '=', "server."),
            Self::Url => named(&[','], '=', ""),
            Self::Order => {
                let parts = list.split(';').map(str::trim).filter(|part| !part.is_empty());
                parts
                    .enumerate()
                    .map(|(at, part)| Member { id: (at + 1).to_string(), host: host(part) })
                    .collect()
            }
            Self::Shared => Vec::new(),
        }
    }
}

/// What a service is told as a member of this kind: who it is, and the list.
fn told<'f>(service: &'f ServiceFacts<'_>, kind: &Kind) -> Option<(&'f Text, String, &'f Text, String)> {
    if service.environment.unseen().is_some() {
        return None;
    }
    let (id, list) = (service.environment.value(kind.id)?, service.environment.value(kind.list)?);
    let (own, all) = (id.complete()?.trim().to_string(), list.complete()?);
    (!own.is_empty() && !all.trim().is_empty()).then_some((id, own, list, all))
}

/// Whether two lists are those of one cluster.
fn is_one(kind: &Kind, one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let mut words: Vec<String> =
            text.split([' ', ',', ';', '\n']).map(str::to_string).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words
    };
    if words(one) == words(other) {
        return true;
    }
    // Each may write itself as `0.0.0.0`.
    let (one, other) = (kind.form.members(one), kind.form.members(other));
    let same = |member: &&Member| {
        other.iter().any(|it| {
            it.id == member.id && (it.host == member.host || is_any(&it.host) || is_any(&member.host))
        })
    };
    !one.is_empty() && one.len() == other.len() && one.iter().filter(same).count() == one.len()
}

fn is_any(host: &str) -> bool {
    matches!(host, "0.0.0.0" | "[" | "")
}

/// Whether a host is a name that only the compose file could give.
fn is_label(host: &str) -> bool {
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    plain && host.chars().any(|c| c.is_ascii_alphabetic()) && host != "localhost"
}

/// What is wrong with what a service is told as a member of a cluster.
#[must_use]
pub fn wrong<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Wrong> {
    let found = KINDS.iter().find_map(|kind| {
        let (id, own, list, all) = told(service, kind)?;
        let members = kind.form.members(&all);
        twin(facts, service, kind, &own, &all)
            .map(|other| Wrong {
                variable: kind.id,
                place: id.span(),
                says: format!(
                    "`{}` has the same, and {} takes no two members of one name for a cluster",
                    other.key, kind.title
                ),
                instead: "give each of them its own".to_string(),
                also: told(other, kind)
                    .map(|(id, ..)| (id.span(), format!("`{}` is told so, too", other.key))),
            })
            .or_else(|| astray(&facts.reach, service, kind, &members, &own, (id, list)))
    });
    found.or_else(|| named_otherwise(facts, service)).or_else(|| masters(facts, service))
}

/// A member of which the others that it looks for have another name for the cluster: told of the later of two.
fn named_otherwise<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Wrong> {
    NAMES.iter().filter(|_| service.image.is_some()).find_map(|(title, name, peers)| {
        let (value, list) = (service.environment.value(name)?, service.environment.value(peers)?);
        let (own, list) = (value.complete()?, list.complete()?);
        let hosts: Vec<&str> = list.split(|c: char| " ,;@=/:[]\"".contains(c)).filter(|it| is_label(it)).collect();
        let finds = |from: &ServiceFacts<'a>, to: &str, hosts: &[&str]| {
            hosts.iter().any(|host| facts.reach.resolve(from.key, host) == Target::Sibling(to))
        };
        let other = facts.active().take_while(|other| other.key != service.key).find(|other| {
            let theirs = other.environment.value(name).and_then(Text::complete);
            other.image.map(|image| &image.name) == service.image.map(|image| &image.name)
                && theirs.is_some_and(|theirs| theirs != own)
                && finds(service, other.key, &hosts)
        })?;
        let there = other.environment.value(name)?;
        Some(Wrong {
            variable: name,
            place: value.span(),
            says: format!(
                "`{}`, which it looks for as a member, has another, and {title} lets in those alone that have the same",
                other.key
            ),
            instead: format!("write `{}`", there.assumed()),
            also: Some((there.span(), format!("that of `{}`", other.key))),
        })
    })
}

/// Elasticsearch that waits for others to choose the first master with: more than half of those that are named must come.
fn masters<'a>(facts: &Facts<'a>, service: &ServiceFacts<'a>) -> Option<Wrong> {
    const LISTS: [&str; 2] = ["cluster.initial_master_nodes", "cluster.initial_cluster_manager_nodes"];
    let is_node = |other: &ServiceFacts<'a>| {
        other.image.is_some_and(|image| matches!(image.name.as_str(), "elasticsearch" | "opensearch"))
    };
    let variable = LISTS.iter().find(|name| service.environment.get(name).is_some())?;
    let list = service.environment.value(variable).filter(|_| is_node(service))?;
    let all = list.complete()?;
    let named: Vec<&str> = all.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let called = |other: &ServiceFacts<'a>, name: &str| {
        let own = other.environment.value("node.name");
        let hostname = other.service.hostname.as_ref().map(|it| it.assumed());
        match own {
            Some(own) => own.complete().is_none_or(|own| own == name),
            // It is called as its machine, which is told here or is a number of Docker's.
            None => hostname.as_deref().is_none_or(|own| own == name),
        }
    };
    let there = |name: &&&str| facts.active().any(|other| is_node(other) && called(other, name));
    let missing: Vec<&&str> = named.iter().filter(|name| !there(name)).collect();
    let enough = (named.len() - missing.len()) * 2 > named.len();
    let first = missing.first().filter(|_| !enough && named.iter().all(|name| is_label(name)))?;
    // Told once, of the first that lists them so.
    let before = facts.active().take_while(|other| other.key != service.key);
    let told = before.filter(|other| is_node(other)).any(|other| {
        other.environment.value(variable).and_then(Text::complete).as_deref() == Some(all.as_str())
    });
    (!told).then(|| Wrong {
        variable,
        place: list.span(),
        says: format!(
            "no node is called `{first}`, and without more than half of these there is never a master"
        ),
        instead: "write each as `node.name` has it".to_string(),
        also: None,
    })
}

/// Another service of the cluster with the same number, before which the list does not name this one.
fn twin<'f, 'a>(
    facts: &'f Facts<'a>,
    service: &ServiceFacts<'a>,
    kind: &Kind,
    own: &str,
    all: &str,
) -> Option<&'f ServiceFacts<'a>> {
    let members = kind.form.members(all);
    let named = |other: &ServiceFacts<'a>| {
        let host = members.iter().find(|member| member.id == own).map(|member| member.host.as_str());
        host.is_some_and(|host| facts.reach.resolve(other.key, host) == Target::Itself)
    };
    let mut before = true;
    for other in facts.active() {
        if other.key == service.key {
            before = false;
            continue;
        }
        let Some((_, id, _, list)) = told(other, kind) else { continue };
        // Jobs beside a server may get what it gets.
        let alike = other.reference == service.reference && other.image.is_some() == service.image.is_some();
        if id == own && alike && is_one(kind, all, &list) && !named(service) && (named(other) || before) {
            return Some(other);
        }
    }
    None
}

/// A list that names nobody, or another, where it names this member.
fn astray<'a>(
    reach: &Reach<'a>,
    service: &ServiceFacts<'a>,
    kind: &Kind,
    members: &[Member],
    own: &str,
    (id, list): (&Text, &Text),
) -> Option<Wrong> {
    service.image?;
    let title = kind.title;
    if !members.is_empty() && kind.form == Form::Server && !members.iter().any(|member| member.id == own) {
        return Some(Wrong {
            variable: kind.id,
            place: id.span(),
            says: format!("ZooKeeper says `My id {own} not in the peer list`"),
            instead: format!("name `server.{own}` in `{}`, or give it a number that stands there", kind.list),
            also: Some((list.span(), "the list of all".to_string())),
        });
    }
    let at = |says: String, instead: String| Wrong {
        variable: kind.list,
        place: list.span(),
        says,
        instead,
        also: None,
    };
    let labels = || members.iter().filter(|member| is_label(&member.host));
    if let Some(member) = labels().find(|member| reach.resolve(service.key, &member.host) == Target::Nobody) {
        let says = format!("it lists `{}`, which no service on its networks is called", member.host);
        return Some(at(says, format!("write the name of the service that is `{}`", member.id)));
    }
    let mine = labels().find(|member| member.id == own)?;
    let Target::Sibling(other) = reach.resolve(service.key, &mine.host) else { return None };
    // One that only joins is none of those that vote.
    (kind.form != Form::Url).then(|| {
        let says = format!(
            "it lists `{other}` as number {own}, which this one is told to be: {title} looks for itself there"
        );
        at(says, format!("write `{}` as the host of {own}", service.key))
    })
}
