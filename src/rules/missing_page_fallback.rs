//! Pages that route in the browser, and a web server that answers their addresses with 404.

use super::prelude::*;

rule!("missing-page-fallback", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(found) = &service.program.unrouted else { continue };
        let (name, path) = (&service.service.name, &found.path);
        let message = format!(
            "the pages of `{}` route `{path}` in the browser, and its nginx knows only files: who reloads that page is answered with 404",
            name.value
        );
        let help = match found.stock {
            true => {
                "copy settings to `/etc/nginx/conf.d/default.conf` whose `location /` has `try_files $uri $uri/ /index.html;`: the image's own have no fall-back"
            }
            false => "write `try_files $uri $uri/ /index.html;` in `location /`",
        };
        out.push(
            RULE.finding(found.at, message)
                .service(name.value.clone())
                .here("no fall-back")
                .also(found.routed, "routed here")
                .help(help)
                .evidence(path.clone()),
        );
    }
}
