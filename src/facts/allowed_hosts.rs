//! The names by which Django lets itself be asked.

use super::{ServiceFacts, values};
use crate::programs::{Value, has_extension};

impl ServiceFacts<'_> {
    /// What `ALLOWED_HOSTS` of its program lets in, where that is known and looked at before anything answers.
    #[must_use]
    pub fn allowed_hosts(&self) -> Option<Vec<String>> {
        let scope = &self.program.scope;
        let mut settings =
            self.program.loaded.iter().filter_map(|index| scope.get(*index)).filter(|(_, source)| {
                has_extension(&source.path, &["py"]) && source.glance(|text| text.contains("ALLOWED_HOSTS"))
            });
        let (_, source) =
            settings.next().filter(|_| settings.next().is_none() && self.program.entry_known)?;
        let written = source.glance(str::to_string);
        let module = self.program.modules.iter().find(|module| module.path == source.path);
        let value = module.and_then(|module| {
            Some(values::value(self.program, &self.environment, module, module.names.get("ALLOWED_HOSTS")?))
        });
        let known = value.and_then(|value| match value {
            Value::List(all) => all.iter().map(|one| one.text()?.complete()).collect::<Option<Vec<String>>>(),
            _ => None,
        });
        let mut allowed = known.or_else(|| literals(&written, "ALLOWED_HOSTS"))?;
        // Middleware of one's own may answer before.
        let middleware = literals(&written, "MIDDLEWARE")?;
        let usual = ["django.", "whitenoise.", "corsheaders.", "allauth.", "rest_framework."];
        let plain = middleware.iter().all(|it| usual.iter().any(|own| it.starts_with(own)));
        let looks = middleware.iter().any(|it| it == "django.middleware.common.CommonMiddleware");
        // Where nothing is said, and errors are shown, Django knows its own names.
        if allowed.is_empty() && !written.lines().any(|line| line.replace(' ', "") == "DEBUG=False") {
            allowed.extend([".localhost", "127.0.0.1", "[::1]"].map(str::to_string));
        }
        (plain && looks).then_some(allowed)
    }
}

/// The texts of a list that is written out, and changed nowhere.
fn literals(written: &str, name: &str) -> Option<Vec<String>> {
    let mut places = written.match_indices(name);
    let (at, _) = places.next().filter(|_| places.next().is_none())?;
    let rest =
        written.get(at + name.len()..)?.trim_start().strip_prefix('=')?.trim_start().strip_prefix('[')?;
    let list = rest.get(..rest.find(']')?)?;
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or(line));
    let words: Vec<String> =
        lines.flat_map(|line| line.split(',')).map(|word| word.trim().to_string()).collect();
    let literal = |word: &String| {
        let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        word.strip_prefix(quote)?.strip_suffix(quote).map(str::to_string)
    };
    words.iter().filter(|word| !word.is_empty()).map(literal).collect()
}
