//! Several containers of one service want the same port of the host.

use super::prelude::*;
use crate::compose::NetworkMode;
use crate::finding::ProblemKind;

rule!("fixed-port-with-replicas", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // A file for Swarm, whose mesh gives one port to all.
    let for_swarm = cx.project.problems.iter().any(|problem| problem.kind == ProblemKind::SwarmOnlyAttribute);
    for service in cx.facts.active() {
        let Some(replicas) = service.service.replicas.as_ref().filter(|replicas| replicas.value > 1) else {
            continue;
        };
        if service.service.network_mode.as_ref().is_some_and(|mode| mode.value != NetworkMode::Bridge) {
            continue;
        }
        let fixed = |entry: &&crate::compose::Port| {
            let one = entry.published.is_some_and(|(first, last)| first == last && first != 0);
            one && entry.published_text.complete().is_some()
        };
        let Some(entry) = service.service.ports.iter().find(fixed) else { continue };
        let name = &service.service.name.value;
        let (port, _) = entry.published.unwrap_or_default();
        let target = entry.target.0;
        let last = u32::from(port) + u32::try_from(replicas.value).unwrap_or(1) - 1;
        let help = match last {
            last if last <= 65_535 => format!(
                "publish a range, `{port}-{last}:{target}`, or none and put a proxy in front; siblings reach all of them as `{name}`"
            ),
            _ => format!("publish no port and put a proxy in front; siblings reach all of them as `{name}`"),
        };
        let finding = RULE
            .finding(
                match entry.published_text.span() {
                    written if written.is_none() => entry.origin.written,
                    written => written,
                },
                format!(
                    "`{name}` is started {} times, and each container publishes port {port} of the host: all but one fail with `port is already allocated`",
                    replicas.value
                ),
            )
            .service(name.clone())
            .here("one port")
            .also(replicas.span(), format!("{} containers", replicas.value))
            .help(help)
            .evidence(port.to_string());
        out.push(if for_swarm { finding.at_most(Confidence::Possible) } else { finding });
    }
}
