"""The examples of pages are only worth something if a wrong one is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kguard.policy.examples import examples
from kguard.policy.page import PageError
from kguard.policy.registry import read_folder
from kguard.verify import verify

PAGE = """---
id: no-cpu
title: Container requests no CPU
severity: warning
each: container
sources: [https://example.com]
---

## Bad

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web # MARK
      image: web:1
```
"""

CHECK = """
def check(container, ctx):
    if container.request("cpu") is None:
        yield container.fault(("resources",), "no cpu")
"""


def mismatches(tmp_path: Path, page: str, check: str = CHECK) -> list[str]:
    (tmp_path / "no_cpu.md").write_text(page)
    (tmp_path / "no_cpu.py").write_text(check)
    (policy,) = read_folder(tmp_path, validate=True)
    return [m.text for example in examples(policy) for m in verify(policy, example)]


def test_a_right_mark_is_silent(tmp_path: Path) -> None:
    assert mismatches(tmp_path, PAGE.replace("# MARK", "# finding: no-cpu")) == []
    assert mismatches(tmp_path, PAGE.replace("# MARK", "# finding: no-cpu warning")) == []
    assert mismatches(tmp_path, PAGE.replace("# MARK", '# finding: no-cpu "no cpu"')) == []


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("", "not expected: manifest.yaml:6: warning[no-cpu]: no cpu"),
        ("# finding: no-cpu error", "not found: no-cpu as error at manifest.yaml:6"),
        ("# finding: other", "not found: other at manifest.yaml:6"),
        (
            '# finding: no-cpu "no memory"',
            "not found: no-cpu at manifest.yaml:6 with `no memory`",
        ),
    ],
)
def test_a_wrong_mark_is_noticed(tmp_path: Path, mark: str, expected: str) -> None:
    assert expected in mismatches(tmp_path, PAGE.replace("# MARK", mark))


def test_a_mark_on_another_line_is_noticed(tmp_path: Path) -> None:
    page = PAGE.replace("image: web:1", "image: web:1 # finding: no-cpu").replace("# MARK", "")
    assert mismatches(tmp_path, page) == [
        "not expected: manifest.yaml:6: warning[no-cpu]: no cpu",
        "not found: no-cpu at manifest.yaml:7",
    ]


def test_a_mark_beside_the_text_says_the_same(tmp_path: Path) -> None:
    for right in ("@6", "@6:warning", '@6 "no cpu"', '@6:warning "no" "cpu"'):
        page = PAGE.replace("```yaml", f"```yaml finding='no-cpu{right}'")
        assert mismatches(tmp_path, page) == []
    for wrong in ("@5", "@6:note", '@6 "no memory"', '@6 "no" "memory"'):
        page = PAGE.replace("```yaml", f"```yaml finding='no-cpu{wrong}'")
        assert mismatches(tmp_path, page) != []


def test_a_text_may_be_of_the_help_the_fix_or_a_related_place(tmp_path: Path) -> None:
    check = """
from kguard.model import Edit, Fix, Related

def check(container, ctx):
    fix = Fix((Edit(container.at("cpu"), "1"),), safe=False, title="give it one")
    place = Related(container.resource, ("kind",), "who asks")
    yield container.fault((), "no cpu", help="it starves", fix=fix, related=[place])
"""
    for text in ("it starves", "fix, unsafe: give it one", "manifest.yaml:2: who asks"):
        page = PAGE.replace("# MARK", f'# finding: no-cpu "no cpu" "{text}"')
        assert mismatches(tmp_path, page, check) == []
    for text in ("it eats", "fix: give it one", "manifest.yaml:3: who asks"):
        page = PAGE.replace("# MARK", f'# finding: no-cpu "no cpu" "{text}"')
        assert mismatches(tmp_path, page, check) != []


def test_a_mark_without_a_severity_means_that_of_the_page(tmp_path: Path) -> None:
    milder = CHECK.replace('"no cpu")', '"no cpu", severity=Severity.NOTE)')
    check = "from kguard.model import Severity\n" + milder
    page = PAGE.replace("# MARK", "# finding: no-cpu")
    assert mismatches(tmp_path, page, check) == [
        "not expected: manifest.yaml:6: note[no-cpu]: no cpu",
        "not found: no-cpu at manifest.yaml:6",
    ]
    page = PAGE.replace("# MARK", "# finding: no-cpu note")
    assert mismatches(tmp_path, page, check) == []


def test_a_verdict_is_told_from_the_want_of_one(tmp_path: Path) -> None:
    check = "def check(container, ctx):\n    yield ctx.unknown('who knows')\n"
    assert mismatches(tmp_path, PAGE, check) == [
        "no verdict, and the example does not say `unknown`: who knows"
    ]
    assert mismatches(tmp_path, PAGE.replace("```yaml", "```yaml unknown"), check) == []
    silent = "def check(container, ctx):\n    yield from ()\n"
    assert mismatches(tmp_path, PAGE.replace("```yaml", "```yaml unknown"), silent) == [
        "judged, while the example says `unknown`"
    ]


def test_a_check_that_raises_is_noticed(tmp_path: Path) -> None:
    found = mismatches(tmp_path, PAGE, "def check(container, ctx):\n    raise KeyError('cpu')\n")
    assert found == ["`no-cpu` raised KeyError('cpu')"]


def test_an_example_that_is_not_yaml_is_noticed(tmp_path: Path) -> None:
    page = PAGE.replace("metadata: {name: web}", "metadata: {name: web")
    assert any("manifest.yaml:" in text for text in mismatches(tmp_path, page))


@pytest.mark.parametrize(
    ("fence", "cause"),
    [
        ("```yaml colour=red", "unknown attribute `colour`"),
        ("```yaml params={", "params:"),
        ("```yaml finding=no-cpu", "is not finding=ID@LINE"),
        ("```yaml 'file", "attributes of the example"),
    ],
)
def test_a_fence_that_cannot_be_understood_is_an_error(
    tmp_path: Path, fence: str, cause: str
) -> None:
    with pytest.raises(PageError, match=cause) as caught:
        mismatches(tmp_path, PAGE.replace("```yaml", fence, 1))
    assert caught.value.line == 11


@pytest.mark.parametrize(
    ("old", "new", "line", "cause"),
    [
        ("severity: warning", "severity: fatal", 4, "`severity` cannot be `fatal`"),
        ("each: container", "each: container\ncolour: red", 6, "unknown key `colour`"),
        ("each: container", "each: contaner", 5, "`each: contaner` is none of"),
        ("id: no-cpu", "id: No_CPU", 2, "does not match"),
        ("---\n\n## Bad", "\n## Bad", 1, "not closed"),
    ],
)
def test_front_matter_that_is_wrong_is_an_error_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, cause: str
) -> None:
    with pytest.raises(PageError, match=cause) as caught:
        mismatches(tmp_path, PAGE.replace(old, new, 1))
    assert caught.value.path.endswith("no_cpu.md")
    assert caught.value.line == line
