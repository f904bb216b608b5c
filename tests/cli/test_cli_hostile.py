"""Whatever a file holds, a run ends with a report: no traceback, no crashed check."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cli_project import Project
from hostile import MANIFESTS, variants
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kguard.engine import Crash, run
from kguard.facts import Facts
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.policy.registry import builtin
from kguard.render import FORMATS
from kguard.source import read

POLICIES = builtin()
FILES = sorted(path.name for path in MANIFESTS.iterdir())
DOCUMENTS = [
    (name, number)
    for name in FILES
    for number, _ in enumerate(read(name, (MANIFESTS / name).read_bytes()).documents)
]

STRANGERS: tuple[Any, ...] = (None, "text", 7, ["text", None], {"name": [], "key": {"a": None}})
MORE: tuple[Any, ...] = ("", -1, 1.5, True, [], [{"name": "x"}], {})


def documents(name: str) -> list[Any]:
    """The data of the documents of a manifest."""
    source = read(name, (MANIFESTS / name).read_bytes())
    assert not source.errors
    return [document.data for document in source.documents]


def crashes(world: list[Any], changed: int) -> list[Crash]:
    """What crashes when every policy judges the changed document and the first, in their world."""
    found = [list(resources(data, "a.yaml", number)) for number, data in enumerate(world)]
    everything = [resource for members in found for resource in members]
    judged: list[Resource] = [*found[changed], *(found[0] if changed else ())]
    return run(POLICIES, judged, Facts(Index(everything, complete={""}))).crashes


@pytest.mark.parametrize(("name", "number"), DOCUMENTS, ids=lambda value: str(value))
def test_no_type_of_any_value_crashes_a_check(name: str, number: int) -> None:
    world = documents(name)
    failed: list[str] = []
    for route, stranger, changed in variants(world[number], STRANGERS):
        world[number] = changed
        failed += [
            f"{c.policy}: {route} = {stranger!r}: {c.error!r}" for c in crashes(world, number)
        ]
    assert failed == []


@pytest.mark.parametrize("seed", range(40))
def test_two_strangers_crash_no_check(seed: int) -> None:
    dice = random.Random(seed)
    failed: list[str] = []
    for _ in range(15):
        name, number = dice.choice(DOCUMENTS)
        world = documents(name)
        places = []
        for _ in range(2):
            changed = dice.randrange(len(world))
            if not isinstance(world[changed], dict):
                continue
            route, stranger, data = dice.choice(list(variants(world[changed], STRANGERS + MORE)))
            world[changed] = data
            places.append((changed, route, stranger))
        failed += [f"{name} {places} {c.policy}: {c.error!r}" for c in crashes(world, number)]
    assert failed == []


def written(name: str) -> Iterator[str]:
    """Some of the variants of every document of a manifest, as documents of one stream."""
    dice = random.Random(name)
    for data in documents(name):
        every = [changed for _, _, changed in variants(data, STRANGERS)]
        for changed in dice.sample(every, min(12, len(every))):
            yield f"---\n{json.dumps(changed)}\n"


@pytest.mark.parametrize("name", FILES)
def test_a_whole_run_survives_strangers(project: Project, name: str) -> None:
    project.write({name: "".join(written(name)), "same.yaml": (MANIFESTS / name).read_bytes()})
    formats = [f"-f={f}=out.{f}" for f in FORMATS if f != "json-v1"]
    answer = project.run("check", "--profile", "all", "--isolated", "--complete", *formats)
    assert (answer.code, answer.err) == (1, "")
    report = json.loads(project.read("out.json"))
    assert report["summary"]["documents"] >= len(documents(name))
    assert report["unchecked"] == []


def survives(project: Project, name: str, data: bytes) -> None:
    """Assert that a file with that content is checked, or said to be uncheckable."""
    (project.root / name).write_bytes(data)
    answer = project.run("check", "--profile", "all", "--isolated", "-f", "json", name)
    assert (answer.code in (0, 1, 3), answer.err) == (True, ""), data
    report = answer.json
    assert (answer.code == 3) is bool(report["unchecked"])
    assert report["findings"] or report["unchecked"] or report["skipped"] or answer.code == 0


QUICK = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "Dockerfile", ".drone.yml", "notes"])
@QUICK
@given(data=st.binary(max_size=300))
def test_any_bytes_survive(project: Project, name: str, data: bytes) -> None:
    survives(project, name, data)


YAMLISH = st.text(
    alphabet=st.sampled_from("ab1-:{}[]&*!|>'\"#%@,? \n\t\r\\~<=.\ufeff\x00\x85\u2028日🚀"),
    max_size=120,
)


@pytest.mark.parametrize("name", ["a.yaml", "Dockerfile"])
@QUICK
@given(text=YAMLISH, before=st.sampled_from(["", "apiVersion: v1\nkind: Pod\nspec:\n  a: "]))
def test_any_text_survives(project: Project, name: str, text: str, before: str) -> None:
    survives(project, name, (before + text).encode())


ATTACKS = {
    "empty": b"",
    "blank": b" \n\t\n",
    "nul": b"\x00" * 100,
    "utf-16": "apiVersion: v1\nkind: Pod\n".encode("utf-16"),
    "utf-32": "apiVersion: v1\nkind: Pod\n".encode("utf-32"),
    "latin-1": "apiVersion: v1\nkind: Pod\nmetadata: {name: gr\u00fcn}\n".encode("latin-1"),
    "binary": bytes(range(256)),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "deep": b"[" * 50_000,
    "deep mapping": b"a: {" * 20_000,
    "bomb": b"a: &a [x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(24))
    + b"apiVersion: v1\nkind: Pod\nspec: *y\n",
    "loop": b"apiVersion: v1\nkind: Pod\nmetadata: &a {name: x, labels: *a}\nspec: *a\n",
    "merge loop": b"apiVersion: v1\nkind: Pod\nspec: &a {<<: *a}\n",
    "tags": b"apiVersion: v1\nkind: Pod\nspec: !!python/object/apply:os.system [id]\n",
    "keys": b"apiVersion: v1\nkind: Pod\nspec: {? [a, b] : c, 1: d, null: e, true: f, 1.5: g}\n",
    "many documents": b"---\n" * 5000,
    "long line": b"apiVersion: v1\nkind: Pod\nmetadata: {name: " + b"x" * 300_000 + b"}\n",
    "numbers": b"apiVersion: v1\nkind: Pod\nspec: {terminationGracePeriodSeconds: 1e999999}\n",
    "big numbers": b"apiVersion: v1\nkind: Pod\nspec: {terminationGracePeriodSeconds: "
    + b"9" * 5000
    + b"}\n",
    "dates": b"apiVersion: v1\nkind: Pod\nspec: {a: 2026-13-45, b: 2026-01-01T99:99:99Z}\n",
    "surrogates": b'{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\\ud800"}}',
    "carriage returns": b"apiVersion: v1\rkind: Pod\rspec: {containers: [{name: a}]}\r",
    "kind of a list": b"apiVersion: v1\nkind: List\nitems: [1, null, [], {kind: List}]\n",
    "list in a list": b'{"apiVersion":"v1","kind":"List","items":[' * 500,
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["a.yaml", "a.json", "Dockerfile"])
def test_attacks_survive(project: Project, name: str, attack: str) -> None:
    survives(project, name, ATTACKS[attack])


@pytest.mark.parametrize("name", FILES)
def test_mutilated_manifests_survive(project: Project, name: str) -> None:
    original = (MANIFESTS / name).read_bytes()
    dice = random.Random(name)
    for _ in range(40):
        data = bytearray(original)
        for _ in range(dice.randint(1, 6)):
            start = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    del data[start : start + dice.randint(1, 40)]
                case 1:
                    data[start:start] = data[dice.randrange(len(data)) :][: dice.randint(1, 80)]
                case 2:
                    data[start] = dice.randrange(256)
                case _:
                    data[start:start] = dice.choice(
                        [b"\t", b"\r\n", b": ", b"- ", b"{", b"*a", b"'"]
                    )
        survives(project, name, bytes(data))
