"""What other linters print, read into one shape, and which of their ids name a concern of ours.

Every reader takes the text a tool wrote and the folder it was started in, and yields a `Report` for
each thing the tool found wrong. A text that is not what the tool is known to print raises
`PeerError`, so that a peer which failed is never counted as one that found nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class PeerError(Exception):
    """A tool did not print what it was asked for; the message holds the first of what it wrote."""


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that one tool found wrong.

    `file` is relative to the folder of the run. `kind` and `name` are empty where the tool names no
    object, `line` and `column` are 1-based and 0 where it gives none.
    """

    concern: str
    file: str
    kind: str = ""
    name: str = ""
    line: int = 0
    column: int = 0
    detail: str = ""


# What the pages do not say, each seen in a run: tools that the pages have no row for.
ADDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "yaml-duplicate-key": {
        "yamllint": ("key-duplicates",),
        "kubeconform": ("duplicate-key",),
        "kube-score": ("refused",),
    },
    "quantity-invalid": {"kube-score": ("refused",)},
}

# Checks of another concern that speak here as well: both tools count a request of zero as none.
ALSO: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "zero-request": {
        "kube-score": ("container-resources",),
        "checkov": ("CKV_K8S_10", "CKV_K8S_12"),
    },
}

# Ids that stand for several concerns: what the report has to say to be about this one.
SAYS: Mapping[tuple[str, str, str], str] = {
    ("kube-score", "container-resources", "missing-cpu-request"): "CPU request",
    ("kube-score", "container-resources", "missing-memory-request"): "Memory request",
    ("kube-score", "container-resources", "missing-cpu-limit"): "CPU limit",
    ("kube-score", "container-resources", "missing-memory-limit"): "Memory limit",
    ("kube-score", "container-resources", "zero-request"): "request",
    ("kube-score", "refused", "quantity-invalid"): "quantities must match",
    ("kube-score", "refused", "yaml-duplicate-key"): "already defined",
}


def same_concern(peer: str, policy: str, named: Mapping[str, Any], report: Report) -> bool:
    """Whether a report of `peer` is about `policy`, whose page names `named` ids for each peer."""
    added = ADDED.get(policy, {}).get(peer, ())
    told = [name.lstrip("~") for name in named.get(peer, ())]  # `~` marks a match in part.
    ids = (*told, *added, *ALSO.get(policy, {}).get(peer, ()))
    return report.concern in ids and SAYS.get((peer, report.concern, policy), "") in report.detail


def same_object(fault: Report, report: Report) -> bool:
    """Whether a report is about the object of `fault`, our own.

    Tools that name no object are taken by the file where that is the object (a Dockerfile, a file
    the tool refused) and by the line otherwise.
    """
    if fault.file != report.file:
        return False
    if report.kind:
        return (fault.kind, fault.name) == (report.kind, report.name)
    return fault.kind == "Dockerfile" or report.line in (0, fault.line)


def read_kguard(text: str, folder: Path) -> Iterator[Report]:
    """`kguard check -f json`; paths are relative to the git root."""
    for item in _json("kguard", text)["findings"]:
        resource = item["resource"]
        yield Report(
            item["policy"],
            _relative(item["file"], folder),
            resource["kind"],
            resource["name"] or "",
            item["line"],
            item["column"],
            item["message"],
        )


def read_checkov(text: str, folder: Path) -> Iterator[Report]:
    """`checkov -o json`: one object, a list of one for each framework, or none of both if empty."""
    data = _json("checkov", text)
    for part in data if isinstance(data, list) else [data]:
        for item in part.get("results", {}).get("failed_checks", ()):
            kind = name = ""
            if part["check_type"] == "kubernetes":
                # Kind.namespace.name, and names may hold dots.
                kind, _, name = [*item["resource"].split(".", 2), "", ""][:3]
            yield Report(
                item["check_id"],
                _relative(item["file_path"], folder),
                kind,
                name,
                item["file_line_range"][0],
                detail=item["check_name"],
            )


def read_kube_score(text: str, folder: Path) -> Iterator[Report]:
    """`kube-score score -o json`: grades 1 (critical) to 10 (passed), comments by container."""
    for item in _json("kube-score", text) or ():
        for check in item["checks"]:
            if check["skipped"] or check["grade"] >= 10:
                continue
            comments: list[dict[str, str]] = check["comments"] or [{}]
            for comment in comments:
                yield Report(
                    check["check"]["id"],
                    _relative(item["file_name"], folder),
                    item["type_meta"]["kind"],
                    item["object_meta"].get("name", ""),
                    item["file_row"],
                    detail=f"{comment.get('path', '')}: {comment.get('summary', '')}",
                )


def read_kubeconform(text: str, folder: Path) -> Iterator[Report]:
    """`kubeconform -output json`; the reason is told only in words."""
    for item in _json("kubeconform", text)["resources"]:
        if item["status"] not in ("statusInvalid", "statusError"):
            continue
        if "already set in map" in item["msg"]:
            concern = "duplicate-key"
        elif item["status"] == "statusInvalid":
            concern = "schema"
        else:
            concern = "error"
        # What it makes of a generateName is no name; ours is empty there.
        name = "" if "generateName" in item["name"] else item["name"]
        yield Report(
            concern, _relative(item["filename"], folder), item["kind"], name, detail=item["msg"]
        )


def read_hadolint(text: str, folder: Path) -> Iterator[Report]:
    """`hadolint -f json`."""
    for item in _json("hadolint", text):
        place = (item["line"], item["column"])
        file = _relative(item["file"], folder)
        yield Report(item["code"], file, "", "", *place, detail=item["message"])


_YAMLLINT = re.compile(r"(?P<file>.+):(\d+):(\d+): \[\w+\] (?P<detail>.*?)(?: \((?P<rule>\S+)\))?$")


def read_yamllint(text: str, folder: Path) -> Iterator[Report]:
    """`yamllint -f parsable`, a line each: a syntax error has no rule behind it."""
    for line in text.splitlines():
        match = _YAMLLINT.fullmatch(line)
        if match is None:
            raise PeerError(f"yamllint: {line[:200]}")
        file, at, column, detail, rule = match.groups()
        file = _relative(file, folder)
        yield Report(rule or "syntax", file, "", "", int(at), int(column), detail)


READERS: Mapping[str, Callable[[str, Path], Iterator[Report]]] = {
    "kguard": read_kguard,
    "checkov": read_checkov,
    "kube-score": read_kube_score,
    "kubeconform": read_kubeconform,
    "hadolint": read_hadolint,
    "yamllint": read_yamllint,
}


def _json(peer: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise PeerError(f"{peer} printed no JSON ({error}): {text[:200]}") from error


def _relative(path: str, folder: Path) -> str:
    """A path from `folder`, which tools write absolute, from git's root or with a false slash."""
    parts = Path(path).parts
    for start in range(len(parts)):
        tail = Path(*parts[start:])
        if not tail.is_absolute() and (folder / tail).is_file():
            return tail.as_posix()
    return path
