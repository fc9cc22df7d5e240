//! A program in PHP needs an extension that its image does not have.

use super::prelude::*;
use crate::facts::extensions;

rule!("php-extension-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let name = &service.service.name.value;
        let built = service.program.image.parsed.is_some();
        for lacking in extensions::lacking(service) {
            let (extension, base) = (&lacking.extension, &lacking.base);
            let what = if built { "which it is built on" } else { "which it runs" };
            let help = match built {
                true => format!("write `RUN {}` in the Dockerfile", lacking.install),
                false => {
                    format!("build an image of its own: `FROM {base}`, and in it `RUN {}`", lacking.install)
                }
            };
            out.push(
                RULE.finding(
                    lacking.place,
                    format!(
                        "`{name}` needs PHP's extension `{extension}`, which `{base}`, {what}, does not have: {}",
                        lacking.says
                    ),
                )
                .service(name.clone())
                .here(format!("needs `{extension}`"))
                .also(lacking.image, "an image without it".to_string())
                .help(help)
                .evidence(extension.clone()),
            );
        }
    }
}
