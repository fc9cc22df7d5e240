//! Which profiles are active, and what they choose.

use super::join::Document;
use super::manifests::Built;
use super::order::Rank;
use super::overrides::Overrides;
use super::settings::Setting;
use crate::programs::Start;
use crate::source::{Spanned, Text};

/// No program has more.
const MAX_PROFILES: usize = 64;

/// The active profiles, later over earlier; `None` when they cannot be known.
pub(super) type Profiles = Option<Vec<String>>;

/// Which framework reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framework {
    Spring,
    Quarkus,
    Micronaut,
}

/// The active profiles. `base` are the settings of the files that are for no profile, lowest first.
pub(super) fn active(
    framework: Framework,
    told: &Overrides,
    start: &Start<'_>,
    base: &[&Setting],
) -> Profiles {
    let (property, variable, none) = match framework {
        Framework::Spring => ("spring.profiles.active", "SPRING_PROFILES_ACTIVE", "default"),
        // Outside of its development mode, Quarkus runs as `prod`.
        Framework::Quarkus if development(start) => ("quarkus.profile", "QUARKUS_PROFILE", "dev"),
        Framework::Quarkus => ("quarkus.profile", "QUARKUS_PROFILE", "prod"),
        Framework::Micronaut => ("micronaut.environments", "MICRONAUT_ENVIRONMENTS", ""),
    };
    let environment = |name: &str| start.environment.get(name).cloned();
    let written = |name: &str| {
        let last = base.iter().rev().find(|setting| setting.key.value == name)?;
        Some(resolved(&last.value.value, start))
    };
    let listed = |name: &str| {
        let items = base
            .iter()
            .filter(|setting| setting.key.value.strip_prefix(name).is_some_and(|rest| rest.starts_with('[')));
        let items: Vec<String> = items.map(|setting| resolved(&setting.value.value, start)).collect();
        (!items.is_empty()).then(|| items.join(","))
    };
    let given = told
        .told(property)
        .or_else(|| environment(variable))
        .or_else(|| environment(property))
        .or_else(|| written(property))
        .or_else(|| listed(property));
    let given = given.filter(|given| !given.trim().is_empty()).unwrap_or_else(|| none.to_string());
    if given.contains(Text::HOLE) {
        return None;
    }
    let mut active: Vec<String> = Vec::new();
    let mut pending: Vec<String> = names(&given).rev().collect();
    pending.extend(
        written("spring.profiles.include").into_iter().flat_map(|all| names(&all).rev().collect::<Vec<_>>()),
    );
    pending.extend(
        listed("spring.profiles.include").into_iter().flat_map(|all| names(&all).rev().collect::<Vec<_>>()),
    );
    while let Some(profile) = pending.pop() {
        if active.contains(&profile) || active.len() >= MAX_PROFILES {
            continue;
        }
        if profile.contains(Text::HOLE) {
            return None;
        }
        let group = format!("spring.profiles.group.{profile}");
        let members = written(&group).or_else(|| listed(&group));
        pending.extend(members.into_iter().flat_map(|all| names(&all).rev().collect::<Vec<_>>()));
        active.push(profile);
    }
    Some(active)
}

/// Profiles that are chosen by what counts only in a profile: Spring Boot refuses that since 2.4.
pub(super) fn refused(
    documents: &[Document],
    active: &Profiles,
    framework: Framework,
    built: &Built,
) -> Vec<Spanned<String>> {
    const CHOOSE: [&str; 3] =
        ["spring.profiles.active", "spring.profiles.include", "spring.profiles.default"];
    let legacy = |setting: &Setting| setting.key.value == "spring.config.use-legacy-processing";
    let old = documents.iter().flat_map(|document| &document.settings).any(legacy);
    if framework != Framework::Spring || old || !built.is_since(2, 4) {
        return Vec::new();
    }
    let special = documents.iter().filter(|document| {
        document.rank != Rank::Bootstrap
            && (document.profile.is_some() || document.activation().is_some())
            && document.counts(active) == Some(true)
    });
    let chooses =
        |setting: &&Setting| CHOOSE.contains(&setting.key.value.split('[').next().unwrap_or_default());
    let first = special.flat_map(|document| document.settings.iter().filter(chooses)).next();
    let says = |setting: &Setting| {
        let why = format!("Property '{}' is invalid in a profile specific resource", setting.key.value);
        Spanned::new(why, setting.key.span)
    };
    first.map(says).into_iter().collect()
}

fn names(list: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    list.split(',').map(|name| name.trim().to_string()).filter(|name| !name.is_empty())
}

/// `quarkus dev`, `mvn quarkus:dev`, `gradle quarkusDev`
fn development(start: &Start<'_>) -> bool {
    let words = start.commands.iter().flat_map(|words| words.iter());
    words.map(String::as_str).any(|word| matches!(word, "quarkus:dev" | "quarkusDev" | "dev"))
}

/// The text with its placeholders replaced by the environment; what is not known is a hole.
pub(super) fn resolved(text: &str, start: &Start<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '@', '#']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        match after.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            Some((inside, behind)) => {
                let (name, default) =
                    inside.split_once(':').map_or((inside, None), |(name, default)| (name, Some(default)));
                match start.environment.get(name.trim()).map(String::as_str).or(default) {
                    Some(value) if !value.contains(['$', '{']) => out.push_str(value),
                    _ => out.push(Text::HOLE),
                }
                rest = behind;
            }
            None => {
                // `@activatedProfile@` is filled in by Maven.
                out.push(Text::HOLE);
                rest = "";
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a document that is for these profiles counts; `None` when that cannot be known.
pub(super) fn chosen(expression: &str, active: &Profiles) -> Option<bool> {
    let active = active.as_ref()?;
    let mut parser = Parser { text: expression, active };
    let value = parser.any();
    parser.text.trim().is_empty().then_some(value)
}

/// `docker`, `!docker`, `a & (b | c)`, `a, b`
struct Parser<'a> {
    text: &'a str,
    active: &'a [String],
}

impl Parser<'_> {
    fn any(&mut self) -> bool {
        let mut value = self.all(0);
        while self.takes(['|', ',']) {
            value |= self.all(0);
        }
        value
    }

    fn all(&mut self, depth: usize) -> bool {
        let mut value = self.one(depth);
        while self.takes(['&', '&']) {
            value &= self.one(depth);
        }
        value
    }

    fn one(&mut self, depth: usize) -> bool {
        if depth > 16 {
            return false;
        }
        if self.takes(['!', '!']) {
            return !self.one(depth + 1);
        }
        if self.takes(['(', '(']) {
            let mut value = self.all(depth + 1);
            while self.takes(['|', ',']) {
                value |= self.all(depth + 1);
            }
            self.takes([')', ')']);
            return value;
        }
        let end = self.text.find(['|', '&', '(', ')', ',', '!']).unwrap_or(self.text.len());
        let (name, rest) = self.text.split_at(end);
        self.text = rest;
        self.active.iter().any(|active| active == name.trim())
    }

    fn takes(&mut self, marks: [char; 2]) -> bool {
        self.text = self.text.trim_start();
        match self.text.strip_prefix(marks) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }
}

/// The framework whose settings these are.
pub(super) fn framework<'s>(settings: impl Iterator<Item = &'s Setting>) -> Framework {
    let mut framework = Framework::Spring;
    for key in settings.map(|setting| setting.key.value.as_str()) {
        if key.starts_with("spring.") {
            return Framework::Spring;
        }
        if key.starts_with("quarkus.") || key.starts_with('%') || key.starts_with("mp.") {
            framework = Framework::Quarkus;
        } else if framework == Framework::Spring
            && ["micronaut.", "datasources.", "r2dbc.datasources."].iter().any(|start| key.starts_with(start))
        {
            framework = Framework::Micronaut;
        }
    }
    framework
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let active = Some(vec!["docker".to_string(), "prod".to_string()]);
        for (expression, outcome) in [
            ("docker", true),
            ("!docker", false),
            ("dev | prod", true),
            ("dev, prod", true),
            ("docker & !dev", true),
            ("(dev | docker) & prod", true),
            ("dev", false),
        ] {
            assert_eq!(chosen(expression, &active), Some(outcome), "{expression}");
        }
        assert_eq!(chosen("docker", &None), None);
    }
}
