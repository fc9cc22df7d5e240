use super::known::{TABLE, Table};
use super::*;

#[test]
fn the_table_is_sound() {
    let read: Result<Table, _> = serde_yaml::from_str(TABLE);
    let servers = read.unwrap_or_else(|error| panic!("{error}")).servers;
    assert!(servers.len() > 25);
    for server in servers {
        assert!(!server.commands.is_empty() && !server.write.is_empty(), "{}", server.name);
    }
}

fn told(command: &str) -> Option<(Said, Said)> {
    let words: Vec<String> = command.split(' ').map(str::to_string).collect();
    let words = program(&words);
    let found = table()
        .iter()
        .filter(|known| !known.settings.needed)
        .find_map(|known| Some((known, known.commands.iter().find_map(|pattern| after(pattern, words))?)))?;
    let mut server = Server {
        known: found.0,
        program: "",
        host: Said::Nothing,
        port: Said::Nothing,
        span: Span::NONE,
        seen: true,
        last: true,
    };
    by_options(&mut server, found.1, &[]);
    Some((server.host, server.port))
}

#[test]
fn commands_are_read() {
    let option = |text: &str| Said::Option(text.to_string(), Span::NONE);
    for (command, host, port) in [
        ("uvicorn main:app --host 0.0.0.0 --port=80", option("0.0.0.0"), option("80")),
        ("python -u -m uvicorn main:app", Said::Nothing, Said::Nothing),
        ("python manage.py runserver 8080", Said::Nothing, option("8080")),
        ("python manage.py runserver 0:8080", option("0.0.0.0"), option("8080")),
        ("flask --app shop run -p 80", Said::Nothing, option("80")),
        ("gunicorn -b127.0.0.1:80 app", option("127.0.0.1"), option("80")),
        ("gunicorn -b :80 app", option("0.0.0.0"), option("80")),
        ("vite --host", option("0.0.0.0"), Said::Nothing),
        ("vite --port 80 --host localhost", option("localhost"), option("80")),
        ("redis-server --bind 127.0.0.1 ::1 --port 1", option("127.0.0.1 ::1"), option("1")),
        ("postgres -c listen_addresses=localhost", option("localhost"), Said::Nothing),
        ("php artisan serve --host=0.0.0.0", option("0.0.0.0"), Said::Nothing),
        ("php -S localhost:8000 -t public", option("localhost"), option("8000")),
        ("uvicorn main:app --host $HOST", Said::Unknown, Said::Nothing),
    ] {
        assert_eq!(told(command), Some((host, port)), "{command}");
    }
    assert_eq!(told("python main.py"), None);
    assert_eq!(told("flask db upgrade"), None);
}
