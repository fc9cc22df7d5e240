//! A bind mount hides what the build of the image made.

use super::prelude::*;
use crate::programs::Product;

rule!("mount-hides-build", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        // Node looks where this says, too.
        let told = service.environment.get("NODE_PATH").is_some();
        let name = &service.service.name.value;
        for hidden in &service.program.hidden {
            if told && hidden.product == Product::NodeModules {
                continue;
            }
            let path = hidden.path.display();
            let (what, then) = match hidden.product {
                Product::NodeModules => ("the packages", "the program stops with `Cannot find module`"),
                Product::Vendor => ("the packages", "`vendor/autoload.php` is missing"),
                Product::VirtualEnvironment => ("the virtual environment", "the packages are missing"),
                Product::Executable => ("the program", "the container cannot be started"),
                Product::Program => ("the program", "the container ends at once"),
            };
            let help = match hidden.product {
                Product::Executable | Product::Program => format!(
                    "take the mount out, or build to a folder outside `{}`: the container's command starts `{path}`",
                    hidden.target
                ),
                _ => format!("keep the image's own with a volume: add `- {path}` to `volumes` of `{name}`"),
            };
            // Who does as the notes say has them on the host.
            let sure = match hidden.product {
                Product::Vendor if cx.project.installs_by_hand => Confidence::Possible,
                Product::NodeModules if cx.project.installs_first => Confidence::Possible,
                _ => Confidence::Certain,
            };
            out.push(
                RULE.finding(
                    hidden.mount,
                    format!("the mount at `{}` hides {what} that the build of `{name}` put into `{path}`, and the folder of the host has none: {then}", hidden.target),
                )
                .service(name.clone())
                .here("takes the place of the folder of the image")
                .also(hidden.made, format!("makes `{path}`"))
                .help(help)
                .at_most(sure)
                .evidence(path.to_string()),
            );
        }
    }
}
