"""Names for findings that survive moving and reformatting: fingerprints.

A fingerprint is made of the policy, the object and the named route to the fault; never of a line,
an index or a value. SARIF, the baseline and the webhook's ratchet compare findings by it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kguard.model import Finding, Key, Resource, dig
from kguard.record import replace
from kguard.report import Located

_BYTES = 16

Memo = dict[int, str]
"""Hashes of list items by id(), for many findings in one large item."""


def fingerprint(finding: Finding, occurrence: int = 0, memo: Memo | None = None) -> str:
    """32 hexadecimal digits for a finding.

    Of the object: group and kind (no version, so that an upgrade of the API changes nothing),
    namespace, name (else generateName, else the path of the file), unit. Of the place: the route,
    list items by name, those without a name by a hash of their content; lists in lists and the
    stages of a Dockerfile by less, because every edit of what else is in them would change it.
    `occurrence` tells apart findings that agree in all this, counted from 0 in the order of the
    report.
    """
    return _digest([*_identity(finding, {} if memo is None else memo), occurrence])


def ratchet_key(finding: Finding) -> str:
    """Like `fingerprint`, with the value at the fault: it changes when the value does.

    The value is compared as JSON with sorted keys, so notation does not matter, units do.
    """
    value = finding.resource.data
    for key in finding.route:
        if isinstance(value, str):  # The route goes on into a text, of which each change counts.
            break
        value = dig(value, key)
    return _digest([*_identity(finding, {}), _canonical(value)])


def with_keys(located: Iterable[Located]) -> list[Located]:
    """Findings in report order with their fingerprints.

    Findings that would share one get occurrence numbers in that order: the first keeps the key it
    has when it is alone, so a second one leaves the first where it was in a baseline.
    """
    memo: Memo = {}
    seen: dict[str, int] = defaultdict(int)
    keyed = []
    for item in sorted(located, key=lambda item: item.order):
        key = fingerprint(item.finding, 0, memo)
        seen[key] += 1
        if seen[key] > 1:
            key = fingerprint(item.finding, seen[key] - 1, memo)
        keyed.append(replace(item, key=key))
    return keyed


def said_once(located: Iterable[Located]) -> list[Located]:
    """Findings without those that a tool's other renderings of the same file repeat: a base is
    built with each overlay, a chart with each set of values.
    """
    memo: Memo = {}
    first: dict[Any, str] = {}
    kept = []
    for item in located:
        finding = item.finding
        if finding.resource.origin.rendered:
            name = (fingerprint(finding, 0, memo), item.path, item.span, finding.message)
            if first.setdefault(name, finding.resource.unit) != finding.resource.unit:
                continue
        kept.append(item)
    return kept


def _identity(finding: Finding, memo: Memo) -> list[Any]:
    resource = finding.resource
    return [
        finding.policy,
        resource.group,
        resource.kind,
        resource.namespace or "",
        *_name(resource),
        _unit(resource),
        _steps(resource.data, finding.route, memo),
    ]


def _unit(resource: Resource) -> str:
    """The unit, or the folder of the file where a run made one unit of all it was given.

    Else `--complete` or `--context` would give every finding another name. The same goes for what
    is rendered, whose unit has the name of a command.
    """
    if resource.unit == "." or resource.origin.rendered:
        return resource.origin.path.rpartition("/")[0]
    return resource.unit


def _name(resource: Resource) -> tuple[str, str]:
    """The name of an object with what kind of name it is, so that the kinds cannot collide."""
    if resource.name:
        return "name", resource.name
    if resource.generate_name:
        return "generateName", resource.generate_name
    return "path", resource.origin.path


def _steps(data: Any, route: Iterable[Key], memo: Memo) -> list[Any]:
    """A route with every index replaced by the name or the content hash of the item."""
    steps: list[Any] = []
    for key in route:
        data = dig(data, key)
        steps.append(_item(data, memo) if isinstance(key, int) else key)
    return steps


def _item(item: Any, memo: Memo) -> Any:
    """What stands for a list item in a fingerprint."""
    name = dig(item, "name")
    if isinstance(name, str) and name:
        return ["name", name]
    if isinstance(item, list):
        return ["list"]
    if dig(item, "instructions") is not None:
        return ["stage", dig(item, "image")]
    return _hash(item, memo)


def _hash(item: Any, memo: Memo) -> str:
    if not isinstance(item, (Mapping, list)):
        return _digest(_canonical(item))
    if id(item) not in memo:
        memo[id(item)] = _digest(_canonical(item))
    return memo[id(item)]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _digest(parts: Any) -> str:
    from kguard.digest import blake2b  # Late: most runs of a hook find nothing.

    return blake2b(_canonical(parts).encode("ascii"), digest_size=_BYTES).hexdigest()
