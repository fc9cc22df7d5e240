//! Where OpenTelemetry's collector takes in telemetry when its configuration does not say.

use super::bound::{Bound, ToldBy};
use super::images::Version;
use crate::compose::ImageReference;
use crate::finding::Confidence;
use crate::programs::load::setting_name;
use crate::programs::{Expr, Program, Role};
use crate::source::{Origin, Text};

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
