//! Settings that Quarkus keeps for a profile: `%dev.quarkus.datasource.jdbc.url`. What an image runs is `prod`, unless it is told
//! another.

use super::defaults::Around;
use super::describe::{Properties, read};
use super::profiles::Profiles;
use super::settings::Setting;
use crate::programs::{Expr, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// The setting of the address of the database, in its own words and as the properties are kept.
const ADDRESS: &str = "quarkus.datasource.jdbc.url";
/// Libraries of Quarkus that open the database when the program starts.
const OPENS: [&str; 2] = ["quarkus-hibernate-orm", "quarkus-flyway"];

/// The setting as it counts: Quarkus writes the profile before the name, `%prod.quarkus.datasource…`.
pub(super) fn for_profile(setting: &Setting, active: &Profiles) -> Option<Setting> {
    let Some(rest) = setting.key.value.strip_prefix('%') else { return Some(setting.clone()) };
    let (profiles, name) = rest.split_once('.')?;
    let active = active.as_ref()?;
    let chosen = profiles.split(',').any(|profile| active.iter().any(|one| one == profile.trim()));
    chosen.then(|| Setting {
        key: Spanned::new(name.to_string(), setting.key.span),
        value: setting.value.clone(),
    })
}

/// Where a setting gives the address of the database to profiles that are not active.
pub(super) fn address_elsewhere(setting: &Setting) -> Option<Span> {
    let rest = setting.key.value.strip_prefix('%')?;
    let (_, name) = rest.split_once('.')?;
    (name == ADDRESS).then_some(setting.key.span)
}

/// The read of the address of the database that a program of Quarkus does not start without, where only other profiles are told
/// one: <https://quarkus.io/guides/datasource>.
pub(super) fn database(properties: &Properties, around: &Around<'_>, at: Span) -> Option<Read> {
    let built = around.built;
    let library = |name: &str| built.libraries.iter().any(|library| library.value.starts_with(name));
    let opens = OPENS.iter().any(|name| library(name)) && library("quarkus-jdbc-");
    let about = |name: &str| name.to_ascii_lowercase().contains("datasource");
    let url = |name: &str| about(name) && name.to_ascii_lowercase().ends_with("url");
    let told = properties.keys().any(|name| url(name) || about(name) && name.ends_with("active"))
        || around.start.environment.keys().any(|name| url(name));
    // Whatever else runs in the image may be told another profile.
    if told || !opens || library("quarkus-jdbc-h2") {
        return None;
    }
    let group = ADDRESS.trim_end_matches(".url");
    let read = ReadExpr { default: None, required: true, ..read(group, "url", Expr::Null(at), at) };
    let name: Spanned<String> = super::variable(&read)?.clone();
    Some(Read { name, expression: Expr::Read(Box::new(read)), required: true, held: None, span: at })
}
