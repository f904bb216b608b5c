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
    "unknown severity": (
        PAGE.replace("warning", "fatal").encode(),
        "4: `severity` cannot be `fatal` (one of error, warning, note)",
    ),
    "misspelt scope": (
        PAGE.replace("container", "contaner").encode(),
        "5: `each: contaner` is none",
    ),
    **{
        f"`{line}`": (f"{HEAD}{line}\n---\n".encode(), f"{place}: {cause}")
        for line, place, cause in (
            ("feilds: [env]", 6, "unknown key `feilds`; did you mean `fields`?"),
            ("fields: []", 6, "`fields` is empty"),
            ("fields:", 6, "`fields` takes a list, as in `[a, b]`"),
            ("fields: env", 6, "`fields` takes a list"),
            ("fields: [prots]", 6, "`prots` is not a field of `spec`, of the pod's or of a "),
            ("fields: [spec.paused]", 6, "`spec.paused` is not the name of a field"),
            ("beside: [PodDisruptionBudget]", 6, "`PodDisruptionBudget`: no such kind; did you "),
            ("beside: [policy/v1/PodDisruptionBudget]", 6, "`policy/v1/PodDisruptionBudget`: wri"),
            ("beside: [Sevrice]", 6, "`Sevrice`: Kubernetes has no such kind; did you mean `Serv"),
            ("beside: [policy/PodBudget]", 6, "`policy/PodBudget`: Kubernetes has no such kind"),
            (
                "kinds: [Podd]",
                6,
                "no `Podd` has what `each: container` stands for; did you mean `P",
            ),
            ("kinds: []", 6, "`kinds` is empty"),
        )
    },
    "short title": (
        PAGE.replace("Something is", "x").encode(),
        "3: `title` has 7 characters; 8 are",
    ),
    "no id": (PAGE.replace("id: a-b\n", "").encode(), "2: the front matter lacks `id`"),
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


@pytest.mark.parametrize(
    "line",
    [
        "beside: [Service, autoscaling/HorizontalPodAutoscaler, keda.sh/ScaledObject]",
        "beside: [example.com/Whatever]",
        "fields: [env, updateStrategy, topologySpreadConstraints, workloadRef]",
        "kinds: [Deployment, Rollout]",
    ],
)
def test_usable_page(tmp_path: Path, line: str) -> None:
    page = tmp_path / "mine" / "a_b.md"
    page.parent.mkdir()
    page.write_text(f"{HEAD}{line}\n---\nWhy.\n")
    page.with_suffix(".py").write_text("def check(scope, ctx): ...\n")
    assert [policy.id for policy in read_folder(tmp_path, validate=True)] == ["a-b"]


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
