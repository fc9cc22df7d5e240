//! The project's name (specification, section "Version and name").

use std::path::Path;

use super::LoadOptions;
use super::environment::{Environment, PROJECT_NAME};
use super::template::{Place, substitute};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, Text};
use crate::yaml::Stream;

/// The name of the project, and whether the files had no part in it. Makes it known to references.
pub(crate) fn project_name(
    options: &LoadOptions,
    streams: &[&Stream],
    directory: &Path,
    environment: &mut Environment,
    problems: &mut Vec<Problem>,
) -> String {
    let asked = options.project_name.clone().filter(|name| !name.is_empty());
    let (asked, told) = match asked {
        Some(name) => (Some(name), None),
        None => {
            let told = environment.get(PROJECT_NAME).filter(|name| name.is_blank() != Some(true));
            (told.as_ref().map(Text::assumed), told)
        }
    };
    if let Some(name) = asked {
        if normalized(&name) != name {
            let at = told.as_ref().map(Text::span).unwrap_or_default();
            let message = format!("`{name}` is no project name");
            let problem = Problem::refusal(ProblemKind::InvalidProjectName, at, message);
            problems.push(problem.help(format!(
                "write `{}`: lower case letters, digits, `-` and `_`, a letter or digit first",
                normalized(&name)
            )));
        }
        let text = told.unwrap_or_else(|| Text::known(name.as_str(), Origin::default()));
        environment.set(PROJECT_NAME, text);
        return name;
    }
    let written = written_name(streams, environment);
    let name = written.as_ref().map(|text| normalized(&text.assumed())).unwrap_or_default();
    let name = if name.is_empty() {
        let base = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if written.is_some() { String::new() } else { normalized(&base) }
    } else {
        name
    };
    if name.is_empty() {
        let at = written.as_ref().map(Text::span).unwrap_or_default();
        let message = match &written {
            Some(text) => format!("no project name can be made of `{}`", text.assumed()),
            None => format!("no project name can be made of the directory `{}`", directory.display()),
        };
        let problem = Problem::refusal(ProblemKind::InvalidProjectName, at, message);
        problems.push(problem.help("set `name:` at the top of the compose file, or use `-p`"));
    } else {
        let origin = written.and_then(|text| text.origin().cloned()).unwrap_or_default();
        environment.set(PROJECT_NAME, Text::known(name.as_str(), origin));
    }
    name
}

/// The last `name:` that is not blank, over all documents of all files. What is wrong with it is
/// reported when the document is read.
fn written_name(streams: &[&Stream], environment: &Environment) -> Option<Text> {
    let documents = streams.iter().flat_map(|stream| &stream.documents);
    let names = documents.filter_map(|document| document.as_mapping()?.get("name"));
    let mut scalars = names.filter_map(|entry| Some((entry.value.span, entry.value.as_scalar()?)));
    let (span, scalar) = scalars.rfind(|(_, scalar)| !scalar.text.is_empty())?;
    let place = Place { whole: span, exact: None };
    Some(substitute(&scalar.text, place, &|name| environment.get(name), &mut Vec::new()))
}

/// The name as Compose makes one of any text.
pub(crate) fn normalized(name: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let name: String = name.to_lowercase().chars().filter(allowed).collect();
    name.trim_start_matches(['-', '_']).to_string()
}
