//! The keys with which a program comes to an object store: they stand beside its address, in variables of their own.

use super::endpoint::Endpoint;
use super::environment::EffectiveEnvironment;
use super::names::Words;
use super::values;
use crate::programs::{Program, Role};
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

/// Puts the keys that the program reads into the address that a variable holds, if it is one of objects and there is one pair of
/// them.
pub(super) fn login(
    variable: &str,
    endpoint: &mut Endpoint,
    program: &Program,
    environment: &EffectiveEnvironment,
) {
    if Words::of(variable).is_of_objects() {
        login_of_objects(endpoint, program, environment);
    }
}

/// The same for an address that is known to be one of objects.
pub(super) fn login_of_objects(
    endpoint: &mut Endpoint,
    program: &Program,
    environment: &EffectiveEnvironment,
) {
    if endpoint.user.is_some() || endpoint.password.is_some() {
        return;
    }
    // What a program that is not seen is given is for it.
    let seen = program.modules.iter().any(|module| module.role == Role::Source);
    let value = |ends: &[&str]| match seen {
        true => only(program, environment, ends),
        false => given(environment, ends),
    };
    endpoint.user = value(&USERS);
    endpoint.password = value(&PASSWORDS);
}

/// The one value of the variables whose names end so.
fn given(environment: &EffectiveEnvironment, ends: &[&str]) -> Option<Text> {
    let named = environment.iter().filter(|(name, _)| is_named(name, ends));
    let mut values = named.filter_map(|(_, effective)| effective.value());
    let first = values.next()?;
    values.all(|other| other.assumed() == first.assumed()).then(|| first.clone())
}

fn is_named(name: &str, ends: &[&str]) -> bool {
    let name = name.to_ascii_uppercase();
    ends.iter().any(|end| name.ends_with(end)) && STORES.iter().any(|store| name.contains(store))
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
    let reads = program.modules.iter().flat_map(|module| module.reads.iter().map(move |read| (module, read)));
    let mut found: Option<Text> = None;
    for (module, read) in reads.filter(|(_, read)| is_named(&read.name.value, ends)) {
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
