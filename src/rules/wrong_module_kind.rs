//! Node.js loads a file as another kind of module than it is written as.

use super::absent::shown;
use super::prelude::*;

rule!("wrong-module-kind", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(glob(service));
        let Some(found) = &service.program.wrong_kind else { continue };
        let name = &service.service.name.value;
        let (path, word) = (shown(cx, &found.path), &found.used.value);
        let manifest = found.manifest.as_ref().map(|manifest| shown(cx, manifest));
        let (kind, written, evidence) = match found.as_module {
            true => (
                "an ES module",
                "CommonJS",
                format!("ReferenceError: {word} is not defined in ES module scope"),
            ),
            false => (
                "CommonJS",
                "an ES module",
                "SyntaxError: Cannot use import statement outside a module".to_string(),
            ),
        };
        let message = format!(
            "`{name}` does not start: `{path}` says `{word}`, and Node.js loads it as {kind}, which does not know that"
        );
        let renamed = |ending: &str| {
            format!(
                "call the file `{}`",
                found.path.with_extension(ending).file_name().unwrap_or_default().display()
            )
        };
        let help = match (found.as_module, &manifest) {
            (true, Some(manifest)) => {
                format!(
                    "take `\"type\": \"module\"` out of `{manifest}`, or {}, or write `import` for it",
                    renamed("cjs")
                )
            }
            (false, Some(manifest)) => {
                format!("write `\"type\": \"module\"` into `{manifest}`, or {}", renamed("mjs"))
            }
            (_, None) => renamed("js"),
        };
        let finding = RULE
            .finding(found.used.span, message)
            .service(name.clone())
            .here(format!("of {written}"))
            .help(help)
            .evidence(evidence);
        out.push(match found.said {
            Some(said) => finding.also(said, "decides it"),
            None => finding,
        });
    }
}

/// A pattern of sources of TypeScript, where the compiled program is run.
fn glob(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.source_glob.as_ref()?;
    let (name, pattern) = (&service.service.name.value, &found.pattern.value);
    let (why, evidence) = match &found.finds {
        Some(file) => (
            format!("Node.js loads `{}`, and takes no TypeScript", file.display()),
            "SyntaxError: Cannot use import statement outside a module",
        ),
        None => (
            "nothing that is compiled is called so, and no entity is known".to_string(),
            "EntityMetadataNotFoundError",
        ),
    };
    let message =
        format!("`{name}` runs its compiled program, and the entities of TypeORM are `{pattern}`: {why}");
    let finding = RULE.finding(found.pattern.span, message).service(name.clone()).here("sources");
    Some(
        finding
            .help("name the classes themselves, or what lies beside the code: `__dirname + '/**/*.entity.{js,ts}'`")
            .evidence(evidence),
    )
}
