"""The policy directory: what it may say, and what each fault in it is called."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from webhook_reviews import REGISTRY, asked, decide, deployment, policy_set

from kguard.config import ConfigError
from kguard.model import Severity
from kguard.webhook.policyset import (
    CONTROLLERS,
    Defaults,
    PolicySet,
    build_policy_set,
    read_directory,
)
from kguard.webhook.stances import Mode, Stance, release

GOOD_EXCEPTION = """
exceptions:
  - policy: image-latest
    kind: Deployment
    namespace: shop
    name: web
    reason: until the registry moves
    owner: team-shop@example.com
    expires: "2027-01-31"
"""


def built(**files: str | bytes) -> PolicySet:
    contents = {
        f"{name}.yaml": text.encode() if isinstance(text, str) else text
        for name, text in files.items()
    }
    return build_policy_set(contents, REGISTRY, "/etc/kguard/policies")


FAULTS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "broken yaml": ({"webhook": "mode: [enforce"}, "webhook.yaml:1: "),
    "half written": ({"webhook": "mode: enforce\nmodes:\n  - {poli"}, "webhook.yaml:3: "),
    "not utf-8": ({"webhook": b"mode: enforce\n# \xff"}, "webhook.yaml:"),
    "null bytes": ({"webhook": b"\0\0\0"}, "webhook.yaml:1: "),
    "a list": ({"webhook": "- mode: enforce"}, "webhook.yaml:1: not a mapping"),
    "two documents": ({"webhook": "mode: warn\n---\nmode: audit"}, "webhook.yaml:3: 2 documents"),
    "key twice": ({"webhook": "mode: warn\nmode: audit"}, "webhook.yaml:2: `mode` is already set"),
    "unknown key": ({"webhook": "mode: warn\nmods: []"}, "webhook.yaml:2: "),
    "unknown mode": ({"webhook": "mode: block"}, "webhook.yaml:1: `mode` cannot be `block`"),
    "truth for a mode": ({"webhook": "modes: [{mode: true}]"}, "webhook.yaml:1: "),
    "number for a mode": ({"webhook": "mode: 3"}, "webhook.yaml:1: `mode` cannot be `3`"),
    "list for modes": ({"webhook": "modes: enforce"}, "webhook.yaml:1: `modes`"),
    "empty entry": ({"webhook": "modes:\n  - {}"}, "webhook.yaml:2: "),
    "unknown policy": (
        {"webhook": "modes:\n- {policies: [image-latst], mode: warn}"},
        "webhook.yaml:2: no policy or family `image-latst`; did you mean `image-latest`",
    ),
    "no policies": ({"webhook": "modes:\n- {policies: [], mode: warn}"}, "webhook.yaml:2: "),
    "no labels": ({"webhook": "modes:\n- {namespace-labels: {}, mode: warn}"}, "webhook.yaml:2: "),
    "label of a number": ({"webhook": "modes:\n- {namespace-labels: {a: 1}}"}, "webhook.yaml:2: "),
    "no release": ({"webhook": "enforce-through: latest"}, "webhook.yaml:1: `enforce-through`"),
    "unknown setting": ({"kguard": "profil: strict"}, "kguard.yaml:1: "),
    "files": ({"kguard": "baseline: x.json"}, "kguard.yaml:1: `baseline` means nothing"),
    "paths": (
        {"kguard": "overrides:\n- {paths: ['*.yaml'], profile: strict}"},
        "kguard.yaml:2: `paths` means nothing in a cluster",
    ),
    "ignores": (
        {"kguard": "ignore: [{policy: image-latest, reason: x, paths: ['*']}]"},
        "kguard.yaml:1: `ignore` cannot be used in a cluster",
    ),
    "file of images": ({"kguard": "image-map: images.yaml"}, "kguard.yaml:1: `image-map` names"),
    "path out of the directory": (
        {"kguard": "image-map: ../../../etc/passwd"},
        "kguard.yaml:1: `image-map` names a file",
    ),
    "Dockerfile": (
        {"kguard": "image-map:\n  web:\n    dockerfile: ../Dockerfile"},
        "kguard.yaml:3: the webhook cannot read the Dockerfile of `web`",
    ),
    "file of the controller": (
        {"kguard": "argo:\n  controller-config: cm.yaml"},
        "kguard.yaml:2: the webhook reads the controller's configuration from the cluster",
    ),
    "exceptions without a list": ({"exceptions": "exception: []"}, "exceptions.yaml:1: "),
    "exception of unknown policy": (
        {"team": GOOD_EXCEPTION.replace("image-latest", "image-lates")},
        "team.yaml:3: no policy `image-lates`; did you mean `image-latest`",
    ),
    "exception of a family": (
        {"team": GOOD_EXCEPTION.replace("image-latest", "images")},
        "team.yaml:3: no policy `images`",
    ),
    "pattern": ({"team": GOOD_EXCEPTION.replace("name: web", "name: web-*")}, "team.yaml:6: "),
    "no owner": ({"team": GOOD_EXCEPTION.replace("    owner: team", "#")}, "team.yaml:3: "),
    "all that is missing": (
        {"team": "exceptions: [{policy: image-latest, kind: Deployment, name: web}]"},
        "team.yaml:1: `exceptions[web]` lacks `reason`, `owner`, `expires`",
    ),
    "no name": (
        {"team": GOOD_EXCEPTION.replace("    name: web\n", "")},
        "team.yaml:3: an exception has either a `name` or a `generate-name`",
    ),
    "both names": (
        {"team": GOOD_EXCEPTION + "    generate-name: web-\n"},
        "team.yaml:3: an exception has either a `name` or a `generate-name`",
    ),
    "kind in lower case": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "deployment")},
        "team.yaml:4: no policy judges a `deployment`; did you mean `Deployment`",
    ),
    "kind misspelt": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "Deploymnet")},
        "team.yaml:4: no policy judges a `Deploymnet`; did you mean `Deployment`",
    ),
    "kind that is never judged": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "Secret")},
        "team.yaml:4: no policy judges a `Secret`",
    ),
    "kind that no cluster has": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "Dockerfile")},
        "team.yaml:4: the webhook is never shown a `Dockerfile`",
    ),
    "kind that is judged in repositories alone": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "LimitRange")},
        "team.yaml:4: the webhook is never shown a `LimitRange`",
    ),
    "kind with a vowel that is never judged": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "Endpoints")},
        "team.yaml:4: no policy judges an `Endpoints`",
    ),
    "no namespace": (
        {"team": GOOD_EXCEPTION.replace("    namespace: shop\n", "")},
        "team.yaml:4: a Deployment is in a namespace: the exception lacks `namespace`",
    ),
    "namespace of a cluster's object": (
        {"team": GOOD_EXCEPTION.replace("Deployment", "ClusterWorkflowTemplate")},
        "team.yaml:5: a ClusterWorkflowTemplate is in no namespace",
    ),
    "namespace with a capital": (
        {"team": GOOD_EXCEPTION.replace("shop\n", "Shop\n")},
        "team.yaml:5: no namespace can be called `Shop`",
    ),
    "place not from the root": (
        {"team": GOOD_EXCEPTION + "    path: containers[0].image\n"},
        "team.yaml:10: `containers[0].image` does not begin at the object's root",
    ),
    "place with a name that only begins like a root": (
        {"team": GOOD_EXCEPTION + "    path: specs.template\n"},
        "team.yaml:10: `specs.template` does not begin at the object's root",
    ),
    "place by number": (
        {"team": GOOD_EXCEPTION + "    path: spec.template.spec.containers[0].image\n"},
        "team.yaml:10: `spec.template.spec.containers[0].image` counts containers, which",
    ),
    "place that ends in between": (
        {"team": GOOD_EXCEPTION + "    path: spec..foo[\n"},
        "team.yaml:10: `spec..foo[` is not how a place is written",
    ),
    "place as in JSONPath": (
        {"team": GOOD_EXCEPTION + "    path: .spec.replicas\n"},
        "team.yaml:10: `.spec.replicas` is not how a place is written",
    ),
    "the same twice": (
        {"a": GOOD_EXCEPTION, "b": GOOD_EXCEPTION},
        "b.yaml:3: the same exception as in /etc/kguard/policies/a.yaml:3",
    ),
    "entry without a setting": (
        {"webhook": "mode: warn\nmodes:\n- {namespaces: [shop]}"},
        "webhook.yaml:3: `modes[0]` changes nothing: it sets no `mode`",
    ),
    "namespace that none can be": (
        {"webhook": "modes:\n- {namespaces: [Shop], mode: enforce}"},
        "webhook.yaml:2: `modes[0].namespaces[0]`: `Shop` matches no namespace",
    ),
    "no day": (
        {"team": GOOD_EXCEPTION.replace("2027-01-31", "2027-02-30")},
        "team.yaml:9: `2027-02-30` is no day of the calendar",
    ),
    "never": ({"team": GOOD_EXCEPTION.replace("2027-01-31", "never")}, "team.yaml:9: "),
    "unknown key of an exception": (
        {"team": GOOD_EXCEPTION + "    expire: never\n"},
        "team.yaml:10: ",
    ),
    "bomb of aliases": (
        {
            "webhook": "a: &a [x, x]\n"
            + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]\n" for n in range(90))
        },
        "webhook.yaml:",
    ),
    "bomb of merges": (
        {
            "webhook": "a: &a {x: 1}\n"
            + "".join(f"b{n}: &b{n} {{<<: [{', '.join(['*a'] * 500)}]}}\n" for n in range(90))
        },
        "webhook.yaml:",
    ),
    "bomb of nesting": ({"webhook": "[" * 100_000}, "webhook.yaml:1: "),
    "alias of itself": ({"webhook": "modes: &a [*a]"}, "webhook.yaml:1: "),
    "too large": ({"webhook": "#" * 1_048_577}, "webhook.yaml: larger than 1024 KiB"),
    "too many values": ({"webhook": "modes: [" + "0," * 200_000 + "0]"}, "webhook.yaml:1: "),
    "python tag": ({"webhook": "mode: !!python/object/apply:os.system [id]"}, "webhook.yaml:1: "),
}


@pytest.mark.parametrize(("files", "message"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_named_with_its_place(files: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        built(**files)
    lines = str(caught.value).splitlines()
    assert any(line.startswith(f"/etc/kguard/policies/{message}") for line in lines), lines
    assert all(line.partition(": ")[2] for line in lines)


def test_all_faults_of_all_files_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        built(webhook="mode: block", kguard="profil: x", team="exceptions: [{}]")
    assert {problem.where.path for problem in caught.value.problems} == {
        "/etc/kguard/policies/kguard.yaml",
        "/etc/kguard/policies/team.yaml",
        "/etc/kguard/policies/webhook.yaml",
    }


PLACES = (
    *(
        "spec",
        "spec.replicas",
        "metadata.labels['app.kubernetes.io/name']",
        "data['a[0]']",
        "data['']",
    ),
    *("spec.template.spec.containers[app].resources.limits['nvidia.com/gpu']",),
    *("spec.templates[main].steps[0][1]", "spec.template.spec.containers[app].command[0]"),
)


@pytest.mark.parametrize("path", PLACES)
def test_a_place_that_findings_may_have(path: str) -> None:
    policies = built(team=GOOD_EXCEPTION + f'    path: "{path}"\n')
    assert [e.path for each in policies.exceptions.values() for e in each] == [path]


def test_a_place_is_read_at_once() -> None:
    """With two ways to read each part it would take for ever."""
    path = "spec" + "['a']" * 190 + "]"
    with pytest.raises(ConfigError, match="is not how a place is written"):
        built(team=GOOD_EXCEPTION + f'    path: "{path}"\n')


def test_a_renewed_exception_may_stand_beside_the_old_one() -> None:
    again = GOOD_EXCEPTION.replace("exceptions:", "").replace("2027-01-31", "2027-03-31")
    (found,) = built(team=GOOD_EXCEPTION + again).exceptions.values()
    assert len(found) == 2


def test_what_is_missing_is_named_once_an_entry() -> None:
    entry = "{policy: image-latest, kind: Pod, namespace: shop, name: web, owner: me}"
    with pytest.raises(ConfigError) as caught:
        built(team=f"exceptions:\n- {entry}\n- {entry}\n")
    assert [problem.message for problem in caught.value.problems] == [
        "`exceptions[web]` lacks `reason`, `expires`",
        "`exceptions[web]` lacks `reason`, `expires`",
    ]


def test_a_fault_in_settings_from_elsewhere_is_named_there() -> None:
    contents = {"kguard.yaml": b"profil: x"}
    with pytest.raises(ConfigError, match=r"^/home/a/settings\.yaml:1: unknown key"):
        build_policy_set(contents, REGISTRY, "/etc/kguard", None, "/home/a/settings.yaml")


@pytest.mark.parametrize("word", ["enfroce", "true", "3"])
def test_the_modes_are_listed_as_they_are_written(word: str) -> None:
    with pytest.raises(ConfigError, match=r"\(one of enforce, warn, audit, off\)$"):
        built(webhook=f"mode: {word}")


@pytest.mark.parametrize("text", ["", "# nothing", "---\n", "null"])
@pytest.mark.parametrize("name", ["webhook", "kguard", "exceptions"])
def test_an_empty_file_says_nothing(name: str, text: str) -> None:
    policies = built(**{name: text})
    assert policies.stances.at("shop", {})["image-latest"] == Stance(Mode.WARN)
    assert not policies.exceptions


def test_everything_webhook_yaml_can_say() -> None:
    policies = built(
        webhook="""
        mode: enforce
        deny-at: warning
        on-error: deny
        ratchet: false
        annotations: true
        enforce-through: "0.1"
        trusted-controllers: ["system:serviceaccount:argo:argo"]
        modes:
          - {policies: [images], namespaces: ["shop*"], mode: audit, deny-at: note}
          - {namespace-labels: {env: test}, mode: "off", on-error: allow, ratchet: true}
        """
    )
    usual = Stance(Mode.ENFORCE, Severity.WARNING, True, False, True)
    assert policies.stances.at("other", {})["image-latest"] == usual
    audited = Stance(Mode.AUDIT, Severity.NOTE, True, False, True)
    assert policies.stances.at("shop-1", {})["image-latest"] == audited
    off = Stance(Mode.OFF, Severity.WARNING, False, True, True)
    assert policies.stances.at("x", {"env": "test"})["missing-cpu-limit"] == off
    assert policies.trusted == CONTROLLERS | {"system:serviceaccount:argo:argo"}


def test_namespaces_that_are_alike_share_a_table() -> None:
    policies = built(webhook="modes: [{namespaces: [prod], mode: enforce}]")
    tables = {id(policies.stances.at(f"namespace-{number}", {})) for number in range(100)}
    assert len(tables) == 1
    assert id(policies.stances.at("prod", {})) not in tables


def test_what_namespaces_cost_is_bounded() -> None:
    policies = built(webhook="modes: [{namespaces: ['*-1'], mode: enforce}]")
    for number in range(20_001):
        policies.stances.at(f"namespace-{number}", {})
    assert len(policies.stances._tables) <= 10_000


def test_the_command_line_gives_defaults() -> None:
    defaults = Defaults(Mode.AUDIT, True, frozenset({"argo"}))
    policies = build_policy_set({}, REGISTRY, "/", defaults)
    assert policies.stances.at("x", {})["image-latest"] == Stance(Mode.AUDIT, deny_on_error=True)
    assert policies.trusted == CONTROLLERS | {"argo"}
    said = build_policy_set({"webhook.yaml": b"mode: warn"}, REGISTRY, "/", defaults)
    assert said.stances.at("x", {})["image-latest"].mode is Mode.WARN


def test_settings_select_policies_and_parameters() -> None:
    tiny = deployment(resources={"limits": {"memory": "1Mi"}, "requests": {"memory": "1Mi"}})
    assert len(decide(asked(tiny)).judged) == 3
    off = policy_set(kguard="deselect: [memory-absurdly-small, missing-cpu-request]")
    assert decide(asked(tiny), off).judged == []
    less = "policies: {memory-absurdly-small: {params: {min_memory: 1Ki}}}"
    found = decide(asked(tiny), policy_set(kguard=less)).judged
    assert [each.finding.policy for each in found] == ["missing-cpu-request"]


def test_the_directory_holds_data_and_no_policies(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("raise SystemExit")
    (tmp_path / "page.md").write_text("---\nid: own\n---\n")
    (tmp_path / "webhook.yaml").write_text("mode: audit")
    assert list(read_directory(str(tmp_path))) == ["webhook.yaml"]


def test_many_exceptions_are_found_at_once() -> None:
    entry = GOOD_EXCEPTION.partition("exceptions:\n")[2]
    many = "exceptions:\n" + "".join(entry.replace("name: web", f"name: w{n}") for n in range(5000))
    policies = built(team=many)
    assert len(policies.exceptions["image-latest", "Deployment", "shop"]) == 5000
    decision = decide(asked(deployment("w4321", image="x:latest")), policies)
    assert [each.why for each in decision.judged] == [
        "exception of team-shop@example.com until 2027-01-31"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.1", (0, 1)), ("v1.12.3", (1, 12)), ("1", (1,)), ("x.1", ()), ("", ())],
)
def test_releases(text: str, expected: tuple[int, ...]) -> None:
    assert release(text) == expected


def test_an_exception_reaches_180_days() -> None:
    far = (datetime.date(2026, 11, 22) + datetime.timedelta(days=181)).isoformat()
    policies = built(team=GOOD_EXCEPTION.replace("2027-01-31", far))
    (judged,) = decide(asked(deployment(image="x:latest")), policies).judged
    assert judged.ended == "its exception ends more than 180 days ahead"


def test_modes_cannot_depend_on_labels_that_are_not_read() -> None:
    webhook = b"mode: warn\nmodes:\n  - {namespace-labels: {env: prod}, mode: enforce}\n"
    with pytest.raises(ConfigError, match=r"webhook.yaml:3: `namespace-labels` are not read"):
        build_policy_set({"webhook.yaml": webhook}, REGISTRY, ".", Defaults(labels=False))
