//! What programs ask of servers and libraries that these do not have, and that nothing of the repository makes.

use std::path::Path;

use super::images::Version;
use super::{Dial, Facts, ServiceFacts};
use crate::compose::{ImageReference, MountKind, Project};
use crate::finding::Confidence;
use crate::programs::wanted::{self, Wanted};
use crate::source::Span;

/// Something that is asked for and not there.
pub struct Lack<'f, 'a> {
    /// What.
    pub wanted: &'static Wanted,
    /// Its name, where it is written.
    pub name: Option<&'a str>,
    /// Where it is asked for.
    pub at: Span,
    /// The server that is asked; none where a library looks for it.
    pub server: Option<&'f ServiceFacts<'a>>,
    /// Whether the program that asks is seen to run.
    pub sure: bool,
}

impl<'a> Facts<'a> {
    /// What a service asks for that is not there.
    #[must_use]
    pub fn lacking<'f>(&'f self, client: &'f ServiceFacts<'a>) -> Vec<Lack<'f, 'a>> {
        let sure = client.program.entry_known;
        let written = client.program.wants.iter().filter_map(|wants| {
            let lack = |server| Lack {
                wanted: wants.wanted,
                name: wants.name.as_deref(),
                at: wants.at,
                server,
                sure,
            };
            if wants.wanted.servers.is_empty() {
                return Some(lack(None));
            }
            // A script that the image runs asks its own server.
            if client.service.build.is_none() || lacks(self.project, client, wants.wanted) {
                let own = self.service(client.key).filter(|own| lacks(self.project, own, wants.wanted))?;
                return Some(Lack { sure: true, ..lack(Some(own)) });
            }
            self.asked(client, wants.wanted, true).map(|(server, _)| lack(Some(server)))
        });
        let by_all = wanted::of_all().filter_map(|wanted| {
            let (server, dial) = self.asked(client, wanted, false)?;
            let sure = dial.sureness > Confidence::Possible;
            Some(Lack { wanted, name: None, at: dial.place, server: Some(server), sure })
        });
        written.chain(by_all).collect()
    }

    /// The server that a program asks for it, and that has it not, with what dials it; with `loose`, also what is not known to speak to
    /// it as such clients do.
    fn asked<'f>(
        &'f self,
        client: &'f ServiceFacts<'a>,
        wanted: &Wanted,
        loose: bool,
    ) -> Option<(&'f ServiceFacts<'a>, &'f Dial<'a>)> {
        // What is not seen may make it.
        let unseen = |other: &ServiceFacts<'a>| match other.service.build {
            Some(_) => other.program.scope.is_empty() && other.program.commands.is_empty(),
            None => other.image.is_none(),
        };
        if !wanted.lacks && self.services().any(unseen) {
            return None;
        }
        let spoken = |dial: &Dial<'a>| {
            dial.speakable().any(|protocol| wanted.protocols.iter().any(|it| it == protocol))
        };
        let open = |dial: &Dial<'a>| loose && (wanted.protocols.is_empty() || dial.protocols.is_empty());
        let asked: Vec<_> = client
            .dials
            .iter()
            .filter(|dial| spoken(dial) || open(dial))
            .filter_map(|dial| Some((self.service(dial.sibling()?)?, dial)))
            .collect();
        // Another server of the kind may be the one that is meant.
        let lacking = |server: &ServiceFacts<'a>| lacks(self.project, server, wanted);
        if asked.iter().any(|(server, dial)| spoken(dial) && !lacking(server)) {
            return None;
        }
        asked.into_iter().find(|(server, _)| lacking(server))
    }
}

/// Whether a server is one that has it not: of its image as it is, or of one that is built from that and installs nothing.
fn lacks(project: &Project, server: &ServiceFacts<'_>, wanted: &Wanted) -> bool {
    let Some(parsed) = server.reference.as_deref().and_then(ImageReference::parse) else { return false };
    let version = |text: &Option<String>| text.as_ref().and_then(|text| Version::try_from(text.clone()).ok());
    let (since, before) = (version(&wanted.since), version(&wanted.before));
    // A digest without a tag tells no version.
    let told = parsed.tag.is_some() || parsed.digest.is_none() || since.is_none() && before.is_none();
    let program = server.program;
    let plain = match server.service.build {
        Some(_) => program.image.is_built(server.service) && program.image.runs.is_empty(),
        None => true,
    };
    let inside = |target: &Path| {
        wanted.files.iter().map(Path::new).any(|place| target.starts_with(place) || place.starts_with(target))
    };
    let shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash"));
    let own = !program.command.iter().any(|word| shell(&word.assumed()));
    wanted.servers.iter().any(|server| *server == parsed.path)
        && told
        && Version::lies_within(parsed.tag, since, before)
        && plain
        && own
        && server.service.entrypoint.is_none()
        && (server.environment.unseen().is_none() || wanted.unset.is_empty())
        && !wanted.unset.iter().any(|name| server.environment.get(name).is_some())
        && !program.files.layers().iter().any(|layer| inside(&layer.target))
        && !server.service.volumes.iter().any(|mount| inside(Path::new(&mount.target)))
        && !server.service.configs.iter().any(|config| inside(Path::new(&config.target)))
        && (wanted.lacks || !keeps(project, server))
}

/// Whether what is in a server may be there from before: it lies in a folder of this machine, or in a volume of others.
fn keeps(project: &Project, server: &ServiceFacts<'_>) -> bool {
    server.service.volumes.iter().any(|mount| match mount.kind {
        MountKind::Volume => {
            let external = |key: &String| project.volumes.get(key).is_some_and(|volume| volume.external);
            mount.source.as_ref().is_some_and(external)
        }
        MountKind::Bind => true,
        _ => false,
    })
}
