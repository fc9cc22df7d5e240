//! What a project says of itself beside its compose files.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a configuration file adds to what the compose files show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Hosts that are no services and may be dialled; `*.` for all below one.
    pub external_hosts: Vec<String>,
    /// The folders of this machine that services run, where their images don't show it.
    pub service_sources: BTreeMap<String, PathBuf>,
    /// Services whose programs wait by themselves until what they dial is ready.
    pub retrying_services: Vec<String>,
    /// How many connections a service takes, where its own configuration is not seen.
    pub connection_limits: BTreeMap<String, u64>,
    /// Names of variables that are read by something that can't be seen; `*` at the end for all that begin so.
    pub read_elsewhere: Vec<String>,
}

impl Own {
    /// Whether something that can't be seen reads the variable.
    #[must_use]
    pub fn reads(&self, variable: &str) -> bool {
        self.read_elsewhere.iter().any(|known| match known.strip_suffix('*') {
            Some(begin) => variable.starts_with(begin),
            None => variable == known,
        })
    }
}
