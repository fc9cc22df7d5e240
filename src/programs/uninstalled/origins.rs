//! Whether a program's Django lets only pages of its own origin send something: since 4.0 it compares the `Origin` of what is sent with the
//! name and port by which it is asked (docs.djangoproject.com/en/stable/ref/csrf), unless `CSRF_TRUSTED_ORIGINS` has that origin.

use super::super::{Module, ModuleIndex, python::requirements::Installed};
use super::drifted::newest;
use super::{Program, python};
use std::sync::Arc;

/// What looks at origins, and a page that sends: every administrator's.
const LOOKS: &str = "django.middleware.csrf.CsrfViewMiddleware";
const SENDS: &str = "admin.site.urls";
/// What may make other origins its own, or take the name from elsewhere.
const ORIGINS: &str = "CSRF_TRUSTED_ORIGINS";
const TOLD: [&str; 3] = ["USE_X_FORWARDED_HOST", "csrf_trusted_origins", "SECURE_PROXY_SSL_HEADER"];

/// Whether only its own origin may send something to the pages of its administrators.
pub(in crate::programs) fn takes_own_alone(program: &Program<'_>, modules: &[Arc<Module>]) -> bool {
    let scope = program.scope;
    if modules.is_empty() || scope.containing(LOOKS).is_empty() || scope.containing(SENDS).is_empty() {
        return false;
    }
    let new = |found: &Installed| {
        let named = found.direct.contains_key("django");
        named && newest(found, "django").is_some_and(|newest| newest >= (4, 0, 0))
    };
    // What made the settings wrote its own version there.
    let made = ["using Django 4.", "using Django 5.", "using Django 6."];
    let told = |index: &ModuleIndex| {
        scope.get(*index).is_none_or(|(_, source)| source.glance(|text| !is_left_empty(text)))
    };
    scope.containing_any(&TOLD).is_empty()
        && !scope.containing(ORIGINS).iter().any(told)
        && (python::installed(program).is_some_and(|found| new(&found))
            || !scope.containing_any(&made).is_empty())
}

/// Whether all that a text says of the setting is that it is empty.
fn is_left_empty(text: &str) -> bool {
    text.split(ORIGINS).skip(1).all(|rest| {
        let rest = rest.trim_start_matches([' ', '=']);
        rest.strip_prefix("[]").is_some_and(|rest| {
            rest.trim_start_matches([' ', '\r']).starts_with(['\n', '#']) || rest.is_empty()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_that_nobody_is_given() {
        assert!(is_left_empty("DEBUG = False\nCSRF_TRUSTED_ORIGINS = []\n"));
        assert!(!is_left_empty("CSRF_TRUSTED_ORIGINS = ['http://localhost:1337']\n"));
        assert!(!is_left_empty("CSRF_TRUSTED_ORIGINS = []\nCSRF_TRUSTED_ORIGINS += hosts\n"));
    }
}
