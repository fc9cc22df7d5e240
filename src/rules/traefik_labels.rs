//! Labels that ask Traefik to pass requests on in ways in which it does not: an entry point or a middleware that is not
//! there, a network that it is not on, a service that it was not told of.

use std::collections::HashSet;

use super::prelude::*;
use super::{phrases, traefik_fields};
use crate::facts::Target;

/// Labels of one service that are looked at.
const MAX_LABELS: usize = 500;

/// What is wrong with the labels of all services, where the project has one Traefik that reads them.
pub(super) fn findings(cx: &Context<'_>, rule: &Rule, out: &mut Vec<Finding>) {
    let mut proxies =
        cx.facts.active().filter(|service| service.image.is_some_and(|image| image.name == "traefik"));
    let (Some(proxy), None) = (proxies.next(), proxies.next()) else { return };
    let told = Told::of(proxy);
    if !told.by_docker {
        return;
    }
    let middlewares: HashSet<String> = cx.facts.active().flat_map(|it| defined(it, "middlewares")).collect();
    // A container without one of its own has one that is called after it.
    let implied = |service: &ServiceFacts<'_>| {
        let name = &service.service.name.value;
        [name.clone(), format!("{name}-{}", cx.project.name)].map(|name| name.to_lowercase())
    };
    let services: HashSet<String> = cx
        .facts
        .active()
        .flat_map(|it| defined(it, "services").chain(implied(it)).collect::<Vec<_>>())
        .collect();
    let mut asked_by = cx.facts.active().filter(|it| it.key != proxy.key && has_rule(it));
    if let Some(first) = asked_by.next().filter(|_| !told.sees_docker) {
        out.push(
            rule.finding(
                proxy.service.name.span,
                format!(
                    "`{}` looks for containers at `/var/run/docker.sock`, which it does not have: it passes nothing on to `{}`",
                    proxy.service.name.value, first.service.name.value
                ),
            )
            .service(proxy.service.name.value.clone())
            .here("has no socket of Docker's")
            .help("add `/var/run/docker.sock:/var/run/docker.sock:ro` to its `volumes`")
            .at_most(Confidence::Likely)
            .evidence("/var/run/docker.sock"),
        );
        return;
    }
    if !told.first {
        out.extend(cx.facts.active().filter_map(|service| traefik_fields::unknown(rule, service)));
    }
    for service in cx.facts.active().filter(|service| service.key != proxy.key) {
        let labels = || service.service.labels.iter().take(MAX_LABELS);
        let enabled =
            service.service.labels.get("traefik.enable").map(|value| value.assumed().to_lowercase());
        let rules = |label: &str| label.starts_with("traefik.http.routers.") && label.ends_with(".rule");
        let Some((_, asked)) = labels().find(|(label, _)| rules(&label.to_ascii_lowercase())) else {
            continue;
        };
        let name = &service.service.name.value;
        if enabled.as_deref() == Some("false") {
            continue;
        }
        if told.only_enabled && enabled.is_none() {
            out.push(
                rule.finding(
                    asked.span(),
                    format!(
                        "`{}` passes nothing on to `{name}`: it is told to look only at services with the label `traefik.enable=true`",
                        proxy.service.name.value
                    ),
                )
                .service(name.clone())
                .here("not looked at")
                .help(format!("add the label `traefik.enable=true` to `{name}`"))
                .at_most(Confidence::Likely)
                .evidence("traefik.enable"),
            );
            continue;
        }
        if let Target::Separated(_) = cx.facts.reach.resolve(proxy.key, name) {
            out.push(separated(rule, proxy, service, asked.span()));
        }
        for (label, value) in labels() {
            let label = label.to_ascii_lowercase();
            let Some((_, setting)) =
                label.strip_prefix("traefik.http.routers.").and_then(|rest| rest.split_once('.'))
            else {
                continue;
            };
            let Some(listed) = value.complete() else { continue };
            if setting == "rule" {
                out.extend(unparsed(&listed, told.third).map(|why| {
                    rule.finding(
                        value.span(),
                        format!("the rule of `{name}` is none that Traefik takes: {why}; requests end in 404"),
                    )
                    .service(name.clone())
                    .here("no rule of this version")
                    .also(proxy.service.name.span, "the proxy")
                    .help("write ``Host(`shop.example.com`)``, each name in backticks and a call of its own, joined by `||`")
                    .at_most(Confidence::Likely)
                    .evidence(listed.clone())
                }));
                continue;
            }
            let listed = listed.split(',').map(str::trim).filter(|one| !one.is_empty());
            let missing = |one: &&str| match setting {
                "entrypoints" => {
                    !told.entry_points.is_empty() && !told.entry_points.contains(&one.to_lowercase())
                }
                "middlewares" => {
                    let plain = one.strip_suffix("@docker").unwrap_or(one);
                    !plain.contains('@') && !middlewares.contains(&plain.to_lowercase())
                }
                "service" => {
                    let plain = one.strip_suffix("@docker").unwrap_or(one);
                    !plain.contains('@') && !services.contains(&plain.to_lowercase())
                }
                _ => false,
            };
            let wrong: Vec<&str> = listed.clone().filter(missing).collect();
            let Some(first) = wrong.first() else { continue };
            // With one that is there, the router works; a middleware has to be.
            if setting == "entrypoints" && wrong.len() < listed.count() {
                continue;
            }
            let what = match setting {
                "entrypoints" => "entry point",
                "service" => "service",
                _ => "middleware",
            };
            let finding = rule
                .finding(
                    value.span(),
                    format!(
                        "a label of `{name}` names the {what} `{first}`, which Traefik does not have: requests end in 404"
                    ),
                )
                .service(name.clone())
                .here(format!("no such {what}"))
                .also(proxy.service.name.span, "the proxy")
                .at_most(Confidence::Likely)
                .evidence((*first).to_string());
            out.push(match setting {
                "entrypoints" => {
                    let known: Vec<&str> = told.entry_points.iter().map(String::as_str).collect();
                    finding.help(format!("its entry points are {}", phrases::list(&known)))
                }
                "service" => finding.help(format!(
                    "define it with the label `traefik.http.services.{first}.loadbalancer.server.port`, or leave the label out"
                )),
                _ => finding.help(format!("define it with labels `traefik.http.middlewares.{first}.…`")),
            });
        }
    }
}

fn separated(rule: &Rule, proxy: &ServiceFacts<'_>, service: &ServiceFacts<'_>, asked: Span) -> Finding {
    let (name, by) = (&service.service.name.value, &proxy.service.name.value);
    let network = proxy.service.networks.first().map(|network| network.network.value.clone());
    let finding = rule
        .finding(
            asked,
            format!(
                "labels ask Traefik, `{by}`, to pass requests on to `{name}`, with which it shares no network: they end in a gateway timeout"
            ),
        )
        .service(name.clone())
        .here("not on its networks")
        .also(proxy.service.name.span, "the proxy")
        .at_most(Confidence::Likely)
        .evidence(by.clone());
    match network {
        Some(network) => finding.help(format!("add `{network}` to `networks` of `{name}`")),
        None => finding.help(format!("put `{by}` and `{name}` on one network")),
    }
}

/// What the command and the environment of Traefik tell it.
struct Told {
    /// Whether it looks at containers.
    by_docker: bool,
    /// Whether only at those with the label `traefik.enable=true`.
    only_enabled: bool,
    /// The entry points, in small letters; none where a file may define them.
    entry_points: Vec<String>,
    /// Whether the socket of Docker is there, or another one is told.
    sees_docker: bool,
    /// Whether it is version 1, whose labels are others.
    first: bool,
    /// Whether it is version 3 or later, and takes rules of that.
    third: bool,
}

impl Told {
    fn of(proxy: &ServiceFacts<'_>) -> Self {
        let words = proxy.program.command.iter().map(|word| word.assumed().to_lowercase());
        let set = proxy.environment.iter().filter_map(|(name, effective)| {
            let name = name.strip_prefix("TRAEFIK_")?.to_lowercase().replace('_', ".");
            Some(format!("--{name}={}", effective.value()?.assumed().to_lowercase()))
        });
        let options: Vec<String> = words.chain(set).collect();
        // One static configuration is read, from a file or from these.
        let by_file = options.iter().any(|option| option.starts_with("--configfile"))
            || proxy.program.files.layers().iter().any(|layer| {
                let target = layer.target.to_string_lossy();
                target == "/etc/traefik" || target.contains("/traefik.y") || target.contains("/traefik.t")
            });
        let entry = |option: &String| {
            let (name, rest) = option.strip_prefix("--entrypoints.")?.split_once('.')?;
            rest.starts_with("address").then(|| name.to_string())
        };
        let asks = |name: &str| options.iter().any(|option| option.starts_with(name));
        let sockets = ["/var/run/docker.sock", "/run/docker.sock"];
        let mounted = proxy.service.volumes.iter().any(|mount| {
            sockets.iter().any(|socket| std::path::Path::new(socket).starts_with(&mount.target))
        });
        let elsewhere = asks("--providers.docker.endpoint")
            || proxy.environment.get("DOCKER_HOST").is_some()
            || options.iter().any(|option| option.contains("docker.endpoint"));
        let tag =
            proxy.reference.as_deref().and_then(|reference| reference.rsplit('/').next()?.split_once(':'));
        let tag = tag.map_or("latest", |(_, tag)| tag).trim_start_matches('v');
        Self {
            sees_docker: mounted || elsewhere,
            first: tag.starts_with("1.") || tag == "1",
            third: (tag.starts_with('3') || tag == "latest")
                && !options.iter().any(|option| option.contains("rulesyntax")),
            by_docker: asks("--providers.docker") && !asks("--providers.swarm") && !by_file,
            only_enabled: options.iter().any(|option| option == "--providers.docker.exposedbydefault=false"),
            entry_points: options.iter().filter_map(entry).collect(),
        }
    }
}

/// The names of middlewares or services that labels of a service define.
fn defined<'s>(service: &'s ServiceFacts<'_>, kind: &'static str) -> impl Iterator<Item = String> + 's {
    service.service.labels.keys().take(MAX_LABELS).filter_map(move |label| {
        let label = label.to_ascii_lowercase();
        let rest = label.strip_prefix("traefik.http.")?.strip_prefix(kind)?.strip_prefix('.')?;
        Some(rest.split_once('.')?.0.to_string())
    })
}

/// Whether labels of a service ask for requests.
fn has_rule(service: &ServiceFacts<'_>) -> bool {
    let rules = |label: &String| {
        let label = label.to_ascii_lowercase();
        label.starts_with("traefik.http.routers.") && label.ends_with(".rule")
    };
    service.service.labels.keys().take(MAX_LABELS).any(rules)
}

/// Why Traefik cannot parse a rule, where it cannot.
fn unparsed(rule: &str, third: bool) -> Option<&'static str> {
    const SINGLE: [&str; 6] = ["Host(", "HostRegexp(", "Path(", "PathPrefix(", "PathRegexp(", "Method("];
    let known = ["host", "path"].iter().any(|word| rule.to_ascii_lowercase().starts_with(word));
    if known && !rule.contains(['`', '"']) {
        let first = rule.contains("Host:") || rule.contains("PathPrefix:") || rule.contains("Path:");
        return Some(if first { "it is one of version 1" } else { "its names stand in no backticks" });
    }
    let several = third
        && SINGLE.iter().any(|call| {
            let mut calls = rule.match_indices(call);
            calls.any(|(at, _)| {
                let inside =
                    rule.get(at + call.len()..).and_then(|rest| rest.split(')').next()).unwrap_or("");
                inside.contains("`,") || inside.contains("` ,")
            })
        });
    several.then_some("from version 3 on `Host`, `Path` and the like take one name each")
}
