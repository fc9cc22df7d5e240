//! Whether a program of Spring Boot's is built with its actuator.

use super::manifests::{self, Built};
use crate::programs::Program;
use crate::source::Span;

/// The beginnings of the names of libraries that are known to bring none: any other may.
const WITHOUT: [&str; 84] = [
    "spring-boot-starter",
    "spring-boot-devtools",
    "spring-boot-configuration-processor",
    "spring-boot-docker-compose",
    "spring-boot-testcontainers",
    "spring-security",
    "spring-kafka",
    "spring-session",
    "spring-data",
    "spring-web",
    "spring-retry",
    "spring-rabbit",
    "spring-cloud-starter-gateway",
    "spring-cloud-starter-openfeign",
    "spring-cloud-starter-netflix-eureka-client",
    "spring-cloud-starter-config",
    "spring-cloud-starter-bootstrap",
    "spring-cloud-starter-loadbalancer",
    "spring-cloud-dependencies",
    "spring-boot-dependencies",
    "postgresql",
    "mysql-connector",
    "mariadb-java-client",
    "h2",
    "mssql-jdbc",
    "ojdbc",
    "r2dbc",
    "lombok",
    "mapstruct",
    "jjwt",
    "java-jwt",
    "springdoc",
    "springfox",
    "swagger",
    "modelmapper",
    "flyway",
    "liquibase",
    "jackson",
    "commons-",
    "guava",
    "gson",
    "caffeine",
    "hibernate",
    "validation-api",
    "jakarta.",
    "javax.",
    "jaxb",
    "kotlin",
    "micrometer-",
    "zipkin-",
    "logback",
    "logstash",
    "slf4j",
    "jedis",
    "lettuce",
    "aws-java-sdk",
    "s3",
    "minio",
    "mongodb-driver",
    "thymeleaf",
    "junit",
    "querydsl",
    "resilience4j",
    "bucket4j",
    "spring-hateoas",
    "spring-dotenv",
    "dotenv",
    "firebase-admin",
    "stripe-java",
    "cloudinary",
    "poi",
    "opencsv",
    "httpclient",
    "okhttp",
    "testcontainers",
    "mockito",
    "assertj",
    "rest-assured",
    "awaitility",
    "p6spy",
    "kafka-",
    "avro",
    "protobuf",
    "conductor-c",
];
/// Those that have these words are none of them.
const WITH: [&str; 4] = ["actuator", "boot-admin", "sleuth", "camel"];

/// Whether the library is a well-known one, which brings nothing but what it is for.
pub(super) fn is_known(name: &str) -> bool {
    WITHOUT.iter().any(|start| name.starts_with(start))
}

/// Where the libraries of a program begin that is built without the actuator; `None` where it may have it.
#[must_use]
pub fn lacks_actuator(program: &Program) -> Option<Span> {
    let scope = &program.scope;
    let places = program.loaded.iter().filter_map(|index| scope.get(*index)).map(|(place, _)| place);
    let main =
        places.filter_map(|place| place.ancestors().find(|above| above.ends_with("src/main"))).next()?;
    let mut built = Built::default();
    for (_, place, source) in scope.iter().filter(|(_, place, _)| manifests::is_manifest(place)) {
        let catalog = place.ends_with("gradle/libs.versions.toml");
        let root = if catalog { place.parent().and_then(|folder| folder.parent()) } else { place.parent() };
        if root.is_some_and(|root| main.starts_with(root)) {
            // A parent of one's own, plugins and scripts that are applied may add what is not seen.
            if source.glance(|text| {
                text.contains("actuator") || text.contains("apply from") || text.contains("buildSrc")
            }) {
                return None;
            }
            built.add(source.full());
        }
    }
    built.settle();
    built.boot.filter(|_| program.entry_known)?;
    let known = |name: &str| is_known(name) && !WITH.iter().any(|word| name.contains(word));
    let web = |name: &str| ["-web", "-webmvc", "-webflux", "-gateway"].iter().any(|end| name.ends_with(end));
    let names = || built.libraries.iter().map(|library| library.value.trim());
    // A page of the program's own may lie there.
    let own = || !scope.containing("Mapping(\"/actuator").is_empty();
    let first = built.libraries.first()?;
    (names().all(known) && names().any(web) && !own()).then_some(first.span)
}
