"""What a run says of charts and kustomizations that it was not asked to render, or did not find."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.config import Settings
from kguard.inputs.files import Discovery
from kguard.inputs.load import Loaded, folder_of
from kguard.inputs.names import is_kustomization
from kguard.report import Unchecked
from kguard.words import counted

NAMED = 5
"""Up to so many of a kind are named one by one."""


def said_of(found: Discovery, loaded: Loaded) -> tuple[list[str], list[Unchecked]]:
    """Notices on what was not rendered, and what that leaves unchecked.

    The files of a kustomization are judged one by one, so it is worth a word only where none of
    them could be. A run over folders that came to judge nothing has failed, as one over empty
    folders has. Named files are another matter: a hook names whatever was changed.
    """
    charts = loaded.unrendered_charts
    folders = sorted(path for path in found.given if not path or path.endswith("/"))
    idle = bool(folders) and not loaded.files
    # What cannot be read cannot be built either, and is told of.
    unread = {folder_of(each.path) for each in loaded.unchecked if is_kustomization(each.path)}
    kustomizations = [each for each in loaded.unbuilt_kustomizations if idle and each not in unread]
    notices = [
        *_each(charts, "chart", "rendered: `--helm` does"),
        *_each(kustomizations, "kustomization", "built: `--kustomize` does"),
    ]
    if not (idle and notices):
        return notices, []
    where = folders[0].rstrip("/") if len(folders) == 1 else ""
    what = " and ".join(
        word for word, there in (("charts", charts), ("kustomizations", kustomizations)) if there
    )
    reason = f"nothing here could be checked without rendering the {what}"
    return notices, [Unchecked(where or ".", 0, 0, reason)]


def without_charts(settings: Settings, loaded: Loaded) -> Iterator[str]:
    """A notice for each option that says how to render charts, where there is none.

    Only for what was said for this run: a configuration is for others, too.
    """
    for name in ("values", "set"):
        origin = settings.origin_of(f"helm.{name}")
        if origin.startswith("--") and not loaded.charts:
            yield f"`{origin}` changes nothing: no chart is among the files"


def _each(folders: list[str], kind: str, missing: str) -> Iterator[str]:
    """A line for each folder up to a few, then how many more there are."""
    for folder in folders[:NAMED]:
        yield f"`{folder or '.'}` is a {kind} and was not {missing}"
    more = len(folders) - NAMED
    if more > 0:
        yield f"{counted(more, f'more {kind}')} {'was' if more == 1 else 'were'} not {missing}"
