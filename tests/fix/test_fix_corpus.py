"""Edits in real files; KGUARD_CORPUS names a folder of them, without which nothing is tried."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from test_fix_layouts import routes

from kguard.cli import run
from kguard.fix.apply import FixedFile, fix_file
from kguard.fix.intend import same, with_edits
from kguard.fix.refuse import RefusedError
from kguard.model import (
    REMOVE,
    Confidence,
    Edit,
    Finding,
    Fix,
    Origin,
    Resource,
    Severity,
    Span,
)
from kguard.report import Located
from kguard.source import Document, read

CORPUS = os.environ.get("KGUARD_CORPUS", "")
ALLOWED = (
    *("generated", "template", "anchor and alias", "merge key", "written twice", "signed"),
    "may say why",
)
"""What the reasons speak of for which real files may be left alone."""

pytestmark = pytest.mark.skipif(not CORPUS, reason="KGUARD_CORPUS is not set")


def fix(name: str, data: bytes, document: Document, edit: Edit) -> FixedFile:
    resource = Resource(document.data, Origin(name, document.index))
    cure = Fix((edit,), safe=True, title="t")
    finding = Finding("p", Severity.NOTE, Confidence.HIGH, "m", resource, (), fix=cure)
    return fix_file(name, data, [Located(finding, name, Span(1, 1, 1, 2))])


def test_any_edit_of_a_real_file_is_exact() -> None:
    chance = random.Random(26)
    made, refused = 0, []
    for path in sorted(Path(CORPUS).rglob("*")):
        if path.suffix not in (".yaml", ".yml", ".json") or not path.is_file():
            continue
        data = path.read_bytes()
        source = read(path.name, data)
        filled = [d for d in source.documents if isinstance(d.data, dict) and d.data]
        for document in [] if source.errors else filled[:4]:
            route = chance.choice(routes(document.data))
            edit = chance.choice(
                [
                    Edit(route, REMOVE),
                    Edit(route, "new: x"),
                    Edit(route, {"a": {"b": [1]}}),
                    Edit((*route, "a", "b"), {"x": [1, {"y": "z", "q": None}]}),
                    Edit((*route[:-1], "new"), 5),
                    Edit((*route, 0), {"a": 1}),
                ]
            )
            try:
                intended = with_edits(document.data, [edit])
            except RefusedError:
                continue
            result = fix(path.name, data, document, edit)
            refused += [(str(path), edit, each.reason) for each in result.refused]
            if result.fixed:
                made += 1
                after = {d.index: d.data for d in read(path.name, result.data).documents}
                assert same(after[document.index], intended)
    assert made > 200
    assert [each for each in refused if not any(word in each[2] for word in ALLOWED)] == []


@pytest.mark.parametrize("options", [(), ("--unsafe",)], ids=["safe", "unsafe"])
def test_fixing_real_files_twice_changes_nothing(
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "corpus"
    shutil.copytree(CORPUS, folder)
    monkeypatch.chdir(folder)
    words = ("fix", "--isolated", "--profile", "all", "--fail-on", "never", "--no-progress")
    run((*words, *options))
    first = capsys.readouterr()
    reasons = [line.partition(": not fixed: ")[2] for line in first.err.splitlines()]
    assert [each for each in reasons if each.startswith(("the result", "a comment"))] == []
    once = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    run((*words, *options))
    assert capsys.readouterr().out.startswith("nothing to fix")
    assert once == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
