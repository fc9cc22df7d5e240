//! A variable has a value, or a configuration something, with which the service's image does not start.

use super::prelude::*;

rule!("refused-value", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(configuration(service));
        let (Some(image), Some(reference)) = (service.image, service.reference.as_deref()) else { continue };
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
            if refused.unless.iter().any(changed) {
                continue;
            }
            let name = &service.service.name.value;
            let place = value.span();
            out.push(
                RULE.finding(
                    if place.is_none() { service.service.name.span } else { place },
                    match refused.is_any() {
                        true => format!(
                            "`{name}` does not start where `{variable}` is set: {} says `{}`",
                            image.title, refused.says
                        ),
                        false => format!(
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

/// Something in a proxy's configuration that the proxy refuses.
fn configuration(service: &ServiceFacts<'_>) -> Option<Finding> {
    let refused = service.program.modules.iter().find_map(|module| module.refused.first())?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            refused.span,
            format!("`{name}` does not start with this configuration: nginx says `{}`", refused.value),
        )
        .service(name.clone())
        .here("refused by nginx")
        .help(match refused.value.contains("not allowed here") {
            true => "a whole configuration, with `events` and `http`, belongs to `/etc/nginx/nginx.conf`; one with `server` alone to `/etc/nginx/conf.d/default.conf`",
            false => "a directive ends with `;`, and a comment begins with `#`",
        })
        .at_most(Confidence::Likely)
        .evidence(refused.value.clone()),
    )
}
