"""The examples of a page: fenced code whose marks say what must be found, and where.

A fence is ```` ```yaml ```` (also `json`, `dockerfile`) with attributes behind the language:

- `file=NAME`: fences of one heading that name different files form one example together
- `complete`: the example is the whole world (`--complete`)
- `kube=1.29`, `argo=3.6`: versions; `assume=none`: the controller sets no defaults;
  `drone=requests-given` (or `limits-given`): the runner sets requests; `retagged=NAME`: Kustomize
  or Skaffold do; `woodpecker=kubernetes`: Woodpecker's workflows are read
- `params='{"min_memory": "8Mi"}'`: parameters other than the page's defaults
- `image-map`: the fence is an image map, not a manifest
- `unknown`: the policy lacks context for a verdict on some part of the example
- `finding=ID@LINE`, `finding='ID@LINE:SEVERITY "a text"'` (repeatable): a mark where no comment can
  stand

A line that must be found ends in `# finding: ID`, or in `# finding: ID SEVERITY` where the severity
is not the page's. Behind that may stand texts in double quotes, each of which must be in the
message, in the help, in `fix: TITLE` or `fix, unsafe: TITLE`, or in `FILE:LINE: LABEL` of a related
place. An example without marks must be silent, and one without `unknown` must be judged.
Only the page's own policy is run on it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kguard.policy.page import PageError, Policy, read_page, split_page
from kguard.record import field, record

LANGUAGES = {"yaml": "manifest.yaml", "json": "manifest.json", "dockerfile": "Dockerfile"}
_OPTIONS = {"complete", "kube", "argo", "assume", "drone", "retagged", "unknown", "woodpecker"}
_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<info>.*)$")
_SAYS = r'(?P<says>(?: "[^"]+")*)\s*$'
_MARK = re.compile(r"# finding: (?P<id>[a-z0-9-]+)(?: (?P<severity>note|warning|error))?" + _SAYS)
_ATTRIBUTE = re.compile(
    r"(?P<id>[a-z0-9-]+)@(?P<line>\d+)(?::(?P<severity>note|warning|error))?" + _SAYS
)


@record(order=True)
class Mark:
    """A finding an example must give: file, line (from 1), policy, and some of what it says.

    `severity` is empty for the one of the page.
    """

    file: str
    line: int
    policy: str
    severity: str = ""
    says: tuple[str, ...] = ()


@record(frozen=False)
class Example:
    """One executable example: its files, what must be found in them, and the options to use."""

    page: str
    line: int
    heading: str
    files: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    image_map: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What to call it in a test report."""
        return f"{Path(self.page).name}:{self.line} {self.heading}"


@record
class _Fence:
    line: int
    heading: str
    language: str
    words: tuple[str, ...]
    text: str


def examples(policy: Policy) -> list[Example]:
    """The examples of a page and of the optional `<stem>.cases.md` beside it.

    Raises PageError for a fence or mark that cannot be understood.
    """
    page = Path(policy.page)
    found = _read(policy.page, read_page(policy.page), front_matter=True)
    cases = page.with_suffix(".cases.md")
    if cases.exists():
        found += _read(str(cases), read_page(str(cases)), front_matter=False)
    return found


def _read(page: str, text: str, *, front_matter: bool) -> list[Example]:
    offset = 0
    if front_matter:
        head, _ = split_page(page, text)
        offset = head.count("\n") + 2
    found: list[Example] = []
    for fence in _fences(page, text, offset):
        current = found[-1] if found else None
        name = _file_name(fence)
        joins = (
            current is not None
            and current.heading == fence.heading
            and (
                "image-map" in fence.words
                or (_names_file(fence) and name not in current.files and current.files)
            )
            and "new" not in fence.words
        )
        if current is None or not joins:
            current = Example(page, fence.line, fence.heading)
            found.append(current)
        _add(current, fence, name)
    return found


def _names_file(fence: _Fence) -> bool:
    return any(word.startswith("file=") for word in fence.words)


def _file_name(fence: _Fence) -> str:
    for word in fence.words:
        if word.startswith("file="):
            return word.removeprefix("file=")
    return LANGUAGES[fence.language]


def _add(example: Example, fence: _Fence, name: str) -> None:
    for word in fence.words:
        key, _, value = word.partition("=")
        if key == "params":
            try:
                example.params = json.loads(value)
            except ValueError as error:
                raise PageError(example.page, fence.line, f"params: {error}") from None
        elif key == "finding":
            match = _ATTRIBUTE.match(value)
            if not match:
                raise PageError(example.page, fence.line, f"`{word}` is not finding=ID@LINE")
            example.marks.append(_mark(name, int(match["line"]), match))
        elif key in _OPTIONS:
            example.options[key] = value or "yes"
        elif key not in {"file", "image-map", "new"}:
            raise PageError(example.page, fence.line, f"unknown attribute `{key}` of an example")
    if "image-map" in fence.words:
        example.image_map = fence.text
        return
    example.files[name] = fence.text
    for number, line in enumerate(fence.text.splitlines(), 1):
        if match := _MARK.search(line):
            example.marks.append(_mark(name, number, match))
        elif "# finding:" in line:
            raise PageError(example.page, fence.line + number, "a mark reads `# finding: ID`")


def _mark(file: str, line: int, found: re.Match[str]) -> Mark:
    says = tuple(text for text in found["says"].split('"') if text.strip())
    return Mark(file, line, found["id"], found["severity"] or "", says)


def _fences(page: str, text: str, offset: int) -> Iterator[_Fence]:
    """Fences of the languages kguard reads; others (`sh`, `text`) are prose."""
    heading, opened, ticks = "", 0, ""
    info: list[str] = []
    body: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if number <= offset:
            continue
        if not ticks:
            if line.startswith("#"):
                heading = line.lstrip("#").strip()
            elif match := _FENCE.match(line):
                ticks, opened, body = match["ticks"], number, []
                try:
                    info = shlex.split(match["info"])
                except ValueError as error:
                    raise PageError(page, number, f"attributes of the example: {error}") from None
        elif line.startswith(ticks) and not line.strip("`"):
            if info and info[0] in LANGUAGES:
                yield _Fence(opened, heading, info[0], tuple(info[1:]), "\n".join([*body, ""]))
            ticks = ""
        else:
            body.append(line)
    if ticks:
        raise PageError(page, opened, "the example is not closed")
