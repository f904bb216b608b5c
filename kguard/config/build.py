"""Validated layers into `Settings`: names looked up, dates and versions read, paths resolved."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from kguard.config.charts import charts, renders
from kguard.config.errors import ConfigError, Problem
from kguard.config.find import shown
from kguard.config.globs import anchor
from kguard.config.images import images
from kguard.config.layer import Layer
from kguard.config.selection import Choice, Override, PolicySettings
from kguard.config.settings import Settings
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.facts.scopes import EACH
from kguard.ignore import IgnoreEntry, Written
from kguard.model import Confidence, Route, Severity, Span, dig
from kguard.policy.registry import Registry
from kguard.quantity.versions import major_minor
from kguard.words import choices_hint, nearest

if TYPE_CHECKING:
    import datetime

T = TypeVar("T")

_LISTS = ("exclude", "context")
"""Lists that sources add to; every other value of a stronger source replaces the weaker one."""


def build(
    weak: Sequence[Layer], strong: Sequence[Layer], registry: Registry, root: str, file: str
) -> Settings:
    """The settings of layers that are already validated.

    `weak` layers (the file and what overrides its keys) come before the file's `overrides`,
    `strong` ones (environment, options) after. Raises ConfigError with every fault found.
    """
    builder = Builder(registry, root)
    layers = [*weak, *strong]
    written = [item for layer in layers for item in _values(layer)]
    settings = Settings(
        file=file,
        fail_on=_fail_on(builder.last(layers, "fail-on", "warning")),
        min_severity=Severity.parse(builder.last(layers, "min-severity", "note")),
        min_confidence=Confidence.parse(builder.last(layers, "min-confidence", "low")),
        kube=_version(builder.last(layers, "kube-version", None)) or NEWEST_KUBERNETES,
        exclude=tuple(
            glob for layer in layers for glob in builder.globs(layer, layer.data, ("exclude",))
        ),
        context=tuple(path for layer in layers for path in builder.paths(layer, ("context",))),
        complete=builder.last(layers, "complete", False),
        baseline=builder.last_path(layers, "baseline"),
        images=images(builder, layers),
        argo=_version(builder.last(layers, "argo.version", None)),
        argo_assume_none=builder.last(layers, "argo.assume", "unknown") == "none",
        argo_controller_config=builder.last_path(layers, "argo.controller-config", there=True),
        drone_requests_given=builder.last(layers, "drone.requests", "unknown") == "given",
        drone_limits_given=builder.last(layers, "drone.limits", "unknown") == "given",
        woodpecker_kubernetes=builder.last(layers, "woodpecker.backend", "unknown") == "kubernetes",
        helm=renders(builder, layers, strong),
        helm_charts=charts(builder, layers),
        kustomize=builder.last(layers, "kustomize.render", False),
        policies=builder.all_policies(layers),
        overrides=builder.overrides(layers),
        ignore=builder.ignore(layers),
        weak=tuple(builder.choice(layer, layer.data, ()) for layer in weak),
        strong=tuple(builder.choice(layer, layer.data, ()) for layer in strong),
        values=_merged(written),
        origin=_origins(written),
    )
    if builder.problems:
        raise ConfigError(builder.problems)
    return settings


class Builder:
    """Reads values out of layers and collects the problems with them."""

    def __init__(self, registry: Registry, root: str) -> None:
        self.registry = registry
        self.root = root
        self.problems: list[Problem] = []

    def last(self, layers: Sequence[Layer], key: str, default: T) -> T:
        """The value of a dotted key in the strongest layer that has one."""
        for layer in reversed(layers):
            if (value := dig(layer.data, *key.split("."))) is not None:
                found: T = value
                return found
        return default

    # Paths

    def last_path(self, layers: Sequence[Layer], key: str, *, there: bool = False) -> str | None:
        """The same for a key that holds a path, made absolute; `there` has to be a file."""
        route = tuple(key.split("."))
        for layer in reversed(layers):
            if dig(layer.data, *route) is not None:
                return self.file(layer, route) if there else self.path(layer, route)
        return None

    def paths(self, layer: Layer, route: Route) -> list[str]:
        """The absolute paths of a list."""
        count = len(dig(layer.data, *route, default=()))
        return [path for i in range(count) if (path := self.path(layer, (*route, i))) is not None]

    def path(self, layer: Layer, route: Route) -> str | None:
        """The absolute path at a route; None, with a problem, where it must not be used.

        A file in the repository under check may have been written by anybody, and some of these
        files are written to: links and `..` must not lead out of the repository.
        """
        return self.resolved(layer, route, dig(layer.data, *route))

    def file(self, layer: Layer, route: Route) -> str | None:
        """The same for a file; None, with a problem, where it is not there."""
        path = self.path(layer, route)
        if path is None or (os.path.exists(path) and not os.path.isdir(path)):
            return path
        cause = "a folder, and no file" if os.path.isdir(path) else "no such file"
        self.problems.append(layer.problem(route, f"`{dig(layer.data, *route)}`: {cause}"))
        return None

    def resolved(self, layer: Layer, route: Route, text: str) -> str | None:
        """The absolute path for a text that stands at a route, under the same rules."""
        path = os.path.normpath(os.path.join(layer.folder, text))
        if not layer.trusted:
            inside = os.path.realpath(self.root)
            real = os.path.realpath(path)
            if real != inside and not real.startswith(os.path.join(inside, "")):
                message = f"`{text}` is outside of the repository"
                help = "name it on the command line or in the environment"
                self.problems.append(layer.problem(route, message, help))
                return None
        return path

    def globs(self, layer: Layer, entry: Mapping[str, Any], route: Route) -> tuple[str, ...]:
        """The globs in `entry` under the route's last key, as seen from the root."""
        folder = shown(layer.folder, self.root) if layer.folder != self.root else ""
        found = []
        for index, glob in enumerate(entry.get(str(route[-1]), ())):
            try:
                found.append(anchor(glob, folder))
            except ValueError as error:
                self.problems.append(layer.problem((*route, index), f"`{glob}`: {error}"))
        return tuple(found)

    # Policies

    def choice(
        self, layer: Layer, entry: Mapping[str, Any], route: Route, *, local: bool = False
    ) -> Choice:
        """What a layer, or the override at a route of it, selects."""
        enabled = {
            name: settings["enabled"]
            for name, settings in entry.get("policies", {}).items()
            if "enabled" in settings and self.registry.resolve(name)
        }
        select = self.selectors(layer, entry, (*route, "select"))
        extend = self.selectors(layer, entry, (*route, "extend-select"))
        deselect = self.selectors(layer, entry, (*route, "deselect"))
        return Choice(
            profile=entry.get("profile"),
            select=select if "select" in entry else None,
            extend=(*extend, *(name for name, on in enabled.items() if on)),
            deselect=(*deselect, *(name for name, on in enabled.items() if not on)),
            local=local,
        )

    def selectors(self, layer: Layer, entry: Mapping[str, Any], route: Route) -> tuple[str, ...]:
        """The selectors in `entry` under the route's last key, each of which selects something."""
        found = tuple(entry.get(str(route[-1]), ()))
        for index, selector in enumerate(found):
            if not self.registry.expand(selector):
                known = [*self.registry.policies, *self.registry.aliases, "ALL"]
                from kguard.policy.peers import peer_hint

                hint = peer_hint(selector, self.registry.policies.values())
                hint = hint or nearest(selector, [*known, *self.registry.families()])
                message = f"no policy or family is called `{selector}`{hint}"
                self.problems.append(layer.problem((*route, index), message))
        return found

    def all_policies(self, layers: Iterable[Layer]) -> dict[str, PolicySettings]:
        """The settings of single policies, of all layers together, by id."""
        merged: dict[str, PolicySettings] = {}
        for layer in layers:
            for policy, settings in self.policies(layer, layer.data, ()).items():
                merged[policy] = merged.get(policy, PolicySettings()).under(settings)
        return merged

    def policies(
        self, layer: Layer, entry: Mapping[str, Any], route: Route
    ) -> dict[str, PolicySettings]:
        """The settings of single policies in a layer or override, by id."""
        found: dict[str, PolicySettings] = {}
        for name, given in entry.get("policies", {}).items():
            here = (*route, "policies", name)
            policy = self.registry.resolve(name)
            if policy is None:
                self.problems.append(layer.problem(here, self.unknown_policy(name), at_key=True))
                continue
            if policy in found:
                message = f"`{name}` is the same policy as `{policy}`, which is set too"
                self.problems.append(layer.problem(here, message, at_key=True))
            known = self.registry.policies[policy].params
            params = given.get("params", {})
            for parameter in params:
                if parameter not in known:
                    hint = choices_hint(parameter, known) if known else ", which has none"
                    message = f"unknown parameter `{parameter}` of `{policy}`{hint}"
                    place = (*here, "params", parameter)
                    self.problems.append(layer.problem(place, message, at_key=True))
            severity = Severity.parse(given["severity"]) if "severity" in given else None
            found[policy] = PolicySettings(params, severity)
        return found

    def unknown_policy(self, name: str) -> str:
        """What to say of a name under `policies` that is no policy."""
        if name in self.registry.families() or name in ("ALL", "all"):
            return f"`{name}` is no policy; settings are made for one policy at a time"
        known = [*self.registry.policies, *self.registry.aliases]
        return f"no policy is called `{name}`{nearest(name, known)}"

    # Lists of entries

    def overrides(self, layers: Sequence[Layer]) -> tuple[Override, ...]:
        """The overrides of the strongest layer that has any."""
        return tuple(
            Override(
                choice=self.choice(layer, entry, route, local=True),
                policies=self.policies(layer, entry, route),
                paths=self.globs(layer, entry, (*route, "paths")),
                kinds=frozenset(self.kinds(layer, entry, route)),
                namespaces=tuple(entry.get("namespaces", ())),
                origin=str(layer.locate(route, False)),
            )
            for layer, route, entry in _entries(layers, "overrides")
        )

    def ignore(self, layers: Sequence[Layer]) -> tuple[IgnoreEntry, ...]:
        """The ignores of the strongest layer that has any."""
        return tuple(
            IgnoreEntry(
                policies=self.selectors(layer, entry, (*route, "policies")),
                paths=self.globs(layer, entry, (*route, "paths")),
                kinds=self.kinds(layer, entry, route),
                names=tuple(entry.get("names", ())),
                namespaces=tuple(entry.get("namespaces", ())),
                reason=entry.get("reason", ""),
                until=self.date(layer, entry, (*route, "until")),
                origin=_written(layer, route),
            )
            for layer, route, entry in _entries(layers, "ignore")
        )

    def kinds(self, layer: Layer, entry: Mapping[str, Any], route: Route) -> tuple[str, ...]:
        """The kinds of an entry; one that only differs in case from a known kind is a problem."""
        kinds = tuple(entry.get("kinds", ()))
        if kinds:
            known = {kind for each in EACH.values() for _, kind in each.kinds or ()}
            by_lower = {kind.lower(): kind for kind in known}
            for index, kind in enumerate(kinds):
                meant = by_lower.get(kind.lower(), kind)
                if kind not in known and kind != meant:
                    message = f"no kind is called `{kind}`; did you mean `{meant}`?"
                    self.problems.append(layer.problem((*route, "kinds", index), message))
        return kinds

    def date(self, layer: Layer, entry: Mapping[str, Any], route: Route) -> datetime.date | None:
        """The date in `entry` under the route's last key."""
        text = entry.get(str(route[-1]))
        if text is None:
            return None
        import datetime

        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            self.problems.append(layer.problem(route, f"`{text}` is a day that does not exist"))
            return None


def _entries(layers: Sequence[Layer], key: str) -> Iterator[tuple[Layer, Route, Mapping[str, Any]]]:
    for layer in reversed(layers):
        if key in layer.data:
            for index, entry in enumerate(layer.data[key]):
                yield layer, (key, index), entry
            return


def _fail_on(word: str) -> Severity | None:
    return None if word == "never" else Severity.parse(word)


def _version(text: str | None) -> tuple[int, int] | None:
    return None if text is None else major_minor(text)


def _written(layer: Layer, route: Route) -> Written | None:
    where = layer.locate(route, False)
    if not where.line:
        return None
    end = max(where.end_column, where.column + 1)
    return Written(where.path, Span(where.line, where.column, where.line, end))


def _values(layer: Layer) -> Iterator[tuple[str, Any, str]]:
    """Every value of a layer that has its own origin: dotted key, value, origin."""
    for key, value in layer.data.items():
        if key in ("argo", "drone", "helm", "kustomize", "woodpecker"):
            for inner, setting in value.items():
                yield f"{key}.{inner}", setting, str(layer.locate((key, inner), False))
        elif key == "policies":
            for policy, settings in value.items():
                for inner, setting in settings.items():
                    names = setting if inner == "params" else {"": setting}
                    for name, single in names.items():
                        route = (key, policy, inner, name) if name else (key, policy, inner)
                        yield ".".join(route), single, str(layer.locate(route, False))
        else:
            yield key, value, str(layer.locate((key,), False))


_ADDING = frozenset({*_LISTS, "extend-select", "deselect"})


def _merged(written: Iterable[tuple[str, Any, str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value, _ in written:
        values[key] = [*values.get(key, ()), *value] if key in _ADDING else value
    return values


def _origins(written: Iterable[tuple[str, Any, str]]) -> dict[str, str]:
    origins: dict[str, str] = {}
    for key, _, origin in written:
        before = origins.get(key)
        origins[key] = f"{before}, {origin}" if before and key in _ADDING else origin
    return origins
