"""What is kept of an object of the cluster, in little memory."""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from sys import getsizeof, intern
from threading import Lock
from typing import Any

from kguard.model import Origin, Resource
from kguard.record import record
from kguard.webhook.cluster.sources import CONFIG_MAP, NAMESPACE, Source

Key = tuple[str, str, str | None, str]
"""Group, kind, namespace, name."""

_ANNOTATIONS = (
    "autoscaling.keda.sh/",
    "kguard.dev/",
    "scaledobject.keda.sh/",
    "validations.keda.sh/",
)
"""What the annotations begin with that rules read of objects they do not judge."""

_ANNOTATION = 256
"""Characters of an annotation that are kept: what rules look for is a word or a number."""

_ORIGIN = Origin("")
_SMALL = 4096
"""Bytes of JSON up to which an object stays unpacked: as dicts it takes some times as much."""

_OBJECT = 1200
"""Bytes that an object takes beside its data, in all tables that hold it."""

_LEVEL = 3  # Three quarters of the size at level 1, for 1.3 times its time.
_UNPACKED = 32 * 2**20


@record(eq=False)
class Kept:
    """An object as it is kept: its resourceVersion, and the bytes of memory it takes, roughly."""

    key: Key
    version: str
    resource: Resource
    size: int


class Packed(Mapping[str, Any]):
    """A mapping that is held as compressed JSON and read when somebody looks into it.

    The last ones that were looked into stay unpacked, up to 32 MiB.
    """

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __getitem__(self, key: str) -> Any:
        return _unpacked.of(self._text)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_unpacked.of(self._text))

    def __len__(self) -> int:
        return len(_unpacked.of(self._text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Packed) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Packed({len(self._text)} bytes)"


class _Unpacked:
    """The mappings that were asked for last."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._held: OrderedDict[bytes, tuple[Mapping[str, Any], int]] = OrderedDict()
        self._lock = Lock()

    def of(self, text: bytes) -> Mapping[str, Any]:
        """The mapping of a packed text."""
        with self._lock:
            if text in self._held:
                self._held.move_to_end(text)
                return self._held[text][0]
        plain = zlib.decompress(text)
        found: Mapping[str, Any] = json.loads(plain)
        with self._lock:
            if text not in self._held:
                self._held[text] = found, _roughly(plain)
                self._size += self._held[text][1]
            while self._size > self._limit and len(self._held) > 1:
                self._size -= self._held.popitem(last=False)[1][1]
        return found


_unpacked = _Unpacked(_UNPACKED)


def kept(source: Source, item: Any) -> Kept:
    """What is kept of an object as the API server sends it.

    Status and server-side bookkeeping go: no rule reads them of an object it does not judge.
    Raises ValueError for what is no object.
    """
    metadata = item.get("metadata") if isinstance(item, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or not name:
        raise ValueError("an object without a name")
    namespace = intern(namespace) if isinstance(namespace, str) and namespace else None
    data: dict[str, Any] = {"apiVersion": source.api_version, "kind": source.kind}
    data["metadata"] = {k: v for k, v in metadata.items() if k in ("name", "namespace", "labels")}
    place = (source.group, source.kind)
    if place != NAMESPACE:
        if annotations := _read_by_rules(metadata.get("annotations")):
            data["metadata"]["annotations"] = annotations
        data |= {k: item[k] for k in (("data",) if place == CONFIG_MAP else ("spec",)) if k in item}
    text = json.dumps(data, separators=(",", ":")).encode("ascii")
    held: Mapping[str, Any]
    if source.large or len(text) > _SMALL:
        packed = zlib.compress(text, _LEVEL)
        held, size = Packed(packed), len(packed)
    else:
        held = _interned(data)
        size = _memory(held)
    resource = Resource(
        data=held,
        origin=_ORIGIN,
        group=source.group,
        version=source.version,
        kind=source.kind,
        namespace=namespace,
        name=name,
        context=True,
    )
    version = metadata.get("resourceVersion")
    return Kept((*place, namespace, name), str(version or ""), resource, _OBJECT + size)


def _read_by_rules(annotations: Any) -> dict[str, str]:
    """The annotations that are kept: each of the others could be 256 KiB of anything."""
    if not isinstance(annotations, dict):
        return {}
    return {
        key: str(value)[:_ANNOTATION]
        for key, value in annotations.items()
        if key.startswith(_ANNOTATIONS)
    }


def _interned(value: Any) -> Any:
    """The value with keys that are shared with those of all other objects."""
    if isinstance(value, dict):
        return {intern(key): _interned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_interned(each) for each in value]
    return value


def _memory(value: Any) -> int:
    """Bytes that a value takes. The text tells little: a dict of three bytes takes 64."""
    size = getsizeof(value)
    if isinstance(value, dict):
        size += sum(getsizeof(key) + _memory(each) for key, each in value.items())
    elif isinstance(value, list):
        size += sum(map(_memory, value))
    return size


def _roughly(text: bytes) -> int:
    """About as many bytes as the value of a JSON text takes."""
    return len(text) + 100 * (text.count(b"{") + text.count(b"[")) + 60 * text.count(b",")
