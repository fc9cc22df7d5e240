//! Settings of a file in whose place the program that loads it takes what a variable says.

use indexmap::IndexMap;

use super::{By, Dial, ServiceFacts};
use crate::programs::{Program, Role};

/// Takes back what files say that code loads, where that code is seen to dial a sibling by a variable instead: how the
/// variable comes before the file, its code says.
pub(super) fn only_what_stays(services: &mut IndexMap<&str, ServiceFacts<'_>>) {
    for service in services.values_mut() {
        let gone: Vec<Dial<'_>> = {
            let all = || service.dials.iter().chain(&service.received);
            let instead: Vec<&Dial<'_>> = all().filter(|dial| is_told(service, dial)).collect();
            let filed = all().filter(|dial| is_filed(service.program, dial));
            filed.filter(|dial| instead.iter().any(|other| stands_for(other, dial))).cloned().collect()
        };
        let stays = |dial: &Dial<'_>| !gone.iter().any(|gone| gone.place == dial.place && is_setting(dial));
        service.dials.retain(stays);
        service.received.retain(stays);
    }
}

fn is_setting(dial: &Dial<'_>) -> bool {
    matches!(dial.by, By::Sink(module, _) if module.role == Role::Settings)
}

/// Whether it is the setting of a file that the program's code loads.
fn is_filed(program: &Program, dial: &Dial<'_>) -> bool {
    matches!(dial.by, By::Sink(module, _) if module.role == Role::Settings && program.scope.loads(module))
}

/// Whether code dials a sibling by a variable that is set.
fn is_told(service: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let by_code = matches!(dial.by, By::Sink(module, _) | By::Read(module, _) if module.role == Role::Source);
    by_code
        && dial.sibling().is_some()
        && !dial.is_of_file()
        && dial.variable().is_some_and(|name| service.environment.value(name).is_some())
}

/// Whether the two are of one server: by what is spoken, or by the port.
fn stands_for(told: &Dial<'_>, filed: &Dial<'_>) -> bool {
    let speaks = |name: &&&str| **name != "tcp" && filed.protocols.contains(*name);
    let port = told.port().is_some() && told.port() == filed.port();
    told.target != filed.target && (port || told.protocols.iter().any(|name| speaks(&name)))
}
