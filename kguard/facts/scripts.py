"""The script files a container can be started with: those of its image, and mounted ConfigMaps.

Sources: kubernetes pkg/volume/configmap/configmap.go (MakePayload: a key is a file, `items` choose
and rename), pkg/volume/projected/projected.go; core/v1 VolumeMount (`subPath`: one file of it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.kube.images import ImageFacts
from kguard.model import dig


def scripts_of(facts: Facts, container: Container, known: ImageFacts | None) -> dict[str, str]:
    """The texts of script files by the path they have in the container, as far as they are known.

    A volume hides what the image has below its path, also where its content was not seen.
    """
    built = known.built if known else None
    scripts = dict(built.files) if built else {}
    mounts = container.get("volumeMounts")
    for mount in mounts if isinstance(mounts, list) else ():
        at = dig(mount, "mountPath")
        if not isinstance(at, str) or not at.startswith("/"):
            continue
        at = at.rstrip("/")
        for path in [path for path in scripts if path == at or path.startswith(f"{at}/")]:
            del scripts[path]
        chosen = dig(mount, "subPath")
        for name, text in _files(facts, container, dig(mount, "name")):
            if not isinstance(chosen, str) or not chosen:
                scripts[f"{at}/{name}"] = text
            elif name == chosen:
                scripts[at] = text
    return scripts


def _files(facts: Facts, container: Container, volume: Any) -> Iterator[tuple[str, str]]:
    """The files of a volume that comes from ConfigMaps which were seen."""
    volumes = container.pod.get("volumes")
    for each in volumes if isinstance(volumes, list) else ():
        if not isinstance(each, Mapping) or each.get("name") != volume or volume is None:
            continue
        yield from _from_source(facts, container, each.get("configMap"))
        projected = dig(each, "projected", "sources")
        for source in projected if isinstance(projected, list) else ():
            yield from _from_source(facts, container, dig(source, "configMap"))


def _from_source(facts: Facts, container: Container, source: Any) -> Iterator[tuple[str, str]]:
    name = dig(source, "name")
    if not isinstance(name, str):
        return
    found = facts.index.named(container.resource, "", "ConfigMap", name)
    data = found[0].data.get("data") if len(found) == 1 else None
    if not isinstance(data, Mapping):
        return
    items = dig(source, "items")
    chosen = (
        [(dig(item, "key"), dig(item, "path")) for item in items]
        if isinstance(items, list)
        else [(key, key) for key in data]
    )
    for key, path in chosen:
        text = data.get(key) if isinstance(key, str) else None
        if isinstance(text, str) and isinstance(path, str):
            yield path, text
