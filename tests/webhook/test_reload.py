"""The policies in force: swapped as a whole, and kept while what comes next is no good."""

from __future__ import annotations

import datetime
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from test_policyset import GOOD_EXCEPTION
from test_policyset_directory import mount
from webhook_reviews import REGISTRY, TODAY, asked, decide, deployment

from kguard.config import ConfigError
from kguard.engine import Engine
from kguard.webhook import reload as module
from kguard.webhook.log import Log
from kguard.webhook.metrics import Metrics
from kguard.webhook.policyset import Defaults
from kguard.webhook.reload import Policies
from kguard.webhook.stances import Mode

TINY = {"requests": {"cpu": "1m", "memory": "64m"}, "limits": {"memory": "64m"}}


class World:
    """A directory with policies that watch it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stream = io.StringIO()
        self.metrics = Metrics()
        self.today = TODAY
        self.told: list[str] = []
        self._states = 0
        self.mount(webhook="mode: enforce")
        self.policies = self.load()

    def load(self, **more: Any) -> Policies:
        return Policies(
            REGISTRY,
            self.metrics,
            Log(self.stream),
            folder=str(self.folder),
            today=lambda: self.today,
            tell=self.told.append,
            **more,
        )

    def mount(self, **files: str) -> None:
        """Swaps the whole directory as the kubelet does."""
        self._states += 1
        mount(self.folder, str(self._states), **files)

    def allows(self) -> bool:
        return decide(asked(deployment(resources=TINY)), self.policies.current).allowed

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def count(self, result: str) -> float:
        return self.value("kguard_policy_reload_total", result=result)

    def value(self, name: str, **labels: str) -> float:
        found = self.metrics.registry.get_sample_value(name, labels)
        return -1.0 if found is None else found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_mode_is_swapped_while_reviews_go_on(world: World) -> None:
    assert not world.allows()
    before = world.policies.current
    world.mount(webhook="mode: warn")
    assert world.policies.poll()
    assert world.allows()
    assert before.stances.at("shop", {})["image-latest"].mode is Mode.ENFORCE
    (event,) = world.events()
    assert event["event"] == "policies loaded"
    assert (event["before"], event["revision"]) == (
        before.revision,
        world.policies.current.revision,
    )
    assert world.count("success") == 2
    assert world.value("kguard_policy_config_hash_info", hash=event["revision"]) == 1
    assert world.value("kguard_policy_config_hash_info", hash=before.revision) == -1


def test_nothing_happens_where_nothing_changed(world: World) -> None:
    before = world.policies.current
    world.mount(webhook="mode: enforce")
    assert not world.policies.poll()
    assert world.policies.current is before
    assert world.events() == []


BROKEN = {
    "broken": {"webhook": "mode: [warn"},
    "half written": {"webhook": "mode: warn\nmod"},
    "unknown key": {"webhook": "mode: warn\nmods: 1"},
    "emptied": {},
    "unknown policy": {"webhook": "mode: warn", "team": GOOD_EXCEPTION.replace("latest", "x")},
    "bomb": {"webhook": "mode: warn\nx: " + "[" * 5000},
    "huge": {"webhook": "mode: warn\n#" + "x" * 2_000_000},
}


@pytest.mark.parametrize("files", BROKEN.values(), ids=list(BROKEN))
def test_the_last_good_state_stays_in_force(world: World, files: dict[str, str]) -> None:
    before = world.policies.current
    world.mount(**files)
    assert [world.policies.poll() for _ in range(3)] == [False] * 3
    assert world.policies.current is before
    assert not world.allows()
    (event,) = world.events()
    assert (event["level"], event["event"]) == ("error", "policies refused")
    assert event["kept"] == before.revision
    assert event["error"]
    assert world.count("failure") >= 1
    assert world.told == [event["error"]]
    world.mount(webhook="mode: audit")
    assert world.policies.poll()
    assert world.allows()


LOST = {
    "gone": ({"team": GOOD_EXCEPTION}, "webhook.yaml: is gone"),
    "empty": ({"webhook": ""}, "webhook.yaml: is empty now"),
    "comments": ({"webhook": "---\n# mode: enforce\n\n"}, "webhook.yaml: is empty now"),
    "null": ({"webhook": "# off\n---\n~ # nothing\n...\n"}, "webhook.yaml: is empty now"),
    "nothing": ({}, "holds no YAML file now"),
}


@pytest.mark.parametrize(("files", "what"), LOST.values(), ids=list(LOST))
@pytest.mark.parametrize("with_config", [False, True], ids=["directory", "with --config"])
def test_a_mode_is_not_lost_with_its_file(
    world: World,
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, str],
    what: str,
    with_config: bool,
) -> None:
    if with_config:
        config = tmp_path_factory.mktemp("config") / "any.yaml"
        config.write_text("profile: default")
        world.policies = world.load(config=str(config))
    world.mount(**files)
    assert [world.policies.poll() for _ in range(3)] == [False] * 3
    assert not world.allows()
    (event,) = world.events()
    assert (event["level"], event["event"]) == ("error", "policies refused")
    assert what in event["error"]
    assert "restart" in event["error"]
    assert world.told == [event["error"]]
    world.policies = world.load()  # A restart takes it as it is.
    assert world.allows()


def test_settings_are_not_lost_either(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world.mount(webhook="mode: enforce", kguard="profile: strict")
    assert world.policies.poll()
    world.mount(webhook="mode: enforce")
    assert not world.policies.poll()
    assert "kguard.yaml: is gone" in world.events()[-1]["error"]
    config = tmp_path_factory.mktemp("config") / "any.yaml"
    config.write_text("profile: strict")
    policies = world.load(config=str(config))
    config.write_text("")
    assert [policies.poll() for _ in range(3)] == [False] * 3
    assert f"{config}: is empty now" in world.events()[-1]["error"]


def test_nothing_can_be_said_on_purpose(world: World) -> None:
    world.mount(webhook="{}")
    assert world.policies.poll()
    assert world.allows()


def test_exceptions_can_be_taken_away(world: World) -> None:
    world.mount(webhook="mode: enforce", team=GOOD_EXCEPTION)
    assert world.policies.poll()
    world.mount(webhook="mode: enforce")
    assert world.policies.poll()
    assert world.policies.current.exceptions == {}


def test_what_is_written_in_place_is_taken_once_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "webhook.yaml"
    file.write_text("mode: enforce\nmodes:\n- {policies: [argo], mode: warn}\n")
    stream = io.StringIO()
    policies = Policies(REGISTRY, Metrics(), Log(stream), folder=str(tmp_path), today=lambda: TODAY)
    file.write_text("")  # Truncated, and not written yet.
    assert not policies.poll()
    file.write_text("mode: warn\n")  # Half written.
    assert not policies.poll()
    file.write_text("mode: warn\nmodes: [{namespaces: [shop], mode: enforce}]\n")
    assert not policies.poll()
    assert stream.getvalue() == ""
    assert policies.poll()
    assert policies.current.stances.at("shop", {})["image-latest"].mode is Mode.ENFORCE
    file.unlink()
    assert [policies.poll() for _ in range(3)] == [False] * 3
    assert policies.current.stances.at("shop", {})["image-latest"].mode is Mode.ENFORCE
    assert stream.getvalue().count("policies refused") == 1


def test_a_fault_is_counted_at_every_look_for_as_long_as_it_lasts(world: World) -> None:
    # An alert on an increase ends where none is left in its window.
    world.mount(webhook="mode: block")
    counts = []
    for _ in range(3):
        world.policies.poll()
        counts.append(world.count("failure"))
    assert counts == [1, 2, 3]


def test_the_fault_is_named_with_its_place(world: World) -> None:
    world.mount(webhook="mode: warn\nmods: 1")
    world.policies.poll()
    assert world.events()[0]["error"].startswith(f"{world.folder}/webhook.yaml:2: ")


def test_a_fault_that_comes_back_is_said_again(world: World) -> None:
    for _ in range(2):
        world.mount(webhook="mode: block")
        world.policies.poll()
        world.mount(webhook="mode: enforce")
        world.policies.poll()
    said = [event["event"] for event in world.events()]
    assert said == ["policies refused", "policies as before"] * 2


def test_a_directory_that_is_gone_is_said_once(world: World) -> None:
    os.rename(world.folder, world.folder.with_name("moved"))
    assert [world.policies.poll() for _ in range(3)] == [False] * 3
    assert len(world.events()) == 1
    os.rename(world.folder.with_name("moved"), world.folder)
    world.mount(webhook="mode: warn")
    assert world.policies.poll()


def test_control_characters_of_a_file_do_not_reach_the_log(world: World) -> None:
    world.mount(webhook='mode: "\\e[31mred\\n\\u202e"')
    world.policies.poll()
    assert len(world.stream.getvalue().splitlines()) == 1
    assert world.events()[0]["error"].isprintable()


def test_a_policy_that_fails_on_everything_is_not_let_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> object:
        raise KeyError("spec")

    monkeypatch.setattr(Engine, "_check", lambda engine, policy: broken)
    world.mount(webhook="mode: warn")
    assert not world.policies.poll()
    assert "a policy fails on a Deployment: KeyError" in world.events()[0]["error"]


def test_a_bug_in_reading_costs_the_thread_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> object:
        raise RecursionError("too deep")

    monkeypatch.setattr(module, "build_policy_set", broken)
    world.mount(webhook="mode: warn")
    assert not world.policies.poll()
    assert world.events()[0]["error"] == "RecursionError: too deep"


def test_a_start_with_a_fault_fails(tmp_path: Path) -> None:
    (tmp_path / "webhook.yaml").write_text("mode: block")
    with pytest.raises(ConfigError, match=r"webhook\.yaml:1: "):
        Policies(REGISTRY, Metrics(), Log(io.StringIO()), folder=str(tmp_path), today=lambda: TODAY)


def test_a_start_without_a_directory_takes_what_is_built_in() -> None:
    policies = Policies(
        REGISTRY, Metrics(), Log(io.StringIO()), defaults=Defaults(Mode.AUDIT), today=lambda: TODAY
    )
    assert policies.current.stances.at("x", {})["image-latest"].mode is Mode.AUDIT
    assert not policies.poll()


def test_no_policy_is_left_to_be_loaded_by_a_review(world: World) -> None:
    engine = world.policies.current.engine
    assert set(engine._checks) == {policy.id for policy in engine._policies}


def test_a_file_of_settings_stands_in_for_the_one_in_the_directory(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = tmp_path_factory.mktemp("config") / "any.yaml"
    config.write_text("deselect: [memory-absurdly-small]")
    policies = world.load(config=str(config))
    assert decide(asked(deployment(resources=TINY)), policies.current).judged == []
    config.write_text("profile: default")
    assert [policies.poll(), policies.poll()] == [False, True]
    assert decide(asked(deployment(resources=TINY)), policies.current).judged
    world.mount(webhook="mode: warn", kguard="profile: strict")
    with pytest.raises(ConfigError, match="gives the settings already"):
        world.load(config=str(config))


def test_exceptions_are_counted_by_what_they_are_today(world: World) -> None:
    world.mount(webhook="mode: enforce", team=GOOD_EXCEPTION)
    world.policies.poll()
    states = ("active", "expiring", "expired", "too-long")

    def counts() -> list[float]:
        return [world.value("kguard_exceptions", state=state) for state in states]

    assert counts() == [1, 0, 0, 0]
    for day, expected in (("2027-01-20", [0, 1, 0, 0]), ("2027-02-01", [0, 0, 1, 0])):
        world.today = datetime.date.fromisoformat(day)
        assert not world.policies.poll()
        assert counts() == expected


def test_the_directory_is_watched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL", 0.01)
    world.policies.start()
    try:
        world.mount(webhook="mode: warn")
        until = time.monotonic() + 10
        while not world.allows() and time.monotonic() < until:
            time.sleep(0.01)
        assert world.allows()
    finally:
        world.policies.stop()
