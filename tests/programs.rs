//! Which files services run, and what their images say: trees in memory, services made by hand.

#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::path::{Path, PathBuf};

use dockworthy::compose::{Build, Command, Located, Mount, MountKind, Project, Service};
use dockworthy::programs::{self, Program, Programs, Role, Shelf};
use dockworthy::source::{Memory, Origin, SourceMap, Span, Spanned, Text};

const ROOT: &str = "/p";

fn text(value: &str) -> Text {
    Text::known(value, Origin::default())
}

fn located(value: &str) -> Located<Text> {
    Located::new(text(value), Origin::default())
}

fn map(files: &[(&str, &str)]) -> SourceMap {
    SourceMap::new(Memory::new(files.iter().map(|(path, text)| (Path::new(ROOT).join(path), *text))))
}

fn service(name: &str) -> Service {
    Service { name: Spanned::new(name.to_string(), Span::NONE), active: true, ..Service::default() }
}

fn built(name: &str, context: &str) -> Service {
    let directory = Some(Path::new(ROOT).join(context));
    Service { build: Some(Build { directory, ..Build::default() }), ..service(name) }
}

fn image(name: &str, image: &str) -> Service {
    Service { image: Some(located(image)), ..service(name) }
}

fn words(line: &str) -> Option<Command> {
    Some(Command {
        words: line.split(' ').map(text).collect(),
        split: true,
        dropped: None,
        origin: Origin::default(),
    })
}

fn exec(words: &[&str]) -> Option<Command> {
    Some(Command {
        words: words.iter().map(|word| text(word)).collect(),
        split: false,
        dropped: None,
        origin: Origin::default(),
    })
}

fn bind(path: &str, target: &str) -> Mount {
    Mount {
        kind: MountKind::Bind,
        path: Some(Path::new(ROOT).join(path)),
        target: target.to_string(),
        ..Mount::default()
    }
}

fn project(services: impl IntoIterator<Item = Service>) -> Project {
    let services = services.into_iter().map(|service| (service.name.value.clone(), service)).collect();
    Project { name: "p".to_string(), directory: PathBuf::from(ROOT), services, ..Project::default() }
}

fn run(files: &[(&str, &str)], services: impl IntoIterator<Item = Service>) -> Programs {
    programs::read(&map(files), &Shelf::default(), &project(services))
}

fn one(files: &[(&str, &str)], service: Service) -> Program {
    let name = service.name.value.clone();
    run(files, [service]).of(&name).clone()
}

/// The places in the container of the files that the program holds.
fn places(program: &Program) -> Vec<String> {
    let mut places: Vec<String> =
        program.scope.iter().map(|(_, place, _)| place.to_string_lossy().into_owned()).collect();
    places.sort();
    places
}

/// The sources of the project that the process loads.
fn loaded(program: &Program) -> Vec<String> {
    let mut paths: Vec<String> = program
        .modules
        .iter()
        .filter(|module| module.role == Role::Source)
        .filter_map(|module| Some(module.path.strip_prefix(ROOT).ok()?.to_string_lossy().into_owned()))
        .collect();
    paths.sort();
    paths
}

fn variable(program: &Program, name: &str) -> Option<String> {
    program.image.env.get(name).and_then(|variable| variable.value.as_ref()).map(Text::assumed)
}

#[test]
fn a_build_copies_its_context() {
    let files = [
        (
            "Dockerfile",
            "FROM python:3.12\nWORKDIR /srv\nCOPY app ./app\nCOPY run.py conf/*.py ./\nCMD [\"python\", \"run.py\"]\n",
        ),
        ("app/db.py", ""),
        ("app/__init__.py", ""),
        ("conf/one.py", ""),
        ("conf/two.txt", ""),
        ("run.py", "import app.db\n"),
        ("unused.py", ""),
    ];
    let program = one(&files, built("api", ""));
    assert_eq!(places(&program), ["/srv/app/__init__.py", "/srv/app/db.py", "/srv/one.py", "/srv/run.py"]);
    assert_eq!(program.image.base.as_ref().map(|base| base.value.as_str()), Some("python:3.12"));
    assert_eq!(program.command.iter().map(Text::assumed).collect::<Vec<_>>(), ["python", "run.py"]);
    assert_eq!(program.image.notes, []);
}

#[test]
fn stages_are_followed() {
    let dockerfile = "ARG BASE=python:3.12\nFROM $BASE AS base\nENV A=1\nWORKDIR /app\n\
        FROM base AS build\nCOPY . .\n\
        FROM base\nCOPY --from=build /app/src /app/src\nCOPY --from=0 /nothing /x\nCMD python -m src.main\n";
    let files = [("Dockerfile", dockerfile), ("src/main.py", ""), ("other.py", "")];
    let program = one(&files, built("api", ""));
    assert_eq!(places(&program), ["/app/src/main.py"]);
    assert_eq!(variable(&program, "A").as_deref(), Some("1"));
    assert_eq!(program.image.base.as_ref().map(|base| base.value.as_str()), Some("python:3.12"));
}

#[test]
fn variables_are_expanded_as_docker_does() {
    let dockerfile = "FROM python:3.12\nARG PORT=80\nARG GIVEN\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi $abc world\n\
        ENV q=\"a b\" s='$abc' e=\\$abc d=${nope:-dflt} p=${PORT} g=${GIVEN}-x \\\n    # comment\n    last=1\n\
        ENV path=/x:$PATH\n";
    let mut service = built("api", "");
    if let Some(build) = &mut service.build {
        build.args.insert("GIVEN".into(), Located::new(Some(text("yes")), Origin::default()));
    }
    let program = one(&[("Dockerfile", dockerfile)], service);
    let value = |name| variable(&program, name).unwrap();
    assert_eq!(value("abc"), "bye");
    assert_eq!(value("def"), "hello");
    assert_eq!(value("ghi"), "bye world");
    assert_eq!(value("q"), "a b");
    assert_eq!(value("s"), "$abc");
    assert_eq!(value("e"), "$abc");
    assert_eq!(value("d"), "dflt");
    assert_eq!(value("p"), "80");
    assert_eq!(value("g"), "yes-x");
    assert_eq!(value("last"), "1");
    assert_eq!(value("path"), format!("/x:{}", Text::HOLE));
    assert_eq!(program.image.notes, []);
}

#[test]
fn values_know_where_they_stand() {
    let dockerfile = "FROM x\nENV HOST=db \\\n  URL=\"http://$HOST:80\"\nENV URL2=\"http://${HOST}/\"\n";
    let sources = map(&[("Dockerfile", dockerfile)]);
    let programs = programs::read(&sources, &Shelf::default(), &project([built("api", "")]));
    let program = programs.of("api");
    let url = program.image.env["URL2"].value.clone().unwrap();
    let shown: Vec<_> = url
        .pieces()
        .iter()
        .map(|piece| (piece.text.clone(), sources.snippet(piece.origin.written)))
        .collect();
    let same = |text: &str| (text.to_string(), text.to_string());
    assert_eq!(shown, [same("http://"), same("db"), same("/")]);
    assert_eq!(sources.snippet(program.image.env["URL"].key), "URL");
    assert_eq!(sources.snippet(program.image.env["URL2"].origin.written), "URL2=\"http://${HOST}/\"");
}

/// An image whose files lie in `/app`, with this command.
fn started(files: &[(&str, &str)], command: &str) -> Program {
    let mut service = built("api", "");
    service.command = words(command);
    let dockerfile = ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\n");
    one(&files.iter().copied().chain([dockerfile]).collect::<Vec<_>>(), service)
}

const PACKAGE: &[(&str, &str)] = &[
    ("src/__init__.py", ""),
    ("src/api/__init__.py", ""),
    ("src/api/main.py", "from ..db import engine\nfrom . import routes\nimport src.util.time\n"),
    ("src/api/routes.py", "import os\n"),
    ("src/db.py", ""),
    ("src/util/time.py", ""),
    ("src/dead.py", ""),
    ("src/worker.py", "from src import db\n"),
    ("tests/test_it.py", "import src.dead\n"),
];

const API: &[&str] = &[
    "src/__init__.py",
    "src/api/__init__.py",
    "src/api/main.py",
    "src/api/routes.py",
    "src/db.py",
    "src/util/time.py",
];

#[test]
fn every_way_to_start_the_api_finds_it() {
    let commands = [
        "uvicorn src.api.main:app --host 0.0.0.0 --port 8000",
        "uvicorn --workers 4 --host 0.0.0.0 src.api.main:app",
        "python -m uvicorn src.api.main:app",
        "python -u -m uvicorn src.api.main:app --reload",
        "gunicorn -w 4 -k uvicorn.workers.UvicornWorker --bind 0.0.0.0:80 src.api.main:app",
        "gunicorn src.api.main",
        "hypercorn src.api.main:app -b 0.0.0.0:80",
        "daphne -b 0.0.0.0 -p 80 src.api.main:app",
        "python -m src.api.main",
        "python3.12 -um src.api.main",
        "poetry run uvicorn src.api.main:app",
        "pipenv run uvicorn src.api.main:app",
        "uv run uvicorn src.api.main:app",
        "uv run --no-sync --frozen uvicorn src.api.main:app",
        "uv run -m src.api.main",
        "pdm run uvicorn src.api.main:app",
        "tini -- uvicorn src.api.main:app",
        "/usr/bin/tini -g -- poetry run uvicorn src.api.main:app",
        "dumb-init -- uvicorn src.api.main:app",
        "gosu user uvicorn src.api.main:app",
        "su-exec user:group uvicorn src.api.main:app",
        "env A=1 B=2 uvicorn src.api.main:app",
        "ddtrace-run uvicorn src.api.main:app",
        "newrelic-admin run-program uvicorn src.api.main:app",
        "opentelemetry-instrument uvicorn src.api.main:app",
        "dockerize -wait tcp://db:5432 -timeout 60s uvicorn src.api.main:app",
        "./wait-for-it.sh db:5432 -t 60 -- uvicorn src.api.main:app",
        "python -m debugpy --listen 0.0.0.0:5678 -m uvicorn src.api.main:app",
        "watchmedo auto-restart -d . -p *.py --recursive -- uvicorn src.api.main:app",
        "conda run --no-capture-output -n web uvicorn src.api.main:app",
        "fastapi run src/api/main.py --port 80",
        "flask --app src.api.main run",
        "flask --app src.api.main:create run -h 0.0.0.0",
        "sanic src.api.main:app",
        "granian --interface asgi src.api.main:app",
        "nice -n 10 uvicorn src.api.main:app",
    ];
    for command in commands {
        let program = started(PACKAGE, command);
        assert!(program.entry_known, "{command}");
        assert_eq!(loaded(&program), API, "{command}");
    }
}

#[test]
fn shells_are_read() {
    let commands: &[&[&str]] = &[
        &["sh", "-c", "alembic upgrade head && uvicorn src.api.main:app --port ${PORT:-80}"],
        &["bash", "-lc", "sleep 5; exec uvicorn src.api.main:app"],
        &["/bin/sh", "-ec", "cd /app\nMODE=x python -m \"src.api.main\" > /log 2>&1"],
        &["sh", "-c", "until nc -z db 5432; do sleep 1; done; uvicorn 'src.api.main:app'"],
        &[
            "sh",
            "-c",
            "if [ \"$MODE\" = \"worker\" ]; then python -m src.worker; else python -m src.api.main; fi",
        ],
        &["sh", "-c", "[ -n \"$MODE\" ] && exec python -m src.worker; python -m src.api.main"],
        &[
            "sh",
            "-c",
            "case \"$MODE\" in\n worker) python -m src.worker ;;\n api|'') python -m src.api.main ;;\nesac",
        ],
        &["sh", "-c", "exec \"$@\"", "--", "uvicorn", "src.api.main:app"],
        &["sh", "-c", "set -- src.api.main; python -m \"$1\""],
        &["sh", "-c", "( cd /app && uvicorn src.api.main:app ) & wait"],
    ];
    for command in commands {
        let mut service = built("api", "");
        service.command = exec(command);
        let dockerfile = ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\n");
        let files: Vec<_> = PACKAGE.iter().copied().chain([dockerfile]).collect();
        assert_eq!(loaded(&one(&files, service)), API, "{command:?}");
    }
}

#[test]
fn start_scripts_are_read() {
    let script = "#!/bin/sh\nset -e\n\nwait_for() {\n  nc -z \"$1\" 5432\n}\nwait_for db\n\
        if [ \"$1\" = \"api\" ]; then\n  shift\n  set -- uvicorn src.api.main:app \"$@\"\nfi\nexec \"$@\"\n";
    let files: Vec<_> = PACKAGE
        .iter()
        .copied()
        .chain([
            ("docker/start.sh", script),
            (
                "Dockerfile",
                "FROM python:3.12\nWORKDIR /app\nCOPY docker/start.sh /usr/local/bin/\nCOPY src ./src\n\
                ENTRYPOINT [\"start.sh\"]\nCMD [\"api\", \"--reload\"]\n",
            ),
        ])
        .collect();
    assert_eq!(loaded(&one(&files, built("api", ""))), API);
    let mut worker = built("worker", "");
    worker.command = words("python -m src.worker");
    assert_eq!(loaded(&one(&files, worker)), ["src/__init__.py", "src/db.py", "src/worker.py"]);
    let mut shell = built("shell", "");
    shell.entrypoint = words("sh /usr/local/bin/start.sh");
    shell.command = words("api");
    assert_eq!(loaded(&one(&files, shell)), API);
}

#[test]
fn workers_load_their_tasks() {
    let files = [
        ("proj/__init__.py", ""),
        (
            "proj/celery.py",
            "app = Celery('proj', include=[\n    'proj.tasks.mail',\n    'proj.tasks.report',\n])\n",
        ),
        ("proj/tasks/mail.py", "from proj.smtp import send\n"),
        ("proj/tasks/report.py", ""),
        ("proj/smtp.py", ""),
        ("proj/web.py", ""),
    ];
    let expected =
        ["proj/__init__.py", "proj/celery.py", "proj/smtp.py", "proj/tasks/mail.py", "proj/tasks/report.py"];
    for command in [
        "celery -A proj worker -l info",
        "celery --app=proj.celery worker",
        "celery -A proj.celery:app beat",
        "python -m celery -A proj worker",
        "watchmedo auto-restart --directory=./ --pattern=*.py --recursive -- celery -A proj worker",
    ] {
        assert_eq!(loaded(&started(&files, command)), expected, "{command}");
    }
    let files = [("worker.py", "import jobs\nclass WorkerSettings: pass\n"), ("jobs.py", ""), ("web.py", "")];
    assert_eq!(loaded(&started(&files, "arq worker.WorkerSettings")), ["jobs.py", "worker.py"]);
    assert_eq!(loaded(&started(&files, "streamlit run web.py")), ["web.py"]);
    assert_eq!(loaded(&started(&files, "python worker.py")), ["jobs.py", "worker.py"]);
    assert_eq!(loaded(&started(&files, "python ./worker.py --once")), ["jobs.py", "worker.py"]);
}

#[test]
fn django_loads_its_settings_and_apps() {
    let files = [
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')\n"),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", ""),
        (
            "shop/settings/base.py",
            "INSTALLED_APPS = [\n 'django.contrib.admin',\n 'users',\n 'orders.apps.OrdersConfig',\n]\nROOT_URLCONF = 'shop.urls'\n",
        ),
        ("shop/settings/dev.py", "from .base import *\n"),
        ("shop/settings/prod.py", "from .base import *\n"),
        ("shop/urls.py", "urlpatterns = [path('', include('orders.urls'))]\n"),
        (
            "shop/wsgi.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\n",
        ),
        ("users/__init__.py", ""),
        ("users/models.py", ""),
        ("users/management/commands/feed.py", ""),
        ("orders/__init__.py", ""),
        ("orders/apps.py", ""),
        ("orders/models.py", ""),
        ("orders/urls.py", "from . import views\n"),
        ("orders/views.py", ""),
        ("unused/models.py", ""),
    ];
    let apps = [
        "orders/__init__.py",
        "orders/apps.py",
        "orders/models.py",
        "orders/urls.py",
        "orders/views.py",
        "shop/__init__.py",
        "shop/settings/__init__.py",
        "shop/settings/base.py",
    ];
    let with = |more: &[&str]| {
        let mut all: Vec<String> = apps.iter().chain(more).map(|path| (*path).to_string()).collect();
        all.sort();
        all
    };
    let users = ["users/__init__.py", "users/models.py", "shop/urls.py"];
    let dev: Vec<&str> = users.iter().copied().chain(["manage.py", "shop/settings/dev.py"]).collect();
    assert_eq!(loaded(&started(&files, "python manage.py runserver 0.0.0.0:80")), with(&dev));
    let feed: Vec<&str> = dev.iter().copied().chain(["users/management/commands/feed.py"]).collect();
    assert_eq!(loaded(&started(&files, "python manage.py feed --all")), with(&feed));
    let prod: Vec<&str> = users.iter().copied().chain(["shop/wsgi.py", "shop/settings/prod.py"]).collect();
    assert_eq!(loaded(&started(&files, "gunicorn shop.wsgi:application")), with(&prod));
}

#[test]
fn unknown_commands_take_all_but_tests() {
    let program = started(PACKAGE, "/opt/vendor/run --fast");
    assert!(!program.entry_known);
    let expected: Vec<&str> =
        PACKAGE.iter().map(|(path, _)| *path).filter(|path| !path.contains("test")).collect();
    let mut expected: Vec<&str> = expected;
    expected.sort_unstable();
    assert_eq!(loaded(&program), expected);
    let program = started(PACKAGE, "nginx -g daemon");
    assert!(!program.entry_known);
    assert_eq!(loaded(&program), [""; 0]);
}

#[test]
fn ignored_files_stay_out_of_the_image() {
    let files = [
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD python a.py\n"),
        (".dockerignore", "*\n!a.py\n!lib\nlib/secret.py\n"),
        ("a.py", ""),
        ("b.py", ""),
        ("lib/c.py", ""),
        ("lib/secret.py", ""),
    ];
    assert_eq!(places(&one(&files, built("api", ""))), ["/app/a.py", "/app/lib/c.py"]);
    let mut own = files.to_vec();
    own.push(("Dockerfile.dockerignore", "lib\n"));
    assert_eq!(places(&one(&own, built("api", ""))), ["/app/a.py", "/app/b.py"]);
}

#[test]
fn mounts_hide_what_is_below() {
    let files = [
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD python main.py\n"),
        ("main.py", "import old\n"),
        ("old.py", ""),
        ("live/main.py", "import new\n"),
        ("live/new.py", ""),
        ("one.py", ""),
    ];
    let mut service = built("api", "");
    service.volumes = vec![bind("one.py", "/app/deep/one.py"), bind("live", "/app")];
    let program = one(&files, service);
    assert_eq!(places(&program), ["/app/deep/one.py", "/app/main.py", "/app/new.py"]);
    assert_eq!(loaded(&program), ["live/main.py", "live/new.py"]);
    let mut source = image("api", "python:3.12");
    source.volumes = vec![bind("live", "/code")];
    source.working_dir = Some(located("/code"));
    source.command = words("python main.py");
    assert_eq!(loaded(&one(&files, source)), ["live/main.py", "live/new.py"]);
}

#[test]
fn services_share_builds_by_image_name() {
    let files = [
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nENV A=1\nCOPY . .\nCMD python web.py\n"),
        ("web.py", ""),
        ("job.py", ""),
    ];
    let mut web = built("web", "");
    web.image = Some(located("shop"));
    let mut job = image("job", "shop");
    job.command = words("python job.py");
    let mut implied = image("implied", "p-plain");
    implied.command = words("python job.py");
    let programs = run(&files, [job, web, built("plain", ""), implied]);
    assert_eq!(loaded(programs.of("job")), ["job.py"]);
    assert_eq!(variable(programs.of("job"), "A").as_deref(), Some("1"));
    assert_eq!(loaded(programs.of("web")), ["web.py"]);
    assert_eq!(loaded(programs.of("implied")), ["job.py"]);
    assert_eq!(loaded(programs.of("nobody")), [""; 0]);
}

#[test]
fn dotenv_files_are_found_where_the_container_has_them() {
    let main = ("main.py", "from dotenv import load_dotenv\nload_dotenv()\n");
    let env = (".env", "A=1\nB=\"x $A\"\n");
    let dockerfile = ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD python main.py\n");
    let program = one(&[main, env, dockerfile], built("api", ""));
    assert_eq!(program.dotenv.len(), 1);
    let dotenv = &program.dotenv[0];
    assert_eq!(dotenv.place, Path::new("/app/.env"));
    let shown: Vec<_> = dotenv
        .variables
        .iter()
        .map(|(name, variable)| {
            (name.as_str(), variable.value.as_ref().map(Text::assumed).unwrap_or_default())
        })
        .collect();
    assert_eq!(shown, [("A", "1".to_string()), ("B", "x 1".to_string())]);
    let ignored = one(&[main, env, dockerfile, (".dockerignore", ".env\n")], built("api", ""));
    assert!(ignored.dotenv.is_empty());
    let settings = (
        "main.py",
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_file='conf/prod.env')\n",
    );
    let program = one(&[settings, ("conf/prod.env", "C=3\n"), env, dockerfile], built("api", ""));
    assert_eq!(
        program.dotenv.iter().map(|dotenv| dotenv.place.as_path()).collect::<Vec<_>>(),
        [Path::new("/app/conf/prod.env")]
    );
}

#[test]
fn healthchecks_and_ports_are_read() {
    let dockerfile = "FROM x AS a\nEXPOSE 80 443/tcp 9000-9002\nHEALTHCHECK --interval=1m30s --retries=5 CMD curl -f http://localhost/ || exit 1\n\
        FROM a AS b\nHEALTHCHECK NONE\nUSER 1000\nFROM a AS c\nHEALTHCHECK CMD [\"curl\", \"x\"]\n";
    let of = |target: &str| {
        let mut service = built("api", "");
        if let Some(build) = &mut service.build {
            build.target = Some(located(target));
        }
        one(&[("Dockerfile", dockerfile)], service).image
    };
    let a = of("a");
    assert_eq!(a.exposed.iter().map(|port| port.value).collect::<Vec<_>>(), [80, 443, 9000, 9001, 9002]);
    let health = a.health.unwrap();
    assert_eq!(health.interval.unwrap().value.as_secs(), 90);
    assert_eq!(health.retries.unwrap().value, 5);
    assert!(health.test.unwrap().shell);
    let b = of("b");
    assert!(b.healthcheck.is_none() && b.health.unwrap().disabled);
    assert_eq!(b.user.unwrap().assumed(), "1000");
    assert!(!of("C").health.unwrap().test.unwrap().shell);
    assert_eq!(of("d").problem, Some(programs::BuildProblem::NoStage("d".into())));
}

#[test]
fn an_entrypoint_takes_the_command_of_its_base_away() {
    let command = |dockerfile: &str| {
        let program = one(&[("Dockerfile", dockerfile)], built("api", ""));
        program.command.iter().map(Text::assumed).collect::<Vec<_>>()
    };
    assert_eq!(command("FROM x AS a\nCMD [\"one\"]\nFROM a\nENTRYPOINT [\"two\"]\n"), ["two"]);
    assert_eq!(command("FROM x\nCMD [\"one\"]\nENTRYPOINT [\"two\"]\n"), ["two", "one"]);
    assert_eq!(
        command("FROM x\nSHELL [\"/bin/bash\", \"-c\"]\nCMD one  two \\\n three\n"),
        ["/bin/bash", "-c", "one  two  three"]
    );
}

#[test]
fn what_can_be_read_of_a_broken_dockerfile_is_kept() {
    let dockerfile = "\u{FEFF}# syntax=docker/dockerfile:1\nFROM python:3.12\nWORKDIR /app\nCOYP . .\nENV A=1\n\
        RUN cat <<EOF > /etc/x\nFROM nothing\nENV A=2\nEOF\nCOPY <<X /app/x.py\nimport os\nX\nEXPOSE\nENV B=é C=3\nCMD python main.py\n";
    let sources = map(&[("Dockerfile", dockerfile), ("main.py", "")]);
    let programs = programs::read(&sources, &Shelf::default(), &project([built("api", "")]));
    let program = programs.of("api");
    assert_eq!(variable(program, "A").as_deref(), Some("1"));
    assert_eq!(variable(program, "C").as_deref(), Some("3"));
    assert_eq!(sources.snippet(program.image.env["B"].origin.written), "B=é");
    let notes: Vec<String> = program.image.notes.iter().map(|note| sources.snippet(note.at)).collect();
    assert_eq!(notes, ["COYP . .", "EXPOSE", "COPY"]);
}

#[test]
fn dockerfiles_in_the_compose_file_are_read() {
    let mut service = built("api", "");
    if let Some(build) = &mut service.build {
        build.dockerfile_inline =
            Some(located("FROM python:3.12\nWORKDIR /app\nCOPY a.py .\nCMD python a.py\n"));
    }
    let program = one(&[("a.py", ""), ("b.py", "")], service);
    assert_eq!(loaded(&program), ["a.py"]);
    assert_eq!(program.image.dockerfile, None);
}

#[test]
fn paths_of_dotenv_files_are_followed() {
    let source = "from pathlib import Path\nfrom dotenv import load_dotenv\nROOT = Path(__file__).parent.parent\n\
        load_dotenv(ROOT / 'conf' / '.env')\nload_dotenv(ROOT / '.env.local', override=True)\n";
    let dockerfile =
        ("Dockerfile", "FROM python:3.12\nWORKDIR /srv\nCOPY . /code\nCMD python /code/app/main.py\n");
    let files = [("app/main.py", source), (".env", "A=1\n"), (".env.local", "A=2\n"), dockerfile];
    let program = one(&files, built("api", ""));
    let shown: Vec<_> =
        program.dotenv.iter().map(|dotenv| (dotenv.place.to_str(), dotenv.overrides)).collect();
    assert_eq!(shown, [(Some("/code/.env"), false), (Some("/code/.env.local"), true)]);
    // A mounted file takes the place of the copied one.
    let mut service = built("api", "");
    service.volumes = vec![bind(".env.local", "/code/.env")];
    let program = one(&files, service);
    assert_eq!(program.dotenv[0].path, Path::new("/p/.env.local"));
}

#[test]
fn dotenv_files_made_by_the_build_are_found() {
    let main = ("main.py", "from dotenv import load_dotenv\nload_dotenv()\n");
    let files = |line: &'static str| {
        let text = format!(
            "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install x\n{line}\nCMD python main.py\n"
        );
        let owned: Vec<(&str, String)> =
            vec![("Dockerfile", text), (main.0, main.1.to_string()), (".env.docker", "A=1\n".to_string())];
        let borrowed: Vec<(&str, &str)> = owned.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let program = one(&borrowed, built("api", ""));
        program.dotenv.iter().map(|dotenv| (dotenv.place.clone(), dotenv.path.clone())).collect::<Vec<_>>()
    };
    let expected = [(PathBuf::from("/app/.env"), PathBuf::from("/p/.env.docker"))];
    assert_eq!(files("COPY .env.docker .env"), expected);
    assert_eq!(files("RUN mkdir -p /x && cp -f .env.docker .env"), expected);
    assert_eq!(files("RUN cd / && mv /app/.env.docker /app/.env"), expected);
    assert_eq!(files("RUN echo"), []);
}

#[test]
fn dotenv_files_of_launchers_are_found() {
    let files = [("main.py", "import os\n"), (".env", "A=1\n"), ("prod.env", "A=2\n"), ("c/x.env", "A=3\n")];
    let found = |command: &str| {
        let program = started(&files, command);
        assert_eq!(loaded(&program), ["main.py"], "{command}");
        let place = |file: &programs::Dotenv| file.place.to_string_lossy().into_owned();
        program.dotenv.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(found("dotenv run python main.py"), ["/app/.env"]);
    assert_eq!(found("dotenv -f prod.env run -- python main.py"), ["/app/prod.env"]);
    assert_eq!(found("dotenv -e c/x.env -- python main.py"), ["/app/c/x.env"]);
    assert_eq!(found("dotenv -e=prod.env python main.py"), ["/app/prod.env"]);
    assert_eq!(found("env-cmd -f c/x.env python main.py"), ["/app/c/x.env"]);
    assert_eq!(found("uv run --env-file prod.env python main.py"), ["/app/prod.env"]);
    assert_eq!(found("uv run --env-file=prod.env main.py"), ["/app/prod.env"]);
    assert_eq!(found("python main.py"), Vec::<String>::new());
}

#[test]
fn scripts_are_read_where_they_are_run() {
    let files = [
        ("start.sh", "#!/bin/sh\n. ./env.sh\nexport A=${A:-1}\n. ./prod.env\nexec \"$@\"\n"),
        ("env.sh", "export B=2\n"),
        ("prod.env", "C=3\n"),
        ("other.sh", "export D=4\n"),
        ("main.py", ""),
    ];
    let program = started(&files, "./start.sh python main.py");
    let exports = |program: &Program| -> Vec<String> {
        let all = program.modules.iter().flat_map(|module| &module.exports);
        all.map(|export| export.name.value.clone()).collect()
    };
    assert_eq!(exports(&program), ["B", "A"]);
    assert_eq!(loaded(&program), ["main.py"]);
    let program = started(&[("main.py", "")], "sh -c true");
    assert!(program.modules.iter().all(|module| module.role == Role::Source));
}

#[test]
fn names_above_the_working_directory_say_nothing() {
    let files = [
        ("Dockerfile", "FROM python:3.12\nWORKDIR /opt/tests/docs\nCOPY . .\nCMD ./unknown\n"),
        ("main.py", ""),
        ("tests/more.py", ""),
    ];
    assert_eq!(loaded(&one(&files, built("api", ""))), ["main.py"]);
}

#[test]
fn tasks_of_the_project_are_read() {
    let pyproject = "[project.scripts]\nserve = \"src.api.main:run\"\n[tool.pdm.scripts]\n\
        start = \"uvicorn src.api.main:app\"\nlive = {cmd = \"uvicorn src.api.main:app --reload\"}\n";
    let makefile = ".PHONY: run\nPORT := 80\nsetup:\n\techo hi\nrun: setup\n\t@uvicorn src.api.main:app --port $(PORT)\n\nworker:\n\tpython -m src.worker\n";
    let procfile = "web: uvicorn src.api.main:app\nworker: python -m src.worker\n";
    let supervisor = "[supervisord]\nnodaemon=true\n[program:api]\ncommand=uvicorn src.api.main:app ; the api\ndirectory=/app\nenvironment=A=\"1\",B=\"2\"\n";
    let files: Vec<_> = PACKAGE
        .iter()
        .copied()
        .chain([
            ("pyproject.toml", pyproject),
            ("Makefile", makefile),
            ("Procfile", procfile),
            ("etc/supervisord.conf", supervisor),
        ])
        .collect();
    for command in [
        "serve",
        "poetry run serve --port 80",
        "pdm run start",
        "pdm run live",
        "poe start",
        "make run",
        "honcho start web",
        "supervisord -n -c etc/supervisord.conf",
    ] {
        assert_eq!(loaded(&started(&files, command)), API, "{command}");
    }
    assert_eq!(loaded(&started(&files, "honcho start")).len(), API.len() + 1);
}

#[test]
fn scripts_of_project_templates_are_followed() {
    let dockerfile = "FROM python:3.12-slim AS python\nFROM python AS build\nARG BUILD_ENV=local\nCOPY ./requirements .\n\
        FROM python AS run\nARG APP_HOME=/app\nWORKDIR ${APP_HOME}\n\
        COPY --chown=django:django ./compose/django/entrypoint /entrypoint\n\
        COPY --chown=django:django ./compose/django/start /start\n\
        COPY --chown=django:django ./compose/django/celery/worker/start /start-celeryworker\n\
        COPY --chown=django:django . ${APP_HOME}\nENTRYPOINT [\"/entrypoint\"]\nCMD [\"/start\"]\n";
    let entrypoint = "#!/bin/bash\n\nset -o errexit\nset -o pipefail\n\nif [ -z \"${POSTGRES_USER}\" ]; then\n    base='postgres'\n    export POSTGRES_USER=\"${base}\"\nfi\n\
        python << END\nimport sys\nimport psycopg\nEND\n\n>&2 echo 'PostgreSQL is available'\n\nexec \"$@\"\n";
    let files = [
        ("compose/django/Dockerfile", dockerfile),
        ("compose/django/entrypoint", entrypoint),
        (
            "compose/django/start",
            "#!/bin/bash\npython /app/manage.py collectstatic --noinput\nexec /usr/local/bin/gunicorn config.wsgi --bind 0.0.0.0:5000 --chdir=/app\n",
        ),
        (
            "compose/django/celery/worker/start",
            "#!/bin/bash\nexec watchfiles --filter python celery.__main__.main --args '-A config.celery_app worker -l INFO'\n",
        ),
        ("requirements/base.txt", ""),
        ("manage.py", "os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings.local\")\n"),
        ("config/__init__.py", "from .celery_app import app as celery_app\n"),
        ("config/celery_app.py", ""),
        ("config/wsgi.py", ""),
        ("config/settings/__init__.py", ""),
        ("config/settings/local.py", "from .base import *\n"),
        ("config/settings/base.py", "LOCAL_APPS = [\"shop.users\"]\nINSTALLED_APPS = LOCAL_APPS\n"),
        ("shop/__init__.py", ""),
        ("shop/users/__init__.py", ""),
        ("shop/users/models.py", ""),
        ("shop/dead.py", ""),
    ];
    let mut service = built("django", "");
    if let Some(build) = &mut service.build {
        build.dockerfile = Some(located("./compose/django/Dockerfile"));
    }
    let mut worker = service.clone();
    worker.name = Spanned::new("worker".to_string(), Span::NONE);
    worker.command = words("/start-celeryworker");
    let programs = run(&files, [service, worker]);
    let django = loaded(programs.of("django"));
    assert!(programs.of("django").entry_known);
    for path in
        ["config/wsgi.py", "config/settings/local.py", "config/settings/base.py", "shop/users/models.py"]
    {
        assert!(django.contains(&path.to_string()), "{path} in {django:?}");
    }
    assert!(!django.contains(&"shop/dead.py".to_string()));
    let worker = programs.of("worker");
    assert!(worker.entry_known);
    assert_eq!(loaded(worker), ["config/__init__.py", "config/celery_app.py"]);
}

#[test]
fn base_images_with_a_convention_start_by_it() {
    let files = [
        ("Dockerfile", "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\nCOPY ./app /app/app\n"),
        ("app/main.py", "from app import db\n"),
        ("app/db.py", ""),
        ("app/dead.py", ""),
    ];
    assert_eq!(loaded(&one(&files, built("api", ""))), ["app/db.py", "app/main.py"]);
}

mod hostile {
    use super::*;
    use dockworthy::source::Disk;

    const LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

    /// Reads a service whose context is a directory of the disk, made by `prepare`.
    fn on_disk(prepare: impl FnOnce(&Path), change: impl FnOnce(&mut Service, &Path)) -> Program {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        prepare(&root);
        let mut service = service("api");
        service.build = Some(Build { directory: Some(root.clone()), ..Build::default() });
        change(&mut service, &root);
        let start = std::time::Instant::now();
        let mut project = project([service]);
        project.directory.clone_from(&root);
        let programs = programs::read(&SourceMap::new(Disk), &Shelf::default(), &project);
        assert!(start.elapsed() < LIMIT);
        programs.of("api").clone()
    }

    fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_dockerfile_that_is_none() {
        let problem = |prepare: fn(&Path)| on_disk(prepare, |_, _| {}).image.problem;
        let refused = |problem: Option<programs::BuildProblem>| match problem {
            Some(programs::BuildProblem::Unreadable(_, error)) => error.to_string(),
            Some(programs::BuildProblem::NoDockerfile(absent)) => {
                format!("no {}", absent.missing.ends_with("Dockerfile"))
            }
            other => format!("{other:?}"),
        };
        assert_eq!(refused(problem(|_| {})), "no true");
        assert_eq!(
            refused(problem(|root| std::fs::create_dir(root.join("Dockerfile")).unwrap())),
            "is a directory"
        );
        let pipe = problem(|root| {
            let made = std::process::Command::new("mkfifo").arg(root.join("Dockerfile")).status();
            assert!(made.unwrap().success());
        });
        assert_eq!(refused(pipe), "is not a regular file");
    }

    #[test]
    fn dockerfiles_that_are_too_much() {
        let large = on_disk(|root| write(root, "Dockerfile", "RUN true\n".repeat(20 << 17)), |_, _| {});
        assert_eq!(large.image.notes.len(), 1);
        let binary = on_disk(|root| write(root, "Dockerfile", [0, 159, 146, 150].repeat(1000)), |_, _| {});
        assert_eq!(binary.image.notes.len(), 1);
        let many = |line: &str| {
            let text = format!("FROM a\n{}", line.repeat(150_000 / line.len()));
            on_disk(|root| write(root, "Dockerfile", text), |_, _| {});
        };
        many("FROM a\n");
        many("COPY . .\n");
        many("RUN cat <<X > y\n");
        many("NOPE x\n");
        many("ENV A=${A:-${A:-x}}$A$A\n");
        many("EXPOSE 1-65535\n");
        many("ENV A=\"");
        many("\\\n");
        many("ENV A=${A:-");
        many("ENTRYPOINT [\"");
    }

    #[test]
    fn values_that_double_are_bounded() {
        let text = format!("FROM scratch\nENV A=xxxxxxxxxx\n{}", "ENV A=$A$A\n".repeat(200));
        let program = on_disk(|root| write(root, "Dockerfile", text), |_, _| {});
        assert!(variable(&program, "A").unwrap().len() <= 1 << 20);
    }

    #[test]
    fn links_that_lead_back() {
        let prepare = |root: &Path| {
            write(
                root,
                "Dockerfile",
                "FROM x\nWORKDIR /app\nCOPY . .\nCOPY loop /loop\nCMD python main.py\n",
            );
            write(root, "main.py", "import a.b\n");
            write(root, "a/b.py", "");
            std::os::unix::fs::symlink(root, root.join("a/up")).unwrap();
            std::os::unix::fs::symlink(root.join("loop"), root.join("loop")).unwrap();
        };
        let program = on_disk(prepare, |_, _| {});
        assert_eq!(program.modules.len(), 2);
    }

    #[test]
    fn scripts_that_start_themselves() {
        let prepare = |root: &Path| {
            write(
                root,
                "Dockerfile",
                "FROM x\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/a.sh\"]\nCMD [\"x\"]\n",
            );
            write(root, "a.sh", "#!/bin/sh\n. ./a.sh\n./b.sh \"$@\" \"$@\"\nexec ./a.sh \"$@\" \"$@\"\n");
            write(root, "b.sh", "#!/bin/sh\n./a.sh \"$@\" \"$@\"; ./a.sh \"$@\" & ./a.sh\n");
            write(root, "main.py", "");
        };
        let program = on_disk(prepare, |_, _| {});
        assert!(!program.entry_known);
    }

    #[test]
    fn imports_that_lead_back() {
        let files = [
            ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\nCMD python a.py\n"),
            ("a.py", "import b\nimport a\n"),
            ("b.py", "from a import x\nfrom . import b\n"),
        ];
        assert_eq!(loaded(&one(&files, built("api", ""))), ["a.py", "b.py"]);
    }

    #[test]
    fn mounts_of_what_is_not_there() {
        let program = on_disk(
            |root| write(root, "Dockerfile", "FROM x\nCOPY . /app\n"),
            |service, root| {
                service.volumes = ["nothing", "Dockerfile", "/"]
                    .iter()
                    .enumerate()
                    .map(|(index, path)| Mount {
                        path: Some(root.join("x").join(path)),
                        target: format!("../../m{index}"),
                        ..bind("", "")
                    })
                    .collect();
                service.command = words("python /m0/../m1");
            },
        );
        assert!(!program.entry_known);
    }
}

mod arbitrary {
    use super::*;
    use dockworthy::programs::dockerfile::{Body, Limits, parse};
    use dockworthy::programs::dockerignore::DockerIgnore;
    use proptest::prelude::*;

    /// Text that is mostly made of what matters to a Dockerfile or a shell.
    fn text(words: &'static [&'static str]) -> impl Strategy<Value = String> {
        let word = prop_oneof![4 => prop::sample::select(words).prop_map(str::to_string), 1 => ".{0,3}"];
        prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
    }

    const DOCKERFILE: &[&str] = &[
        "FROM ",
        "x",
        " AS ",
        "a",
        "\n",
        "\n",
        "\r\n",
        "\\",
        "\\\n",
        "`",
        "# escape=`\n",
        "ENV ",
        "ARG ",
        "A",
        "=",
        "$A",
        "${A",
        ":-",
        "}",
        "\"",
        "'",
        "COPY ",
        "--from=",
        "a",
        "0",
        ".",
        "/",
        "*",
        "..",
        "ADD ",
        "[",
        "]",
        ",",
        "RUN ",
        "<<EOF",
        "EOF",
        "<<-",
        "CMD ",
        "ENTRYPOINT ",
        "HEALTHCHECK ",
        "NONE",
        "--interval=",
        "1s",
        "WORKDIR ",
        "EXPOSE ",
        "80-90",
        "SHELL ",
        "USER ",
        "ONBUILD ",
        " ",
        "\t",
        "é",
        "\u{FEFF}",
        "\0",
    ];

    const SHELL: &[&str] = &[
        "if ", "[ ", " ]", "; then\n", "else\n", "elif ", "fi\n", "case ", " in\n", ")", ";;", "esac\n",
        "while ", "do ", "done\n", "$", "${", "}", "$@", "\"", "'", "`", "$(", "(", "&&", "||", "|", ";",
        "&", "\n", "\\", "<<EOF", ">", "2>&1", "exec ", "set -- ", "shift\n", "cd ", "..", "export ", "A=",
        "b", " ", "#", "python ", "-m ", "main", ".py", "uvicorn ", ":app", ". ", "é",
    ];

    const CONFIGURATION: &[&str] = &[
        "server ",
        "upstream ",
        "x ",
        "{",
        "}",
        ";",
        "\n",
        "\n",
        "proxy_pass ",
        "set $a ",
        "$a",
        "${A}",
        "${",
        "http://",
        "db:5432",
        "localhost",
        "listen ",
        "80",
        "reverse_proxy ",
        "to ",
        "{$A:",
        "php_fastcgi ",
        "bind ",
        "backend ",
        "ProxyPass / ",
        "fcgi://",
        "SetHandler ",
        "proxy:",
        "url",
        "host",
        "port",
        ": ",
        " = ",
        "- ",
        "  ",
        "[",
        "]",
        "\"",
        "'",
        ",",
        "database",
        "servers",
        "loadBalancer",
        "#",
        "é",
        "\u{5A2FF}",
        "\\",
        "\t",
        "\0",
        "unix:/",
        "<<EOF",
        "EOF",
        "> ",
        "/dev/tcp/",
        "nc -z ",
        "psql -h",
        "--host=",
        "export ",
        "$(",
        ":-",
        "case ",
        "esac",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn dockerfiles_never_panic_and_spans_lie_within(text in text(DOCKERFILE)) {
            let sources = map(&[("Dockerfile", &text), ("a/b.py", ""), ("main.py", "")]);
            let file = sources.load(Path::new("/p/Dockerfile")).unwrap();
            let parsed = parse(None, &Body::of_file(&file), Limits::default());
            for note in &parsed.notes {
                prop_assert!(note.at.is_none() || file.owns(note.at));
            }
            let programs = programs::read(&sources, &Shelf::default(), &project([built("api", "")]));
            for (name, variable) in &programs.of("api").image.env {
                prop_assert!(file.owns(variable.key), "{name}");
                for piece in variable.value.iter().flat_map(|value| value.pieces()) {
                    prop_assert!(piece.origin.written.is_none() || file.owns(piece.origin.written));
                }
            }
        }

        #[test]
        fn shells_never_panic(text in text(SHELL)) {
            let mut service = built("api", "");
            service.command = exec(&["sh", "-c", &text, "x", "y z"]);
            one(&[("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\n"), ("main.py", ""), ("b", &text)], service);
        }

        #[test]
        fn configurations_never_panic_and_spans_lie_within(text in text(CONFIGURATION)) {
            let names = ["nginx.conf", "nginx.conf.template", "Caddyfile", "haproxy.cfg", "apache.conf", "traefik.yml",
                "traefik.toml", "config.yaml", "config.json", "config.toml", "app.ini", "app.properties", "start.sh"];
            let files = names.map(|name| (name, text.as_str()));
            let sources = map(&files);
            for name in names {
                let file = sources.load(&Path::new(ROOT).join(name)).unwrap();
                let module = programs::front_end(&file.path).unwrap().read(&file);
                let sinks = module.sinks.iter().map(|sink| sink.span);
                for span in sinks.chain(module.reads.iter().map(|read| read.span)) {
                    prop_assert!(span.is_none() || file.owns(span), "{name}: {span:?}");
                }
            }
        }

        #[test]
        fn ignore_files_never_panic(text in "[a-c*?/!\\[\\]\\\\^.\n-]{0,60}", path in "[a-c/.]{0,20}") {
            let _ = DockerIgnore::parse(&text).ignores(Path::new(&path));
        }
    }
}

/// An application of Rails in `/app`, run by this command in production.
fn rails(command: &str) -> Program {
    let mut service = built("web", "");
    service.command = words(command);
    let files = [
        ("Dockerfile", "FROM ruby:3.3\nENV RAILS_ENV=production\nWORKDIR /app\nCOPY . .\n"),
        ("Gemfile", "gem 'rails'\n"),
        ("config.ru", "require_relative 'config/environment'\n"),
        ("bin/rails", "#!/usr/bin/env ruby\nrequire_relative '../config/boot'\n"),
        ("config/application.rb", ""),
        ("config/database.yml", "production: {}\n"),
        ("config/cable.yml", "production: {}\n"),
        ("config/environments/production.rb", ""),
        ("config/environments/test.rb", ""),
        ("app/models/user.rb", ""),
        ("db/seeds.rb", ""),
        ("spec/user_spec.rb", ""),
    ];
    one(&files, service)
}

#[test]
fn every_way_to_start_rails_loads_what_it_loads() {
    let commands = [
        "rails server -b 0.0.0.0",
        "bin/rails s",
        "./bin/rails db:prepare",
        "bundle exec rails server",
        "bundle exec puma -C config/puma.rb",
        "bundle exec sidekiq -q default",
        "bundle exec rake jobs:work",
        "bundle exec rackup config.ru",
        "ruby bin/rails server",
        "dumb-init -- bundle exec unicorn -c config/unicorn.rb",
    ];
    for command in commands {
        let program = rails(command);
        assert!(program.entry_known, "{command}");
        let expected = [
            "app/models/user.rb",
            "config.ru",
            "config/application.rb",
            "config/database.yml",
            "config/environments/production.rb",
        ];
        assert_eq!(loaded(&program), expected, "{command}");
    }
}

#[test]
fn ruby_scripts_load_what_they_require() {
    let files = [
        ("Dockerfile", "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nCMD [\"ruby\", \"worker.rb\"]\n"),
        ("worker.rb", "require_relative 'lib/queue'\nrequire './settings'\n"),
        ("lib/queue.rb", "require 'bunny'\n"),
        ("settings.rb", ""),
        ("other.rb", ""),
    ];
    assert_eq!(loaded(&one(&files, built("worker", ""))), ["lib/queue.rb", "settings.rb", "worker.rb"]);
}

#[test]
fn every_way_to_serve_php_loads_the_application() {
    let files = [
        ("composer.json", "{\"autoload\": {\"psr-4\": {\"App\\\\\": \"app/\"}}}"),
        ("artisan", "#!/usr/bin/env php\n<?php\n"),
        ("app/Jobs/Send.php", "<?php\n"),
        ("config/database.php", "<?php return [];\n"),
        ("public/index.php", "<?php\n"),
        ("tests/SendTest.php", "<?php\n"),
    ];
    let expected =
        ["app/Jobs/Send.php", "artisan", "composer.json", "config/database.php", "public/index.php"];
    let commands = [
        "php-fpm",
        "php-fpm8.3 -F",
        "apache2-foreground",
        "docker-php-entrypoint php-fpm",
        "php artisan serve --host=0.0.0.0",
        "php artisan queue:work --tries=3",
        "php artisan octane:start",
        "php -S 0.0.0.0:80 -t public",
        "frankenphp run",
        "rr serve",
    ];
    for command in commands {
        let mut service = built("app", "");
        service.command = words(command);
        let dockerfile = ("Dockerfile", "FROM php:8.3\nWORKDIR /var/www/html\nCOPY . .\n");
        let program = one(&files.iter().copied().chain([dockerfile]).collect::<Vec<_>>(), service);
        assert!(program.entry_known, "{command}");
        assert_eq!(loaded(&program), expected, "{command}");
    }
    let dockerfile = ("Dockerfile", "FROM php:8.3-apache\nCOPY . /var/www/html\n");
    let program = one(&files.iter().copied().chain([dockerfile]).collect::<Vec<_>>(), built("app", ""));
    assert_eq!(loaded(&program), expected);
}

#[test]
fn php_scripts_load_what_they_include() {
    let files = [
        ("Dockerfile", "FROM php:8.3-cli\nWORKDIR /app\nCOPY . .\nCMD [\"php\", \"worker.php\"]\n"),
        ("composer.json", "{\"autoload\": {\"psr-4\": {\"App\\\\\": \"src/\"}}}"),
        ("worker.php", "<?php\nuse App\\Queue;\nrequire __DIR__ . '/config.php';\n(new Queue)->run();\n"),
        ("src/Queue.php", "<?php\nnamespace App;\nclass Queue { function run() { return new Client(); } }\n"),
        ("src/Client.php", "<?php\nnamespace App;\n"),
        ("src/Unused.php", "<?php\nnamespace App;\n"),
        ("config.php", "<?php\n"),
        ("other.php", "<?php\n"),
    ];
    let expected = ["config.php", "src/Client.php", "src/Queue.php", "worker.php"];
    assert_eq!(loaded(&one(&files, built("worker", ""))), expected);
}
