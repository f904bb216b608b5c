"""The format for people, beyond what the golden files show."""

from __future__ import annotations

import pytest

from kguard.model import Severity
from kguard.policy.page import Policy
from kguard.record import replace
from kguard.render import links
from kguard.report import Report, Skipped, Unchecked
from kguard.term import Style

from .build import POLICIES, finding, fixture_report, read_files, report_of
from .test_golden import rendered

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: web\n"


def report(*parts: tuple[tuple[str, ...], str, str]) -> Report:
    """A report of missing keys in one container: keys, message, policy."""
    files = read_files({"a.yaml": POD})
    return report_of(
        files,
        [
            finding(policy, files.resources[0], ("spec", "containers", 0, *keys), message)
            for keys, message, policy in parts
        ],
    )


def test_findings_that_share_policy_and_place_share_a_frame() -> None:
    text = rendered(
        "full",
        report(
            (("resources", "requests", "cpu"), "`web` requests no cpu", "p"),
            (("resources", "requests", "memory"), "`web` requests no memory", "p"),
        ),
        Style(quiet=True),
    )
    assert text == (
        "warning[p]: `web` requests no cpu\n"
        "warning[p]: `web` requests no memory\n"
        " --> a.yaml:6:7  Pod/a\n"
        "  |\n"
        "6 |     - name: web\n"
        "  |       ^^^^ no `resources.requests.cpu`, `resources.requests.memory` in here\n"
        "\n"
    )


def test_other_policies_have_a_frame_of_their_own() -> None:
    parts = [(("name",), "a", "p"), (("name",), "b", "q")]
    assert rendered("full", report(*parts), Style(quiet=True)).count("-->") == 2


def test_policies_about_keys_that_one_place_lacks_share_a_frame() -> None:
    parts = [(("resources",), "a", "p"), (("image",), "b", "q")]
    text = rendered("full", report(*parts), Style(quiet=True))
    assert text.count("-->") == 1
    assert "warning[p]: a\nwarning[q]: b\n" in text
    assert "no `resources`, `image` in here" in text


def test_many_resources_behind_one_place_are_counted() -> None:
    shared = report((("resources",), "m", "p"))
    first = shared.findings[0]
    shared.findings = [
        replace(
            first,
            finding=replace(first.finding, resource=replace(first.finding.resource, name=name)),
        )
        for name in "abcde"
    ]
    text = rendered("full", shared, Style())
    assert "  Pod/a, Pod/b, Pod/c and 2 more\n" in text
    assert text.count("-->") == 1


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            Report(files=12, resources=40), "no findings in 12 files (40 resources)", id="clean"
        ),
        pytest.param(
            Report(files=1, resources=1), "no findings in 1 file (1 resource)", id="singular"
        ),
        pytest.param(
            Report(files=2, resources=3, suppressed=2, baselined=1),
            "no findings in 2 files (3 resources); 2 suppressed, 1 in the baseline",
            id="what is hidden is counted",
        ),
        pytest.param(
            Report(files=1, unchecked=[Unchecked("a", 0, 0, "r")], skipped=[Skipped("b", "r")]),
            "no findings in 1 file (0 resources); 1 not checked, 1 skipped (-v lists them)",
            id="nothing is silently green",
        ),
        pytest.param(
            Report(files=1, resources=1, undecided=3),
            "no findings in 1 file (1 resource); 3 undecided (-v lists them)",
            id="no verdict is no all-clear",
        ),
        pytest.param(
            fixture_report(),
            "3 errors, 11 warnings, 1 note in 7 files (9 resources); "
            "2 suppressed, 4 in the baseline, 1 not checked, 1 skipped (-v lists them)",
            id="everything",
        ),
    ],
)
@pytest.mark.parametrize("name", ["full", "concise", "github"])
def test_summary(name: str, report: Report, expected: str) -> None:
    assert expected in rendered(name, report, Style()).splitlines()


def test_a_single_file_that_is_none_of_ours_is_named_unasked() -> None:
    report = Report(skipped=[Skipped("compose.yaml", "compose file")])
    assert rendered("full", report, Style()) == (
        "skipped compose.yaml: compose file\nno findings in 0 files (0 resources); 1 skipped\n"
    )


@pytest.mark.parametrize("name", ["full", "concise"])
def test_quiet_leaves_out_all_but_findings_and_what_was_not_checked(name: str) -> None:
    loud = rendered(name, fixture_report(), Style())
    quiet = rendered(name, fixture_report(), Style(quiet=True))
    assert "cannot check" in quiet
    assert loud.startswith(quiet)
    assert loud.removeprefix(quiet).startswith("notice: ")
    assert rendered(name, Report(files=3), Style(quiet=True)) == ""


@pytest.mark.parametrize("name", ["full", "concise"])
def test_verbose_says_what_was_skipped_and_why(name: str) -> None:
    line = "skipped charts/shop: unrendered Helm template\n"
    assert line in rendered(name, fixture_report(), Style(verbose=True))
    assert line not in rendered(name, fixture_report(), Style())


def test_the_address_of_a_page_is_written_once_and_only_where_it_is_no_link() -> None:
    address = links.page_url(POLICIES["image-latest"])
    plain = rendered("full", fixture_report(), Style())
    linked = rendered("full", fixture_report(), Style(links=True))
    assert plain.count(f"= see: {address}\n") == 1
    assert "= see:" not in linked
    assert linked.count(f"\x1b]8;;{address}\x1b\\image-latest\x1b]8;;\x1b\\") == 6


def test_a_users_own_page_is_linked_as_a_file_and_has_no_address() -> None:
    page = Policy("mine", "My own", "own", Severity.NOTE, "pod", "/srv/my policies/mine.md")
    assert links.page_url(page) == ""
    assert links.terminal_url(page) == "file:///srv/my%20policies/mine.md"
    assert links.terminal_url(None) == ""


def test_what_could_not_be_checked_is_shown_where_it_is_known() -> None:
    unread = Report(
        unchecked=[Unchecked("a.yaml", 2, 3, "no YAML"), Unchecked("b.yaml", 0, 0, "is gone")],
        line=lambda path, number: "x: @" if path == "a.yaml" else "",
    )
    assert rendered("full", unread, Style(quiet=True)) == (
        "error: cannot check a.yaml:2:3: no YAML\n"
        "  |\n"
        "2 | x: @\n"
        "  |   ^\n"
        "\n"
        "error: cannot check b.yaml: is gone\n"
        "\n"
    )
