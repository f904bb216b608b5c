"""What a variable of a container's environment is set to, as far as the unit shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kguard.facts.pods import Container
from kguard.index import Index
from kguard.model import Related, Route, dig
from kguard.record import record


@record
class Variable:
    """A variable that is set, or may be: `value` is None where the manifests do not show it.

    `route` leads below the container to what sets it.
    """

    value: str | None
    route: Route

    def related(self, container: Container, label: str) -> Related:
        """The place that sets it, as a second place of a finding."""
        return Related(container.resource, (*container.route, *self.route), label)


def variable(index: Index, container: Container, name: str) -> Variable | None:
    """The variable `name` of a container, None where it is certainly not set.

    `env` goes over `envFrom`, and of several the last (core/v1 Container, EnvFromSource). A
    ConfigMap of the unit is looked into; Secrets, references and placeholders are unknown.
    """
    entries = container.get("env")
    for number, entry in reversed(list(enumerate(entries if isinstance(entries, list) else ()))):
        if isinstance(entry, Mapping) and entry.get("name") == name:
            return Variable(_literal(entry), ("env", number))
    sources = container.get("envFrom")
    for number, source in reversed(list(enumerate(sources if isinstance(sources, list) else ()))):
        found = _from_source(index, container, source, name, ("envFrom", number))
        if found is not None:
            return found
    return None


def _literal(entry: Mapping[str, Any]) -> str | None:
    if entry.get("valueFrom") is not None:
        return None
    value = entry.get("value")
    if value is None:
        return ""
    if not isinstance(value, str) or "$(" in value or "${" in value or "{{" in value:
        return None
    return value


def _from_source(
    index: Index, container: Container, source: Any, name: str, route: Route
) -> Variable | None:
    prefix = dig(source, "prefix", default="")
    if not isinstance(prefix, str) or not name.startswith(prefix):
        return None
    reference = dig(source, "configMapRef", "name")
    if not isinstance(reference, str):
        return Variable(None, route)
    maps = index.named(container.resource, "", "ConfigMap", reference)
    if len(maps) != 1:
        return Variable(None, route)
    value = dig(maps[0].data, "data", name.removeprefix(prefix))
    return None if value is None else Variable(value if isinstance(value, str) else None, route)
