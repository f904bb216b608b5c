"""A registry of four policies, and a repository in which configurations are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kguard.config import ConfigError, Settings, load
from kguard.model import Confidence, Origin, Resource, Severity
from kguard.policy.page import Policy
from kguard.policy.registry import Registry, build_registry


def page(name: str, family: str, profile: str = "default", **more: object) -> Policy:
    """A policy without a check."""
    return Policy(
        id=name,
        title=f"the title of {name}",
        family=family,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        profile=profile,
        each="container",
        page=f"{name}.md",
        **more,  # type: ignore[arg-type]
    )


def small_registry() -> Registry:
    """Two families, all profiles, one alias, one policy with parameters."""
    ratio = {
        "factor": {"type": "integer", "minimum": 1, "default": 2, "description": "x"},
        "unit": {"enum": ["cpu", "memory"], "default": "cpu", "description": "x"},
    }
    return build_registry(
        [
            page("missing-cpu", "resources"),
            page("limit-ratio", "resources", "strict", params=ratio),
            page("image-latest", "images", aliases=("argo-image-latest",)),
            page("quota-forecast", "images", "scale"),
        ]
    )


@dataclass(frozen=True)
class Project:
    """A git repository below a temporary folder."""

    root: Path
    registry: Registry

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, with the folders it needs."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(
        self,
        text: str | None = None,
        *,
        file: str = ".kguard.yaml",
        cwd: str = ".",
        options: Mapping[str, str | bool | Sequence[str]] | None = None,
        environment: Mapping[str, str] | None = None,
        config: Sequence[str] = (),
        isolated: bool = False,
    ) -> Settings:
        """The settings of a run in `cwd`, with `text` in `file` where it is given."""
        if text is not None:
            self.write(file, text)
        return load(
            self.registry,
            str((self.root / cwd).resolve()),
            str(self.root),
            options=options,
            environment=environment,
            config=config,
            isolated=isolated,
        )

    def faults(self, *args: object, **kwargs: object) -> list[str]:
        """Every problem of a configuration that cannot be used: `path:line:column: message`."""
        with pytest.raises(ConfigError) as caught:
            self.load(*args, **kwargs)  # type: ignore[arg-type]
        return [
            f"{p.where.path}:{p.where.line}:{p.where.column}: {p.message}"
            for p in caught.value.problems
        ]

    def active(self, settings: Settings, path: str = "a.yaml", **facts: str) -> set[str]:
        """The policies that run on an object at a path."""
        resource = Resource({}, Origin(path), **facts)  # type: ignore[arg-type]
        return set(settings.rules(self.registry)(resource))
