//! Keys that a server of measurements is made with and its clients have to give: token, organization, bucket.

use super::credentials::{Difference, Made, Part};
use super::said::settled;
use super::{By, Dial, ServiceFacts, values};
use crate::compose::Project;
use crate::finding::Confidence;
use crate::programs::has_extension;
use crate::source::{Certainty, Text};

/// How the names of the clients' variables end.
const ENDS: [(Part, &str, &[&str]); 3] = [
    (Part::Token, "token", &["TOKEN"]),
    (Part::Organization, "organization", &["ORG", "ORGANIZATION"]),
    (Part::Bucket, "bucket", &["BUCKET"]),
];

/// Calls and commands that make buckets and tokens.
const MAKERS: [&str; 6] =
    ["create_bucket", "createBucket", "CreateBucket", "buckets_api", "bucketsApi", "BucketsAPI"];

/// The keys that the client gives and that the server is not made with.
pub(super) fn differences(
    project: &Project,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
) -> Vec<Difference> {
    let Some(keys) = server.image.map(|image| &image.credentials.keys) else { return Vec::new() };
    if keys.is_empty() || made_by_others(project, server) {
        return Vec::new();
    }
    let makes = |part: Part| {
        part != Part::Organization
            && MAKERS.iter().any(|call| !client.program.scope.containing(call).is_empty())
    };
    if of_first_version(dial) {
        let made = keys.get("token").and_then(|variable| made(server, variable));
        return made.and_then(|made| by_password(server, dial, made)).into_iter().collect();
    }
    let found = ENDS.iter().filter_map(|(part, key, ends)| {
        let made = made(server, keys.get(*key)?)?;
        let given = dial.endpoint.parameters.iter().find(|(name, _)| name == key);
        let said = given.map(|(_, text)| text.clone()).or_else(|| of_variables(client, ends))?;
        let value = settled(&said).filter(|value| !value.is_empty())?;
        let other = value != made.value && !makes(*part) && !value.contains(['$', '{', '/']);
        other.then_some(Difference {
            part: *part,
            said,
            made,
            others: Vec::new(),
            confidence: Confidence::Likely,
        })
    });
    found.collect()
}

/// Whether the client asks in the way of InfluxDB 1: with user, password and database.
fn of_first_version(dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = dial.by else { return false };
    let library = || {
        module
            .imports
            .iter()
            .any(|import| import.value == "influxdb" || import.value.starts_with("influxdb."))
    };
    let python = has_extension(&module.path, &["py"]) && sink.callee.value.ends_with("InfluxDBClient");
    sink.callee.value.starts_with("outputs.influxdb.") || python && library()
}

/// Of those that ask so, a version from 2 on takes the token in place of the password, and its own users' for none: those have
/// to be made for it (`influx v1 auth create`), which a script of the server's may do.
fn by_password(server: &ServiceFacts<'_>, dial: &Dial<'_>, made: Made) -> Option<Difference> {
    let image = server.image?;
    let scripted = server
        .service
        .volumes
        .iter()
        .any(|mount| image.init.iter().any(|init| mount.target.starts_with(init)));
    let said = dial.endpoint.password.clone()?;
    let value = settled(&said).filter(|value| !value.is_empty() && !value.contains(['$', '{']))?;
    (value != made.value && !scripted && server.service.build.is_none()).then(|| Difference {
        part: Part::Token,
        said,
        made,
        others: Vec::new(),
        confidence: Confidence::Likely,
    })
}

/// Whether another service is there to make more of them.
fn made_by_others(project: &Project, server: &ServiceFacts<'_>) -> bool {
    let same = |image: &str| image.contains("influxdb");
    let others = project.services.iter().filter(|(name, _)| name.as_str() != server.key);
    let mut images = others.filter_map(|(_, service)| service.image.as_ref());
    images.any(|image| same(&image.assumed()))
}

fn made(server: &ServiceFacts<'_>, variable: &str) -> Option<Made> {
    let effective = server.environment.get(variable)?;
    let text = effective.value()?;
    Some(Made {
        value: settled(text).filter(|value| !value.is_empty())?,
        variable: Some(variable.to_string()),
        place: effective.variable.key,
        by_image: false,
        depends: text.certainty() != Certainty::Known,
    })
}

/// The one value of the variables that the client has or reads, and whose names end so.
fn of_variables(client: &ServiceFacts<'_>, ends: &[&str]) -> Option<Text> {
    let named = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.starts_with("INFLUX")
            && ends.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.ends_with('_')))
    };
    let (program, environment) = (client.program, &client.environment);
    let mut found: Vec<Text> = Vec::new();
    for (name, effective) in environment.iter().filter(|(name, _)| named(name)) {
        let read =
            program.modules.iter().any(|module| module.reads.iter().any(|read| read.name.value == name));
        if read || program.modules.is_empty() {
            found.push(effective.value()?.clone());
        }
    }
    for module in &program.modules {
        let reads = module.reads.iter().filter(|read| named(&read.name.value));
        for read in reads.filter(|read| environment.get(&read.name.value).is_none()) {
            found.extend(values::text(program, environment, module, &read.expression));
        }
    }
    let first = found.first()?.clone();
    found.iter().all(|text| text.assumed() == first.assumed()).then_some(first)
}
