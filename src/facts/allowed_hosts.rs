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
        // What is added to the list later is not followed.
        if source.glance(|text| text.contains("ALLOWED_HOSTS.")) {
            return None;
        }
        let module = source.full();
        let value = |name: &str| {
            Some(values::value(self.program, &self.environment, module, module.names.get(name)?))
        };
        let list = |name: &str| match value(name)? {
            Value::List(all) => all.iter().map(|one| one.text()?.complete()).collect::<Option<Vec<String>>>(),
            _ => None,
        };
        let (mut allowed, middleware) = (list("ALLOWED_HOSTS")?, list("MIDDLEWARE")?);
        // Middleware of one's own may answer before.
        let usual = ["django.", "whitenoise.", "corsheaders.", "allauth.", "rest_framework."];
        let plain = middleware.iter().all(|it| usual.iter().any(|own| it.starts_with(own)));
        let looks = middleware.iter().any(|it| it == "django.middleware.common.CommonMiddleware");
        // Where nothing is said, and errors are shown, Django knows its own names.
        if allowed.is_empty() && !matches!(value("DEBUG"), Some(Value::Bool(false, _))) {
            allowed.extend([".localhost", "127.0.0.1", "[::1]"].map(str::to_string));
        }
        (plain && looks).then_some(allowed)
    }
}
