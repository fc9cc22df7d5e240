//! Images whose servers answer only inside their container.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Version;

/// Where an image answers only inside its container, as long as no configuration says where it listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// Only these of the entry's images.
    pub images: Vec<String>,
    /// Only from this version on.
    #[serde(default)]
    pub since: Option<Version>,
    /// The port.
    pub port: u16,
    /// Where its configuration lies.
    pub files: Vec<String>,
    /// Only where these variables have these values.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Not where one of these variables is set.
    #[serde(default)]
    pub unless: Vec<String>,
    /// What to do about it.
    pub write: String,
}
