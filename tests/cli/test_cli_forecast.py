"""`kguard forecast`: the table and the data of real files, options, and what goes wrong.

KGUARD_UPDATE_GOLDEN=1 rewrites the golden files: read the diff.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from cli_project import Project
from jsonschema import Draft202012Validator

import kguard.render

SCHEMA = json.loads(
    (Path(kguard.render.__file__).parent / "forecast.schema.json").read_text(encoding="utf-8")
)
HERE = Path(__file__).parent / "forecasts"
UPDATE = bool(os.environ.get("KGUARD_UPDATE_GOLDEN"))  # The fixture takes it away.

# Golden file → command line.
RUNS = {
    "report.txt": ("report.yaml",),
    "report-worst.txt": ("report.yaml", "--retries", "worst"),
    "report.json": ("report.yaml", "--format", "json"),
    "nightly.txt": ("nightly.yaml",),
    "nightly-terminal.txt": ("nightly.yaml", "--items", "30", "--color", "always"),
}

FAN_OUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: a-workflow-name-of-25-cha
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - {name: part, template: part, withParam: "{{workflow.parameters.list}}"}
    - name: part
      container: {image: registry.example.com/part:1.0.0}
"""
OFFLOADING = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data:
  persistence: |
    nodeStatusOffLoad: true
"""


@pytest.fixture
def files(project: Project) -> Project:
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, project.root)
    return project


@pytest.mark.parametrize("file", RUNS)
def test_a_real_run_gives_the_golden_file(files: Project, file: str) -> None:
    out = files.run("forecast", *RUNS[file]).out
    golden = HERE / file
    if UPDATE:
        golden.write_text(out, encoding="utf-8")

    assert out == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nightly.yaml",), 0),
        (("report.yaml",), 1),
        (("report.yaml", "nightly.yaml"), 1),
        (("report.yaml", "--format", "json"), 1),
        (("gone.yaml",), 3),
        (("report.yaml", "gone.yaml"), 3),
        (("report.yaml", "--items", "0"), 2),
        (("report.yaml", "--items", "many"), 2),
        (("report.yaml", "--retries", "some"), 2),
        (("report.yaml", "--argo-version", "new"), 2),
    ],
)
def test_exit_codes(files: Project, words: tuple[str, ...], code: int) -> None:
    assert files.run("forecast", *words).code == code


# File → the sentence on standard error.
UNFORECAST = {
    "no workflow": ("kind: Pod\napiVersion: v1\n", "a.yaml: no Argo workflow was found here"),
    "no YAML": ("a: [", "a.yaml:1"),
    "no entrypoint": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\n"
        "spec: {templates: [{name: a}]}\n",
        "a.yaml:4: Workflow/w cannot be forecast: it has no `entrypoint`",
    ),
    "a wrong entrypoint": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\n"
        "spec:\n  entrypoint: b\n  templates: [{name: a}]\n",
        "a.yaml:5: Workflow/w cannot be forecast: there is no template `b` for its `entrypoint`",
    ),
    "a template elsewhere": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\n"
        "spec: {workflowTemplateRef: {name: t}}\n",
        "WorkflowTemplate `t` was not seen (`--context` names more files)",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNFORECAST.values(), ids=UNFORECAST)
def test_what_cannot_be_forecast(project: Project, text: str, message: str) -> None:
    project.write({"a.yaml": text})
    answer = project.run("forecast", "a.yaml")

    assert (answer.code, answer.out) == (3, "")
    assert message in answer.err


def test_the_data_say_what_could_not_be_forecast(project: Project) -> None:
    project.write({"a.yaml": UNFORECAST["a wrong entrypoint"][0]})
    answer = project.run("forecast", "a.yaml", "--format", "json")

    assert (answer.code, answer.err) == (3, "")
    assert [(item["file"], item["line"]) for item in answer.json["unchecked"]] == [("a.yaml", 5)]


def test_a_template_in_another_file_is_found(project: Project) -> None:
    template = FAN_OUT.replace("kind: Workflow", "kind: WorkflowTemplate")
    project.write(
        {
            "a.yaml": UNFORECAST["a template elsewhere"][0].replace("name: t", "name: lib"),
            "lib/t.yaml": template.replace("a-workflow-name-of-25-cha", "lib"),
        }
    )
    seen = project.run("forecast", "a.yaml", "lib", "--format", "json")

    assert project.run("forecast", "a.yaml").code == 3
    assert [item["resource"]["kind"] for item in seen.json["forecasts"]] in (
        ["Workflow", "WorkflowTemplate"],
        ["WorkflowTemplate"],
    )


@pytest.mark.parametrize(
    ("words", "annotation", "pods"),
    [((), "", 100), (("--items", "7"), "", 7), ((), "30", 30), (("--items", "7"), "30", 30)],
)
def test_the_length_of_unknown_loops(
    project: Project, words: tuple[str, ...], annotation: str, pods: int
) -> None:
    given = f'\n  annotations: {{kguard.dev/expected-items: "{annotation}"}}' if annotation else ""
    project.write({"a.yaml": FAN_OUT.replace("25-cha", f"25-cha{given}")})
    (found,) = project.run("forecast", "a.yaml", *words, "--format", "json").json["forecasts"]

    assert found["nominal"]["nodes"]["pods"] == pods


def test_what_helps_where_no_requests_are_written(project: Project) -> None:
    project.write({"a.yaml": FAN_OUT})
    answer = project.run("forecast", "--items", "20000")
    assert "`parallelism: 100` of the workflow: 100 pods at once\n" in answer.out


def test_offloading_counts_only_what_stays(project: Project) -> None:
    project.write({"a.yaml": FAN_OUT, "config.yaml": OFFLOADING})
    words = ("forecast", "a.yaml", "--items", "20000", "--format", "json")
    seen = ("--argo-controller-config", "config.yaml")
    limits = {}
    for name, more in (("offloading", seen), ("unseen", ("--isolated",))):
        project.write({"config.yaml": OFFLOADING if name == "offloading" else "a: 1"})
        (found,) = project.run(*words, *more).json["forecasts"]
        limits[name] = (found["limit"]["name"], found["limit"]["reached"])

    assert limits == {"offloading": ("etcd", False), "unseen": ("controller", True)}


def test_the_data_are_as_the_schema_says(files: Project) -> None:
    files.write(
        {
            "quota.yaml": "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\n"
            "spec: {hard: {pods: 1}}\n",
            "fan-out.yaml": FAN_OUT,
            "broken.yaml": UNFORECAST["a wrong entrypoint"][0],
            "values.yaml": "a: 1",
        }
    )
    found = files.run("forecast", ".", "--format", "json").json

    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(found)] == []
    assert all(found[part] for part in ("forecasts", "skipped", "unchecked"))
    assert any(each["quotas"] for each in found["forecasts"])


def test_chunks_fit(project: Project) -> None:
    """What is proposed is tried: a run of so many items is below half of the limit."""
    project.write({"a.yaml": FAN_OUT})
    words = ("forecast", "a.yaml", "--format", "json", "--items")
    (whole,) = project.run(*words, "12000").json["forecasts"]
    (chunks,) = [change for change in whole["changes"] if change["change"] == "chunks"]
    (part,) = project.run(*words, str(chunks["items"])).json["forecasts"]

    assert chunks["items"] * chunks["workflows"] >= 12_000
    assert part["nominal"]["status"]["stored"] <= 512 * 1024
    assert part["nominal"]["status"]["stored"] > 400 * 1024


def test_what_is_no_manifest_stands_in_the_data_only(project: Project) -> None:
    project.write({"a.yaml": FAN_OUT, "values.yaml": "image: {tag: 1.0.0}\n"})

    assert "values.yaml" not in project.run("forecast", ".").out
    skipped = project.run("forecast", ".", "--format", "json").json["skipped"]
    assert [item["file"] for item in skipped] == ["values.yaml"]


def test_standard_input(project: Project) -> None:
    answer = project.run("forecast", "-", "--stdin-name", "w.yaml", stdin=FAN_OUT)

    assert answer.code == 0
    assert "w.yaml:1" in answer.out


def test_names_cannot_write_to_the_terminal(project: Project) -> None:
    hostile = FAN_OUT.replace("name: part, t", 'name: "\\e[31mpart", t')
    project.write({"a.yaml": hostile})

    assert "\x1b" not in project.run("forecast", "a.yaml").out


def test_a_pipeline_of_programs(files: Project) -> None:
    answer = files.process("forecast", "report.yaml", "--format", "json")

    assert json.loads(answer.stdout)["forecasts"][0]["limit"]["reached"] is True


def test_the_docs_show_a_real_run() -> None:
    page = Path(__file__).parents[2] / "docs" / "forecast.md"

    assert (HERE / "report.txt").read_text(encoding="utf-8") in page.read_text(encoding="utf-8")


def test_what_changes_nothing_is_told(project: Project) -> None:
    project.write({"a.yaml": FAN_OUT, "values.yaml": "a: b\n"})
    words = ("forecast", "a.yaml", "--helm", "--helm-values", "values.yaml")
    notice = "`--helm-values` changes nothing: no chart is among the files"
    answer = project.run(*words)
    assert answer.err == f"kguard: {notice}\n"
    answer = project.run(*words, "--format", "json")
    assert (answer.json["notices"], answer.err) == ([notice], "")
    Draft202012Validator(SCHEMA).validate(answer.json)
