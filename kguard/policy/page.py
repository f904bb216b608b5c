"""A policy page: front matter with the metadata, prose, fenced examples.

`policies/<family>/<id with underscores>.md` holds the page; the `.py` of the same stem beside it
holds `check(scope, ctx)`, a generator of faults.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.model import Confidence, Fault, Severity, Unknown
from kguard.policy.context import Context
from kguard.record import field, record

Check = Callable[[Any, Context], "Iterator[Fault | Unknown] | None"]

PROFILES = ("default", "strict", "scale")
"""What a page may say it belongs to; `all` is for users to ask for everything."""


class PageError(ValueError):
    """A page that cannot be used: the file, the line and the cause."""

    def __init__(self, path: str, line: int, cause: str) -> None:
        super().__init__(f"{path}:{line}: {cause}")
        self.path, self.line, self.cause = path, line, cause


@record
class Policy:
    """The metadata of a page. `params` is a JSON Schema of the parameters' properties."""

    id: str
    title: str
    family: str
    severity: Severity
    each: str
    page: str
    module: str = ""
    confidence: Confidence = Confidence.HIGH
    profile: str = "default"
    kinds: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """One of these a workload has to set, as `Facts.fields` sees it, for the check to say anything,
    whatever the parameters are."""
    beside: tuple[tuple[str, str], ...] = ()
    """And of these kinds (group and kind) there has to be an object in its unit and namespace."""
    doors: str = "both"
    fix: str = "none"
    since: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    supersedes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    peers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Any]:
        """The parameters as the page sets them."""
        return {name: schema.get("default") for name, schema in self.params.items()}

    @property
    def has_check(self) -> bool:
        """Whether a check belongs to the page; the pages of kguard's own notices have none."""
        return self.each != "none"

    def load_check(self) -> Check:
        """The policy's check function; imports its module on first use.

        Raises PageError where the module has no `check`, and where a file of the user's cannot be
        imported.
        """
        if self.module.endswith(".py"):
            module = _import_file(self.module, self.id)
        else:
            module = importlib.import_module(self.module)
        check: Check | None = getattr(module, "check", None)
        if check is None:
            raise PageError(self.page, 1, f"no function `check` in {self.module}")
        return check

    def body(self) -> str:
        """The page's Markdown without its front matter and what only its tests need to know."""
        text = split_page(self.page, read_page(self.page))[1]
        # The attributes of examples (see kguard.policy.examples) stand behind the language.
        return re.sub(r"^(`{3,}[a-z]+) .*$", r"\1", text, flags=re.MULTILINE)


def _import_file(path: str, policy: str) -> Any:
    import importlib.util

    name = f"kguard_user_policies.{policy.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PageError(path, 1, "not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        at, line = _raised_at(error, path, spec.origin)
        cause = f"`{policy}` cannot be loaded: {type(error).__name__}: {_said(error)}"
        raise PageError(at, line, cause) from error
    return module


def _raised_at(error: BaseException, path: str, origin: str | None) -> tuple[str, int]:
    """The line of a policy's file at which importing it failed; 1 where that is not known.

    `origin` is what the module knows itself as, `path` what the user called it.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return path if error.filename == origin else error.filename, error.lineno or 1
    line, frame = 1, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == origin:
            line = frame.tb_lineno
        frame = frame.tb_next
    return path, line


def _said(error: BaseException) -> str:
    """What an exception says, without the place that a SyntaxError adds."""
    return str(error.msg) if isinstance(error, SyntaxError) else str(error)


def read_page(path: str) -> str:
    """The text of a page or of its cases; raises PageError where it is not UTF-8."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PageError(path, data.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from None


def split_page(path: str, text: str) -> tuple[str, str]:
    """Front matter and body of a page; raises PageError where there is no front matter."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if not text.startswith("---\n"):
        raise PageError(path, 1, "a page begins with front matter between two `---` lines")
    head, separator, body = text[4:].partition("\n---\n")
    if not separator:
        raise PageError(path, 1, "the front matter is not closed by a `---` line")
    return head, body.lstrip("\n")


def from_front_matter(meta: Mapping[str, Any], page: str, family: str, module: str) -> Policy:
    """The policy that validated front matter describes (see front_matter.schema.json)."""
    return Policy(
        id=meta["id"],
        title=meta["title"],
        family=family,
        severity=Severity.parse(meta["severity"]),
        confidence=Confidence.parse(meta.get("confidence", "high")),
        profile=meta.get("profile", "default"),
        each=meta["each"],
        kinds=tuple(meta.get("kinds", ())),
        fields=tuple(meta.get("fields", ())),
        beside=tuple(_group_and_kind(name) for name in meta.get("beside", ())),
        doors=meta.get("doors", "both"),
        fix=meta.get("fix", "none"),
        since=meta.get("since", ""),
        params=meta.get("params", {}),
        supersedes=tuple(meta.get("supersedes", ())),
        aliases=tuple(meta.get("aliases", ())),
        sources=tuple(meta.get("sources", ())),
        peers=meta.get("peers", {}),
        page=page,
        module=module,
    )


def _group_and_kind(name: str) -> tuple[str, str]:
    group, _, kind = name.rpartition("/")
    return group, kind


def matches_kind(policy: Policy, kind: str) -> bool:
    """Whether a page's `kinds` (all, where it names none) include a kind."""
    return not policy.kinds or kind in policy.kinds
