//! A variable has a value, or a configuration something, with which the service's image does not start.

use super::prelude::*;
use super::{unknown_option, versions};
use crate::compose::ImageReference;
use crate::facts::certificates;
use crate::facts::images::{ImageKind, KnownImage};
use crate::facts::variables;
use crate::facts::{etcd, listener_names, members, portless, replica_sets};
use crate::programs::config_files::redis::UNRESOLVED;
use crate::programs::refused_sql::{Refused, RefusedSql};
use crate::programs::{Expr, Module, Role};

rule!("refused-value", check);

const OF_VARIABLES: &str = "do it in a script of the shell beside it (`.sh`), which hands SQL with the variable to the client, or write the value";

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(configuration(service));
        out.extend(strange(service));
        out.extend(in_script(service));
        out.extend(relative_mount(service));
        out.extend(portless(service));
        out.extend(without_certificate(service));
        out.extend(listeners(service));
        out.extend(member(cx, service).or_else(|| of_cluster(cx, service)));
        out.extend(copies(cx, service));
        out.extend(of_set(cx, service));
        for finding in by_schema(service) {
            // Services that get it from one file, or by an anchor, tell it once.
            let same = |known: &&mut Finding| {
                known.at == finding.at && known.evidence == finding.evidence && !known.at.is_none()
            };
            match out.iter_mut().find(same) {
                Some(known) => known.also.push(crate::finding::Label {
                    span: service.service.name.span,
                    text: "this one does not start either".to_string(),
                }),
                None => out.push(finding),
            }
        }
        out.extend(versions::of_another(cx, &RULE, service));
        let (Some(image), Some(reference)) = (service.image, service.reference.as_deref()) else { continue };
        out.extend(setting(service, image, reference));
        // Another start script may do without the image's own.
        if service.service.entrypoint.is_some() {
            continue;
        }
        for refused in image.refused(reference) {
            let mut variables = refused.variables.iter().map(String::as_str);
            let set = |name| Some((name, service.environment.value(name)?));
            let Some((variable, value)) = variables.find_map(set) else { continue };
            let Some(value_text) = value.complete().filter(|text| refused.is(text)) else { continue };
            let changed =
                |begin: &String| service.environment.iter().any(|(name, _)| name.starts_with(begin.as_str()));
            let with = |known: &String| {
                let (name, wanted) = known.split_once('=').unwrap_or((known, ""));
                service.environment.value(name).and_then(Text::complete).is_some_and(|text| text == wanted)
            };
            if refused.unless.iter().any(changed)
                || !refused.with.is_empty() && !refused.with.iter().any(with)
            {
                continue;
            }
            let name = &service.service.name.value;
            let place = value.span();
            out.push(
                RULE.finding(
                    if place.is_none() { service.service.name.span } else { place },
                    match refused.form {
                        // A password is not repeated.
                        Some(form) if form.is_of_passwords() => format!(
                            "`{name}` does not start with this `{variable}`: {} says `{}`",
                            image.title, refused.says
                        ),
                        _ if refused.is_any() => format!(
                            "`{name}` does not start where `{variable}` is set: {} says `{}`",
                            image.title, refused.says
                        ),
                        _ => format!(
                            "`{name}` does not start with `{value_text}` in `{variable}`: {} says `{}`",
                            image.title, refused.says
                        ),
                    },
                )
                .service(name.clone())
                .here("refused by the image")
                .help(refused.instead.clone())
                .evidence(variable),
            );
        }
    }
}

/// Values that a schema of the program's own refuses when it starts.
fn by_schema(service: &ServiceFacts<'_>) -> Vec<Finding> {
    let program = service.program;
    let modules = program.modules.iter().filter(|module| program.entry_known && !module.limits.is_empty());
    let uses = modules.clone().next().map(|_| program.uses());
    let mut out: Vec<Finding> = Vec::new();
    for (module, limits) in modules.flat_map(|module| module.limits.iter().map(move |it| (module, it))) {
        let Some(read) = module.reads.iter().find(|read| read.span == limits.read) else { continue };
        let run = uses.as_ref().is_some_and(|uses| uses.starts(module, read.span));
        // On some branches it is not read.
        let whole = !matches!(read.expression, Expr::If(_));
        let ignores_case = variables::made_by(read).is_some_and(|made| made.ignore_case);
        let mut named = service.environment.iter().filter(|(name, _)| {
            *name == read.name.value || ignores_case && name.eq_ignore_ascii_case(&read.name.value)
        });
        let (Some((variable, one)), None) = (named.next(), named.next()) else { continue };
        let value = one.value().and_then(|value| Some((value, limits.refuse(&value.complete()?)?)));
        let Some((value, refused)) = value.filter(|_| run && whole) else { continue };
        if out.iter().any(|known| known.evidence.iter().any(|known| known == variable)) {
            continue;
        }
        let (name, place, library) = (&service.service.name, value.span(), limits.library);
        let finding = RULE.finding(
            if place.is_none() { name.span } else { place },
            format!("`{}` does not start with this `{variable}`: it {refused}", name.value),
        );
        let finding = finding.service(name.value.clone()).here(format!("refused by {library}"));
        let finding = limits.help().into_iter().fold(finding, |finding, help| finding.help(help));
        out.push(finding.also(limits.span, "asked for here").at_most(Confidence::Likely).evidence(variable));
    }
    out
}

/// Addresses without a port in programs of Go, which stop there or dial nobody.
fn portless(service: &ServiceFacts<'_>) -> Vec<Finding> {
    let name = &service.service.name;
    let mut found: Vec<Finding> = Vec::new();
    for one in portless::of(service) {
        let (address, callee) = (&one.address, &one.callee);
        let source = one.variable.as_ref().map_or_else(String::new, |variable| format!(" from `{variable}`"));
        let what = if one.listens { "does not listen" } else { "reaches nobody" };
        if found.iter().any(|known| known.at == one.place) {
            continue;
        }
        let finding = RULE.finding(
            one.place,
            format!(
                "`{}` {what} at `{address}`{source}: `{callee}` of Go says `missing port in address`",
                name.value
            ),
        );
        let finding = finding.service(name.value.clone()).here("an address without a port");
        let finding = if one.at == one.place { finding } else { finding.also(one.at, "takes `host:port`") };
        let help = format!("write `{}` for `{address}`", one.instead);
        found.push(finding.help(help).at_most(Confidence::Likely).evidence(address.clone()));
    }
    found
}

/// Listeners of Kafka whose names do not go together.
fn listeners(service: &ServiceFacts<'_>) -> Option<Finding> {
    let refused = listener_names::refused(service)?;
    let (name, place) = (&service.service.name, refused.value.span());
    let (variable, listener) = (&refused.variable, &refused.listener);
    let finding = RULE.finding(
        if place.is_none() { name.span } else { place },
        format!(
            "`{}` does not start with this `{variable}`, for the listener `{listener}`: {}",
            name.value, refused.says
        ),
    );
    Some(
        finding
            .service(name.value.clone())
            .here("refused by Kafka")
            .help(refused.instead)
            .at_most(Confidence::Likely)
            .evidence(variable.clone()),
    )
}

/// A member of an etcd cluster that is told of itself what does not go together.
fn member(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let refused = etcd::refused(&cx.facts.reach, service)?;
    let (name, variable) = (&service.service.name, &refused.name);
    let what = match refused.ends {
        true => format!("`{}` does not start with this `{variable}`: {}", name.value, refused.says),
        false => format!("`{variable}` of `{}` leads others astray: {}", name.value, refused.says),
    };
    let place = if refused.place.is_none() { name.span } else { refused.place };
    let finding = RULE.finding(place, what).service(name.value.clone()).help(refused.instead);
    let finding = finding.at_most(Confidence::Likely).evidence(variable.clone());
    Some(match refused.ends {
        true => finding.here("refused by etcd"),
        false => finding.here("leads nowhere").severity(Severity::Warning),
    })
}

/// A member of a cluster that has another's number, or a list that names nobody or another in its place.
fn of_cluster(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let wrong = members::wrong(cx.facts, service)?;
    let (name, variable) = (&service.service.name, wrong.variable);
    let place = if wrong.place.is_none() { name.span } else { wrong.place };
    let finding = RULE.finding(
        place,
        format!("`{}` does not come into its cluster with this `{variable}`: {}", name.value, wrong.says),
    );
    let finding = finding.service(name.value.clone()).here("does not go together").help(wrong.instead);
    let finding = finding.at_most(Confidence::Likely).evidence(variable);
    Some(match wrong.also {
        Some((span, text)) if !span.is_none() => finding.also(span, text),
        _ => finding,
    })
}

/// A replica set of MongoDB of which not all say the same.
fn of_set(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = replica_sets::astray(cx.facts, service)?;
    let name = &service.service.name;
    let place = if found.place.is_none() { name.span } else { found.place };
    let finding = RULE.finding(place, found.says).service(name.value.clone()).help(found.instead);
    let finding = finding.here("does not go together").at_most(Confidence::Likely).evidence("replica set");
    Some(match found.also {
        Some((span, text)) if !span.is_none() => finding.also(span, text),
        _ => finding,
    })
}

/// The only broker of Kafka that keeps what groups have read in three copies, as it does where nobody says otherwise.
fn copies(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    const VARIABLE: &str = "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR";
    let broker = |service: &ServiceFacts<'_>| {
        service.speaks("kafka") && service.image.is_some_and(|image| image.kind == ImageKind::Broker)
    };
    let reference = service.reference.as_deref().and_then(ImageReference::parse)?;
    let confluent = matches!(reference.path, "confluentinc/cp-kafka" | "confluentinc/cp-server");
    let alone = cx.facts.services().filter(|other| broker(other)).count() == 1;
    // One that only controls keeps none, and no start script of the image's own sets it.
    let brokers = service
        .environment
        .value("KAFKA_PROCESS_ROLES")
        .is_none_or(|roles| roles.assumed().contains("broker"));
    let plain = service.service.entrypoint.is_none()
        && service.service.command.is_none()
        && service.service.build.is_none();
    let known = service.environment.unseen().is_none() && service.environment.value(VARIABLE).is_none();
    let read = cx.facts.active().any(|other| {
        other.key != service.key && other.dials.iter().any(|dial| dial.sibling() == Some(service.key))
    });
    if !(confluent && alone && brokers && plain && known && read) {
        return None;
    }
    let name = &service.service.name;
    let finding = RULE.finding(
        name.span,
        format!("`{}` is the only broker, and Kafka keeps what groups of consumers have read in three copies unless `{VARIABLE}` says otherwise: it makes none, and groups wait for ever", name.value),
    );
    let finding = finding.service(name.value.clone()).severity(Severity::Warning).at_most(Confidence::Likely);
    Some(finding.here("one broker").help(format!("set `{VARIABLE}: 1`")).evidence(VARIABLE))
}

/// A program of ASP.NET Core that is told to listen on HTTPS and has no certificate.
fn without_certificate(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (variable, value) = certificates::lacked_by_kestrel(service)?;
    let name = &service.service.name.value;
    let place = value.span();
    Some(
        RULE.finding(
            if place.is_none() { service.service.name.span } else { place },
            format!(
                "`{name}` is told to listen on HTTPS by `{variable}`, and nothing gives it a certificate: Kestrel says `Unable to configure HTTPS endpoint`"
            ),
        )
        .service(name.clone())
        .here("HTTPS without a certificate")
        .help("listen on HTTP alone behind a proxy, or set `ASPNETCORE_Kestrel__Certificates__Default__Path` and `…__Password`")
        .at_most(Confidence::Likely)
        .evidence(variable),
    )
}

/// A setting of a configuration file that this version of the image does not take any more.
fn setting(service: &ServiceFacts<'_>, image: &KnownImage, reference: &str) -> Option<Finding> {
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let (refused, place) = image.settings_refused(reference).find_map(|refused| {
        let mut modules = service.program.modules.iter();
        let place = modules.find_map(|module| refused.place(module.names.get(Module::ITSELF)?, &words))?;
        Some((refused, place))
    })?;
    let name = &service.service.name.value;
    let finding = RULE
        .finding(
            place,
            format!(
                "`{name}` does not start with `{}` in its configuration: {} of this version says `{}`",
                refused.key, image.title, refused.says
            ),
        )
        .service(name.clone())
        .here("not known to this version")
        .help(refused.instead.clone())
        .at_most(Confidence::Likely)
        .evidence(refused.key.clone());
    Some(match &service.service.image {
        Some(image) => finding.also(image.span(), unknown_option::version_of(reference)),
        None => finding,
    })
}

/// A volume or folder that is to be mounted at a place that does not begin at the root: Docker makes no such container.
fn relative_mount(service: &ServiceFacts<'_>) -> Option<Finding> {
    let windows = |target: &str| target.contains(['\\', ':']);
    let mount = service.service.volumes.iter().find(|mount| {
        let target = mount.target.as_str();
        !target.is_empty()
            && !target.starts_with('/')
            && !windows(target)
            && !target.contains(['$', Text::HOLE])
    })?;
    let (name, target) = (&service.service.name.value, &mount.target);
    let place = if mount.target_origin.written.is_none() { &mount.origin } else { &mount.target_origin };
    let finding = RULE.finding(
        place.written,
        format!("`{name}` does not start with a mount at `{target}`: Docker says `invalid mount path: '{target}' mount path must be absolute`"),
    );
    // A name alone is taken for the place in the container.
    let help = match mount.source {
        None => format!("write `{target}:/PLACE`, with the place in the container"),
        Some(_) => "write the whole path in the container, from `/` on".to_string(),
    };
    Some(finding.service(name.clone()).here("no absolute path").help(help).evidence(target.clone()))
}

/// What a script of SQL says that is run when the data of a database is first made, and that it does not take.
fn in_script(service: &ServiceFacts<'_>) -> Option<Finding> {
    // A start of its own may change it before.
    let found = service.program.refused_sql.as_ref().filter(|_| service.service.entrypoint.is_none())?;
    let (name, RefusedSql { title, says, word, .. }) = (&service.service.name.value, found);
    let stops = format!("`{name}` stops when its data is first made: {title} says `{says}`");
    let told;
    let (message, label, help) = match found.what {
        Refused::Variable if says.is_empty() => (
            format!("`{name}` takes `{word}` as it stands here: nothing puts variables into scripts of SQL"),
            "is no SQL",
            OF_VARIABLES,
        ),
        Refused::Variable => (
            format!(
                "`{name}` stops when its data is first made: nothing puts variables into scripts of SQL, and {title} says `{says}`"
            ),
            "is no SQL",
            OF_VARIABLES,
        ),
        Refused::Plugin => (
            format!("`{name}` stops when its data is first made: {title} of this version says `{says}`"),
            "not loaded from 8.4 on",
            "write `caching_sha2_password`, which drivers of today know, or leave the line out",
        ),
        Refused::Function(extension) => {
            told = format!("write `CREATE EXTENSION IF NOT EXISTS \"{extension}\";` before it");
            (stops, "of an extension that nothing makes", told.as_str())
        }
        Refused::Collation => (
            stops,
            "a collation of MySQL 8",
            "write `utf8mb4_unicode_ci` in its place, or name an image of MySQL 8 or later",
        ),
        Refused::Owner => {
            // The first account is made before any script runs, and `postgres` only where nothing says another.
            let first = service.environment.get("POSTGRES_USER");
            let known = match first {
                Some(first) => first.value()?.complete()?.to_string(),
                None if service.environment.unseen().is_some() || service.lacks_env_file() => return None,
                None => "postgres".to_string(),
            };
            let same = known.eq_ignore_ascii_case(word) || known.is_empty() && word == "postgres";
            if same {
                return None;
            }
            let own = if known.is_empty() { "postgres" } else { known.as_str() };
            told = format!(
                "write `OWNER TO {own}`, the account that the image makes, `CREATE ROLE {word};` before it, or dump without owners (`pg_dump --no-owner`)"
            );
            (stops, "nobody makes this role", told.as_str())
        }
    };
    let finding = RULE.finding(found.at, message).service(name.clone()).here(label);
    Some(finding.help(help).at_most(Confidence::Likely).evidence(word.clone()))
}

/// A key that its program does not know, or an address where it takes hosts.
fn strange(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.strange_settings.as_ref()?;
    let name = &service.service.name.value;
    let message =
        format!("`{name}` does not start with this configuration: {} says `{}`", found.title, found.says);
    let finding = RULE.finding(found.at, message).service(name.clone()).at_most(Confidence::Likely);
    Some(
        finding
            .here(format!("refused by {}", found.title))
            .help(format!("write `{}`", found.meant))
            .evidence(found.says.clone()),
    )
}

/// Something in a configuration that its program refuses: nginx, Spring Boot.
fn configuration(service: &ServiceFacts<'_>) -> Option<Finding> {
    let mut modules = service.program.modules.iter();
    let (module, refused) = modules.find_map(|module| Some((module, module.refused.first()?)))?;
    let sentinel = refused.value == UNRESOLVED;
    if sentinel && !versions::is_since(service, "redis", "6.2") {
        return None;
    }
    let name = &service.service.name.value;
    let (who, help) = match module.role {
        Role::Proxy if refused.value.contains("not allowed here") => (
            "nginx",
            "a whole configuration, with `events` and `http`, belongs to `/etc/nginx/nginx.conf`; one with `server` alone to `/etc/nginx/conf.d/default.conf`",
        ),
        Role::Proxy if refused.value.starts_with("no \"events\"") => {
            ("nginx", "write `events {}` before `http`")
        }
        Role::Proxy => ("nginx", "a directive ends with `;`, and a comment begins with `#`"),
        _ if sentinel => (
            "Redis",
            "write `sentinel resolve-hostnames yes` before the first `sentinel monitor`, or an address in place of the name",
        ),
        _ => (
            "Spring Boot",
            "take it out of what counts only in a profile; `spring.profiles.group` in `application.yml` lets one profile bring others",
        ),
    };
    Some(
        RULE.finding(
            refused.span,
            format!("`{name}` does not start with this configuration: {who} says `{}`", refused.value),
        )
        .service(name.clone())
        .here(format!("refused by {who}"))
        .help(help)
        .at_most(Confidence::Likely)
        .evidence(refused.value.clone()),
    )
}
