//! Where OpenTelemetry's collector takes in telemetry when its configuration does not say.

use super::ServiceFacts;
use super::bound::{Bound, ToldBy};
use super::images::Version;
use crate::compose::ImageReference;
use crate::finding::Confidence;
use crate::programs::load::setting_name;
use crate::programs::{Expr, Module, Program, Role};
use crate::source::{Origin, Spanned, Text};

/// A part of a pipeline that the configuration does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfigured {
    /// Its name, where the pipeline names it.
    pub name: Spanned<String>,
    /// What it is meant to be.
    pub kind: &'static str,
}

/// Receivers without an `endpoint`: since 0.104 they listen on loopback (its changelog, "component.UseLocalHostAsDefaultHost").
pub(super) fn bound<'a>(program: &'a Program, reference: &str) -> Vec<Bound<'a>> {
    let since = Version::try_from("0.104".to_string()).ok();
    let tag = ImageReference::parse(reference).and_then(|parsed| parsed.tag.map(str::to_string));
    if !Version::lies_within(tag.as_deref(), since, None) {
        return Vec::new();
    }
    let settings = program.modules.iter().filter(|module| module.role == Role::Settings);
    let mut found = Vec::new();
    for module in settings {
        for (protocol, port) in [("grpc", 4317), ("http", 4318)] {
            let name = setting_name(&format!("receivers.otlp.protocols.{protocol}"));
            let Some(Expr::Null(place)) = module.names.get(&name).map(Expr::peel) else { continue };
            found.push(Bound {
                host: Text::known("localhost", Origin::default()),
                port: Some(port),
                by: ToldBy::Collector(protocol),
                place: *place,
                sure: Confidence::Likely,
            });
        }
    }
    found
}

impl ServiceFacts<'_> {
    /// The first part that a pipeline of OpenTelemetry's collector names and that its one configuration does not have.
    #[must_use]
    pub fn unconfigured_part(&self) -> Option<Unconfigured> {
        self.image.filter(|image| image.name == super::service::COLLECTOR)?;
        let words: Vec<String> = self.program.command.iter().map(Text::assumed).collect();
        let named = words.iter().filter(|word| word.contains("--config") || word.contains("--set")).count();
        let settings = self.program.modules.iter().filter(|module| module.role == Role::Settings);
        let mut settings = settings.filter_map(|module| module.names.get(Module::ITSELF));
        let (whole, None) = (settings.next()?, settings.next()) else { return None };
        let pipelines =
            field(field(whole, "service")?, "pipelines").and_then(fields).filter(|_| named < 2)?;
        let has = |section: &str, name: &str| match field(whole, section) {
            Some(section) => {
                fields(section).is_none_or(|all| all.iter().any(|(known, _)| known.value == name))
            }
            None => false,
        };
        for (_, pipeline) in pipelines {
            for (section, kind) in
                [("receivers", "receiver"), ("processors", "processor"), ("exporters", "exporter")]
            {
                let Some(Expr::List(items)) = field(pipeline, section).map(Expr::peel) else { continue };
                let names = items.iter().filter_map(|item| match item.peel() {
                    Expr::Text(name) if !name.value.contains('$') => Some(name),
                    _ => None,
                });
                let there = |name: &str| has(section, name) || kind != "processor" && has("connectors", name);
                let mut missing = names.filter(|name| !there(&name.value));
                if let Some(name) = missing.next() {
                    return Some(Unconfigured { name: name.clone(), kind });
                }
            }
        }
        None
    }
}

fn fields(record: &Expr) -> Option<&[(Spanned<String>, Expr)]> {
    match record.peel() {
        Expr::Record(fields) => Some(fields),
        _ => None,
    }
}

fn field<'e>(record: &'e Expr, key: &str) -> Option<&'e Expr> {
    fields(record)?.iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
}
