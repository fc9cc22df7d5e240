//! The ports that a server opens, where all of them are told: Traefik's entry points, Mosquitto's listeners.

use super::ServiceFacts;
use crate::programs::Role;
use crate::source::Text;

/// Where its own pages are, if nothing else is said.
const OWN: u16 = 8080;

/// The ports of a Traefik's entry points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoints {
    /// The ports.
    pub ports: Vec<u16>,
    /// Whether it has pages of its own, which it shows on no port as long as nobody asks it to.
    pub has_pages: bool,
}

impl ServiceFacts<'_> {
    /// The listeners of a Mosquitto whose one configuration is seen.
    #[must_use]
    pub fn told_listeners(&self) -> Option<Vec<u16>> {
        let reference = self.service.image.as_ref()?.complete()?;
        let own = self.image.is_some_and(|image| image.name == "mosquitto")
            && reference.starts_with("eclipse-mosquitto")
            && self.service.build.is_none()
            && self.service.entrypoint.is_none();
        let settings = self.program.modules.iter().filter(|module| module.role == Role::Settings);
        // The file may be called otherwise on this machine.
        let mut mounted = self.program.files.layers().iter().filter(|layer| !layer.directory);
        let mounted = mounted.find(|layer| layer.target.ends_with("mosquitto.conf")).map(|layer| &layer.host);
        let mut settings = settings
            .filter(|module| module.path.ends_with("mosquitto.conf") || mounted == Some(&module.path));
        let (Some(module), None, true) = (settings.next(), settings.next(), own) else { return None };
        let ports: Vec<u16> = module.listens.iter().map(|port| port.value).collect();
        let told = self.program.command.iter().any(|word| word.assumed().trim() == "-p");
        (module.imports.is_empty() && !ports.is_empty() && !told).then_some(ports)
    }

    /// The ports of a GitLab that is told its address outside: that is where its web server listens, too, as long as nobody
    /// tells that another (its documentation, "NGINX settings", `listen_port`).
    #[must_use]
    pub fn told_address(&self) -> Option<Vec<u16>> {
        self.image.filter(|image| image.name == "gitlab" && self.service.build.is_none())?;
        let told = self.environment.value("GITLAB_OMNIBUS_CONFIG")?.complete()?;
        if told.contains("listen_port") || told.contains("listen_https") {
            return None;
        }
        let lines = told.split(['\n', ';']).map(str::trim).filter(|line| !line.starts_with('#'));
        let mut ports = vec![22];
        let mut main = false;
        for line in lines.filter(|line| line.contains("external_url")) {
            let address = line.split(['\'', '"']).nth(1)?;
            let (scheme, host) = address.split_once("://")?;
            let port = host.split('/').next()?.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            match port {
                Some(port) => ports.push(port.ok()?),
                None if scheme == "https" => ports.extend([80, 443]),
                None => ports.push(80),
            }
            main |= line.starts_with("external_url");
        }
        main.then_some(ports)
    }

    /// The ports that Traefik is told to listen on; nothing where not all that tells it is seen, or for its first version.
    #[must_use]
    pub fn entry_points(&self) -> Option<EntryPoints> {
        self.image.filter(|image| image.name == "traefik" && self.service.build.is_none())?;
        let reference = self.service.image.as_ref()?.complete()?;
        let tag = reference.rsplit_once(':').map_or("latest", |(_, tag)| tag).trim_start_matches('v');
        if tag.starts_with("1.") || tag == "1" || self.environment.unseen().is_some() {
            return None;
        }
        if self.service.entrypoint.is_some() || self.program.command.iter().any(Text::has_hole) {
            return None;
        }
        let words = self.program.command.iter().map(|word| word.assumed().to_lowercase());
        let set = self.environment.iter().filter_map(|(name, effective)| {
            let name = name.strip_prefix("TRAEFIK_")?.to_lowercase().replace('_', ".");
            Some(format!("--{name}={}", effective.value()?.assumed().to_lowercase()))
        });
        let options: Vec<String> = words.chain(set).collect();
        let by_file = options.iter().any(|option| option.starts_with("--configfile"))
            || self.program.files.layers().iter().any(|layer| {
                let target = layer.target.to_string_lossy();
                target == "/etc/traefik" || target.contains("/traefik.y") || target.contains("/traefik.t")
            });
        if by_file {
            let own = self.program.modules.iter().filter(|module| module.role == Role::Proxy);
            let mut ports: Vec<u16> = own.flat_map(|it| &it.listens).map(|port| port.value).collect();
            (!ports.is_empty()).then(|| ports.push(OWN))?;
            return Some(EntryPoints { ports, has_pages: true });
        }
        let mut ports = Vec::new();
        for option in options.iter().filter(|option| option.starts_with("--entrypoints")) {
            let (name, value) = option.split_once('=')?;
            let mut parts = name.trim_start_matches("--entrypoints").split('.').skip(1);
            parts.next()?;
            if parts.next() == Some("address") {
                let port = value.trim_matches(['"', '\'']).rsplit_once(':')?.1;
                ports.push(port.split('/').next()?.parse().ok()?);
            }
        }
        if ports.is_empty() {
            ports.push(80);
        }
        let asks = |names: &[&str]| {
            let own = |option: &String| {
                let name = option.split('=').next().unwrap_or(option);
                names.contains(&name) && !option.ends_with("=false")
            };
            options.iter().any(own)
        };
        let more = ["--ping", "--metrics", "--providers.rest"];
        let more = options.iter().any(|option| more.iter().any(|name| option.starts_with(name)));
        if more || asks(&["--api.insecure"]) {
            ports.push(OWN);
        }
        let has_pages = options.iter().any(|option| option.starts_with("--api"));
        Some(EntryPoints { ports, has_pages })
    }
}
