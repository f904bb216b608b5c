"""Reports of real runs: every format against a golden file, and what goes where.

KGUARD_UPDATE_GOLDEN=1 rewrites the golden files: read the diff.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from cli_project import BROKEN, CHECKOUT, FIXED, POD, Project

from kguard import __version__
from kguard.render import FORMATS

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
UPDATE = bool(os.environ.get("KGUARD_UPDATE_GOLDEN"))  # Before the tests unset ours.
FIXTURES = HERE.parent / "render" / "fixtures"

# Policies to come must not change these files.
FIXED_CHOICE = (
    "--isolated",
    "--select",
    "cpu-memory-unit,limit-request-ratio,memory-absurdly-small,missing-cpu-request,"
    "missing-memory-limit,missing-memory-request,quantity-invalid,request-exceeds-limit,"
    "zero-request,image-latest,expired-ignore,kguard-unevaluable,unexplained-ignore,unused-ignore,"
    "yaml-duplicate-key",
)

CASES = {
    "full.txt": ("-f", "full"),
    "full-terminal.txt": ("-f", "full", "--color", "always", "--links", "always"),
    "full-verbose.txt": ("-f", "full", "-v", "--statistics", "--min-severity", "error"),
    "full-quiet.txt": ("-f", "full", "-q", "--min-severity", "error"),
    "concise.txt": ("-f", "concise"),
    "report.json": ("-f", "json"),
    "report.sarif": ("-f", "sarif"),
    "github.txt": ("-f", "github"),
    "junit.xml": ("-f", "junit"),
    "gitlab.json": ("-f", "gitlab"),
    "report.md": ("-f", "markdown"),
    "report.rdjson": ("-f", "rdjson"),
}
MACHINE = ("json", "json-v1", "sarif", "junit", "gitlab", "rdjson")


@pytest.fixture
def fixtures(project: Project) -> Project:
    """A project of multi-document YAML with anchors, a List, JSON, CRLF and wide characters."""
    for path in sorted(FIXTURES.iterdir()):
        if path.is_file():
            project.write({f"deploy/{path.name}": path.read_bytes()})
    project.write({"deploy/values.yaml": "replicaCount: 2\n"})
    return project


@pytest.mark.parametrize("file", CASES)
def test_a_real_run_gives_the_golden_file(fixtures: Project, file: str) -> None:
    answer = fixtures.run("check", *FIXED_CHOICE, *CASES[file])
    assert (answer.code, answer.err) == (3, "")
    actual = answer.out.replace("\x1b", "^[").replace(__version__, "VERSION")
    path = GOLDEN / file
    if UPDATE:
        path.write_bytes(actual.encode())
    assert path.read_bytes().decode() == actual


def test_every_format_has_a_golden_file() -> None:
    assert {FORMATS[words[1]] for words in CASES.values()} == set(FORMATS.values())
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


def test_formats_agree(fixtures: Project) -> None:
    words = [f"-f={name}={name}.out" for name in ("json", "sarif", "junit", "concise", "github")]
    answer = fixtures.run("check", *FIXED_CHOICE, *words)
    assert (answer.code, answer.out, answer.err) == (3, "", "")
    found = sorted(
        (item["file"], item["line"], item["policy"])
        for item in json.loads(fixtures.read("json.out"))["findings"]
    )
    sarif = json.loads(fixtures.read("sarif.out"))["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in sarif]
    assert found == sorted(
        (place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"])
        for place, result in zip(places, sarif, strict=True)
    )
    lines = re.findall(r"^(.+?):(\d+):\d+: \w+\[(.+?)\]", fixtures.read("concise.out"), re.M)
    assert set(found) == {(file, int(line), policy) for file, line, policy in lines}
    commands = re.findall(
        r"^::\w+ file=(.+?),line=(\d+),.*title=(.+?)::", fixtures.read("github.out"), re.M
    )
    assert {(file, int(line)) for file, line, _ in commands} >= {(f, n) for f, n, _ in found}
    suites = ElementTree.fromstring(fixtures.read("junit.out"))
    failed = [case for case in suites.iter("testcase") if case.find("failure") is not None]
    assert len(failed) == len(
        {
            (item["file"], item["policy"], json.dumps(item["resource"]))
            for item in json.loads(fixtures.read("json.out"))["findings"]
        }
    )


def test_several_formats_in_one_run(project: Project) -> None:
    project.write({"a.yaml": POD})
    words = ("check", "--select", "image-latest", "-f", "concise", "-f", "sarif=out/x.sarif")
    (project.root / "out").mkdir()
    answer = project.run(*words, "-f", "json=out/report=1.json")
    assert answer.code == 1
    assert answer.out.startswith("a.yaml:9:14: warning[image-latest]")
    assert json.loads(project.read("out/x.sarif"))["version"] == "2.1.0"
    assert json.loads(project.read("out/report=1.json"))["version"] == 1


def test_a_file_that_cannot_be_written_is_named(project: Project) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("check", "-f", "json=nowhere/out.json")
    assert answer.code == 2
    assert answer.err == "kguard: nowhere/out.json: cannot be written: No such file or directory\n"


def test_a_report_in_a_file_has_no_colours(project: Project) -> None:
    project.write({"a.yaml": POD})
    project.run("check", "--color", "always", "--links", "always", "-f", "full=out.txt")
    assert "\x1b" not in project.read("out.txt")


@pytest.mark.parametrize("name", MACHINE)
@pytest.mark.parametrize(
    "words", [(), ("-v",), ("--statistics",), ("-q",), ("--color=always",)], ids=" ".join
)
def test_machine_formats_are_nothing_but_the_report(
    project: Project, name: str, words: tuple[str, ...]
) -> None:
    project.write({"a.yaml": POD, "b.yaml": BROKEN})
    answer = project.run("check", "--select", "image-latest", "-f", name, *words)
    assert (answer.code, answer.err) == (3, "")
    if name == "junit":
        ElementTree.fromstring(answer.out)
    else:
        json.loads(answer.out)


def test_crashes_and_what_a_policy_prints_do_not_reach_standard_output(project: Project) -> None:
    project.write({"a.yaml": POD})
    folder = project.root.parent / "ours" / "house"
    folder.mkdir(parents=True)
    page = "---\nid: raises\ntitle: It raises\nseverity: note\neach: resource\n---\n\nx\n"
    (folder / "raises.md").write_text(page, encoding="utf-8")
    (folder / "raises.py").write_text("def check(scope, ctx):\n    print('hello')\n    1 / 0\n")
    answer = project.run("check", "--policies", str(folder.parent), "-f", "json")
    assert answer.code == 4
    assert ("a.yaml", "image-latest") in answer.found
    failed = f"hello\nkguard: the policy `raises` in {folder} failed at a.yaml, Pod/shop/web: Zero"
    assert answer.err.startswith(failed)


def test_quiet_says_nothing_where_there_is_nothing(project: Project) -> None:
    project.write({"a.yaml": FIXED})
    words = ("check", "--select", "image-latest,resources")
    assert project.run(*words, "-q").out == ""
    assert project.run(*words, "-q", "-f", "concise").out == ""
    assert project.run(*words).out == "no findings in 1 file (1 resource)\n"


def test_quiet_still_shows_findings_and_what_was_not_checked(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": BROKEN})
    out = project.run("check", "--select", "image-latest", "-q", "-f", "concise").out
    assert [line.partition(" ")[0] for line in out.splitlines()] == ["a.yaml:9:14:", "b.yaml:4:1:"]


def test_verbose_says_what_was_left_out_and_why(project: Project) -> None:
    project.write({"a.yaml": FIXED, "values.yaml": "a: 1\n", "empty.yaml": "\n"})
    (project.root / "gone.yaml").symlink_to("nowhere.yaml")
    out = project.run("check", "--select", "image-latest", "-v").out
    assert out == (
        "skipped empty.yaml: no document in it\n"
        "skipped gone.yaml: a symbolic link that leads nowhere\n"
        "skipped values.yaml: Helm values\n"
        "no findings in 1 file (1 resource); 3 skipped\n"
    )


def test_statistics_count_by_policy(project: Project) -> None:
    project.write({"a.yaml": POD, "b.yaml": POD.replace("64Mi", "64Mb")})
    words = ("check", "--select", "image-latest,quantity-invalid", "--statistics", "-q")
    rows = project.run(*words, "-f", "concise").out.splitlines()[-4:]
    assert [row.split() for row in rows] == [
        ["count", "severity", "policy"],
        ["2", "warning", "image-latest"],
        ["2", "error", "quantity-invalid"],
        [],
    ]


@pytest.mark.parametrize(
    ("variables", "words", "coloured"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"CLICOLOR_FORCE": "1"}, [], True),
        ({"FORCE_COLOR": "0"}, [], False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({}, ["--color=auto"], False),
    ],
    ids=lambda value: " ".join(value) or "-" if not isinstance(value, bool) else "",
)
def test_colours(
    project: Project, variables: dict[str, str], words: list[str], coloured: bool
) -> None:
    project.write({"a.yaml": POD})
    for name, value in variables.items():
        project.monkeypatch.setenv(name, value)
    out = project.run("check", "--select", "image-latest", *words).out
    assert ("\x1b[1;33m" in out) is coloured
    assert "\x1b]8" not in out


def test_errors_are_coloured_where_wanted_too(project: Project) -> None:
    project.monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in project.run("check", "--select", "imgaes").err


def test_without_a_terminal_there_is_no_progress(project: Project) -> None:
    project.write({f"{number}.yaml": POD for number in range(50)})
    done = project.process("check", "--select", "image-latest")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\r" not in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a shell's pipes")
@pytest.mark.parametrize("name", ["full", "json", "concise"])
def test_a_reader_that_leaves_early_is_no_fault(project: Project, name: str) -> None:
    many = "---\n".join(POD.replace("name: web", f"name: web-{n}") for n in range(1000))
    project.write({"a.yaml": many})
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "kguard", "check", "--select", "image-latest"),
            *("-f", name, "-f", "json=out.json"),
        ],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.read(10)
    run.stdout.close()
    said = run.stderr.read()
    run.stderr.close()
    assert (run.wait(timeout=60), said) == (1, b"")
    assert len(json.loads(project.read("out.json"))["findings"]) == 1000


def test_output_survives_a_poor_locale(project: Project) -> None:
    project.write({"日本.yaml": POD.replace("name: web", "name: ünï")})
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    done = project.process("check", "--select", "image-latest", variables=poor)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"image-latest" in done.stdout
    done = project.process("check", "--select", "image-latest", "-f", "json", variables=poor)
    assert json.loads(done.stdout.decode("utf-8"))["findings"][0]["file"] == "日本.yaml"


# What happens to the streams, in the words of a shell; and what the run comes to.
STREAMS = [
    ("check --select image-latest a.yaml >&-", 1, b""),
    ("check --select image-latest a.yaml 2>&-", 1, b""),
    ("check --selct 2>&-", 2, b""),
    ("check - <&-", 3, b""),
    ("explain image-latest >&-", 0, b""),
    (
        "check --select image-latest a.yaml >/dev/full",
        2,
        b"kguard: standard output cannot be written: ",
    ),
    ("explain images >/dev/full", 2, b"kguard: standard output cannot be written: "),
    ("policies | head -c 1 >/dev/null", 0, b""),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' devices and a shell")
@pytest.mark.parametrize(("line", "code", "said"), STREAMS, ids=[line for line, _, _ in STREAMS])
def test_streams_may_be_closed_or_full(project: Project, line: str, code: int, said: bytes) -> None:
    project.write({"a.yaml": POD})
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m kguard {line}"],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == code, done
    assert done.stderr.startswith(said)
    assert done.stderr.count(b"\n") == bool(said)


@pytest.mark.skipif(os.name != "posix", reason="a folder in use cannot be removed")
def test_a_working_directory_that_is_gone_is_said(project: Project) -> None:
    (project.root / "gone").mkdir()
    line = f"cd gone && rmdir ../gone && {sys.executable} -m kguard check"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"kguard: the working directory cannot be used: ")


@pytest.mark.parametrize(
    "words", [["explain", "image-latest"], ["policies"], ["--help"]], ids=" ".join
)
def test_every_command_survives_a_poor_locale(project: Project, words: list[str]) -> None:
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = project.process(*words, variables={**poor, "PYTHONIOENCODING": "ascii:strict"})
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_cannot_steer_the_terminal(project: Project) -> None:
    project.write({"a\x1b[31m.yaml": POD.replace("name: web", 'name: "\\e[2J"')})
    for words in (["check"], ["check", "-f", "concise"], ["check", "-v"], ["check", "a\x1b[2Jb"]):
        answer = project.run(*words, "--select", "image-latest")
        assert "\x1b" not in answer.out + answer.err
    for line in ("explain \x1b[2J", "check --profile \x1b[2J", "\x1b[2J", "check --\x1b[2J"):
        answer = project.run(*line.split(" "))
        assert answer.code == 2
        assert "\x1b" not in answer.out + answer.err


def test_sarif_describes_findings_about_ignores(project: Project) -> None:
    project.write({"a.yaml": POD.replace(":latest", ":latest # kguard: ignore[image-latest]")})
    words = ("check", "--select", "image-latest,meta", "-f", "sarif")
    (rule,) = project.run(*words).json["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "unexplained-ignore"
    assert rule["helpUri"].endswith("/policies/meta/unexplained_ignore.md")
    assert len(rule["help"]["markdown"]) > 200


def test_in_a_github_workflow_annotations_follow_the_text(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"a.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web}]}\n"})
    plain = project.run("check", "--select", "image-latest").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotated = project.run("check", "--select", "image-latest").out
    assert annotated.startswith(plain)
    assert annotated.removeprefix(plain).startswith("::warning file=a.yaml,line=3,")
    assert "::" not in project.run("check", "--select", "image-latest", "-f", "full").out


def test_a_slow_yaml_parser_is_not_passed_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"a.yaml": "apiVersion: v1\nkind: Pod\nspec: {}\n"})
    assert "libyaml" not in project.run("check").out
    monkeypatch.setattr("kguard.cli.session.HAVE_LIBYAML", False)
    assert "notice: PyYAML is installed without libyaml" in project.run("check").out
