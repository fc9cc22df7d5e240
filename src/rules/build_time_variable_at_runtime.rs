//! A variable that a bundler reads when the image is built is set only when the container starts.

use super::prelude::*;
use crate::facts::{Layer, browsers};

rule!("build-time-variable-at-runtime", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let pages = &client.program.pages;
        if pages.at_start || pages.substitutes {
            continue;
        }
        // An image from elsewhere may put them in when it starts: many do.
        let confidence = match (&pages.bundle, &client.service.build) {
            (Some(_), _) => Confidence::Likely,
            (None, None) if client.image.is_none() => Confidence::Possible,
            _ => continue,
        };
        let bundle = pages.bundle.as_ref();
        let args = client.service.build.as_ref().map(|build| &build.args);
        let all = browsers::variables(client);
        let late: Vec<_> = all
            .iter()
            .filter(|variable| matches!(variable.layer, Some(Layer::Environment | Layer::EnvFile)))
            .filter(|variable| !variable.convention.at_start)
            .filter(|variable| match bundle {
                Some(bundle) => {
                    bundle.takes(variable.convention)
                        && !bundle.variables.contains(variable.name)
                        && args.is_none_or(|args| !args.contains_key(variable.name))
                }
                None => !variable.convention.vague,
            })
            .filter(|variable| !browsers::is_named_nowhere(client, variable))
            .collect();
        let Some(first) = late.first() else { continue };
        let (name, service) = (first.name, &client.service.name);
        let tool = &first.convention.title;
        let mut finding = RULE
            .finding(
                first.key,
                format!(
                    "`{name}` is set for the container of `{}`, but {tool} reads it when the image is built",
                    service.value
                ),
            )
            .service(service.value.clone())
            .here("comes too late")
            .at_most(confidence)
            .evidence(name);
        for other in late.iter().skip(1) {
            finding = finding.also(other.key, format!("`{}`, too", other.name)).evidence(other.name);
        }
        finding = match bundle {
            Some(bundle) => finding.also(bundle.made_by, "the bundle is made here, without it"),
            None => finding,
        };
        let value = match first.value.complete() {
            Some(value) => format!("`{name}: {value}`"),
            None => format!("`{name}`"),
        };
        out.push(match bundle {
            Some(_) => finding.help(format!(
                "write {value} under `build: args:` of `{}`, and `ARG {name}` before that `RUN`",
                service.value
            )),
            None => {
                finding.help("build the image with it, or see whether the image puts it in when it starts")
            }
        });
    }
}
