//! Public images that work with one version of another alone: pages with the server whose they are.

use super::prelude::*;
use crate::compose::ImageReference;
use crate::facts::images::Version;

/// Pages that take a server of their own major version alone, and none of an older minor one: the ends of the images' names.
const PAGES: [(&str, &str, &str); 2] =
    [("kibana", "elasticsearch", "Kibana"), ("opensearch-dashboards", "opensearch", "OpenSearch Dashboards")];

/// What is wrong with the version of a service's image, if it is not that of what it works with.
pub fn of_another(cx: &Context<'_>, rule: &'static Rule, service: &ServiceFacts<'_>) -> Option<Finding> {
    PAGES.iter().find_map(|pages| of_pages(cx, rule, service, pages)).or_else(|| of_zabbix(cx, rule, service))
}

/// Whether a service runs this image, as it is, in this version or a newer one.
pub fn is_since(service: &ServiceFacts<'_>, path: &str, version: &str) -> bool {
    let since = Version::try_from(version.to_string()).ok();
    image(service).is_some_and(|parsed| parsed.path == path && Version::lies_within(parsed.tag, since, None))
}

/// The path and tag of the image of a service that is not built here.
pub fn image<'s>(service: &'s ServiceFacts<'_>) -> Option<ImageReference<'s>> {
    let reference = service.reference.as_deref().filter(|_| service.service.build.is_none())?;
    ImageReference::parse(reference)
}

/// Kibana that is of another version than the Elasticsearch that it asks: of another major one, or of a newer minor one.
fn of_pages(
    cx: &Context<'_>,
    rule: &'static Rule,
    service: &ServiceFacts<'_>,
    (pages, server, title): &(&str, &str, &str),
) -> Option<Finding> {
    let numbers = |service: &ServiceFacts<'_>, name: &str| {
        let parsed = image(service)?;
        let mut parts = parsed.tag.filter(|_| parsed.path.ends_with(name))?.split(['.', '-']);
        let (major, minor) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
        Some((major, minor, parsed.tag?.to_string()))
    };
    let (major, minor, own) = numbers(service, pages)?;
    let mut servers = service.dials.iter().filter_map(|dial| cx.facts.service(dial.sibling()?));
    let (server, tag) = servers.find_map(|found| {
        let (other, least, tag) = numbers(found, server)?;
        (other != major || least < minor).then_some((found, tag))
    })?;
    let (name, image, host) =
        (&service.service.name.value, service.service.image.as_ref()?, &server.service.name);
    let nodes = if *title == "Kibana" { "Elasticsearch" } else { "OpenSearch" };
    let finding = rule.finding(
        image.span(),
        format!("`{name}` does not work with `{}`: {title} says `This version of {title} (v{own}) is incompatible with the following {nodes} nodes in your cluster: v{tag}`", host.value),
    );
    let finding = finding.service(name.clone()).at_most(Confidence::Likely).here("another version");
    let place = server.service.image.as_ref().map_or(host.span, |image| image.span());
    Some(
        finding
            .also(place, format!("`{}` is of this version", host.value))
            .help(format!("take version `{tag}` of {title}, too"))
            .evidence(tag),
    )
}

/// Zabbix' pages that are of another version than the server, which makes the database (`The Zabbix database version does not match
/// current requirements`): the two first numbers have to be the same.
fn of_zabbix(cx: &Context<'_>, rule: &'static Rule, service: &ServiceFacts<'_>) -> Option<Finding> {
    // What tags without a number are at least.
    const NEWEST: (u32, u32) = (7, 0);
    let version = |service: &ServiceFacts<'_>, start: &str| -> Option<(Option<(u32, u32)>, String)> {
        let parsed = image(service).filter(|parsed| parsed.path.starts_with(start))?;
        let tag = parsed.tag.unwrap_or("latest");
        let mut numbered = tag.split('-').filter_map(|part| {
            let mut parts = part.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        });
        let plain = tag.split('-').any(|part| part == "latest") && parsed.digest.is_none();
        let number: Option<(u32, u32)> = numbered.next();
        (number.is_some() || plain).then(|| (number, tag.to_string()))
    };
    let (own, tag) = version(service, "zabbix/zabbix-web-")?;
    let meets = |server: &ServiceFacts<'_>| {
        service.dials.iter().any(|dial| {
            dial.sibling().is_some()
                && (dial.sibling() == Some(server.key)
                    || server.dials.iter().any(|other| other.sibling() == dial.sibling()))
        })
    };
    let mut servers = cx.facts.active().filter(|other| meets(other));
    let (server, there) = servers.find_map(|server| {
        let (other, there) = version(server, "zabbix/zabbix-server-")?;
        let differs = match (own, other) {
            (Some(own), Some(other)) => own != other,
            (Some(one), None) | (None, Some(one)) => one < NEWEST,
            (None, None) => false,
        };
        differs.then_some((server, there))
    })?;
    let (name, image, host) =
        (&service.service.name.value, service.service.image.as_ref()?, &server.service.name);
    let finding = rule.finding(
        image.span(),
        format!("`{name}` does not work with `{}`: of another version, it says `The Zabbix database version does not match current requirements`", host.value),
    );
    let place = server.service.image.as_ref().map_or(host.span, |image| image.span());
    Some(
        finding
            .service(name.clone())
            .at_most(Confidence::Likely)
            .here("another version")
            .also(place, format!("`{}` is of this version, and makes the database", host.value))
            .help(format!("take the version of the tag `{there}` in place of `{tag}`"))
            .evidence(there),
    )
}
