"""The configuration: found, read, validated and merged into `Settings`.

`load` is all that a command needs; it raises `ConfigError` with every fault at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from kguard.config.build import build
from kguard.config.errors import ConfigError, Problem, Where
from kguard.config.find import find, regular, shown
from kguard.config.layer import Layer, file_layer
from kguard.config.options import (
    environment_layer,
    flag,
    is_override,
    options_layer,
    override_layer,
)
from kguard.config.selection import Choice, Override, PolicySettings
from kguard.config.settings import HelmCharts, Image, Settings
from kguard.config.validate import check_shape, usable, without
from kguard.policy.registry import Registry
from kguard.record import replace


def load(
    registry: Registry,
    cwd: str,
    root: str | None,
    *,
    options: Mapping[str, str | bool | Sequence[str]] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Sequence[str] = (),
    isolated: bool = False,
) -> Settings:
    """The settings of a run started in `cwd` (absolute, links resolved).

    `root` is the git root above `cwd`, None outside of git. `options` are those of the command
    line by name (see kguard.config.options.ROUTES), only the ones given. `config` holds the values
    of `--config`: at most one file, and KEY=VALUE pairs that take the place of what file and
    environment say for that key. `isolated` reads no file.

    A file given by `--config` has its paths and globs relative to `cwd`; one that is found, to
    its own folder. Raises ConfigError for anything that is wrong with any of it.
    """
    root = root or cwd
    options_given = options_layer(options or {}, cwd)
    variables = environment_layer(environment or {}, cwd)
    named = (environment or {}).get("KGUARD_CONFIG", "")
    pairs, replaced = override_layer(
        [text for text in (*([named] if named else ()), *config) if is_override(text)], cwd
    )
    files = [text for text in config if not is_override(text)]
    if not files and named and not is_override(named) and not isolated:
        files = [named]
    if not files and flag(environment or {}, "KGUARD_ISOLATED"):
        isolated = True
    file = _file(files, cwd, root, isolated=isolated)
    problems: list[Problem] = []

    def judged(layer: Layer) -> Layer:
        found = check_shape(layer, registry)
        problems.extend(found)
        return usable(layer, found)

    def lowered(layer: Layer) -> Layer:
        """The layer without the keys that `--config KEY=VALUE` sets."""
        data: Any = layer.data
        for route in replaced:
            data = without(data, route)
        return replace(layer, data=data)

    weak = [lowered(judged(file)), judged(pairs)] if file else [judged(pairs)]
    strong = [lowered(judged(variables)), judged(options_given)]
    name = file.locate((), False).path if file else ""
    try:
        settings = build(weak, strong, registry, root, name)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    return settings


def _file(files: Sequence[str], cwd: str, root: str, *, isolated: bool) -> Layer | None:
    if len(files) > 1:
        where = Where(f"--config {files[1]}")
        raise ConfigError([Problem(where, f"`{files[0]}` is the configuration already")])
    if files and isolated:
        message = "`--isolated` reads no file"
        raise ConfigError([Problem(Where(f"--config {files[0]}"), message)])
    if files:
        from pathlib import Path  # Late: 3 ms, for nearly everybody's nothing.

        path = regular(str(Path(cwd, files[0])), root)
        return file_layer(path, shown(path, root), cwd, trusted=True)
    found = None if isolated else find(cwd, root)
    if found is None:
        return None
    return file_layer(found, shown(found, root), os.path.dirname(found), trusted=False)


__all__ = [
    "Choice",
    "ConfigError",
    "HelmCharts",
    "Image",
    "Override",
    "PolicySettings",
    "Problem",
    "Settings",
    "Where",
    "load",
]
