//! Keys that a server of measurements is made with and its clients have to give: token, organization, bucket.

use super::credentials::{Difference, Made, Part};
use super::said::settled;
use super::{Dial, ServiceFacts, values};
use crate::compose::Project;
use crate::finding::Confidence;
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
