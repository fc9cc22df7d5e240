//! Java and Kotlin: two syntaxes, translated to one tree, which one reader reads.

mod annotations;
mod calls;
mod conditions;
mod config;
mod constructors;
mod expressions;
mod handed;
mod java;
mod kotlin;
mod library;
mod methods;
mod reader;
mod requests;
mod resources;
mod sinks;
mod statements;
mod syntax;
mod tree;

use std::path::{Path, PathBuf};

use super::reading::Needles;
use super::{FrontEnd, Module, ModuleIndex, Scope, has_extension, spring};
use crate::source::SourceFile;

/// A language of the virtual machine.
pub struct Jvm {
    name: &'static str,
    extension: &'static str,
    unit: fn(&SourceFile) -> tree::Unit,
}

/// Java.
pub static JAVA: Jvm = Jvm { name: "java", extension: "java", unit: java::unit };

/// Kotlin; its scripts are those of build tools, which no service runs.
pub static KOTLIN: Jvm = Jvm { name: "kotlin", extension: "kt", unit: kotlin::unit };

/// What a file must hold to be parsed for its own sake: the ways to read the environment and settings, and the
/// libraries whose clients are sinks.
const NEEDLES: [&str; 84] = [
    "getenv",
    "getProperty",
    "@Value",
    "ConfigProperty",
    "@Property",
    "ConfigurationProperties",
    "ConfigMapping",
    "RequiredProperty",
    "otenv",
    "FeignClient",
    "RegisterRestClient",
    "@Client",
    "HttpExchange",
    "DriverManager",
    "ikariConfig",
    "HikariDataSource",
    "DataSource",
    "Jedis",
    "RedisClient",
    "RedisURI",
    "edisson",
    "LettuceConnection",
    "RedisStandalone",
    "MongoClient",
    "MongoDatabaseFactory",
    "KMongo",
    "ConnectionFactory",
    "KafkaProducer",
    "KafkaConsumer",
    "KafkaStreams",
    "AdminClient",
    "ProducerFactory",
    "ConsumerFactory",
    "BOOTSTRAP_SERVERS",
    "RestTemplate",
    "WebClient",
    "RestClient",
    "HttpClient",
    "HttpRequest",
    "Retrofit",
    "okhttp",
    "HttpHost",
    "connectedTo",
    "ManagedChannel",
    "NettyChannel",
    "Feign",
    "Database.connect",
    "Flyway",
    "GraphDatabase",
    "CqlSession",
    "Cluster.builder",
    "MinioClient",
    "AmazonS3",
    "S3Client",
    "Socket(",
    "MqttClient",
    "Nats.connect",
    "JavaMailSender",
    "MemcachedClient",
    "ConnectOptions",
    "environment.config",
    "ConfigFactory",
    "embeddedServer",
    ".properties\"",
    "openConnection",
    "RouteLocator",
    "HandlerFunctions",
    "LoadBalanced",
    "createHttpServer",
    "Javalin.create",
    "ServerBuilder.forPort",
    "HttpServer",
    "ServerBootstrap",
    "Undertow",
    "jetty.server",
    "localhost",
    "127.0.0.1",
    "InfluxDB",
    "jetcd",
    "WorkflowServiceStubs",
    "Qdrant",
    "exporter.otlp",
    "mail.smtp",
    "spark.Spark",
];

fn concerns(text: &str) -> bool {
    static SEARCH: Needles = Needles::new();
    SEARCH.any_in(NEEDLES, text)
}

/// The classes that the lines at the start import.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("import ") {
            let rest = rest.trim_start();
            let is_static = rest.starts_with("static ");
            let rest = rest.strip_prefix("static ").unwrap_or(rest);
            let name = rest.split([';', ' ', '/']).next().unwrap_or("").trim_end_matches(".*");
            let name = if is_static && !rest.contains(".*") {
                name.rsplit_once('.').map_or(name, |(class, _)| class)
            } else {
                name
            };
            if !name.is_empty() && !found.iter().any(|known| known == name) {
                found.push(name.to_string());
            }
        } else if line.starts_with("public class ") || line.starts_with("class ") || found.len() > 2_000 {
            break;
        }
    }
    found
}

fn candidates(scope: &Scope, module: &str) -> Vec<PathBuf> {
    if module == spring::SETTINGS {
        return vec![PathBuf::from(spring::PLACE)];
    }
    let path = module.replace('.', "/");
    let file = |root: &PathBuf| ["java", "kt"].map(|extension| root.join(&path).with_extension(extension));
    scope.roots.iter().flat_map(file).collect()
}

/// The other files of the package.
fn neighbours(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let Some(directory) = place.parent() else { return Vec::new() };
    scope.within(directory).filter(|(_, other)| *other != place).map(|(index, _)| index).collect()
}

impl FrontEnd for Jvm {
    fn name(&self) -> &'static str {
        self.name
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &[self.extension])
    }

    fn nothing(&self) -> &'static str {
        "null"
    }

    fn concerns(&self, text: &str) -> bool {
        concerns(text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        imports(text)
    }

    fn candidates(&self, scope: &Scope, _importer: &Path, module: &str) -> Vec<PathBuf> {
        candidates(scope, module)
    }

    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        neighbours(scope, place)
    }

    fn read(&self, file: &SourceFile) -> Module {
        reader::read(file, self.name, (self.unit)(file))
    }
}
