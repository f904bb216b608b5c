"""The script files a container can be started with: those of its image, and mounted ConfigMaps.

Sources: kubernetes pkg/volume/configmap/configmap.go (MakePayload: a key is a file, `items` choose
and rename), pkg/volume/projected/projected.go; core/v1 VolumeMount (`subPath`: one file of it, or a
folder).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.kube.dockercopy import paths_of
from kguard.kube.images import ImageFacts
from kguard.model import dig
from kguard.shell.walk import Scripts


def scripts_of(facts: Facts, container: Container, known: ImageFacts | None) -> Scripts | None:
    """What gives the texts of script files by what they are started with; None: there are none.

    A volume hides what the image has below its path, also where its content was not seen.
    """
    written = container.get("volumeMounts")
    if known is None and not (written and facts.index.of_kind(container.resource, "", "ConfigMap")):
        return None
    built = known.built if known else None
    mounts = _mounts(written)
    directory = container.get("workingDir")
    if not isinstance(directory, str) or not directory:
        directory = built.working_directory if built else ""

    def read(path: str) -> str | None:
        covering = [at for at in mounts if path == at or path.startswith(f"{at}/")]
        if covering:
            at = max(covering, key=len)
            return _mounted(facts, container, mounts[at], path[len(at) + 1 :])
        return built.files.get(path) if built else None

    found: dict[str, str | None] = {}

    def script(name: str) -> str | None:
        if name not in found:  # It is asked for once for every shell.
            texts = (read(path) for path in paths_of(name, directory))
            found[name] = next((text for text in texts if text is not None), None)
        return found[name]

    return script


def _mounts(mounts: Any) -> dict[str, Any]:
    """The mounts of volumes by where they are, without a slash at the end.

    The kubelet puts a slash before a path that has none (pkg/kubelet/kubelet_pods.go, makeMounts).
    """
    found = {}
    for mount in mounts if isinstance(mounts, list) else ():
        at = dig(mount, "mountPath")
        if isinstance(at, str):
            found[f"/{at.strip('/')}".rstrip("/")] = mount
    return found


def _mounted(facts: Facts, container: Container, mount: Any, path: str) -> str | None:
    """The text of a file at a path below a mount; empty is the mount itself."""
    chosen = dig(mount, "subPath")
    if dig(mount, "subPathExpr") is not None:
        return None
    if isinstance(chosen, str) and chosen:
        path = f"{chosen.strip('/')}/{path}".rstrip("/")
    return dict(_files(facts, container, dig(mount, "name"))).get(path)


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
