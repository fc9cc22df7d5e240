//! Databases that nothing puts tables into before their programs ask for those.

use super::{Facts, ServiceFacts};
use crate::compose::{MountKind, Project};
use crate::programs::tables::Tableless;

/// What databases of tables speak.
const OF_TABLES: [&str; 4] = ["postgresql", "mysql", "mariadb", "mssql"];

impl<'a> Facts<'a> {
    /// What a service needs tables for that nothing of its repository makes, with the database that is asked: it is empty when it first
    /// starts, and no other program of the project may fill it.
    #[must_use]
    pub fn tableless(&self, client: &ServiceFacts<'a>) -> Option<(&'a Tableless, &ServiceFacts<'a>)> {
        let lack = client.program.tableless.as_ref()?;
        let unseen = |other: &ServiceFacts<'a>| match other.service.build {
            Some(_) => other.program.scope.is_empty() && other.program.commands.is_empty(),
            None => other.image.is_none(),
        };
        if self.services().any(unseen) {
            return None;
        }
        let mut asked =
            client.dials.iter().filter(|dial| dial.protocols.iter().any(|it| OF_TABLES.contains(it)));
        let server = asked.find_map(|dial| self.service(dial.sibling()?))?;
        let fresh = server.program.starts_empty && !keeps(self.project, server);
        fresh.then_some((lack, server))
    }
}

/// Whether the data of a service is kept where others made it.
fn keeps(project: &Project, server: &ServiceFacts<'_>) -> bool {
    let external = |key: &String| project.volumes.get(key).is_some_and(|volume| volume.external);
    let mut volumes = server.service.volumes.iter().filter(|mount| mount.kind == MountKind::Volume);
    volumes.any(|mount| mount.source.as_ref().is_some_and(external))
}
