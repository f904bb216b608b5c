"""A policy directory that is broken, hostile or half-written while reviews go on.

What cannot be used is refused as a whole, said once, and what was in force stays in force. The
directory is looked at every ten seconds; here each look is asked for, but for one live case.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attack_server import GOOD, WRONG, Server
from attack_stalls import LAUGHS, Stalls
from attack_wire import ALLOW, DENY, verdict
from webhook_reviews import REGISTRY, TODAY, asked, decide, deployment

from kguard.record import record
from kguard.webhook.log import Log
from kguard.webhook.metrics import Metrics
from kguard.webhook.policyset import Defaults
from kguard.webhook.reload import POLL, Policies
from kguard.webhook.stances import Mode

LIMITS = {"limits": {"memory": "64Mb"}}
BEFORE = "mode: enforce\n"


@record(eq=False)
class World:
    """A policy directory in force, and what is said about it."""

    folder: Path
    policies: Policies
    metrics: Metrics
    out: io.StringIO

    def count(self, result: str) -> float:
        """How often the directory was taken, or not."""
        name = "kguard_policy_reload_total"
        return self.metrics.registry.get_sample_value(name, {"result": result}) or 0.0

    def look(self) -> bool:
        """Look twice, as it takes where files are written in place; whether they were taken."""
        return self.policies.poll() or self.policies.poll()

    def denies(self) -> bool:
        """Whether the mode of the beginning is in force: enforce."""
        return not decide(asked(deployment(resources=LIMITS)), self.policies.current).allowed


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "webhook.yaml").write_text(BEFORE, encoding="utf-8")
    metrics, out = Metrics(), io.StringIO()
    policies = Policies(
        REGISTRY,
        metrics,
        Log(out),
        folder=str(folder),
        defaults=Defaults(Mode.WARN),
        today=lambda: TODAY,
    )
    return World(folder, policies, metrics, out)


def exceptions(**changed: str) -> bytes:
    """A file of one exception."""
    usual = {
        "policy": "quantity-invalid",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "reason": "r",
        "owner": "o",
        "expires": str(TODAY),
    }
    return json.dumps({"exceptions": [{**usual, **changed}]}).encode()


TEXTS = {
    "empty mode": {"webhook.yaml": b"mode:\n"},
    "a mode nobody knows": {"webhook.yaml": b"mode: Block\n"},
    "half a file": {"webhook.yaml": b"mode: off\nmodes:\n  - mode: o"},
    "half a word": {"webhook.yaml": b"mod"},
    "half a character": {"webhook.yaml": "mode: off # é".encode()[:-1]},
    "another file": {"webhook.yaml": b"apiVersion: v1\nkind: Secret\n"},
    "a list": {"webhook.yaml": b"- mode: off\n"},
    "a key twice": {"webhook.yaml": b"mode: enforce\nmode: off\n"},
    "two documents": {"webhook.yaml": b"mode: enforce\n---\nmode: off\n"},
    "a tab": {"webhook.yaml": b"mode:\toff\n\t- x\n"},
    "NUL": {"webhook.yaml": b"mode: off\0\n"},
    "NUL alone": {"webhook.yaml": bytes(4096)},
    "UTF-16": {"webhook.yaml": "mode: off\n".encode("utf-16")},
    "Latin letters": {"webhook.yaml": b"mode: off # \xe9\n"},
    "a conflict": {"webhook.yaml": b"<<<<<<< HEAD\nmode: off\n=======\nmode: warn\n>>>>>>> x\n"},
    "a template": {"webhook.yaml": b"mode: {{ .Values.mode }}\n"},
    "a tag of Python's": {"webhook.yaml": b"mode: !!python/object/apply:os.system [id]\n"},
    "a bomb": {"webhook.yaml": LAUGHS + b"mode: off\n"},
    "a loop": {"webhook.yaml": b"mode: off\nmodes: &a [*a]\n"},
    "a merged loop": {"webhook.yaml": b"&a {mode: off, <<: *a}\n"},
    "brackets": {"webhook.yaml": b"modes: " + b"[" * 100_000},
    "braces": {"webhook.yaml": b"{a: " * 50_000},
    "a megabyte and more": {"webhook.yaml": b"mode: off\n#" + b"x" * 2**20},
    "a hundred thousand modes": {"webhook.yaml": b"modes:\n" + b"- mode: off\n" * 80_000},
    "a pattern of a megabyte": {
        "webhook.yaml": b"modes: [{mode: off, namespaces: ['" + b"*?" * 300_000 + b"']}]\n"
    },
    "a policy nobody knows": {"webhook.yaml": b"modes: [{mode: off, policies: [nope]}]\n"},
    "a key nobody knows": {"webhook.yaml": b"mode: off\nallow-all: true\n"},
    "code": {"webhook.yaml": b"mode: off\nplugins: [evil]\npolicies-dir: /tmp\n"},
    "code in the settings": {"kguard.yaml": b"policies: {evil: {file: evil.py}}\n"},
    "a file elsewhere": {"kguard.yaml": b"image-map: ../../../../etc/passwd\n"},
    "a Dockerfile elsewhere": {"kguard.yaml": b"image-map: {web: {dockerfile: /etc/passwd}}\n"},
    "a baseline elsewhere": {"kguard.yaml": b"baseline: ../../../../etc/passwd\n"},
    "ignores in the settings": {"kguard.yaml": b"ignore: [quantity-invalid]\n"},
    "a controller elsewhere": {"kguard.yaml": b"argo: {controller-config: /etc/passwd}\n"},
    "an exception for ever": {"e.yaml": exceptions(expires="never")},
    "an exception until no day": {"e.yaml": exceptions(expires="2026-13-45")},
    "an exception without an owner": {"e.yaml": b"exceptions: [{policy: quantity-invalid}]\n"},
    "an exception for all names": {"e.yaml": exceptions(name="*")},
    "an exception for all namespaces": {"e.yaml": exceptions(namespace="*")},
    "an exception for all kinds": {"e.yaml": exceptions(kind="*")},
    "an exception for all policies": {"e.yaml": exceptions(policy="ALL")},
    "an exception for a family": {"e.yaml": exceptions(policy="resources")},
    "an exception with a command": {"e.yaml": exceptions(run="id")},
    "a file that is none of ours": {"x.yaml": b"a: b\n"},
    "a good file beside a bad one": {"e.yaml": exceptions(), "f.yaml": b"["},
}


@pytest.mark.parametrize("files", TEXTS.values(), ids=[f"{x} -> refused" for x in TEXTS])
def test_what_cannot_be_used_is_refused_as_a_whole(world: World, files: dict[str, bytes]) -> None:
    before = world.policies.current
    for name, content in files.items():
        (world.folder / name).write_bytes(content)
    started = time.monotonic()
    looks = [world.policies.poll() for _ in range(3)]
    assert time.monotonic() - started < 2
    assert (looks, world.policies.current is before, world.denies()) == ([False] * 3, True, True)
    assert world.count("failure") >= 1
    lines = [json.loads(line) for line in world.out.getvalue().splitlines()]
    assert [(x["event"], x["kept"]) for x in lines] == [("policies refused", before.revision)]
    assert len(lines[0]["error"]) <= 600
    assert "Traceback" not in lines[0]["error"]
    # And what is good again is taken again.
    for name in files:
        (world.folder / name).unlink()
    (world.folder / "webhook.yaml").write_text("mode: audit\n", encoding="utf-8")
    assert (world.look(), world.denies()) == (True, False)


def emptied(folder: Path) -> None:
    (folder / "webhook.yaml").unlink()


def removed(folder: Path) -> None:
    emptied(folder)
    folder.rmdir()


def a_file_in_its_place(folder: Path) -> None:
    removed(folder)
    folder.write_text("mode: off\n", encoding="utf-8")


def a_link_to_itself(folder: Path) -> None:
    removed(folder)
    folder.symlink_to(folder)


def a_link_to_devices(folder: Path) -> None:
    (folder / "webhook.yaml").unlink()
    (folder / "webhook.yaml").symlink_to("/dev/zero")


def a_pipe(folder: Path) -> None:
    (folder / "webhook.yaml").unlink()
    os.mkfifo(folder / "webhook.yaml")


def a_dangling_link(folder: Path) -> None:
    (folder / "webhook.yaml").unlink()
    (folder / "webhook.yaml").symlink_to("..data/webhook.yaml")


def a_directory_of_that_name(folder: Path) -> None:
    (folder / "webhook.yaml").unlink()
    (folder / "webhook.yaml").mkdir()


def a_huge_file(folder: Path) -> None:
    with open(folder / "webhook.yaml", "wb") as file:
        file.truncate(2**40)  # Sparse.


STATES = [
    emptied,
    removed,
    a_file_in_its_place,
    a_link_to_itself,
    a_link_to_devices,
    a_pipe,
    a_dangling_link,
    a_directory_of_that_name,
    a_huge_file,
]


@pytest.mark.parametrize("change", STATES, ids=[f"{x.__name__} -> refused" for x in STATES])
def test_a_directory_that_is_gone_changes_nothing(
    world: World, change: Callable[[Path], None]
) -> None:
    change(world.folder)
    started = time.monotonic()
    assert (world.look(), world.denies()) == (False, True)
    assert time.monotonic() - started < 2
    assert world.count("failure") >= 1
    assert "policies refused" in world.out.getvalue()


INERT = [
    "evil.py",
    "x.md",
    ".hidden.yaml",
    "..data.yaml",
    "a.yaml.swp",
    "a.json",
    "sitecustomize.py",
]


def test_files_that_are_no_data_do_nothing(world: World) -> None:
    for name in INERT:
        (world.folder / name).write_text("raise SystemExit('run')\nmode: off\n", encoding="utf-8")
    (world.folder / "sub").mkdir()
    (world.folder / "sub" / "webhook.yaml").write_text("mode: off\n", encoding="utf-8")
    assert (world.look(), world.denies(), world.out.getvalue()) == (False, True, "")


def test_files_that_come_and_go_while_they_are_read(world: World) -> None:
    stop = time.monotonic() + 1

    def toss() -> None:
        path = world.folder / "e.yaml"
        while time.monotonic() < stop:
            path.write_bytes(exceptions())
            with contextlib.suppress(OSError):
                path.unlink()

    thread = threading.Thread(target=toss)
    thread.start()
    while time.monotonic() < stop:
        world.policies.poll()
        assert world.policies.current.stances is not None
    thread.join()
    world.look()
    assert world.denies()


def test_a_pattern_that_explodes_elsewhere_takes_no_time_here(world: World) -> None:
    pattern = "*a" * 100 + "b"
    text = f"mode: enforce\nmodes: [{{mode: 'off', namespaces: ['{pattern}']}}]\n"
    (world.folder / "webhook.yaml").write_text(text, encoding="utf-8")
    assert world.look()
    started = time.monotonic()
    review = asked(deployment(namespace="a" * 253, resources=LIMITS))
    assert not decide(review, world.policies.current).allowed
    assert time.monotonic() - started < 0.5


def test_exceptions_by_the_thousand(world: World) -> None:
    (one,) = json.loads(exceptions())["exceptions"]
    many = {"exceptions": [{**one, "name": f"web{n}"} for n in range(3_000)]}
    (world.folder / "e.yaml").write_text(json.dumps(many), encoding="utf-8")
    started = time.monotonic()
    assert (world.look(), world.denies()) == (True, True)
    assert time.monotonic() - started < 5


def test_a_live_server_keeps_what_it_has(patient: Server, stalls: Stalls) -> None:
    # Its directory was broken when the clients began to stall.
    def refused() -> list[dict[str, Any]]:
        return [line for line in patient.log() if line["event"] == "policies refused"]

    patient.wait_for(lambda: bool(refused()), 2 * POLL + 5)
    assert [verdict(patient.review(each)) for each in (GOOD, WRONG)] == [ALLOW, DENY]
    assert [(line["level"], "webhook.yaml" in line["error"]) for line in refused()] == [
        ("error", True)
    ]
    patient.must_answer()


@pytest.mark.parametrize("name", ["webhook.yaml", "kguard.yaml", "exceptions.yaml"])
def test_a_server_does_not_begin_with_policies_that_are_broken(tmp_path: Path, name: str) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / name).write_bytes(b"\tnonsense: [")
    server = Server(tmp_path)
    try:
        assert server.process.wait(15) == 2
        said = server.stderr.read_text(encoding="utf-8")
        assert (name in said, "Traceback" in said) == (True, False)
    finally:
        server.kill()
