"""`kguard config`: show the settings in force, check the file, write a first one."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from kguard import term
from kguard.cli import OK, fail
from kguard.cli.common import add_policy_folders, complain, load_settings, registry_of
from kguard.config import ConfigError, Override, Settings
from kguard.config.find import YAML_NAMES, find, shown
from kguard.config.options import ROUTES, VARIABLES, fragment
from kguard.config.validate import load_schema
from kguard.config.variables import OTHERS
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.ignore.globs import matches_path
from kguard.inputs.git import git_root
from kguard.model import Origin, Resource
from kguard.policy.registry import Registry


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    summary = "show, check or write the configuration"
    parser = subparsers.add_parser("config", help=summary, description=__doc__, allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser(
        "show", help="the settings in force, and where each was written", allow_abbrev=False
    )
    show.add_argument("path", nargs="?", metavar="PATH", help="those for this file")
    show.add_argument("-v", "--verbose", action="store_true", help="list the policies too")
    check = actions.add_parser("check", help="look for mistakes in it", allow_abbrev=False)
    check.add_argument("file", nargs="?", metavar="FILE", help="default: the one that is in force")
    for action in (show, check):
        _add_options(action)
    actions.add_parser("init", help=f"write a first {YAML_NAMES[0]} here", allow_abbrev=False)


def run(args: argparse.Namespace) -> int:
    """Show, check or write; exit 2 for a configuration that cannot be used."""
    if args.action == "init":
        return _init(os.getcwd())
    registry = registry_of(args)
    if args.action == "check" and args.file:
        args.config.append(f"./{args.file}" if "=" in args.file else args.file)
    settings = load_settings(args, registry)
    if args.action == "check":
        _read_named(settings)
        print(f"{settings.file}: no mistakes" if settings.file else "no configuration file")
    else:
        for line in _show(settings, registry, args.path, verbose=args.verbose):
            print(line)
    return OK


def _read_named(settings: Settings) -> None:
    """Read the files of others that a run would: Dockerfiles of images, Argo's configuration.

    Raises UsageError for one that cannot be used, as a run does.
    """
    from kguard.cli.world import assumptions
    from kguard.inputs.files import Discovery
    from kguard.inputs.load import Loaded

    assumptions(settings, Discovery(git_root(os.getcwd()) or os.getcwd()), Loaded())


_FROM_ENVIRONMENT = (
    f"The environment can hold them, too: {', '.join(VARIABLES)}. "
    f"Also read are {', '.join(OTHERS)}; the last two name programs."
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Every option that is a setting, without repeating what `check --help` says of each."""
    group = parser.add_argument_group("settings, as for `kguard check`", _FROM_ENVIRONMENT)
    whole = load_schema()
    for name, route in ROUTES.items():
        schema = fragment(whole, route) or {}
        if schema.get("type") == "boolean":
            group.add_argument(f"--{name}", action="store_true", default=None)
        elif schema.get("type") == "array":
            metavar = "GLOB" if "globs" in schema.get("$ref", "") else "VALUE"
            group.add_argument(f"--{name}", action="append", metavar=metavar)
        else:
            group.add_argument(f"--{name}", metavar="VALUE")
    group.add_argument("--config", action="append", default=[], metavar="FILE|KEY=VALUE")
    group.add_argument("--isolated", action="store_true", help="read no configuration file")
    add_policy_folders(parser)


# What holds where nobody says anything, as far as the schema's `default` does not say it.
_UNSET: dict[str, Any] = {
    "kube-version": f"{'.'.join(map(str, NEWEST_KUBERNETES))}",
    "helm.render": False,
    "kustomize.render": False,
    "argo.assume": "unknown",
    "drone.requests": "unknown",
    "drone.limits": "unknown",
    "woodpecker.backend": "unknown",
}


def _show(
    settings: Settings, registry: Registry, path: str | None, *, verbose: bool
) -> Iterator[str]:
    """The lines of `show`: each setting with its origin, then what is particular to the path."""
    yield f"configuration file: {term.safe(settings.file) or 'none'}"
    rows = [
        (term.safe(f"{key} = {_text(value)}"), settings.origin_of(key))
        for key, value in _rows(settings)
    ]
    width = min(max(term.columns(row) for row, _ in rows), 60)
    for row, origin in rows:
        yield f"{term.padded(row, width)}  ({term.safe(origin)})"
    place = _from_root(path) if path is not None else ""
    for index, override in enumerate(settings.overrides):
        if path is None or not override.paths or matches_path(override.paths, place):
            yield f"overrides[{index}]{_condition(override, path)}  ({term.safe(override.origin)})"
    for index, entry in enumerate(settings.ignore):
        if path is None or not entry.paths or matches_path(entry.paths, place):
            origin = f"{entry.origin.path}:{entry.origin.span.line}" if entry.origin else "--config"
            yield f"ignore[{index}] for {', '.join(entry.policies)}  ({term.safe(origin)})"
    active = settings.rules(registry)(Resource({}, Origin(place)))
    yield f"policies: {len(active)} of {len(registry.policies)} run"
    if verbose:
        for policy in registry.policies.values():
            rule = active.get(policy.id)
            word = (rule.severity or policy.severity).word if rule else "off"
            yield f"  {word:7}  {policy.id}"


def _rows(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Every dotted key with its value, in the order of the schema; lists of entries left out."""
    properties = load_schema()["properties"]
    for key, schema in properties.items():
        if key in ("overrides", "ignore"):
            continue
        inner = [f"{key}.{name}" for name in schema.get("properties", ())] or [key]
        if key == "policies":
            inner = sorted(name for name in settings.values if name.startswith("policies."))
        for name in inner:
            default = _UNSET.get(name, schema.get("default"))
            yield name, settings.values.get(name, default)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _condition(override: Override, path: str | None) -> str:
    """For what an override holds; a path that is asked for needs no repeating."""
    parts = [
        (word, values)
        for word, values in (
            ("paths", override.paths if path is None else ()),
            ("kinds", sorted(override.kinds)),
            ("namespaces", override.namespaces),
        )
        if values
    ]
    text = "; ".join(f"{word} {', '.join(values)}" for word, values in parts)
    return f" for {term.safe(text)}" if text else " applies"


def _from_root(path: str) -> str:
    cwd = os.getcwd()
    return shown(os.path.normpath(os.path.join(cwd, path)), git_root(cwd) or cwd)


def _init(folder: str) -> int:
    """Write the template, unless the folder is configured already."""
    try:
        present = find(folder, folder)
    except ConfigError as error:
        return complain(error)
    target = YAML_NAMES[0]
    if present is not None:
        return fail(f"this folder is configured already: {os.path.basename(present)}")
    import kguard.config

    template = os.path.join(os.path.dirname(kguard.config.__file__), "template.yaml")
    try:
        with open(template, "rb") as source, open(os.path.join(folder, target), "xb") as file:
            file.write(source.read())
    except OSError as error:
        return fail(f"{target} cannot be written: {error.strerror}")
    print(f"wrote {target}")
    return OK
