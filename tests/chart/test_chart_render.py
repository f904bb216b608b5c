"""The chart renders with every Helm, for every Kubernetes and all values, and always the same."""

from __future__ import annotations

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from chart_helm import (
    CHART,
    CI_VALUES,
    KUBE_VERSION,
    KUBE_VERSIONS,
    NAMESPACE,
    Helm,
    hook,
    named,
    of_kind,
)

GOLDEN = Path(__file__).resolve().parent / "golden" / "objects.txt"


def documents(text: str) -> list[str]:
    """The documents of a rendering, sorted; Helm 4 ends some with an empty line."""
    return sorted(each.strip() for each in re.split(r"^---\n", text, flags=re.MULTILINE))


@pytest.mark.parametrize("values", CI_VALUES)
def test_lint_has_nothing_to_say(helm: Helm, values: str) -> None:
    file = CHART / "ci" / f"{values}-values.yaml"
    done = helm.run("lint", "--strict", CHART, "--namespace", NAMESPACE, "--values", file)
    said = [line for line in done.stdout.splitlines() if re.match(r"\[(WARNING|ERROR)\]", line)]
    assert (done.returncode, said) == (0, []), done.stdout


@pytest.mark.parametrize("values", CI_VALUES)
def test_every_kubernetes_version(helm: Helm, values: str) -> None:
    # From 1.28 on nothing depends on the version: what differs belongs to another test.
    versions = [
        version
        for version in KUBE_VERSIONS
        if version != "1.27.0" or "matchConditions" not in ci(values)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = list(pool.map(lambda version: helm.text(values, kube=version), versions))
    assert (
        len({text for version, text in zip(versions, texts, strict=True) if version > "1.28"}) == 1
    )
    assert all(text.count("\nkind: Deployment\n") == 1 for text in texts)


def ci(values: str) -> str:
    """A values file, with everything in it that needs match conditions called by that name."""
    text = (CHART / "ci" / f"{values}-values.yaml").read_text("utf-8")
    return text.replace("skipKubeControllers", "matchConditions")


@pytest.mark.parametrize("values", CI_VALUES)
def test_two_renderings_are_equal(helm: Helm, values: str) -> None:
    file = CHART / "ci" / f"{values}-values.yaml"
    words = ("template", "release", CHART, "--namespace", NAMESPACE, "--values", file)
    assert helm.run(*words).stdout == helm.run(*words).stdout


@pytest.mark.parametrize("values", CI_VALUES)
def test_both_helms_render_the_same(helm3: Helm, helm4: Helm, values: str) -> None:
    # Order aside, because Helm 3 installs kinds it does not know in another one, the only
    # difference is what Helm 3 needs and Helm 4 does not.
    three = [each for each in documents(helm3.text(values)) if "templates/disarm.yaml" not in each]
    assert three == documents(helm4.text(values))


def test_helm_3_disarms_before_it_deletes_under_fail(helm3: Helm) -> None:
    hooks = {each["kind"]: hook(each) for each in helm3.objects("strict") if hook(each) != "test"}
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Job")
    expected = dict.fromkeys(kinds, "pre-delete")
    assert {kind: name for kind, name in hooks.items() if name} == expected
    weights = [
        int(each["metadata"]["annotations"]["helm.sh/hook-weight"])
        for kind in kinds
        for each in of_kind(helm3.objects("strict"), kind)
        if hook(each) == "pre-delete"
    ]
    assert weights == sorted(weights), "the Job comes last"


@pytest.mark.parametrize(
    ("values", "sets"),
    [("default", ()), ("strict", ("disarm.enabled=false",))],
    ids=["ignore", "switched-off"],
)
def test_helm_3_has_no_other_reason_to_disarm(
    helm3: Helm, values: str, sets: tuple[str, ...]
) -> None:
    assert {hook(each) for each in helm3.objects(values, *sets)} <= {"", "test"}


def test_a_render_holds_no_key_and_no_certificate(helm: Helm) -> None:
    objects = helm.objects()
    assert {key for each in of_kind(objects, "Secret") for key in each} == {
        *("apiVersion", "kind", "metadata", "type")
    }
    entries = named(objects, "ValidatingWebhookConfiguration")["webhooks"]
    assert all("caBundle" not in entry["clientConfig"] for entry in entries)


def test_templates_ask_no_cluster_and_make_no_secrets() -> None:
    banned = re.compile(r"\b(lookup|gen(CA|SignedCert|SelfSignedCert|PrivateKey)|rand\w+|now)\b")
    for path in CHART.rglob("templates/**/*"):
        if path.is_file():
            actions = re.findall(r"\{\{-?\s*(?!/\*)(.*?)\}\}", path.read_text("utf-8"), re.DOTALL)
            assert [found for action in actions if (found := banned.search(action))] == [], path


def test_what_is_rendered_for_which_values(helm4: Helm) -> None:
    lines = []
    for values in CI_VALUES:
        lines.append(f"{values}:")
        for each in helm4.objects(values):
            kind, name = each["kind"], each["metadata"]["name"]
            lines.append(f"  {kind}/{name}" + (f" ({hook(each)})" if hook(each) else ""))
    text = "\n".join(lines) + "\n"
    if os.environ.get("KGUARD_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def notes_of(helm: Helm, folder: Path, values: str, *sets: str, namespace: str = NAMESPACE) -> str:
    """NOTES.txt, which Helm prints only where there is a cluster: a template prints it here."""
    chart = shutil.copytree(CHART, folder / "kguard")
    (chart / "templates" / "notes.yaml").write_text(
        'notes: {{ include (print .Template.BasePath "/NOTES.txt") . | quote }}\n'
    )
    done = helm.run(
        *("template", "release", chart, "--namespace", namespace, "--kube-version", KUBE_VERSION),
        *("--values", CHART / "ci" / f"{values}-values.yaml"),
        *("--show-only", "templates/notes.yaml"),
        *(word for each in sets for word in ("--set-json", each)),
    )
    assert done.returncode == 0, done.stderr
    return str(yaml.safe_load(done.stdout)["notes"])


@pytest.mark.parametrize("values", CI_VALUES)
def test_notes_say_how_to_get_rid_of_it(helm: Helm, values: str, tmp_path: Path) -> None:
    notes = notes_of(helm, tmp_path, values)
    name = "platform-kguard" if values == "autoscaling" else "kguard"
    assert f"kubectl delete validatingwebhookconfiguration {name}\n" in notes
    assert not re.search(r"\n\n\n|[ \t]\n|<no value>|%!", notes), notes
    assert max(map(len, notes.splitlines())) <= 110
    assert_counted(notes)


def assert_counted(notes: str) -> None:
    steps = [line.strip()[0] for line in notes.splitlines() if re.match(r"  \d\. ", line)]
    assert steps == [str(number + 1) for number in range(len(steps))], notes


NOTES = [
    pytest.param([], "3. People see findings as warnings", "4. Enforce it, one", id="warn"),
    pytest.param(
        ['policies.webhook.mode="audit"'], "3. Let people see it", "4. Enforce it, one", id="audit"
    ),
    pytest.param(
        ["policies.webhook.mode=false"], "3. Mode off asks no policy", "in mode off, with", id="off"
    ),
    pytest.param(
        ['policies.webhook.mode="enforce"'],
        "3. Findings of severity error refuse",
        "4. When nothing may pass unseen",
        id="enforce",
    ),
    pytest.param(
        ['policies.webhook.modes=[{"namespaces":["shop"],"mode":"enforce"}]'],
        "3. Findings of severity error refuse",
        "policies.webhook.modes says otherwise",
        id="enforce-one",
    ),
    pytest.param(
        [
            'policies.webhook.mode="audit"',
            'policies.webhook.modes=[{"namespaces":["shop"],"mode":"enforce"}]',
        ],
        "3. Let people see it",
        "4. Findings of severity error refuse",
        id="enforce-one-beside-audit",
    ),
    pytest.param(
        ['tls.mode="cert-manager"'], "describe certificate kguard", "cainjector", id="cert-manager"
    ),
    pytest.param(
        ['webhook.failurePolicy="Fail"', "replicas=3"],
        "with failurePolicy Fail",
        "every write to a reviewed namespace is refused",
        id="fail",
    ),
]


@pytest.mark.parametrize(("settings", "words", "others"), NOTES)
def test_notes_speak_of_the_values(
    helm: Helm, tmp_path: Path, settings: list[str], words: str, others: str
) -> None:
    notes = notes_of(helm, tmp_path, "default", *settings)
    assert words in notes, notes
    assert others in notes, notes
    assert_counted(notes)


def test_notes_say_what_is_not_reviewed(helm: Helm, tmp_path: Path) -> None:
    many = [f"namespace-{number}" for number in range(40)]
    notes = notes_of(
        helm, tmp_path / "a", "default", f"webhook.exceptNamespaces={json.dumps(many)}"
    )
    said = " ".join(notes.partition("is not reviewed:")[2].partition("\n\n")[0].split())
    expected = ["kube-system", "kube-public", "kube-node-lease", NAMESPACE, *many]
    assert said == ", ".join(expected)
    assert max(map(len, notes.splitlines())) <= 110
    assert "namespace default" not in notes
    notes = notes_of(helm, tmp_path / "b", "default", 'webhook.onlyNamespaces=["shop"]')
    assert "Only what is in these namespaces is reviewed:\n  shop\n" in notes


def test_notes_warn_of_an_installation_without_a_namespace(helm: Helm, tmp_path: Path) -> None:
    notes = notes_of(helm, tmp_path, "default", namespace="default")
    assert "kube-node-lease, default\n" in notes
    assert "in the namespace default, so nothing that is written there is reviewed" in notes
    assert "--namespace kguard --create-namespace\n" in notes
    assert not re.search(r"\n\n\n|[ \t]\n", notes)
