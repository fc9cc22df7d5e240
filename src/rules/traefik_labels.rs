//! Labels that ask Traefik to pass requests on in ways in which it does not: an entry point or a middleware that is not
//! there, a network that it is not on, a service that it was not told of.

use std::collections::HashSet;

use super::phrases;
use super::prelude::*;
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
    let middlewares: HashSet<String> = cx.facts.active().flat_map(middlewares).collect();
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
            let listed = listed.split(',').map(str::trim).filter(|one| !one.is_empty());
            let missing = |one: &&str| match setting {
                "entrypoints" => {
                    !told.entry_points.is_empty() && !told.entry_points.contains(&one.to_lowercase())
                }
                "middlewares" => {
                    let plain = one.strip_suffix("@docker").unwrap_or(one);
                    !plain.contains('@') && !middlewares.contains(&plain.to_lowercase())
                }
                _ => false,
            };
            let wrong: Vec<&str> = listed.clone().filter(missing).collect();
            let Some(first) = wrong.first() else { continue };
            // With one that is there, the router works; a middleware has to be.
            if setting == "entrypoints" && wrong.len() < listed.count() {
                continue;
            }
            let what = if setting == "entrypoints" { "entry point" } else { "middleware" };
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
        Self {
            by_docker: asks("--providers.docker") && !asks("--providers.swarm") && !by_file,
            only_enabled: options.iter().any(|option| option == "--providers.docker.exposedbydefault=false"),
            entry_points: options.iter().filter_map(entry).collect(),
        }
    }
}

/// The middlewares that labels of a service define.
fn middlewares<'s>(service: &'s ServiceFacts<'_>) -> impl Iterator<Item = String> + 's {
    service.service.labels.keys().take(MAX_LABELS).filter_map(|label| {
        let label = label.to_ascii_lowercase();
        let (name, _) = label.strip_prefix("traefik.http.middlewares.")?.split_once('.')?;
        Some(name.to_string())
    })
}
