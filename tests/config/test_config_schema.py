"""schema.json, for editors and for us; the template; the options: all say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from config_project import Project

import kguard.config
from kguard.config.options import ROUTES
from kguard.config.selection import PROFILES
from kguard.config.validate import load_schema
from kguard.model import Confidence, Severity
from kguard.policy.registry import build_registry, builtin

TEMPLATE = Path(kguard.config.__file__).with_name("template.yaml").read_text(encoding="utf-8")


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property anywhere in a schema, with its path."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
        for key, inner in schema.items():
            yield from properties(inner, f"{path}.{key}")


def uncommented(text: str) -> str:
    """The template with its examples in force: comments that look like YAML lose their sign."""
    return re.sub(r"^# (?!yaml-)( *(?:[a-z./-]+:(?: |$)|- ))", r"\1", text, flags=re.MULTILINE)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(load_schema())


def test_every_property_is_described() -> None:
    schema = load_schema()
    described = schema["$defs"] | {"": {}}
    bare = [
        path
        for path, inner in properties(schema)
        if "description" not in inner
        and "description" not in described[inner.get("$ref", "").rpartition("/")[2]]
    ]
    assert bare == []


def test_its_words_are_those_of_the_model() -> None:
    found = load_schema()["properties"]
    severities = [s.word for s in sorted(Severity, reverse=True)]
    assert found["fail-on"]["enum"] == [*severities, "never"]
    assert found["min-severity"]["enum"] == severities
    assert found["min-confidence"]["enum"] == [c.word for c in sorted(Confidence, reverse=True)]
    assert found["profile"]["enum"] == [*PROFILES, "all"]


@pytest.mark.parametrize("option", ROUTES)
def test_every_option_is_a_setting(option: str) -> None:
    first, *rest = ROUTES[option]
    found = load_schema()["properties"][first]
    for key in rest:
        found = found["properties"][key]
    assert "description" in found


def test_the_template_is_valid_as_it_is(project: Project) -> None:
    settings = project.load(TEMPLATE)
    assert settings.values == {"profile": "default", "fail-on": "warning"}


def test_the_template_shows_every_setting_and_its_examples_are_valid(project: Project) -> None:
    project.write("argo/workflow-controller-configmap.yaml", "")
    project.write("web/Dockerfile", "")
    wide = Project(project.root, build_registry(builtin()))
    settings = wide.load(uncommented(TEMPLATE))
    keys = {key.split(".")[0] for key in settings.values}
    assert keys == load_schema()["properties"].keys()
