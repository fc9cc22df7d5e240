//! The official images of Docker Hub: `rules/data/official.yaml`.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::compose::ImageReference;

const OFFICIAL: &str = include_str!("../../rules/data/official.yaml");

/// Whether a reference names an image of Docker Hub that is none of the official ones, though its name has no slash: there is
/// no such image, unless it was built on this machine.
#[must_use]
pub fn is_nobodys(reference: &str) -> bool {
    static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
    let Some(parsed) = ImageReference::parse(reference) else { return false };
    let names = NAMES.get_or_init(|| serde_yaml::from_str(OFFICIAL).unwrap_or_default());
    parsed.registry.is_none_or(|registry| registry == "docker.io")
        && parsed.digest.is_none()
        && !parsed.path.is_empty()
        && !parsed.path.contains('/')
        && !names.contains(parsed.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_slash() {
        for reference in ["shop-api", "shop:latest", "docker.io/library/shop"] {
            assert!(is_nobodys(reference), "{reference}");
        }
        for reference in
            ["postgres:16", "shop/api", "registry.example.org/shop", "localhost:5000/shop", "library/redis"]
        {
            assert!(!is_nobodys(reference), "{reference}");
        }
    }
}
