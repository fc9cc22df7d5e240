//! What the rules about dialling say alike: addresses and values to write.

use super::phrases::{list_of_ports, listed};
use super::prelude::*;
use crate::compose::{EnvFile, EnvironmentForm};
use crate::facts::{Astray, By, Cause, Gap, HostKind, Layer, Need, Target, protocol};
use crate::facts::{readiness, tls};
use crate::finding::ProblemKind;
use crate::source::Via;

/// The port of `sibling` that the dial should go to: the one it names if the sibling listens there,
/// else the sibling's own for the protocol, else the container side of the published port it names.
#[must_use]
pub fn port_to_dial(dial: &Dial<'_>, sibling: &ServiceFacts<'_>) -> Option<u16> {
    let port = dial.port();
    let named = port.filter(|port| sibling.listens_on(*port) && sibling.moved_from(*port).is_none());
    let spoken = || dial.protocols.iter().find_map(|protocol| sibling.port_of(protocol));
    let published = || port.and_then(|port| sibling.published_as(port)).map(|entry| entry.target.0);
    let first = || sibling.listeners.first().map(|listener| listener.ports.0).filter(|_| dial.is_loopback());
    named.or_else(spoken).or_else(published).or_else(first).or(port)
}

/// `host:port`, or the host alone.
#[must_use]
pub fn host_and_port(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_string(), |port| format!("{host}:{port}"))
}

/// The ports of the sibling for people: the one for the protocol if it is known, else all.
#[must_use]
pub fn ports_of(dial: &Dial<'_>, sibling: &ServiceFacts<'_>) -> String {
    if let Some(port) = port_to_dial(dial, sibling).filter(|port| sibling.listens_on(*port)) {
        return port.to_string();
    }
    listened(sibling)
}

/// All ports a service listens on, for people.
#[must_use]
pub fn listened(service: &ServiceFacts<'_>) -> String {
    list_of_ports(service.surely_listens().map(|listener| listener.ports).collect())
}

/// The value that `variable` should have so that `dial` reaches `sibling`.
///
/// Where another variable of the service already holds a URL of that sibling, its credentials and
/// database are the right ones: that URL with this dial's scheme (and so the driver its client needs).
/// Else the default itself with the sibling's address. `None` when part of it is not known.
#[must_use]
pub fn value_to_set(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: &str,
    sibling: &ServiceFacts<'_>,
) -> Option<String> {
    let name = &sibling.service.name.value;
    let port = port_to_dial(dial, sibling);
    let Some(scheme) = dial.endpoint.scheme.as_ref().filter(|scheme| comes_from(scheme, variable)) else {
        let own = dial.endpoint.text.assumed();
        let whole = comes_from(&dial.endpoint.text.slice(0, 1), variable);
        if dial.endpoint.scheme.is_none() && own.contains('=') && whole {
            dial.endpoint.text.complete()?;
            return Some(dial.endpoint.with_address(name, port));
        }
        // Spread over variables: this one is the host alone, or the host with its port.
        let with_port = match dial.endpoint.address() {
            Some(address) if dial.endpoint.scheme.is_some() => {
                address.port.as_ref().is_some_and(|port| comes_from(port, variable))
            }
            _ => own.contains(':'),
        };
        return Some(host_and_port(name, port.filter(|_| with_port)));
    };
    let scheme = scheme.complete()?;
    // A client that speaks several protocols dials the one that the sibling speaks: Celery with Redis.
    let own = protocol::of_scheme(&scheme);
    let spoken = dial.speakable().find(|protocol| sibling.speaks(protocol));
    if let (Some(own), Some(spoken)) = (own, spoken)
        && own != spoken
        && !sibling.speaks(own)
    {
        let database = if spoken == "redis" { "/0" } else { "" };
        return Some(format!("{spoken}://{}{database}", host_and_port(name, port)));
    }
    let known = client
        .dials
        .iter()
        .filter(|other| other.sibling() == Some(name) && other.variable() != Some(variable));
    let model = known.filter_map(|other| {
        let same = protocol::of_scheme(&other.endpoint.scheme_name()?)? == protocol::of_scheme(&scheme)?;
        (same && other.endpoint.prefix() == dial.endpoint.prefix()).then_some(&other.endpoint)
    });
    let mut models = model.filter(|endpoint| !endpoint.text.has_hole());
    if let Some(model) = models.next() {
        let text = as_written(&model.text);
        let (_, rest) = text.split_once("://")?;
        return Some(format!("{}{scheme}://{rest}", dial.endpoint.prefix()));
    }
    let own = dial.endpoint.text.complete()?;
    let address = dial.endpoint.with_address(name, port);
    let plain = scheme == "https" && port.is_some_and(|port| tls::is_plain(sibling, port));
    let address = if plain { address.replacen("https://", "http://", 1) } else { address };
    (!own.is_empty()).then_some(address)
}

/// Whether the variable gives the text, or would give it if it was set.
fn comes_from(text: &Text, variable: &str) -> bool {
    let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.any(|via| match via {
        Via::Read { variable: read, .. } | Via::Setting { variable: read, .. } => **read == *variable,
        _ => false,
    })
}

/// The entry that sets the variable, in the form that the service's `environment` has.
#[must_use]
pub fn entry(client: &ServiceFacts<'_>, variable: &str, value: &str) -> String {
    match client.service.environment.form {
        EnvironmentForm::List => format!("- {variable}={value}"),
        _ => format!("{variable}: {value}"),
    }
}

/// A text as it could be written into a compose file: what Compose interpolated is the reference
/// again, so that a secret of the host stays there.
#[must_use]
pub fn as_written(text: &Text) -> String {
    let mut written = String::new();
    let mut last = Span::NONE;
    for piece in text.pieces() {
        let reference = piece.origin.through.iter().rev().find_map(|via| match via {
            Via::Interpolation { variable, span, fallback } => Some((variable, *span, *fallback)),
            _ => None,
        });
        match reference {
            Some((_, span, _)) if span == last && !span.is_none() => {}
            Some((variable, span, true)) if !piece.text.is_empty() => {
                written.push_str(&format!("${{{variable}:-{}}}", piece.text));
                last = span;
            }
            Some((variable, span, _)) => {
                written.push_str(&format!("${{{variable}}}"));
                last = span;
            }
            None => {
                written.push_str(&piece.text.replace('$', "$$"));
                last = Span::NONE;
            }
        }
    }
    written
}

/// Words as a list on one line, as Compose files write commands.
#[must_use]
pub fn flow(words: &[impl AsRef<str>]) -> String {
    let quoted = |word: &str| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
    let words: Vec<String> = words.iter().map(|word| quoted(word.as_ref())).collect();
    format!("[{}]", words.join(", "))
}

/// Whether something beside the project hands the file to Compose itself (`--env-file`), so that references see
/// what it sets.
#[must_use]
pub fn is_handed(cx: &Context<'_>, file: &EnvFile) -> bool {
    let name = file.file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| cx.project.handed.contains(name))
}

/// The services that make one mistake, each once.
#[must_use]
pub fn clients_of<'f, 'a>(mistake: &[Astray<'f, 'a>]) -> Vec<&'f ServiceFacts<'a>> {
    let mut clients: Vec<&ServiceFacts<'_>> = Vec::new();
    for astray in mistake {
        if clients.iter().all(|client| client.key != astray.client.key) {
            clients.push(astray.client);
        }
    }
    clients
}

/// The same, for people: `` `api` and `worker` ``.
#[must_use]
pub fn clients(mistake: &[Astray<'_, '_>]) -> String {
    let names: Vec<&str> =
        clients_of(mistake).iter().map(|client| client.service.name.value.as_str()).collect();
    listed(&names)
}

/// Shows the other places where the mistake is made.
#[must_use]
pub fn also_there(mut finding: Finding, mistake: &[Astray<'_, '_>]) -> Finding {
    const MAX_SHOWN: usize = 5;
    let mut shown = vec![finding.at];
    for astray in mistake {
        let place = astray.dial.place;
        if !shown.contains(&place) && shown.len() <= MAX_SHOWN {
            shown.push(place);
            finding = finding.also(place, format!("dials `{}`, too", astray.dial.endpoint.shown()));
        }
    }
    finding
}

/// The gaps that are of one mistake together: those to which `key` gives the same.
#[must_use]
pub fn alike<'f, K: PartialEq>(gaps: &'f [Gap], key: impl Fn(&'f Gap) -> Option<K>) -> Vec<Vec<&'f Gap>> {
    let mut found: Vec<(K, Vec<&Gap>)> = Vec::new();
    for gap in gaps {
        let Some(key) = key(gap) else { continue };
        match found.iter_mut().find(|(known, _)| *known == key) {
            Some((_, gaps)) => gaps.push(gap),
            None => found.push((key, vec![gap])),
        }
    }
    found.into_iter().map(|(_, gaps)| gaps).collect()
}

/// The services that have these gaps, for people.
#[must_use]
pub fn lacking(gaps: &[&Gap]) -> String {
    let names: Vec<&str> = gaps.iter().map(|gap| gap.service.as_str()).collect();
    listed(&names)
}

/// The services that have these gaps.
#[must_use]
pub fn services<'a>(cx: &Context<'a>, gaps: &[&Gap]) -> Vec<&'a ServiceFacts<'a>> {
    gaps.iter().filter_map(|gap| cx.facts.service(&gap.service)).collect()
}

/// What becomes of the program without the variable, for people: the end of a sentence.
#[must_use]
pub fn without(cx: &Context<'_>, gap: &Gap) -> String {
    let dialled = || {
        let mut astray = cx.facts.astray(cx.facts.service(&gap.service)?);
        let unset =
            |cause: Cause<'_>| matches!(cause, Cause::Unset { variable, .. } if variable == gap.variable);
        astray.find(|astray| unset(astray.cause)).map(|astray| astray.dial.endpoint.shown())
    };
    match gap.need {
        Need::Dialled => match dialled() {
            Some(address) => format!("dials `{address}`, where nothing listens"),
            None => "dials the container itself".to_string(),
        },
        Need::Required => "stops".to_string(),
        Need::Wanted if gap.bare => "goes on with nothing".to_string(),
        Need::Wanted => "takes its default".to_string(),
    }
}

/// Says where the variable would be set for the service.
#[must_use]
pub fn not_set(finding: Finding, client: &ServiceFacts<'_>, variable: &str) -> Finding {
    let (name, block) = (&client.service.name, client.service.environment.key);
    match block.is_none() {
        true => finding.also(name.span, format!("`{}` has no `environment`", name.value)),
        false => finding.also(block, format!("`environment` of `{}` does not set `{variable}`", name.value)),
    }
}

/// Says what to set the variable to for each service that makes the mistake, and offers to.
#[must_use]
pub fn set_for(cx: &Context<'_>, finding: Finding, mistake: &[Astray<'_, '_>], variable: &str) -> Finding {
    let Some(Astray { client, dial, sibling, .. }) = mistake.first() else { return finding };
    let value = value_to_set(client, dial, variable, sibling);
    let Some(value) = value else {
        let address = host_and_port(&sibling.service.name.value, port_to_dial(dial, sibling));
        return finding.help(format!(
            "set `{variable}` in `environment` of {} to an address on `{address}`",
            clients(mistake)
        ));
    };
    set_to(cx, finding, &clients_of(mistake), variable, &value)
}

/// Says to set the variable to this for each of the services, and offers to.
#[must_use]
pub fn set_to(
    cx: &Context<'_>,
    finding: Finding,
    services: &[&ServiceFacts<'_>],
    variable: &str,
    value: &str,
) -> Finding {
    let Some(first) = services.first() else { return finding };
    let names: Vec<&str> = services.iter().map(|client| client.service.name.value.as_str()).collect();
    let names = listed(&names);
    let finding =
        finding.help(format!("write `{}` in `environment` of {names}", entry(first, variable, value)));
    let mut edits: Vec<Edit> = Vec::new();
    for client in services {
        let Some(more) = cx.edits.set_variable(client.service, variable, value) else { return finding };
        // Services that share a block are served by one entry in it.
        edits.extend(more.into_iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
    }
    finding.fix(Fix {
        title: format!("set `{variable}` for {names}"),
        applicability: Applicability::Unsafe,
        edits,
    })
}

/// The single-label host of a dial, unless it only holds the place of one ("put yours here"): where a sibling does what
/// is asked of it, that one should stand there.
#[must_use]
pub fn written_label(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<String> {
    const WORDS: [&str; 11] = [
        "your",
        "my",
        "example",
        "changeme",
        "placeholder",
        "xxx",
        "todo",
        "hostname",
        "host",
        "domain",
        "ip",
    ];
    let host = label(dial)?;
    let lower = host.to_ascii_lowercase();
    let template = host.contains(['<', '>', '{', '}', '*', '$', '%']);
    let placeholder = || lower.split(['-', '_']).any(|word| WORDS.contains(&word));
    let open = template || placeholder() && cx.facts.meant(client, dial).is_empty();
    (!open).then_some(host)
}

/// Who says what a dial says: its variable, the configuration, or the program.
#[must_use]
pub fn who(dial: &Dial<'_>) -> String {
    match dial.variable() {
        Some(name) => format!("`{name}`"),
        None if dial.is_of_file() => "the configuration".to_string(),
        None => "the program".to_string(),
    }
}

/// Who says a part of what a dial says: the variable that holds the part, which need not be that of the host.
#[must_use]
pub fn who_says(client: &ServiceFacts<'_>, dial: &Dial<'_>, part: &Text) -> String {
    let origin = part.origin();
    let from_file = |via: &Via| matches!(via, Via::File(_));
    if origin.is_some_and(|origin| origin.through.iter().any(from_file)) {
        return "the configuration".to_string();
    }
    let through = origin.and_then(|origin| origin.read().or_else(|| origin.fallback_read()));
    if let Some((variable, _)) = through {
        return client.sayer(variable);
    }
    let written = part.span();
    let holds = |text: &Text| {
        !written.is_none() && text.pieces().iter().any(|piece| piece.origin.written.contains(written))
    };
    let mut all = client.environment.iter();
    match all.find(|(_, effective)| effective.value().is_some_and(holds)) {
        Some((name, _)) => format!("`{name}`"),
        None => who(dial),
    }
}

/// The single-label host of a dial, if it is one.
#[must_use]
pub fn label(dial: &Dial<'_>) -> Option<String> {
    match dial.host() {
        HostKind::Label(label) => Some(label),
        _ => None,
    }
}

/// How sure it is, by where the host came from, that the process dials it: a default that is only read, or that
/// the host may override, is less than what is written.
#[must_use]
pub fn how_sure(dial: &Dial<'_>) -> Confidence {
    let Some(address) = dial.endpoint.address() else { return Confidence::Possible };
    let fallback = dial.host_origin().is_some_and(|origin| origin.unset_read().is_some());
    let setting = dial.host_origin().is_some_and(|origin| origin.setting().is_some());
    match (&dial.by, address.host.certainty()) {
        (_, Certainty::Unknown) => Confidence::Possible,
        // What the program does with its own default is not seen.
        (By::Read(..), _) if fallback || setting => Confidence::Possible,
        (_, Certainty::Depends(_)) => Confidence::Likely,
        _ if fallback || dial.speaks_web() => Confidence::Likely,
        _ => Confidence::Certain,
    }
}

/// Whether part of the service may stand in a file that could not be looked at: one that `include` or `extends` names
/// and that is not there, or lies elsewhere.
#[must_use]
pub fn is_incomplete(cx: &Context<'_>, service: &ServiceFacts<'_>) -> bool {
    let files = cx.project.problems.iter().filter(|problem| problem.kind == ProblemKind::MissingFile);
    files.into_iter().any(|problem| problem.service.as_deref().is_none_or(|name| name == service.key))
}

/// Whether a dial is known to reach the sibling or somebody.
#[must_use]
pub fn reaches_somebody(dial: &Dial<'_>) -> bool {
    matches!(dial.target, Some(Target::Sibling(_) | Target::Itself | Target::Declared))
}

/// How sure it is that nobody answers; `None` when it should not be said at all.
#[must_use]
pub fn nobody_answers(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Confidence> {
    let host = &dial.endpoint.address()?.host;
    let fallback = dial.host_origin().is_some_and(|origin| origin.unset_read().is_some());
    let setting = dial.host_origin().is_some_and(|origin| origin.setting().is_some());
    let meant = || label(dial).and_then(|label| probably(cx, client, dial, &label));
    // A variation for another host may find there what is not seen here, unless one of its own services is meant; who waits for
    // that finds it here, whatever other networks it is in.
    let awaited = || meant().is_some_and(|meant| readiness::dependency(client, meant).is_some());
    let outside = cx.project.variant && meant().is_none()
        || cx.project.remote().next().is_some()
        || cx.facts.reach.sees_outside(client.key) && !awaited()
        || label(dial).is_some_and(|label| cx.project.elsewhere.contains(&label));
    Some(match (&dial.by, host.certainty()) {
        (_, Certainty::Unknown) => return None,
        // The program's own default or setting, and what the program does with it is not seen.
        (By::Read(..), _) if fallback || setting => Confidence::Possible,
        _ if outside || dial.may_be_public() => Confidence::Possible,
        (_, Certainty::Depends(_)) => Confidence::Likely,
        _ if fallback || dial.speaks_web() => Confidence::Likely,
        _ => Confidence::Certain,
    })
}

/// The names of the other services that run.
#[must_use]
pub fn others<'a>(cx: &Context<'a>, client: &ServiceFacts<'_>) -> Vec<&'a str> {
    cx.facts.active().map(|facts| facts.key).filter(|name| *name != client.key).collect()
}

/// The service that a host which nobody has probably means: one of a like name, or one that does what is asked.
#[must_use]
pub fn probably<'a>(
    cx: &Context<'a>,
    client: &ServiceFacts<'a>,
    dial: &Dial<'a>,
    host: &str,
) -> Option<&'a str> {
    // There may be thousands. Far longer names are never near; a known server that does something else is not meant.
    let far = 1 + host.len() / 3;
    let alike = others(cx, client).into_iter().filter(|name| name.len().abs_diff(host.len()) <= far);
    let fits = |name: &str| cx.facts.service(name).is_none_or(|other| other.may_answer(dial));
    let near = alike.filter(|name| strsim::jaro_winkler(name, host) > 0.85 && fits(name));
    let near = near.max_by(|a, b| strsim::jaro_winkler(a, host).total_cmp(&strsim::jaro_winkler(b, host)));
    near.or_else(|| cx.facts.meant(client, dial).first().map(|facts| facts.key))
}

/// Whether the address stands in a file of variables that several services have, servers aside, and nobody is seen to read it here:
/// one file for all holds what any of them may need, and tests on the host.
#[must_use]
pub fn is_for_all(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    dial.held().is_some_and(|name| {
        let layer = client.environment.get(name).map(|effective| effective.layer);
        // Whose program is seen to read it dials it, whoever else is given the file.
        let uses = client.program.uses();
        let own = client.program.modules.iter().any(|module| {
            let mut reads = module.reads.iter().filter(|read| read.name.value == name);
            reads.any(|read| uses.looks_at(read) && uses.runs(module, read.span))
        });
        let others = |other: &ServiceFacts<'_>| !other.image.is_some_and(|image| image.is_server());
        layer == Some(Layer::EnvFile) && !own && is_shared(cx, client, name, others)
    })
}

/// Whether one of these other services has the variable from the same place.
#[must_use]
pub fn is_shared(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    variable: &str,
    others: impl Fn(&ServiceFacts<'_>) -> bool,
) -> bool {
    let key = |service: &ServiceFacts<'_>| {
        service.environment.get(variable).map(|effective| effective.variable.key)
    };
    let own = key(client);
    let mut services = cx.facts.services().filter(|other| other.key != client.key && others(other));
    own.is_some() && services.any(|other| key(other) == own)
}
