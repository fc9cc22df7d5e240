//! The accounts that the configuration of a server makes, and the passwords that its variables take from files.

use std::path::Path;

use super::ServiceFacts;
use super::credentials::Made;
use super::environment::EffectiveEnvironment;
use super::images::{KnownImage, Version, value_at};
use super::makers::makes_data;
use super::said::{password_in_file, settled};
use crate::compose::ImageReference;
use crate::programs::{Expr, Module, Program, Role};
use crate::source::{Span, Spanned, Text};

/// Where RabbitMQ's configuration names the file that it makes its accounts from.
const DEFINITIONS: [&str; 3] = ["load_definitions", "management.load_definitions", "definitions.local.path"];

/// What a file of definitions makes.
pub(super) struct Definitions {
    /// The users, with their passwords where those are written out.
    pub users: Vec<(Made, Option<Made>)>,
    /// The virtual hosts.
    pub hosts: Vec<Made>,
}

/// What else there is of this kind.
pub(super) fn besides(made: &Made, all: impl Iterator<Item = String>) -> Vec<String> {
    all.filter(|other| *other != made.value).collect()
}

/// Whether scripts that are mounted or copied, and not seen, may make accounts.
pub(super) fn is_scripted(server: &ServiceFacts<'_>, image: &KnownImage) -> bool {
    holds_files(server, &image.init)
}

/// Whether something is mounted or copied to one of these places.
fn holds_files(server: &ServiceFacts<'_>, places: &[String]) -> bool {
    let scripts = server.program.first_scripts.as_ref();
    let touches = |target: &Path| {
        places.iter().any(|place| target.starts_with(place) || Path::new(place).starts_with(target))
            // What these do is known.
            && !scripts.is_some_and(|scripts| scripts.targets.iter().any(|known| known == target))
    };
    let mounts = server.service.volumes.iter().map(|mount| mount.target.as_str());
    let configs = server.service.configs.iter().map(|config| config.target.as_str());
    let mut mounted = mounts.chain(configs).map(Path::new);
    let layers = server.program.files.layers();
    mounted.any(touches)
        || layers.iter().any(|layer| layer.target != Path::new("/") && touches(&layer.target))
}

/// Whether configuration that is mounted or copied may make accounts, or the data is not this image's.
pub(super) fn made_elsewhere(server: &ServiceFacts<'_>, image: &KnownImage) -> bool {
    let of = &image.credentials;
    let unseen = server.service.env_files.iter().any(|file| file.is_unseen());
    let words: Vec<String> = server.program.command.iter().map(Text::assumed).collect();
    let read = |word: &String| password_in_file(server).is_some_and(|(file, _)| word.ends_with(file));
    let told = |word: &String| of.told_by.iter().any(|part| word.contains(part.as_str())) && !read(word);
    let seen = !of.settings.is_empty() && is_seen(server, &of.files);
    !seen && holds_files(server, &of.files)
        || server.program.image.runs.iter().any(|run| makes_data(&run.assumed()))
        || unseen
        || server.environment.unseen().is_some()
        || of.unseen.iter().any(|name| server.environment.get(name).is_some())
        || words.iter().any(told)
}

/// Whether all that stands in these places of its container is settings that are read.
pub(super) fn is_seen(server: &ServiceFacts<'_>, places: &[String]) -> bool {
    let program = server.program;
    let near = |target: &Path| {
        places.iter().any(|place| target.starts_with(place) || Path::new(place).starts_with(target))
    };
    let mut own = program.files.layers().iter().filter(|layer| near(&layer.target));
    let plugins = |target: &Path| target.ends_with("enabled_plugins");
    let mut volumes = server.service.volumes.iter().filter(|mount| near(Path::new(&mount.target)));
    volumes.all(|mount| mount.path.is_some())
        && server.service.configs.iter().all(|config| {
            !near(Path::new(&config.target))
                || program.files.layers().iter().any(|layer| layer.target == Path::new(&config.target))
        })
        && own.all(|layer| {
            let read = || records(program).any(|(module, _)| module.path == layer.host);
            !layer.directory && (plugins(&layer.target) || read())
        })
}

/// Whether an Elasticsearch answers nobody without a login: from version 8 on, or where it is told so.
pub(super) fn asks_everybody(server: &ServiceFacts<'_>) -> bool {
    let Some(reference) = server.reference.as_deref().and_then(ImageReference::parse) else { return false };
    let told = server.environment.value("xpack.security.enabled").map(Text::assumed);
    let since = Version::try_from("8".to_string()).ok();
    let secure = match told.as_deref() {
        None => reference.tag.is_some() && Version::lies_within(reference.tag, since, None),
        Some(said) => said == "true",
    };
    let open = server.environment.iter().any(|(name, _)| name.to_ascii_lowercase().contains("anonymous"));
    let config = Path::new("/usr/share/elasticsearch/config");
    let replaced = server.program.files.layers().iter().any(|layer| layer.target.starts_with(config));
    server.image.is_some_and(|image| image.name == "elasticsearch")
        && server.service.build.is_none()
        && secure
        && !open
        && !replaced
}

/// The settings that the program reads, each file's as a whole.
fn records(program: &Program) -> impl Iterator<Item = (&Module, &Expr)> {
    let settings = program.modules.iter().filter(|module| module.role == Role::Settings);
    settings.filter_map(|module| Some((module.as_ref(), module.names.get(Module::ITSELF)?)))
}

/// What the configuration says under a key.
pub(super) fn setting(program: &Program, key: &str) -> Option<Made> {
    records(program).find_map(|(_, whole)| text(value_at(whole, key)?))
}

fn text(value: &Expr) -> Option<Made> {
    let (Expr::Text(text) | Expr::Number(text)) = value.peel() else { return None };
    Some(made(text.value.clone(), None, text.span))
}

fn made(value: String, variable: Option<String>, place: Span) -> Made {
    Made { value, variable, place, by_image: false, depends: false }
}

/// What the file that the configuration names makes; the inner is none where it is not seen.
pub(super) fn definitions(program: &Program) -> Option<Option<Definitions>> {
    let named = DEFINITIONS.iter().find_map(|key| setting(program, key))?;
    Some(in_file(program, Path::new(&named.value)))
}

fn in_file(program: &Program, place: &Path) -> Option<Definitions> {
    let layer = program.files.layers().iter().rev().find(|layer| layer.target == place)?;
    let (_, whole) = records(program).find(|(module, _)| module.path == layer.host)?;
    let named = |key: &str, name: &str| -> Vec<(Made, Option<Made>)> {
        let Some(Expr::List(items)) = field(whole, key).map(Expr::peel) else { return Vec::new() };
        let one = |item: &Expr| Some((text(field(item, name)?)?, field(item, "password").and_then(text)));
        items.iter().filter_map(one).collect()
    };
    let users = named("users", "name");
    let hosts = named("vhosts", "name").into_iter().map(|(name, _)| name).collect();
    Some(Definitions { users, hosts })
}

fn field<'e>(record: &'e Expr, key: &str) -> Option<&'e Expr> {
    let Expr::Record(fields) = record.peel() else { return None };
    fields.iter().find(|(name, _): &&(Spanned<String>, Expr)| name.value == key).map(|(_, value)| value)
}

/// What the file says that `NAME_FILE` names, as images take it: without the ends of lines behind it. None where it is not seen.
pub(super) fn in_secret(program: &Program, environment: &EffectiveEnvironment, name: &str) -> Option<Made> {
    let variable = format!("{name}_FILE");
    let effective = environment.get(&variable)?;
    let place = settled(effective.value()?)?;
    let value = program.secrets.get(Path::new(&place))?;
    (!value.is_empty()).then(|| made(value.clone(), Some(variable), effective.variable.key))
}
