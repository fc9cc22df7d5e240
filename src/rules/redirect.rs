//! Another address in place of the one that a compose file writes.

use super::prelude::*;

/// Edits that make the dial go to another host, port or both, where the compose files themselves write them; `None` where
/// they stand elsewhere, or where more than one host is dialled.
#[must_use]
pub fn edits(cx: &Context<'_>, dial: &Dial<'_>, host: Option<&str>, port: Option<u16>) -> Option<Vec<Edit>> {
    let [address] = dial.endpoint.hosts.as_slice() else { return None };
    let wanted = port.filter(|port| dial.port() != Some(*port));
    let mut edits = Vec::new();
    let mut replace = |text: &Text, new: &str| {
        edits.extend(cx.edits.replace_within(written(text)?, new)?);
        Some(())
    };
    match (&address.port, wanted) {
        (Some(old), Some(new)) => {
            if let Some(host) = host {
                replace(&address.host, host)?;
            }
            replace(old, &new.to_string())?;
        }
        // A port that is not written finds its place behind the host of a URL.
        (None, Some(new)) => {
            dial.endpoint.scheme.as_ref()?;
            let name = address.host.complete()?;
            replace(&address.host, &format!("{}:{new}", host.unwrap_or(&name)))?;
        }
        (_, None) => replace(&address.host, host?)?,
    }
    Some(edits)
}

/// Where a text stands in a file just as it is, and is the project's own: not set by the host, and not
/// taken over from another service.
fn written(text: &Text) -> Option<Span> {
    let [piece] = text.pieces() else { return None };
    let own = piece.origin.through.iter().all(|via| match via {
        Via::Extends(_) | Via::EnvFile(_) | Via::ImageEnv(_) | Via::LibraryDefault(_) => false,
        // A default that is written in a reference is text like any other.
        Via::Interpolation { fallback, .. } => *fallback,
        Via::Read { fallback, .. } => !fallback,
        _ => true,
    });
    let written = piece.origin.written;
    (own && !written.is_none() && written.len() as usize == piece.text.len()).then_some(written)
}
