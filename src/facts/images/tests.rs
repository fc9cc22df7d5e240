//! The table of images agrees with itself.

use super::*;
use crate::facts::protocol;

#[test]
fn the_table_is_sound() {
    let images: Vec<KnownImage> = serde_yaml::from_str(TABLE).unwrap();
    assert!(images.len() >= 40, "{}", images.len());
    let mut paths: Vec<&String> = images.iter().flat_map(|image| &image.images).collect();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), all, "an image stands in two entries");
    for image in &images {
        for path in &image.images {
            assert_eq!(known(path).map(|known| &known.name), Some(&image.name), "{path}");
        }
        for protocol in image.ports.iter().filter_map(|port| port.protocol.as_ref()).chain(&image.also_speaks)
        {
            assert!(protocol::default_port(protocol).is_some(), "{}: protocol {protocol}", image.name);
        }
    }
}

fn table() -> Vec<KnownImage> {
    serde_yaml::from_str(TABLE).unwrap()
}

#[test]
fn entries_agree_with_themselves() {
    for image in table() {
        let name = &image.name;
        let filters = image.ports.iter().map(|port| &port.images);
        let filters = filters.chain(image.healthchecks.iter().map(|known| &known.images));
        for path in filters.chain(image.programs.iter().map(|known| &known.images)).flatten() {
            assert!(image.images.contains(path), "{name}: `{path}` is none of its images");
        }
        assert!(image.ports.iter().all(|port| port.port > 0), "{name}: port 0");
        for path in image
            .data
            .iter()
            .chain(image.moved.iter().flat_map(|moved| [&moved.from, &moved.to]))
            .chain(&image.init)
        {
            assert!(path.starts_with('/'), "{name}: `{path}` is no absolute path");
        }
        let period = image.start_period.as_ref().is_none_or(|period| {
            period.strip_suffix('s').is_some_and(|seconds| seconds.parse::<u32>().is_ok())
        });
        assert!(period, "{name}: start_period");
        for known in &image.programs {
            assert!(!known.has.iter().any(|program| known.lacks.contains(program)), "{name}: has and lacks");
            assert!(known.before.is_none_or(|before| known.since < Some(before)), "{name}: since and before");
        }
    }
}

#[test]
fn healthchecks_are_healthchecks() {
    const OTHERS: &[&str] = &["listener", "guarded"];
    for image in table() {
        let name = &image.name;
        let Credentials { user, default_user, password, flags, root_password, .. } = &image.credentials;
        let Credentials { default_password, database, default_database, .. } = &image.credentials;
        for known in &image.healthchecks {
            assert!(known.before.is_none_or(|before| known.since < Some(before)), "{name}: since and before");
            match known.test.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["CMD-SHELL", command] => assert!(!command.is_empty(), "{name}"),
                ["CMD", program, ..] => assert!(!program.contains(' '), "{name}: {program}"),
                [] => assert!(known.image, "{name}: no test"),
                _ => panic!("{name}: {:?} is no healthcheck", known.test),
            }
            for word in &known.test {
                assert!(!word.contains('$'), "{name}: `$` is for placeholders to write");
                for part in word.split('{').skip(1) {
                    let inside = part.split('}').next().unwrap_or("");
                    let there = match inside {
                        "user" => user.is_some() || default_user.is_some(),
                        "password" => password.is_some() || default_password.is_some() || !flags.is_empty(),
                        "root_password" => root_password.is_some(),
                        "database" => database.is_some() || default_database.is_some(),
                        "port" => !image.ports.is_empty(),
                        option if option.starts_with(" -") => option.ends_with("port"),
                        other => OTHERS.contains(&other),
                    };
                    assert!(there, "{name}: nothing for `{{{inside}}}`");
                }
            }
            // What is recommended must be there.
            let paths = if known.images.is_empty() { &image.images } else { &known.images };
            for path in paths.iter().filter(|_| !known.test.is_empty()) {
                let programs = image.programs(path);
                let called: Vec<&str> = known.test.iter().skip(1).flat_map(|word| word.split(' ')).collect();
                let program = called.first().copied().unwrap_or("").split('{').next().unwrap_or("");
                let lacks = programs.is_some_and(|programs| programs.lacks.iter().any(|one| one == program));
                assert!(!lacks || known.before.is_some(), "{name}: {path} lacks `{program}`");
            }
        }
    }
}

#[test]
fn versions_are_those_of_tags() {
    let within = |tag, since: &str, before: &str| {
        let version = |text: &str| Version::try_from(text.to_string()).ok();
        Version::lies_within(tag, version(since), version(before))
    };
    assert!(within(Some("10.4-focal"), "10.4", "10.5"));
    assert!(!within(Some("10.5"), "10.4", "10.5"));
    assert!(within(Some("10"), "10.6", "11"));
    assert!(within(Some("latest"), "6", ""));
    assert!(!within(None, "", "6"));
    assert!(within(Some("5.0.3"), "5", "6"));
    assert!(!within(Some("4.4"), "5", ""));
}

#[test]
fn references_find_their_entry() {
    let name = |reference| known(reference).map(|image| image.name.as_str());
    assert_eq!(name("docker.io/library/postgres:16-alpine"), Some("postgres"));
    assert_eq!(name("registry.example.org/postgres"), Some("postgres"));
    assert_eq!(name("me/postgres-backup"), None);
    assert_eq!(name("mcr.microsoft.com/mssql/server:2022-latest"), Some("mssql"));
}

#[test]
fn commands_move_ports() {
    let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
    let ports = |command: &str| {
        let image = known("redis:7").unwrap();
        image.listens("redis:7", &EffectiveEnvironment::default(), &words(command), &Program::default())
    };
    assert_eq!(ports("redis-server --port 6380")[0].ports.0, 6380);
    assert_eq!(ports("redis-server")[0].ports.0, 6379);
    let postgres = known("postgres").unwrap();
    let moved = postgres.listens(
        "postgres",
        &EffectiveEnvironment::default(),
        &words("postgres -c port=5433"),
        &Program::default(),
    );
    assert_eq!(moved[0].ports.0, 5433);
}
