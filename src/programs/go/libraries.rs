//! Which import paths are libraries rather than packages of the program.

/// First words of the standard library's packages.
const STANDARD: &[&str] = &[
    "C",
    "archive",
    "arena",
    "bufio",
    "builtin",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "simd",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "weak",
];

/// Starts of the import paths of libraries whose calls say something of configuration and clients.
const KNOWN: &[&str] = &[
    "cloud.google.com/go",
    "entgo.io/",
    "github.com/99designs/",
    "github.com/BurntSushi/",
    "github.com/ClickHouse/",
    "github.com/IBM/sarama",
    "github.com/Shopify/sarama",
    "github.com/alecthomas/kingpin",
    "github.com/alecthomas/kong",
    "github.com/alexedwards/",
    "github.com/alexflint/go-arg",
    "github.com/aws/",
    "github.com/astaxie/beego",
    "github.com/beanstalkd/",
    "github.com/beego/",
    "github.com/bradfitz/gomemcache",
    "github.com/caarlos0/env",
    "github.com/cloudwego/hertz",
    "github.com/confluentinc/",
    "github.com/eclipse/paho",
    "github.com/elastic/",
    "github.com/gin-gonic/",
    "github.com/ghodss/yaml",
    "github.com/go-chi/",
    "github.com/go-gorm/",
    "github.com/go-ini/ini",
    "github.com/go-kratos/kratos",
    "github.com/go-pg/",
    "github.com/go-redis/",
    "github.com/go-resty/",
    "github.com/go-sql-driver/",
    "github.com/goccy/go-yaml",
    "github.com/gocql/gocql",
    "github.com/globalsign/mgo",
    "github.com/gofiber/",
    "github.com/gogf/gf",
    "github.com/golang/",
    "github.com/gomodule/redigo",
    "github.com/google/",
    "github.com/gorilla/",
    "github.com/hashicorp/consul/api",
    "github.com/hibiken/asynq",
    "github.com/ilyakaznacheev/cleanenv",
    "github.com/influxdata/influxdb-client-go",
    "github.com/jackc/",
    "github.com/jinzhu/configor",
    "github.com/jinzhu/gorm",
    "github.com/jmoiron/sqlx",
    "github.com/joeshaw/envdecode",
    "github.com/joho/godotenv",
    "github.com/kelseyhightower/envconfig",
    "github.com/kataras/iris",
    "github.com/knadh/koanf",
    "github.com/kr/beanstalk",
    "github.com/labstack/",
    "github.com/lib/pq",
    "github.com/meilisearch/",
    "github.com/minio/",
    "github.com/mitchellh/go-homedir",
    "github.com/nats-io/",
    "github.com/neo4j/",
    "github.com/olivere/elastic",
    "github.com/opensearch-project/",
    "github.com/pelletier/go-toml",
    "github.com/pkg/errors",
    "github.com/pressly/goose",
    "github.com/prometheus/",
    "github.com/rabbitmq/",
    "github.com/redis/",
    "github.com/rs/",
    "github.com/jessevdk/go-flags",
    "github.com/segmentio/kafka-go",
    "github.com/sethvargo/go-envconfig",
    "github.com/sirupsen/logrus",
    "github.com/spf13/",
    "github.com/streadway/amqp",
    "github.com/stretchr/",
    "github.com/tal-tech/go-zero",
    "github.com/twmb/franz-go",
    "github.com/uptrace/",
    "github.com/urfave/cli",
    "github.com/valyala/",
    "github.com/zeromicro/go-zero",
    "go.etcd.io/",
    "go.mongodb.org/",
    "go.opentelemetry.io/",
    "go.temporal.io/",
    "go.uber.org/",
    "golang.org/x/",
    "google.golang.org/",
    "gopkg.in/",
    "github.com/Nerzal/gocloak",
    "github.com/ThreeDotsLabs/",
    "github.com/apache/pulsar-client-go",
    "github.com/boj/redistore",
    "github.com/gin-contrib/sessions",
    "github.com/golang-migrate/",
    "github.com/hashicorp/vault/api",
    "github.com/kamva/mgm",
    "github.com/nsqio/go-nsq",
    "github.com/qdrant/go-client",
    "github.com/qiniu/qmgo",
    "github.com/wagslane/go-rabbitmq",
    "gorm.io/",
    "k8s.io/",
    "sigs.k8s.io/",
];

/// Whether the first part of an import path is that of the packages that Go brings.
pub fn is_of_go(first: &str) -> bool {
    STANDARD.contains(&first)
}

/// Whether the import path is a library's.
pub(super) fn is_library(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    is_of_go(first) || KNOWN.iter().any(|known| path.starts_with(known))
}

/// The path without its major version: `github.com/redis/go-redis/v9`, `gopkg.in/redis.v5`.
pub(super) fn without_version(path: &str) -> String {
    let version = |text: &str| {
        let number = text.strip_prefix('v');
        number.is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !version(part)).collect();
    let joined = parts.join("/");
    match joined.rsplit_once('.') {
        Some((before, last)) if version(last) => before.to_string(),
        _ => joined,
    }
}

/// The name by which a package is used that is imported without one: the last part of its path.
pub(super) fn package_name(path: &str) -> &str {
    let version = |text: &&str| {
        text.starts_with('v') && text.len() > 1 && text.chars().skip(1).all(|c| c.is_ascii_digit())
    };
    let last = path.rsplit('/').find(|part| !version(part)).unwrap_or(path);
    let last = last.split_once(".v").map_or(last, |(name, _)| name);
    match last {
        // Packages whose name is not what their path ends in.
        "go-redis" => "redis",
        "kafka-go" => "kafka",
        "nats.go" => "nats",
        "minio-go" => "minio",
        "amqp091-go" => "amqp091",
        "go-elasticsearch" => "elasticsearch",
        "opensearch-go" => "opensearch",
        "go-envconfig" => "envconfig",
        "clickhouse-go" => "clickhouse",
        "influxdb-client-go" => "influxdb2",
        "go-flags" => "flags",
        "go-arg" => "arg",
        "paho.mqtt.golang" => "mqtt",
        "neo4j-go-driver" => "neo4j",
        "confluent-kafka-go" => "kafka",
        other => {
            let plain = other.strip_prefix("go-").unwrap_or(other);
            plain.strip_suffix("-go").or_else(|| plain.strip_suffix(".go")).unwrap_or(plain)
        }
    }
}

/// The name by which the text uses a package: where the end of its path is no name at all (`shop-api`), the package is called
/// by a part of it.
pub(super) fn used_name(end: &str, text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if end.chars().all(is_part) {
        return end.to_string();
    }
    let used = |name: &String| {
        let call = format!("{name}.");
        let mut places = text.match_indices(&call);
        places.any(|(at, _)| {
            let after = text.get(at + call.len()..).and_then(|rest| rest.chars().next());
            let before = text.get(..at).and_then(|rest| rest.chars().next_back());
            after.is_some_and(|c| c.is_ascii_uppercase())
                && before.is_none_or(|c| !is_part(c) && !matches!(c, '.' | '/' | '-' | '"'))
        })
    };
    let parts: Vec<&str> = end.split(|c| !is_part(c)).filter(|part| !part.is_empty()).collect();
    let whole = [parts.concat(), parts.join("_")];
    let alone = parts.iter().map(|part| (*part).to_string());
    whole.into_iter().chain(alone).find(used).unwrap_or_else(|| end.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_used() {
        let text = "import \"a.org/todo-app\"\n// app.md\nfunc main() { s := new(todo.Server); s.app.Run() }";
        assert_eq!(used_name("todo-app", text), "todo");
        assert_eq!(used_name("todo", text), "todo");
        assert_eq!(used_name("shop-app", text), "shop-app");
    }

    #[test]
    fn versions_and_names() {
        assert_eq!(without_version("github.com/redis/go-redis/v9"), "github.com/redis/go-redis");
        assert_eq!(without_version("github.com/jackc/pgx/v5/pgxpool"), "github.com/jackc/pgx/pgxpool");
        assert_eq!(without_version("gopkg.in/gomail.v2"), "gopkg.in/gomail");
        assert_eq!(package_name("github.com/redis/go-redis/v9"), "redis");
        assert_eq!(package_name("github.com/urfave/cli/v2"), "cli");
        assert_eq!(package_name("gopkg.in/yaml.v3"), "yaml");
        assert!(is_library("os") && is_library("net/http") && !is_library("shop/config"));
    }
}
