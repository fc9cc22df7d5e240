//! Whether Celery's settings are seen where Django's are to have them.

use super::{Dial, ServiceFacts};
use crate::programs::SinkKind;

impl ServiceFacts<'_> {
    /// Whether Celery is told its broker by Django's settings, and those may say it in ways that are not seen: no file of settings is
    /// loaded, or one of them speaks of a broker.
    #[must_use]
    pub fn may_be_told_by_django(&self, dial: &Dial<'_>) -> bool {
        if dial.sink().is_none_or(|sink| sink.kind != SinkKind::CeleryBroker) {
            return false;
        }
        let scope = &self.program.scope;
        if scope.containing("config_from_object").is_empty() {
            return false;
        }
        let settings = scope.containing("INSTALLED_APPS");
        let loaded = settings.iter().any(|index| self.program.loaded.contains(index));
        let speaks =
            ["BROKER", "broker", "environ.Env", "split_settings", "configurations", "globals()", "locals()"];
        !loaded || speaks.iter().any(|word| !scope.containing(word).is_empty())
    }
}
