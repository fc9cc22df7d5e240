//! What the tables of drivers and clients say agrees with itself and with the protocols that are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use dockworthy::facts::protocol;
use dockworthy::programs::SinkKind;
use serde_yaml::Value;
use support::{files, name, root};

fn table(path: &std::path::Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_sequence().into_iter().flatten();
    items.map(|item| item.as_str().unwrap_or_else(|| panic!("{item:?} is no text")).to_string()).collect()
}

/// A scheme that dials a server, or one that says only how.
fn is_known(scheme: &str) -> bool {
    protocol::of_scheme(scheme).is_some() || ["tcp", "tls", "unix", "sqlite"].contains(&scheme)
}

#[test]
fn clients_of_every_language() {
    let mut problems = Vec::new();
    let tables = files(&root().join("rules/data/clients"));
    assert!(tables.len() >= 10);
    for path in tables {
        let file = name(&path);
        let (mut seen, table) = (BTreeSet::new(), table(&path));
        for client in table["clients"].as_sequence().unwrap() {
            let names = texts(&client["names"]);
            let what = format!("{file}: {}", names.first().map_or("?", String::as_str));
            if serde_yaml::from_value::<SinkKind>(client["kind"].clone()).is_err() {
                problems.push(format!("{what}: no such kind: {:?}", client["kind"]));
            }
            if names.is_empty() {
                problems.push(format!("{what}: has no names"));
            }
            for name in names {
                // A group of settings may have several addresses, each in keys of its own, and say in an entry of its
                // own what its libraries dial without any.
                let keys = format!("{:?} {:?} {:?}", client["url"], client["parts"], client["libraries"]);
                if !seen.insert((name.clone(), keys)) {
                    problems.push(format!("{file}: {name} stands there twice"));
                }
            }
            for scheme in [&client["scheme"], &client["default"]["scheme"]] {
                if scheme.as_str().is_some_and(|scheme| !is_known(scheme)) {
                    problems.push(format!("{what}: no such scheme: {scheme:?}"));
                }
            }
            let port = match &client["default"]["port"] {
                Value::Null => Some(1),
                Value::String(port) => port.parse::<u16>().ok(),
                port => port.as_u64().and_then(|port| u16::try_from(port).ok()),
            };
            if port.is_none_or(|port| port == 0) {
                problems.push(format!("{what}: no such port: {:?}", client["default"]["port"]));
            }
        }
    }
    support::finish(problems);
}

#[test]
fn drivers_and_what_clients_take() {
    let mut problems = Vec::new();
    let table = table(&root().join("rules/data/drivers.yaml"));
    let (mut pairs, mut defaults) = (BTreeSet::new(), BTreeSet::new());
    for driver in table["drivers"].as_sequence().unwrap() {
        let scheme = driver["scheme"].as_str().unwrap();
        let dialects = texts(&driver["dialects"]);
        for dialect in &dialects {
            if !is_known(dialect) {
                problems.push(format!("{scheme}: no such dialect: {dialect}"));
            }
            if !pairs.insert(format!("{dialect}+{scheme}")) {
                problems.push(format!("{dialect}+{scheme} stands there twice"));
            }
        }
        for dialect in texts(&driver["default_for"]) {
            if !dialects.contains(&dialect) || !defaults.insert(dialect.clone()) {
                problems.push(format!("{scheme}: is not the one driver that `{dialect}` means"));
            }
        }
        let arguments = texts(&driver["arguments"]);
        if arguments.iter().collect::<BTreeSet<_>>().len() < arguments.len() {
            problems.push(format!("{scheme}: an argument stands there twice"));
        }
        let limit = driver["connect_limit"].as_str();
        if limit.is_some_and(|limit| !arguments.iter().any(|argument| argument == limit)) {
            problems.push(format!("{scheme}: takes no {limit:?}"));
        }
    }
    let mut kinds = BTreeSet::new();
    for client in table["clients"].as_sequence().unwrap() {
        let kind: SinkKind = serde_yaml::from_value(client["kind"].clone()).unwrap();
        // Languages and their drivers may have rows of their own.
        let row = (
            kind,
            texts(&client["languages"]),
            client["driver"].as_str().map(str::to_string),
            texts(&client["callees"]),
        );
        if !kinds.insert(row) {
            problems.push(format!("{kind:?} stands there twice"));
        }
        let unknown = texts(&client["schemes"]).into_iter().filter(|scheme| {
            // How a name is looked up is a part of MongoDB's scheme; Prisma has schemes for its own servers, Tortoise for
            // PostgreSQL's drivers, and H2 is none.
            const OWN: [&str; 6] = ["mongodb+srv", "prisma", "prisma+postgres", "asyncpg", "psycopg", "h2"];
            !is_known(scheme) && !OWN.contains(&scheme.as_str())
        });
        problems.extend(unknown.map(|scheme| format!("{kind:?}: no such scheme: {scheme}")));
        for (dialect, driver) in client["drivers"].as_mapping().into_iter().flatten() {
            let pair = format!("{}+{}", dialect.as_str().unwrap(), driver.as_str().unwrap());
            if !pairs.contains(&pair) {
                problems.push(format!("{kind:?}: no such driver: {pair}"));
            }
        }
    }
    support::finish(problems);
}
