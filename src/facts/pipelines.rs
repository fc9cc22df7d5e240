//! On which ports Logstash listens, where all of what it runs is seen.

use std::path::Path;

use super::ServiceFacts;
use crate::programs::Expr;
use crate::programs::config_files::logstash::INPUTS;
use crate::source::Text;

/// Where its image looks for pipelines.
const FOLDER: &str = "/usr/share/logstash/pipeline";
/// What the image brings there, and where that listens.
const BROUGHT: (&str, u16) = ("/usr/share/logstash/pipeline/logstash.conf", 5044);
/// Its own pages.
const OWN: (u16, u16) = (9600, 9700);

impl ServiceFacts<'_> {
    /// The ports that the inputs of its pipelines open; `None` where it is no Logstash, or not all of them are seen.
    #[must_use]
    pub fn inputs(&self) -> Option<Vec<u16>> {
        self.image.filter(|image| image.name == "logstash" && self.service.build.is_none())?;
        let unseen = self.service.env_files.iter().any(|file| file.is_unseen());
        let layers = self.program.files.layers();
        // Several pipelines, and settings of its own, say where others lie.
        let settings = layers.iter().any(|layer| {
            layer.target.ends_with("pipelines.yml") || layer.target == Path::new("/usr/share/logstash/config")
        });
        let words: Vec<String> = self.program.command.iter().map(Text::assumed).collect();
        let told =
            words.iter().any(|word| matches!(word.as_str(), "-e" | "--path.settings" | "--config.string"));
        let elsewhere = self.environment.iter().any(|(name, _)| name.to_ascii_uppercase().contains("PATH"));
        if unseen || settings || told || elsewhere || self.service.entrypoint.is_some() {
            return None;
        }
        let named = words.iter().position(|word| matches!(word.as_str(), "-f" | "--path.config"));
        let named = named.and_then(|at| words.get(at + 1)).map(|word| Path::new(word).to_path_buf());
        if named.is_none() && words.iter().any(|word| word.contains("-f") || word.contains("path.config")) {
            return None;
        }
        let place = named.as_deref().unwrap_or(Path::new(FOLDER));
        let mut layers =
            layers.iter().filter(|layer| layer.target.starts_with(place) || place.starts_with(&layer.target));
        let modules = || self.program.modules.iter().filter_map(|module| module.names.get(INPUTS));
        layers.next()?;
        let mut found = vec![];
        for ports in modules() {
            let Expr::List(ports) = ports else { return None };
            for port in ports {
                let Expr::Text(text) = port else { return None };
                found.push(text.value.parse().ok()?);
            }
        }
        let replaced = named.is_some()
            || self
                .program
                .files
                .layers()
                .iter()
                .any(|layer| Path::new(BROUGHT.0).starts_with(&layer.target));
        found.extend((!replaced).then_some(BROUGHT.1));
        // A pipeline that is not read would be missing among them.
        let seen = modules().count();
        (seen > 0).then(|| {
            found.extend(OWN.0..=OWN.1);
            found
        })
    }
}
