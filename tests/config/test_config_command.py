"""`kguard config show`, `check` and `init`, as people run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_project import Project

from kguard.cli import run
from kguard.term import columns


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository as the working directory, with no variables of ours set."""
    for name in ("KGUARD_CONFIG", "KGUARD_PROFILE", "KGUARD_POLICIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project.root)
    return project.root


def test_show_names_the_origin_of_each_setting(
    here: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(
        ".kguard.yaml",
        "profile: strict\nfail-on: error\noverrides:\n  - paths: [tests/]\n    kinds: [Job]\n"
        "    deselect: [ALL]\n  - paths: [prod/]\n    deselect: [ALL]\n",
    )
    assert run(["config", "show", "tests/a.yaml", "--fail-on", "note"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line.partition("  ")[0]: line.rpartition("  ")[2] for line in lines}
    assert found["profile = strict"] == "(.kguard.yaml:1)"
    assert found["fail-on = note"] == "(--fail-on)"
    assert found["complete = false"] == "(default)"
    assert found["overrides[0] for kinds Job"] == "(.kguard.yaml:4)"
    assert not [line for line in lines if line.startswith("overrides[1]")]


def test_show_has_straight_columns_whatever_the_characters(
    here: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(".kguard.yaml", "exclude: [数据库/]\ncontext: [cafe\u0301]\n")
    assert run(["config", "show"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if " = " in line]
    assert len({columns(line.rpartition("(")[0]) for line in lines}) == 1


def test_show_counts_what_runs_on_a_path(
    here: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(".kguard.yaml", "overrides: [{paths: [x/], select: [quantity-invalid]}]")
    assert run(["config", "show", "-v", "x/a.yaml"]) == 0
    out = capsys.readouterr().out
    assert "policies: 1 of " in out
    assert "  error    quantity-invalid\n" in out
    assert "  off      missing-cpu-request\n" in out


def test_check_shows_every_fault_with_its_line(
    here: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(".kguard.yaml", "profile: strcit\nfail_on: x\x1b\n".replace("\x1b", ""))
    assert run(["config", "check"]) == 2
    assert capsys.readouterr().err == (
        "error: `profile` cannot be `strcit`; did you mean `strict`?"
        " (one of default, strict, scale, all)\n"
        " --> .kguard.yaml:1:10\n"
        "  |\n"
        "1 | profile: strcit\n"
        "  |          ^^^^^^\n"
        "\n"
        "error: unknown key `fail_on`; did you mean `fail-on`?\n"
        " --> .kguard.yaml:2:1\n"
        "  |\n"
        "2 | fail_on: x\n"
        "  | ^^^^^^^\n"
    )


def test_show_takes_the_options_of_a_check(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--helm", "--helm-values", "a", "--helm-values", "b,c", "--kustomize"]
    assert run(["config", "show", *words]) == 0
    rows = dict(line.split(" = ") for line in capsys.readouterr().out.splitlines() if " = " in line)
    shown = [rows[key].partition("  ")[0] for key in ("helm.render", "helm.values")]
    assert shown == ["true", '["a", "b,c"]']


def test_check_names_a_wrong_option_without_a_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "check", "--config", "policies-dir=x"]) == 2
    assert capsys.readouterr().err == (
        "error: --config policies-dir: `policies-dir` cannot be set here\n"
        "  = help: a configuration never names code: use `--policies DIR` or `KGUARD_POLICIES`\n"
    )


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["check"], 0, "no configuration file\n"),
        (["check", "a=b.yaml"], 0, "a=b.yaml: no mistakes\n"),
        (["check", "gone.yaml"], 2, ""),
    ],
)
def test_check_answers_by_its_exit_code(
    here: Path,
    project: Project,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    code: int,
    said: str,
) -> None:
    project.write("a=b.yaml", "profile: all\n")
    assert (run(["config", *argv]), capsys.readouterr().out) == (code, said)


@pytest.mark.parametrize(
    ("written", "files", "said"),
    [
        (
            "image-map: {web: {dockerfile: web.docker}}\n",
            {"web.docker": "RUN make\n"},
            "kguard: image map: web.docker:1: `RUN` before the first `FROM`\n",
        ),
        ("image-map: {web: {dockerfile: web.docker}}\n", {"web.docker": "FROM scratch\n"}, ""),
        (
            "argo: {controller-config: argo.yaml}\n",
            {"argo.yaml": "a: [\n"},
            "kguard: argo.yaml:2: ",
        ),
    ],
    ids=["a broken Dockerfile", "a sound one", "the controller's configuration"],
)
def test_check_reads_the_files_that_are_named(
    here: Path,
    project: Project,
    capsys: pytest.CaptureFixture[str],
    written: str,
    files: dict[str, str],
    said: str,
) -> None:
    for name, text in {".kguard.yaml": written, **files}.items():
        project.write(name, text)
    assert run(["config", "check"]) == (2 if said else 0)
    printed = capsys.readouterr()
    assert printed.err.startswith(said)
    assert bool(printed.out) != bool(said)


def test_control_characters_are_shown_not_sent(
    here: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(".kguard.yaml", '"\\x1b[31m": 1\n')
    assert run(["config", "check"]) == 2
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "unknown key `\\x1b[31m`" in err


def test_init_writes_a_valid_file_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "init"]) == 0
    written = (here / ".kguard.yaml").read_bytes()
    assert run(["config", "check"]) == 0
    assert run(["config", "init"]) == 2
    assert (here / ".kguard.yaml").read_bytes() == written
    assert "configured already: .kguard.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"), [(".kguard.yml", ""), ("pyproject.toml", "[tool.kguard]\n")]
)
def test_init_hides_no_other_configuration(
    here: Path, project: Project, name: str, text: str
) -> None:
    project.write(name, text)
    assert run(["config", "init"]) == 2
    assert not (here / ".kguard.yaml").exists()
