"""What the configuration says about images: `image-map`, or the file it names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kguard.config.errors import ConfigError
from kguard.config.find import shown
from kguard.config.layer import Layer, parse_yaml
from kguard.config.settings import Image
from kguard.config.validate import check_shape

if TYPE_CHECKING:
    from kguard.config.build import Builder


def images(builder: Builder, layers: Sequence[Layer]) -> dict[str, Image]:
    """What the strongest `image-map` says, read from its file where it names one."""
    for layer in reversed(layers):
        given = layer.data.get("image-map")
        if isinstance(given, str):
            path = builder.path(layer, ("image-map",))
            table = _from_file(builder, layer, path) if path is not None else None
            return _table(builder, table) if table is not None else {}
        if given is not None:
            return _table(builder, layer)
    return {}


def _from_file(builder: Builder, layer: Layer, path: str) -> Layer | None:
    """The layer of an image map in a file of its own; None, with a problem, if unusable."""
    name = shown(path, builder.root)
    try:
        with open(path, "rb") as file:
            data, locate = parse_yaml(name, file.read())
    except OSError as error:
        message = f"`{name}` cannot be read: {error.strerror}"
        builder.problems.append(layer.problem(("image-map",), message))
        return None
    except ConfigError as error:
        builder.problems += error.problems
        return None
    inner = Layer(
        {"image-map": data},
        lambda route, at_key: locate(route[1:], at_key),
        os.path.dirname(path),
        layer.trusted,
    )
    if problems := check_shape(inner, builder.registry):
        builder.problems += problems
        return None
    return inner


def _table(builder: Builder, layer: Layer) -> dict[str, Image]:
    """The images of a layer by name."""
    route = ("image-map",)
    return {
        name: Image(
            builder.file(layer, (*route, name, "dockerfile")) if "dockerfile" in facts else None,
            facts.get("shell"),
            tuple(facts["entrypoint"]) if "entrypoint" in facts else None,
            tuple(facts["cmd"]) if "cmd" in facts else None,
        )
        for name, facts in layer.data["image-map"].items()
    }
