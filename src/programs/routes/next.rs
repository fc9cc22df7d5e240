//! Next.js: the files of `app` and `pages` are its routes.

use std::path::{Path, PathBuf};

use super::sources::like;
use super::tells_health;
use crate::programs::{Program, has_extension};

/// What may answer other paths than those of the files.
const ELSE: [&str; 7] =
    ["rewrites", "basePath", "redirects", "pageExtensions", "i18n", "trailingSlash", "NextResponse.rewrite"];

/// Whether no file of the one project of Next.js that the program serves answers a path, which asks how it is or is one of its API.
/// `Some` is the path that may be meant.
pub(super) fn lacks(program: &Program, asked: &str) -> Option<Option<String>> {
    let wanted = asked.rsplit('/').next()?;
    if !tells_health(wanted) && !asked.starts_with("/api/") {
        return None;
    }
    let scope = &program.scope;
    let is_settings = |place: &Path| {
        place.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("next.config."))
    };
    let mut settings = scope.iter().filter(|(_, place, _)| is_settings(place));
    let (index, place, _) = settings.next()?;
    // Several projects, and what is not started, say nothing.
    if settings.next().is_some() || !program.loaded.contains(&index) {
        return None;
    }
    let project = place.parent()?;
    let mut routes: Vec<Vec<String>> = Vec::new();
    for (_, place, source) in scope.iter() {
        let Ok(below) = place.strip_prefix(project) else { continue };
        let below = below.strip_prefix("src").unwrap_or(below);
        let stem = below.file_stem().and_then(|name| name.to_str()).unwrap_or("");
        let top = below.components().count() == 1;
        if top
            && (is_settings(place) || matches!(stem, "middleware" | "proxy" | "server"))
            && source.glance(|text| stem == "server" || ELSE.iter().any(|sign| text.contains(sign)))
        {
            return None;
        }
        routes.extend(route(below));
    }
    let path: Vec<&str> = asked.split('/').filter(|part| !part.is_empty()).collect();
    if routes.is_empty() || routes.iter().any(|route| answers(route, &path)) {
        return None;
    }
    let known: Vec<String> = routes.iter().map(|route| format!("/{}", route.join("/"))).collect();
    Some(like(wanted, &known))
}

/// The segments of the path that a file answers, if it is one of a route.
fn route(below: &Path) -> Option<Vec<String>> {
    if !has_extension(below, &["js", "jsx", "ts", "tsx", "mjs"]) {
        return None;
    }
    let stem = below.file_stem()?.to_str()?;
    let parent: PathBuf = below.parent()?.to_path_buf();
    let names = |path: &Path| -> Vec<String> {
        path.components().filter_map(|part| part.as_os_str().to_str()).map(str::to_string).collect()
    };
    if let Ok(folder) = parent.strip_prefix("app") {
        let shown = |name: &String| !name.starts_with(['(', '@']);
        return matches!(stem, "route" | "page").then(|| names(folder).into_iter().filter(shown).collect());
    }
    let folder = parent.strip_prefix("pages").ok()?;
    let mut path = names(folder);
    if stem != "index" {
        path.push(stem.to_string());
    }
    (!stem.starts_with('_')).then_some(path)
}

/// Whether a route may answer a path: `[id]` is any one part of it, `[...all]` the rest.
fn answers(route: &[String], path: &[&str]) -> bool {
    match (route.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, _)), _) if first.starts_with("[...") || first.starts_with("[[...") => true,
        (Some((first, route)), Some((part, path))) => {
            (first == part || first.starts_with('[')) && answers(route, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_routes() {
        let of = |file: &str| route(Path::new(file)).map(|parts| parts.join("/"));
        assert_eq!(of("app/(shop)/api/health/route.ts").as_deref(), Some("api/health"));
        assert_eq!(of("app/api/health/helper.ts"), None);
        assert_eq!(of("pages/api/health.ts").as_deref(), Some("api/health"));
        assert_eq!(of("pages/api/health/index.js").as_deref(), Some("api/health"));
        assert_eq!(of("pages/_app.tsx"), None);
        let parts = |text: &str| text.split('/').map(str::to_string).collect::<Vec<_>>();
        assert!(answers(&parts("api/[...all]"), &["api", "health"]));
        assert!(answers(&parts("api/[id]"), &["api", "health"]));
        assert!(!answers(&parts("api/healthz"), &["api", "health"]));
    }
}
