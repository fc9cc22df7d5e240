//! Texts that are nearly YAML.

#![allow(dead_code)] // each test crate uses a part of it

use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    concat!(
        "# the project\nname: shop\nservices:\n  db:\n    image: postgres:16   # pinned\n    environment: &env\n",
        "      POSTGRES_PASSWORD: \"s3cret\"\n      POSTGRES_DB: 'app'\n    ports:\n      - \"5432:5432\"\n",
        "      - target: 80\n        published: 8080\n    healthcheck: {test: [\"CMD\", pg_isready], interval: 5s}\n",
        "  web:\n    command: >-\n      sh -c \"run\n      it\"\n    environment:\n      <<: *env\n      URL: postgres://db\n",
    ),
    concat!(
        "x-common: &common\n  restart: always\n  options: {max-size: \"10m\", max-file: '3'}\n\nservices:\n  a:\n",
        "    command: |\n      echo one\n      # not a comment\n\n      echo two\n    labels:\n    - a.b=c\n    - \"d\"\n",
        "  b:\n    <<: [*common]\n    image: !!str nginx\n    ports: [\"80:80\", 443:443]\n...\n---\nservices:\n",
        "  a:\n    environment: !override\n      - K=v\n      - \"X=y z\"\n",
    ),
    concat!(
        "services:\r\n    api:\r\n        image: caf\u{e9}:1\r\n        environment:\r\n            - C=\"\\u00e9\\n\"\r\n",
        "            - D='q'\r\n            -\r\n        volumes:\r\n            - type: bind\r\n              source: ./x\r\n",
        "        x-t: !foo bar\r\n        x-n: ~\r\n        x-e:\r\n        x-f: 1.5\r\n        x-k: >+\r\n\r\n          z\r\n\r\n",
    ),
];

const TOKENS: [&str; 52] = [
    ":", "-", "\t", " ", "\n", "\"", "'", "[", "]", "{", "}", ",", "#", "&a ", "*a", "!t ", "|", ">", "?",
    "@", "`", "%", "\r", "\\", "  ", "<<: ", "- ", "k: v\n", "...\n", "---\n", "\u{a0}", "\u{feff}", "\u{7}",
    "$", "=", ": ", " #", "\u{2028}", "\u{85}", "~", "!!", "&", "*", "\r\n", "|+\n", ">2\n", "? ", ":\n",
    "- - ", "0", "\u{e9}", "x",
];

/// A seed with a few changes.
pub fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), prop::sample::select(&TOKENS[..]), 0..4_usize);
    (prop::sample::select(&SEEDS[..]), prop::collection::vec(change, 0..4)).prop_map(|(seed, changes)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (at, token, cut) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, token.chars());
        }
        text.into_iter().collect()
    })
}

/// Tokens of YAML, one after the other.
pub fn heap_of_tokens() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..30).prop_map(|tokens| tokens.concat())
}

/// Either of the two.
pub fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![mutated(), heap_of_tokens()]
}
