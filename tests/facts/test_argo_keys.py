"""The keys of the controller's configuration, and the table they come from."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from kguard.facts.argo import keys as argo_keys
from kguard.facts.argo.keys import UnknownKey, knows_any, listed_versions, unknown_keys

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_table_spans_the_versions_its_source_names() -> None:
    assert listed_versions() == ((3, 4), (4, 1))


UNKNOWN: dict[str, tuple[Any, Any, list[UnknownKey]]] = {
    "known in some version": ({"synchronization": {"controllerName": "a"}}, None, []),
    "known in that version": ({"synchronization": {}}, (3, 7), []),
    "not yet known": ({"synchronization": {}}, (3, 6), [UnknownKey(("synchronization",), "3.7")]),
    "a field that came later": (
        {"sso": {"rootCA": "a"}},
        (3, 7),
        [UnknownKey(("sso", "rootCA"), "4.0")],
    ),
    "embedded structs are flat": ({"persistence": {"mysql": {"host": "a"}}}, (3, 5), []),
    "near to a key": ({"paralelism": 1}, None, [UnknownKey(("paralelism",), meant="parallelism")]),
    "near to a key of a later version": (
        {"workflowEvent": {}},
        (3, 5),
        # `workflowEvents` would be no help before 3.6.
        [UnknownKey(("workflowEvent",))],
    ),
    "near to nothing": ({"kubeletPort": 1}, None, [UnknownKey(("kubeletPort",))]),
    "in an item of a map": (
        {"images": {"a:b": {"cmd": [], "argv": []}}},
        None,
        [UnknownKey(("images", "a:b", "argv"))],
    ),
    "in an item of a list": (
        {"artifactDrivers": [{"name": "a"}, {"imag": "b"}]},
        None,
        [UnknownKey(("artifactDrivers", 1, "imag"), meant="image")],
    ),
    "the documentation's own": (
        {"metricsConfig": {"options": {}}},
        None,
        [UnknownKey(("metricsConfig", "options"), meant="modifiers")],
    ),
    "keys that are no text": ({1: 2, None: 3}, None, []),
    "other shapes": ({"images": [1], "artifactDrivers": {"a": 1}, "sso": "a"}, None, []),
}


@pytest.mark.parametrize(("settings", "version", "expected"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_keys(settings: Any, version: Any, expected: list[UnknownKey]) -> None:
    assert list(unknown_keys(settings, version)) == expected


def test_one_known_key_of_any_version_tells_the_configuration() -> None:
    other: Any = {"a": 1, 2: 3}

    assert knows_any({**other, "INITLESSPOD": {}})
    assert not knows_any(other)


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("argo_keys_tool", ROOT / "tools" / "argo_keys.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_type_the_tool_names_is_in_the_table() -> None:
    table = json.loads(Path(argo_keys.__file__).with_name("keys.json").read_text())
    for struct, fields in tool().TYPES.items():
        for key, leads_to in fields.items():
            assert table["structs"][struct][key]["type"] == leads_to


def test_the_tool_says_since_and_until(monkeypatch: pytest.MonkeyPatch) -> None:
    module = tool()
    monkeypatch.setattr(module, "TYPES", {"Config": {"inner": "map[string]Inner"}})
    made = module.table(
        {
            "v1.0.3": {"config": {"Config": ["inner", "old"], "Inner": ["a"], "Apart": ["b"]}},
            "v1.1.0": {"config": {"Config": ["<embed More>"], "More": ["inner"], "Inner": ["a"]}},
            "v2.0.9": {"config": {"Config": ["inner", "new"], "Inner": ["a"]}},
        }
    )
    assert made["versions"] == ["1.0", "1.1", "2.0"]
    assert made["structs"] == {
        "Config": {
            "inner": {"type": "map[string]Inner"},
            "new": {"since": "2.0"},
            "old": {"until": "1.0"},
        },
        "Inner": {"a": {}},
    }
    assert json.loads(module.text(made)) == made
