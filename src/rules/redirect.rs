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

/// The edits that write another host and port in place of those of the dial, where both stand in a file of any kind
/// as they are. A port that is not written stays so.
#[must_use]
pub fn in_source(cx: &Context<'_>, dial: &Dial<'_>, host: &str, port: Option<u16>) -> Option<Vec<Edit>> {
    let address = dial.endpoint.address()?;
    let mut edits = cx.edits.replace_word(address.host.span(), &address.host.complete()?, host)?;
    let right = port.map(|port| port.to_string());
    match (&address.port, right) {
        (Some(written), Some(right)) => {
            let now = written.complete()?;
            if now != right {
                edits.extend(cx.edits.replace_word(written.span(), &now, &right)?);
            }
        }
        (None, Some(_)) if dial.port() != port => return None,
        _ => {}
    }
    Some(edits)
}

/// The finding with a change that dials another host, where a compose file writes it.
#[must_use]
pub fn with_host(cx: &Context<'_>, finding: Finding, dial: &Dial<'_>, host: &str) -> Finding {
    offered(finding, edits(cx, dial, Some(host), None), format!("dial `{host}`"))
}

/// The finding with a change that dials another port of the same host, where a compose file writes it.
#[must_use]
pub fn with_port(cx: &Context<'_>, finding: Finding, dial: &Dial<'_>, port: u16) -> Finding {
    offered(finding, edits(cx, dial, None, Some(port)), format!("dial port {port}"))
}

fn offered(finding: Finding, edits: Option<Vec<Edit>>, title: String) -> Finding {
    match edits {
        Some(edits) => finding.fix(Fix { title, applicability: Applicability::Unsafe, edits }),
        None => finding,
    }
}

/// The edit that writes another text in place of one that stands in a file as it is used; `None` where it does not,
/// or came there by a reference, and where it is somebody else's, too.
#[must_use]
pub fn replaced(text: &Text, value: &str) -> Option<Vec<Edit>> {
    let [piece] = text.pieces() else { return None };
    let (span, length) = (piece.origin.written, piece.text.len());
    let straight = piece.origin.through.is_empty() && !span.is_none() && span.len() as usize == length;
    straight.then(|| vec![Edit { span, text: value.to_string() }])
}
