"""Repositories whose files are an attack on whoever checks them."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from attack_commands import LAUGHS, POD, SECONDS, Check, check, holding, link


def big(text: bytes, times: int) -> Callable[[Path], None]:
    """A file of a text so many times, beside a good one."""

    def write(root: Path) -> None:
        with open(root / "big.yaml", "wb") as file:
            for _ in range(100):
                file.write(text * (times // 100))

    return write


def links_in_a_circle(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "b").symlink_to("..")
    (root / "c").symlink_to("d")
    (root / "d").symlink_to("c")
    (root / "e.yaml").symlink_to("e.yaml")


def folders_in_folders(root: Path) -> None:
    path = root
    for _ in range(400):
        path = path / "d"
        os.mkdir(path)


def many_files(root: Path) -> None:
    (root / "many").mkdir()
    for number in range(1_000):
        (root / "many" / f"{number}.yaml").write_bytes(b"[")


def a_pipe(root: Path) -> None:
    os.mkfifo(root / "pipe.yaml")


def a_socket(root: Path) -> None:
    before = os.getcwd()
    os.chdir(root)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("sock.yaml")
    os.chdir(before)


def a_sparse_file(root: Path) -> None:
    with open(root / "sparse.yaml", "wb") as file:
        file.truncate(2**40)


ARGUMENTS = b"ARG A0=xxxxxxxxxx\n" + b"".join(
    b"ARG A%d=$A%d$A%d$A%d$A%d\n" % (n, *(n - 1,) * 4) for n in range(1, 40)
)
CALLS = b"".join(
    b"    - {name: t%d, steps: [[{name: a, template: t%d}, {name: b, template: t%d}]]}\n"
    % (n, n + 1, n + 1)
    for n in range(80)
)
WORKFLOW = b"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n"
WORKFLOW += b"  entrypoint: t0\n  templates:\n"

# A repository that holds it, and a Pod with a fault: that is found, whatever else there is.
REPOSITORIES: dict[str, Callable[[Path], None]] = {
    "a line of 100 MB": big(b"x", 100_000_000),
    "a value of 20 MB": holding("v.yaml", b"a: " + b"x" * 20_000_000),
    "a line of 10 MB of blanks": big(b" ", 10_000_000),
    "two million lines": big(b"\n", 2_000_000),
    "thousands of documents": big(b"---\na: b\n", 20_000),
    "an anchor a line": holding("a.yaml", b"".join(b"a%d: &a%d x\n" % (n, n) for n in range(9999))),
    "laughs": holding("a.yaml", LAUGHS),
    "brackets": holding("a.yaml", b"a: " + b"[" * 100_000),
    "dashes": holding("a.yaml", b"- " * 50_000),
    "JSON of brackets": holding("a.json", b"[" * 1_000_000),
    "a tag of Python's": holding("a.yaml", b"!!python/object/apply:os.system ['touch owned']\n"),
    "a sparse terabyte": a_sparse_file,
    "links in a circle": links_in_a_circle,
    "a link to endless zeros": link("zero.yaml", "/dev/zero"),
    "a link to standard input": link("in.yaml", "/dev/stdin"),
    "a link to the whole machine": link("root", "/"),
    "a link to its own process": link("proc.yaml", "/proc/self/mem"),
    "a pipe": a_pipe,
    "a socket": a_socket,
    "folders in folders": folders_in_folders,
    "thousands of broken files": many_files,
    "a Dockerfile of 20 MB": holding("Dockerfile", b"FROM a\nRUN " + b"x" * 20_000_000),
    "a Dockerfile that doubles": holding("Dockerfile", ARGUMENTS + b"FROM $A39\nRUN echo $A39\n"),
    "a Dockerfile of continuations": holding("Dockerfile", b"FROM a\nRUN a " + b"\\\nb " * 50_000),
    "a Dockerfile of open documents": holding("Dockerfile", b"FROM a\n" + b"RUN <<E\n" * 20_000),
    "a Workflow that doubles": holding("w.yaml", WORKFLOW + CALLS),
    "an endless .gitignore": holding(".gitignore", b"*a" * 500_000 + b"\n" + b"**/" * 9_000 + b"b"),
    "a long .gitignore": holding(".gitignore", (b"*a" * 2_000 + b"\n") * 50),
    "a kustomization of itself": holding("kustomization.yaml", b"resources: [., .., /, a/../.]\n"),
    "a kustomization of the machine": holding(
        "kustomization.yaml", b"resources: [../../../../etc/passwd]\npatches: [{path: /dev/zero}]\n"
    ),
    "a chart without end": holding("c/Chart.yaml", b"name: " + LAUGHS),
    "a policy of its own": holding("policies/x/evil.py", b"open('owned', 'w')\n"),
    "code beside the manifests": holding("kguard.py.yaml", b"a: b\n"),
    "ignores without end": holding("a.yaml", b"a: b # kguard: ignore[" + b"a," * 300_000 + b"]\n"),
    "ignores by the thousand": holding("a.yaml", b"a: b # kguard: ignore[x] (until 9)\n" * 20_000),
    "a submodule that is none": holding(".gitmodules", b"[submodule \"a\"]\n path = ../../..\n"),
}  # fmt: skip


@pytest.mark.parametrize(
    "fill", REPOSITORIES.values(), ids=[f"{x} -> reported" for x in REPOSITORIES]
)
def test_a_hostile_repository(tmp_path: Path, fill: Callable[[Path], None]) -> None:
    (tmp_path / "pod.yaml").write_bytes(POD)
    fill(tmp_path)
    started = time.monotonic()
    done = check(tmp_path, "--profile", "all", "-f", "json", ".")
    assert time.monotonic() - started < SECONDS
    assert done.returncode in (1, 3)
    report = json.loads(done.stdout)
    assert ("pod.yaml", "quantity-invalid") in {
        (x["file"], x["policy"]) for x in report["findings"]
    }
    assert not (tmp_path / "owned").exists()


NAMED = [
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/proc/self/mem",
    "loop.yaml",
    "/dev/fd/99",
]


@pytest.mark.parametrize("name", NAMED, ids=[f"{x} -> unchecked" for x in NAMED])
def test_what_is_no_file_is_not_read(tmp_path: Path, check_here: Check, name: str) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    done = check_here(tmp_path, "--isolated", "-f", "json", name)
    assert done.returncode in (2, 3)
    if done.returncode == 3:
        assert len(json.loads(done.stdout)["unchecked"]) == 1


def test_files_that_vanish_while_they_are_read(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.yaml" for number in range(300)]
    stop = threading.Event()

    def toss() -> None:
        while not stop.is_set():
            for path in paths:
                path.write_bytes(POD)
            for path in paths:
                path.unlink(missing_ok=True)

    thread = threading.Thread(target=toss)
    thread.start()
    try:
        for _ in range(2):
            assert check(tmp_path, "-f", "json", ".").returncode in (0, 1, 3)
    finally:
        stop.set()
        thread.join()


# Names that would do something where they are shown.
NAMES = {
    "a newline": "a\nb: error[x]\n::error::x.yaml",
    "a return": "a\rb.yaml",
    "an escape": "\x1b[31m\x1b]0;t\x07.yaml",
    "a bell": "\x07\x08\x7f.yaml",
    "right to left": "\u202elmay.exe\u2066.yaml",
    "line separators": "a\u2028b\u2029c\x85.yaml",
    "no UTF-8": os.fsdecode(b"\xff\xfe\xc3.yaml"),
    "a command of GitHub's": "::add-mask::x,title=a%0A::.yaml",
    "markup": "<b>&amp;]]><!--.yaml",
    "quotes": "'\"`\\.yaml",
    "a link": "[x](javascript:alert(1)).yaml",
    "a URI": "file:?x#y%2e.yaml",
    "an option": "--config=x.yaml",
    "a pattern": "*[!a]{b,c}?.yaml",
    "blanks": "  a  \t.yaml",
    "a path of Windows": "C:\\a\\..\\b.yaml",
    "250 letters": "x" * 250 + ".yaml",
}
FORMATS = ("full", "concise", "json", "json-v1", "sarif", "github", "junit")
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("name", NAMES.values(), ids=[f"{x} -> harmless" for x in NAMES])
def test_names_in_every_format(tmp_path: Path, check_here: Check, name: str) -> None:
    (tmp_path / name).write_bytes(POD.replace(b"web:latest", b'"w\\e[2Jeb\\n::error::x:latest"'))
    out = tmp_path / "out"
    out.mkdir()
    words = [f"-f={each}=out/{each}" for each in FORMATS]
    done = check_here(tmp_path, "--isolated", "--color", "never", *words, "--", name)
    assert (done.returncode, done.stderr, done.stdout) == (1, b"", b"")
    for each in FORMATS:
        text = (out / each).read_bytes().decode("utf-8")
        assert _HARMFUL.search(text) is None, each
    report = json.loads((out / "json").read_bytes())
    assert {x["policy"] for x in report["findings"]} >= {"quantity-invalid"}
    sarif = json.loads((out / "sarif").read_bytes())
    places = {
        x["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for x in sarif["runs"][0]["results"]
    }
    assert all(re.fullmatch(r"[A-Za-z0-9._~%!$&'()*+,;=:@/-]+", place) for place in places)
    assert not any(re.match(r"[A-Za-z]+:", place) for place in places)
    ElementTree.fromstring((out / "junit").read_bytes())
    *commands, summary = (out / "github").read_text(encoding="utf-8").split("\n")[:-1]
    assert re.match(r"\d+ errors?, \d+ warning", summary)
    for line in commands:
        assert re.match(r"::(error|warning|notice) file=", line)
        assert line.count("::") >= 2
    *findings, summary = (out / "concise").read_text(encoding="utf-8").split("\n")[:-1]
    assert re.match(r"\d+ errors?, \d+ warning", summary)
    for line in findings:
        assert re.search(r":\d+:\d+: (error|warning|note)\[", line)
