//! The directories in which well-known images begin.

use std::path::PathBuf;

use crate::compose::ImageReference;

/// Images and their `WORKDIR`; of PHP's only those that are web servers have one.
const HOMES: [(&str, &str); 9] = [
    ("golang", "/go"),
    ("gradle", "/home/gradle"),
    ("composer", "/app"),
    ("tomcat", "/usr/local/tomcat"),
    ("httpd", "/usr/local/apache2"),
    ("wordpress", "/var/www/html"),
    ("caddy", "/srv"),
    ("redis", "/data"),
    ("oven/bun", "/home/bun/app"),
];

/// Where the commands of a stage run that is made from this image, as long as it says nothing.
pub(in crate::programs) fn of(base: &str) -> PathBuf {
    let home = ImageReference::parse(base).and_then(|reference| {
        let tag = base.rsplit_once(':').map_or("", |(_, tag)| tag);
        if reference.path == "php" {
            return (tag.contains("fpm") || tag.contains("apache")).then_some("/var/www/html");
        }
        HOMES.iter().find(|(name, _)| *name == reference.path).map(|(_, home)| *home)
    });
    PathBuf::from(home.unwrap_or("/"))
}
