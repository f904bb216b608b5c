"""Pages that cannot be used are named with their line, whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kguard.policy.examples import examples
from kguard.policy.page import PageError
from kguard.policy.registry import read_folder

HEAD = "---\nid: a-b\ntitle: Something is wrong\nseverity: warning\neach: container\n"
PAGE = f"{HEAD}---\nWhy.\n"

UNUSABLE: dict[str, tuple[bytes, str]] = {
    "no front matter": (b"# Title\n", "1: a page begins with front matter"),
    "not closed": (HEAD.encode(), "1: the front matter is not closed"),
    "not UTF-8": (PAGE.encode().replace(b"wrong", b"wr\xf6ng"), "3: not UTF-8 text"),
    "no YAML": (PAGE.replace("warning", "[").encode(), "5: "),
    "no mapping": (b"---\n- a\n---\n", "2: the front matter is no mapping"),
    "unknown severity": (PAGE.replace("warning", "fatal").encode(), "4: 'fatal'"),
    "unknown scope": (PAGE.replace("container", "planet").encode(), "5: `each: planet` is none of"),
    "another id": (
        PAGE.replace("a-b", "a-c").encode(),
        "2: the page of `a-c` is not called a_b.md",
    ),
    "schema that is none": (
        f"{HEAD}params:\n  least: {{default: 1, description: x, type: 7}}\n---\n".encode(),
        "7: schema of `least`: 7 is not valid",
    ),
    "default against its schema": (
        f"{HEAD}params:\n  least: {{default: 1, description: x, type: string}}\n---\n".encode(),
        "7: default of `least`: 1 is not of type 'string'",
    ),
}


@pytest.mark.parametrize(("data", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_page(tmp_path: Path, data: bytes, message: str) -> None:
    page = tmp_path / "mine" / "a_b.md"
    page.parent.mkdir()
    page.write_bytes(data)
    page.with_suffix(".py").write_text("def check(scope, ctx): ...\n")
    with pytest.raises(PageError) as caught:
        read_folder(tmp_path, validate=True)
    assert str(caught.value).startswith(f"{page}:{message}")


def test_the_family_of_pages_at_the_top_is_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a_b.md").write_text(PAGE)
    (folder / "a_b.py").write_text("def check(scope, ctx): ...\n")
    monkeypatch.chdir(folder)
    for named in (folder, Path(".")):
        assert [policy.family for policy in read_folder(named, validate=True)] == ["mine"]


def test_cases_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a_b.md").write_text(PAGE)
    (tmp_path / "a_b.cases.md").write_bytes(b"one\ntw\xf6\n")
    (tmp_path / "a_b.py").write_text("def check(scope, ctx): ...\n")
    (policy,) = read_folder(tmp_path, validate=True)
    with pytest.raises(PageError, match=r"a_b\.cases\.md:2: not UTF-8 text"):
        examples(policy)
