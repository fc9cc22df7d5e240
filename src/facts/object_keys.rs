//! The keys with which a program comes to an object store: they stand beside its address, in variables of their own.

use super::endpoint::Endpoint;
use super::environment::EffectiveEnvironment;
use super::values;
use crate::programs::Program;
use crate::source::Text;

/// Words of the names of such variables.
const STORES: [&str; 5] = ["MINIO", "S3", "AWS", "STORAGE", "BUCKET"];
const USERS: [&str; 8] = [
    "ACCESS_KEY",
    "ACCESS_KEY_ID",
    "ACCESSKEY",
    "ACCESSKEYID",
    "ROOT_USER",
    "S3_KEY",
    "MINIO_USER",
    "MINIO_KEY",
];
const PASSWORDS: [&str; 8] = [
    "SECRET_KEY",
    "SECRET_ACCESS_KEY",
    "SECRETKEY",
    "SECRETACCESSKEY",
    "ROOT_PASSWORD",
    "S3_SECRET",
    "MINIO_SECRET",
    "MINIO_PASSWORD",
];

/// Puts the keys that the program reads into the address, where there is one pair of them.
pub(super) fn login(endpoint: &mut Endpoint, program: &Program, environment: &EffectiveEnvironment) {
    if endpoint.user.is_some() || endpoint.password.is_some() {
        return;
    }
    endpoint.user = only(program, environment, &USERS);
    endpoint.password = only(program, environment, &PASSWORDS);
}

/// Puts the keys in that the library itself takes from the environment, where the program says none: boto3's.
pub(super) fn own_login(endpoint: &mut Endpoint, environment: &EffectiveEnvironment) {
    if endpoint.user.is_none() && endpoint.password.is_none() {
        endpoint.user = environment.value("AWS_ACCESS_KEY_ID").cloned();
        endpoint.password = environment.value("AWS_SECRET_ACCESS_KEY").cloned();
    }
}

/// The one value of the variables that the program reads and whose names end so.
fn only(program: &Program, environment: &EffectiveEnvironment, ends: &[&str]) -> Option<Text> {
    let named = |name: &str| {
        let name = name.to_ascii_uppercase();
        ends.iter().any(|end| name.ends_with(end)) && STORES.iter().any(|store| name.contains(store))
    };
    let reads = program.modules.iter().flat_map(|module| module.reads.iter().map(move |read| (module, read)));
    let mut found: Option<Text> = None;
    for (module, read) in reads.filter(|(_, read)| named(&read.name.value)) {
        let value = match environment.value(&read.name.value) {
            Some(set) => set.clone(),
            None => values::text(program, environment, module, &read.expression)?,
        };
        match &found {
            Some(known) if known.assumed() != value.assumed() => return None,
            _ => found = Some(value),
        }
    }
    found
}
