use super::*;

#[test]
fn functions_run_when_they_are_called() {
    let text = "f() {\n  shift 2\n  if [ \"$1\" = x ]; then return 0; fi\n  migrate \"$@\"\n}\nfunction g {\n  never\n}\ncat <<'END' > x\nread me\n exec no\nEND\nf a b c\nf a b x\nexec \"$@\"\n";
    let start = Launch { words: vec!["serve".into(), "now".into()], ..Launch::default() };
    let found: Vec<String> =
        launches(text, &start, &|_| None).iter().map(|launch| launch.words.join(" ")).collect();
    assert_eq!(found, ["cat", "migrate c", "serve now"]);
    // What is only perhaps called does not end the script.
    let text = "die() {\n  exit 1\n}\ntest -d /data || die \"no data\"\nexec \"$@\"\n";
    let found = launches(text, &start, &|_| None);
    assert!(found.last().is_some_and(|launch| launch.words == ["serve", "now"]));
}

#[test]
fn tasks_are_named_by_arguments() {
    let text = "function build:js {\n  node esbuild.config.js \"$@\"\n}\nfunction help {\n  printf tasks\n}\ntime \"${@:-help}\"\n";
    let told = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_string()).collect();
        let start = Launch { words, ..Launch::default() };
        let found: Vec<String> =
            launches(text, &start, &|_| None).iter().map(|launch| launch.words.join(" ")).collect();
        found
    };
    assert_eq!(told(&["build:js", "--watch"]), ["node esbuild.config.js --watch"]);
    assert_eq!(told(&["mix", "phx.server"]), ["mix phx.server"]);
    assert_eq!(told(&[]), ["printf tasks"]);
}
