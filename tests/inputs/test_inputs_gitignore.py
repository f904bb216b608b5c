"""gitignore patterns: what git matches, in linear time."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from inputs_project import git

from kguard.gitignore import LONGEST, NOTHING, Ignores, parse_patterns
from kguard.inputs.files import discover
from kguard.inputs.walk import walk

# (patterns, path, ignored) from the wording and the examples of gitignore(5).
CASES = [
    ("a.yaml", "a.yaml", True),
    ("a.yaml", "x/y/a.yaml", True),
    ("a.yaml", "a.yaml.b", False),
    ("/a.yaml", "x/a.yaml", False),
    ("doc/frotz", "doc/frotz", True),
    ("doc/frotz", "a/doc/frotz", False),
    ("frotz/", "frotz", False),
    ("*.yaml", "x/a.yaml", True),
    ("x/*.yaml", "x/y/a.yaml", False),
    ("foo/*", "foo/test.json", True),
    ("foo/*", "foo/bar/hello.c", False),
    ("**/foo", "a/b/foo", True),
    ("**/foo/bar", "a/foo/bar", True),
    ("abc/**", "abc/d/e", True),
    ("abc/**", "abc", False),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/x/c", False),
    ("a**b", "axxb", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[a-c]x", "bx", True),
    ("[!a-c]x", "bx", False),
    ("[]]x", "]x", True),
    ("# comment", "# comment", False),
    (r"\# name", "# name", True),
    (r"\!name", "!name", True),
    ("name  ", "name", True),
    (r"name\ ", "name ", True),
    ("name\r", "name", True),
    ("*.yaml\n!keep.yaml", "keep.yaml", False),
    ("!keep.yaml\n*.yaml", "keep.yaml", True),
    (r"trailing\ "[:-1], "trailing", False),
    ("größe.yaml", "größe.yaml", True),
]


@pytest.mark.parametrize(
    ("text", "path", "ignored"), CASES, ids=[f"{c[0]!r}-{c[1]}" for c in CASES]
)
def test_patterns_match_as_the_manual_says(text: str, path: str, ignored: bool) -> None:
    rules = Ignores("", parse_patterns(text.split("\n")))
    assert rules.ignored(path, is_folder=False) is ignored


def test_a_pattern_for_folders_matches_folders_and_what_is_inside() -> None:
    rules = Ignores("", parse_patterns(["build/"]))
    assert rules.ignored("x/build", is_folder=True)
    assert not rules.ignored("x/build", is_folder=False)
    assert rules.ignored_with_parents("x/build/a.yaml")


def test_a_deeper_file_wins_over_a_higher_one() -> None:
    top = Ignores("", parse_patterns(["*.yaml"]))
    rules = top.enter("x/", parse_patterns(["!a.yaml"]))
    assert not rules.ignored("x/a.yaml", is_folder=False)
    assert rules.ignored("x/b.yaml", is_folder=False)


def test_nothing_ignores_nothing() -> None:
    assert not NOTHING.ignored_with_parents("a/b.yaml")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a*" * 60 + "b", "a" * 250),
        ("**/a/" * 60 + "b", "a/" * 120 + "c"),
        ("*a*/" * 30 + "b", "aaaa/" * 60 + "c"),
    ],
    ids=["stars", "folders", "both"],
)
def test_hostile_patterns_take_no_time(pattern: str, path: str) -> None:
    rules = Ignores("", parse_patterns([pattern]))
    begin = time.process_time()
    assert not rules.ignored(path, is_folder=False)
    assert time.process_time() - begin < 0.5


NAMES = ["a", "b", "ab", "a.yaml", "b.yaml", "x y", "[z]", "!n", "#c"]
# fmt: off
PIECES = ["a", "b", "*", "**", "?", "/", "[ab]", "[!a]", ".yaml", "*.yaml", "**/", "/**", "\\*",
          "[a-", "[]a]", "[[:alpha:]]", "x y", "\\[z]"]
# fmt: on


@pytest.mark.parametrize("seed", range(25))
def test_walking_finds_what_git_lists(repository: Path, seed: int) -> None:
    """Random trees and patterns; git is the judge."""
    chance = random.Random(seed)
    for _ in range(25):
        path = repository.joinpath(*(chance.choice(NAMES) for _ in range(chance.randint(1, 4))))
        if not any(parent.is_file() for parent in path.parents) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    folders = [repository, *(Path(at) for at, _, _ in os.walk(repository) if ".git" not in at)]
    for folder in chance.sample(folders, min(3, len(folders))):
        lines = [
            ("!" if chance.random() < 0.25 else "")
            + "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 4)))
            + ("/" if chance.random() < 0.2 else "")
            for _ in range(chance.randint(1, 4))
        ]
        (folder / ".gitignore").write_text("\n".join(lines) + "\n")
    listed = git(repository, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    assert sorted(walk(str(repository))) == sorted(name for name in listed if name)


LONG = "a.yaml" + "?" * LONGEST


@pytest.mark.parametrize(
    ("files", "notices"),
    [
        ({".gitignore": f"b\n\n{LONG}\n{LONG}"}, [".gitignore:3"]),
        ({"x/.gitignore": LONG, "x/a.yaml": ""}, ["x/.gitignore:1"]),
        ({".gitignore": LONG, "x/.gitignore": f"!{LONG}"}, [".gitignore:1", "x/.gitignore:1"]),
        ({".gitignore": "#" + LONG}, []),
        ({".gitignore": "a" * LONGEST}, []),
        ({".gitignore": "long\n" * LONGEST}, []),
    ],
    ids=["at the top", "below", "both", "a comment", "just short enough", "many"],
)
def test_a_pattern_that_is_too_long_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], notices: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # In no repository, so that git does not read the patterns.
    for name, text in {**files, "a.yaml": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = discover(["."])
    assert "a.yaml" in found.files
    reason = "ignores nothing: a pattern has at most 4096 characters"
    assert sorted(found.notices) == [f"`{where}` {reason}" for where in notices]
