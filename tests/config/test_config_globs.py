"""Globs as in .gitignore."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from kguard.config.globs import anchor
from kguard.ignore.globs import matches_name, matches_path

MATCHES = [
    # pattern, path, whether it matches
    ("*.yaml", "a.yaml", True),
    ("*.yaml", "x/y/a.yaml", True),
    ("*.yaml", "a.yaml.bak", False),
    ("vendor", "charts/vendor/a.yaml", True),
    ("vendor/", "charts/vendor/a.yaml", True),
    ("vendor/", "charts/vendor", False),
    ("/vendor", "vendor/a.yaml", True),
    ("/vendor", "charts/vendor/a.yaml", False),
    ("charts/vendor", "charts/vendor/x/a.yaml", True),
    ("charts/vendor", "x/charts/vendor/a.yaml", False),
    ("charts/vendor/**", "charts/vendor/x/a.yaml", True),
    ("charts/vendor/**", "charts/vendor", False),
    ("charts/*/a.yaml", "charts/x/a.yaml", True),
    ("charts/*/a.yaml", "charts/x/y/a.yaml", False),
    ("charts/**/a.yaml", "charts/a.yaml", True),
    ("charts/**/a.yaml", "charts/x/y/a.yaml", True),
    ("charts/**/a.yaml", "charts/x/y/b.yaml", False),
    ("**/prod", "x/prod/a.yaml", True),
    ("**/prod", "production/a.yaml", False),
    ("**/prod/**/x", "a/prod/b/prod/c/x", True),
    ("**/a/b", "a/c/a/b", True),
    ("/svc/**/a/", "a/b", False),
    ("/svc/**/a/b", "svc/a", False),
    ("**", "x/a.yaml", True),
    ("*", "x/a.yaml", True),
    ("?.yaml", "a.yaml", True),
    ("?.yaml", "ab.yaml", False),
    ("[ab].yaml", "b.yaml", True),
    ("[!ab].yaml", "b.yaml", False),
    ("A.yaml", "a.yaml", False),
    ("größe/*", "größe/a.yaml", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_a_pattern_matches_as_in_gitignore(pattern: str, path: str, expected: bool) -> None:
    assert matches_path([pattern], path) is expected


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_gives_the_same_answers(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for pattern, path, expected in MATCHES:
        (tmp_path / ".gitignore").write_text(pattern + "\n", encoding="utf-8")
        command = ["git", "-C", str(tmp_path), "check-ignore", "-q", "--no-index", path]
        answer = subprocess.run(command, check=False).returncode
        assert (pattern, path, expected) == (pattern, path, answer == 0)


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("*.yaml", "", "*.yaml"),
        ("*.yaml", "svc", "/svc/**/*.yaml"),
        ("deploy/x", "", "/deploy/x"),
        ("deploy/x", "svc", "/svc/deploy/x"),
        ("./x", "svc", "/svc/x"),
        ("/x", "svc", "/svc/x"),
        ("x/", "svc", "/svc/**/x/"),
        (".", "svc", "/svc/**"),
        ("./", "svc", "/svc/**"),
        ("/", "", "/**"),
        ("a/./b//c", "", "/a/b/c"),
        ("#x", "", "[#]x"),
        ("x", "a[1]*", "/a[[]1][*]/**/x"),
    ],
)
def test_a_pattern_is_seen_from_the_root(pattern: str, folder: str, expected: str) -> None:
    assert anchor(pattern, folder) == expected


@pytest.mark.parametrize("pattern", ["!x", "../x", "x/../y"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="cannot"):
        anchor(pattern, "")


@pytest.mark.parametrize(
    "pattern", ["/".join(["**", "a"] * 20) + "/b", "a*" * 40 + "b", "**/" * 60 + "b"]
)
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    begin = time.process_time()
    assert matches_path([pattern], "/".join(["a"] * 300) + "/" + "a" * 300) is False
    assert time.process_time() - begin < 0.5


def test_words_have_globs_and_no_folders() -> None:
    words = ("shop", "team-a", "shops", "", "Team-a")
    assert [w for w in words if matches_name(["team-*", "shop"], w)] == ["shop", "team-a"]
