"""Readers of the bench against other linters: recorded output of each, cut down."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.peer_reports import READERS, PeerError, Report, same_concern, same_object
from bench.peer_runs import Run, dockerfiles, execute, manifests, prepare_schemas
from bench.peers import match, places

CHECKOV = """{
  "check_type": "kubernetes",
  "results": {"failed_checks": [{
    "check_id": "CKV_K8S_10",
    "check_name": "CPU requests should be set",
    "check_result": {"result": "FAILED"},
    "file_path": "/k8s/web.yaml",
    "file_abs_path": "/srv/shop/k8s/web.yaml",
    "file_line_range": [3, 32],
    "resource": "Deployment.shop.web.v1"
  }]}
}"""

KUBE_SCORE = """[{
  "object_name": "Deployment/apps/v1/shop/web",
  "type_meta": {"kind": "Deployment", "apiVersion": "apps/v1"},
  "object_meta": {"name": "web", "namespace": "shop"},
  "checks": [
    {"check": {"id": "stable-version"}, "grade": 10, "skipped": false, "comments": null},
    {"check": {"id": "pod-probes"}, "grade": 0, "skipped": true, "comments": null},
    {"check": {"id": "container-resources"}, "grade": 1, "skipped": false, "comments": [
      {"path": "app", "summary": "CPU limit is not set", "description": ""},
      {"path": "app", "summary": "CPU request is not set", "description": ""}
    ]},
    {"check": {"id": "deployment-strategy"}, "grade": 5, "skipped": false, "comments": null}
  ],
  "file_name": "k8s/web.yaml",
  "file_row": 1
}]"""

KUBECONFORM = r"""{"resources": [
  {"filename": "k8s/web.yaml", "kind": "Deployment", "name": "web", "version": "apps/v1",
   "status": "statusError", "msg": "yaml:\n  line 31: key \"env\" already set in map"},
  {"filename": "k8s/web.yaml", "kind": "Job", "name": "{{ generateName }}", "version": "batch/v1",
   "status": "statusInvalid", "msg": "at '/spec/replicas': got string, want null or integer"},
  {"filename": "k8s/web.yaml", "kind": "Workflow", "name": "w", "version": "argoproj.io/v1alpha1",
   "status": "statusSkipped", "msg": ""}
]}"""

HADOLINT = """[{"code": "DL3025", "column": 1, "file": "Dockerfile", "level": "warning", "line": 9,
  "message": "Use arguments JSON notation for CMD and ENTRYPOINT arguments"}]"""

YAMLLINT = """\
./k8s/web.yaml:1:1: [warning] missing document start "---" (document-start)
./k8s/web.yaml:30:11: [error] duplication of key "env" in mapping (key-duplicates)
./k8s/web.yaml:4:2: [error] syntax error: could not find expected ':' (syntax)
"""

KGUARD = json.dumps(
    {
        "findings": [
            {
                "policy": "zero-request",
                "file": "shop/k8s/web.yaml",
                "line": 28,
                "column": 29,
                "message": "container `app` requests cpu of zero",
                "resource": {"kind": "Deployment", "name": None},
            }
        ]
    }
)

WEB = "k8s/web.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run, with the files that the recordings name."""
    shop = tmp_path / "shop"
    (shop / "k8s").mkdir(parents=True)
    (shop / WEB).touch()
    (shop / "Dockerfile").touch()
    return shop


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (
            "checkov",
            CHECKOV,
            [Report("CKV_K8S_10", WEB, "Deployment", "web.v1", 3, 0, "CPU requests should be set")],
        ),
        (
            "kube-score",
            KUBE_SCORE,
            [
                Report(
                    "container-resources",
                    WEB,
                    "Deployment",
                    "web",
                    1,
                    detail="app: CPU limit is not set",
                ),
                Report(
                    "container-resources",
                    WEB,
                    "Deployment",
                    "web",
                    1,
                    detail="app: CPU request is not set",
                ),
                Report("deployment-strategy", WEB, "Deployment", "web", 1, detail=": "),
            ],
        ),
        (
            "kubeconform",
            KUBECONFORM.replace("\n   ", " "),
            [
                Report(
                    "duplicate-key",
                    WEB,
                    "Deployment",
                    "web",
                    detail='yaml:\n  line 31: key "env" already set in map',
                ),
                Report(
                    "schema",
                    WEB,
                    "Job",
                    "",
                    detail="at '/spec/replicas': got string, want null or integer",
                ),
            ],
        ),
        (
            "hadolint",
            HADOLINT,
            [
                Report(
                    "DL3025",
                    "Dockerfile",
                    "",
                    "",
                    9,
                    1,
                    "Use arguments JSON notation for CMD and ENTRYPOINT arguments",
                )
            ],
        ),
        (
            "yamllint",
            YAMLLINT,
            [
                Report("document-start", WEB, "", "", 1, 1, 'missing document start "---"'),
                Report(
                    "key-duplicates", WEB, "", "", 30, 11, 'duplication of key "env" in mapping'
                ),
                Report("syntax", WEB, "", "", 4, 2, "syntax error: could not find expected ':'"),
            ],
        ),
        (
            "kguard",
            KGUARD,
            [
                Report(
                    "zero-request",
                    WEB,
                    "Deployment",
                    "",
                    28,
                    29,
                    "container `app` requests cpu of zero",
                )
            ],
        ),
    ],
    ids=["checkov", "kube-score", "kubeconform", "hadolint", "yamllint", "kguard"],
)
def test_recorded_output_is_read(
    tool: str, text: str, expected: list[Report], folder: Path
) -> None:
    assert expected == list(READERS[tool](text, folder))


@pytest.mark.parametrize("tool", sorted(READERS))
def test_a_tool_that_failed_is_not_taken_for_a_silent_one(tool: str, folder: Path) -> None:
    with pytest.raises(PeerError, match=tool):
        list(READERS[tool]("Traceback (most recent call last):", folder))


def test_checkov_that_found_no_file_of_its_frameworks_reports_nothing(folder: Path) -> None:
    assert not list(READERS["checkov"]('{"passed": 0, "failed": 0}', folder))


@pytest.mark.parametrize(
    ("policy", "said", "expected"),
    [
        ("missing-cpu-request", "app: CPU request is not set", True),
        ("missing-cpu-request", "app: CPU limit is not set", False),
        ("zero-request", "app: CPU request is not set", True),
        ("image-latest", "app: CPU request is not set", False),
    ],
)
def test_an_id_for_several_concerns_is_told_apart_by_its_words(
    policy: str, said: str, expected: bool
) -> None:
    named = {} if policy == "zero-request" else {"kube-score": ["container-resources"]}
    if policy == "image-latest":
        named = {"kube-score": ["container-image-tag"]}
    report = Report("container-resources", WEB, "Deployment", "web", detail=said)
    assert expected == same_concern("kube-score", policy, named, report)


FAULT = Report("zero-request", WEB, "Deployment", "web", 28, 29)


@pytest.mark.parametrize(
    ("fault", "report", "expected"),
    [
        (FAULT, Report("x", WEB, "Deployment", "web", 1), True),
        (FAULT, Report("x", WEB, "Deployment", "api", 28), False),
        (FAULT, Report("x", "k8s/api.yaml", "Deployment", "web", 28), False),
        (FAULT, Report("x", WEB, line=28), True),
        (FAULT, Report("x", WEB, line=27), False),
        (FAULT, Report("refused", WEB), True),
        (
            Report("y", "Dockerfile", "Dockerfile", "Dockerfile", 9),
            Report("x", "Dockerfile", line=7),
            True,
        ),
    ],
    ids=["object", "other-name", "other-file", "line", "other-line", "file", "dockerfile"],
)
def test_reports_are_of_an_object_by_name_line_or_file(
    fault: Report, report: Report, expected: bool
) -> None:
    assert expected == same_object(fault, report)


def test_prepared_schemas_refer_to_files_beside_them(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    schema = {
        "$id": "https://kubernetes.io/api/pod/v1",
        "properties": {"spec": {"$ref": "/api/_definitions.json#/$defs/PodSpec"}},
    }
    (source / "pod-v1.json").write_text(json.dumps(schema), encoding="utf-8")
    prepare_schemas(source, target)
    expected = {"properties": {"spec": {"$ref": "_definitions.json#/$defs/PodSpec"}}}
    assert expected == json.loads((target / "pod-v1.json").read_text(encoding="utf-8"))


def test_the_report_nearest_to_a_fault_counts_for_its_place() -> None:
    far = Report("key-duplicates", WEB, line=28, column=1)
    near = Report("key-duplicates", WEB, line=28, column=29)
    fault = Report("yaml-duplicate-key", WEB, "Deployment", "web", 28, 29)
    other = Report("yaml-duplicate-key", WEB, "Deployment", "web", 40, 5)
    runs: list[Run | None] = [None, Run((far, near), 1.0, 1.0)]
    named: dict[str, dict[str, list[str]]] = {"yaml-duplicate-key": {}}
    found, used = match("yamllint", [(0, fault), (1, fault), (1, other)], runs, named)
    assert found == {1: near}
    assert used == {(1, far), (1, near)}


def test_only_kubernetes_objects_are_given_to_tools_that_take_every_file(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("kind: small\n", encoding="utf-8")
    (tmp_path / "pod.yml").write_text('"apiVersion": v1\nkind: Pod\n', encoding="utf-8")
    (tmp_path / "notes.txt").write_text("apiVersion: v1\nkind: Pod\n", encoding="utf-8")
    for name in ("Dockerfile", "web.Dockerfile", "Dockerfile.dev", "Dockerfiles"):
        (tmp_path / name).touch()
    assert manifests(tmp_path) == ["pod.yml"]
    assert dockerfiles(tmp_path) == ["Dockerfile", "Dockerfile.dev", "web.Dockerfile"]


def test_cost_is_that_of_the_command_and_its_output_is_kept_apart(tmp_path: Path) -> None:
    script = "import sys; x = bytearray(90_000_000); print('out'); print('err', file=sys.stderr)"
    out, err, cpu, memory = execute([sys.executable, "-c", script], tmp_path)
    assert (out, err) == ("out\n", "err\n")
    assert cpu > 0
    assert 90 < memory < 180


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ([Report("x", WEB, "Deployment", "web", 1)], (WEB, "Deployment", "web")),
        ([Report("x", WEB, line=28)], (WEB, "28")),
        ([Report("refused", WEB)], (WEB,)),
    ],
    ids=["object", "line", "file"],
)
def test_tools_are_compared_by_as_much_of_the_place_as_both_tell(
    theirs: list[Report], expected: tuple[str, ...]
) -> None:
    assert list(places([FAULT], theirs)) == [expected]
    assert list(places(theirs, theirs)) == [expected]
