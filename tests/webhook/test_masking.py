"""Nothing out of env, arguments, parameters and scripts is repeated; everything else stays said."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from webhook_reviews import REGISTRY, asked, deployment, pod, policy_set, world
from webhook_service import Served, said

from kguard.kube.recognise import is_kubernetes
from kguard.model import Resource
from kguard.policy.examples import Example, examples
from kguard.verify import read_example
from kguard.webhook.masking import HIDDEN, Mask
from kguard.webhook.request import read_request
from kguard.webhook.stances import Mode

ROOT = Path(__file__).resolve().parent.parent.parent
CAPTURES = ROOT.parent / "shared" / "captures"

CANARY = "xanadu"
"""The beginning of everything planted; nothing else holds it."""

POLICIES = policy_set(deny_on_error=True, kguard="profile: all")
"""Errors are in the refusal, everything less in warnings."""

FORMS: dict[str, Callable[[str, str], str]] = {
    "alone": lambda word, text: word,
    "behind": lambda word, text: f"{text} {word}",
    "before": lambda word, text: f"{word} {text}",
    "as an option": lambda word, text: f"{text} --token={word}",
    "as an assignment": lambda word, text: f"TOKEN={word} {text}",
    "as a command before": lambda word, text: f"{word}; {text}",
    "as a command behind": lambda word, text: f"{text}; {word} run",
    "as a folder": lambda word, text: f"/opt/{word}/bin/{text}",
    "as a program in a folder": lambda word, text: f"exec /opt/{word} && {text}",
    "substituted": lambda word, text: f"{text} $(echo {word}) `echo {word}`",
    "in backquotes": lambda word, text: f"a`{word}`b; {text}",
    "in quotes": lambda word, text: f"{text} '{word}' \"{word}\"",
    "with a control character": lambda word, text: f"{text}; {word}\x1b[2J\n{word}",
    "in a pipe": lambda word, text: f"{text} | {word}",
    "very long": lambda word, text: f"{word * 50}; {text}",
}


class Planter:
    """Puts a new word into every place that is to stay hidden."""

    def __init__(self, form: Callable[[str, str], str]) -> None:
        self._form = form
        self.count = 0

    def plant(self, data: Any, key: str = "", around: str = "") -> Any:
        """A copy with the words in it."""
        if isinstance(data, Mapping):
            return {k: self.plant(v, str(k), key) for k, v in data.items()}
        if isinstance(data, list):
            shown = 1 if key == "command" else 0
            return [
                each if number < shown else self.plant(each, key, key)
                for number, each in enumerate(data)
            ]
        hidden = (
            key in ("args", "command", "source", "withItems", "withParam")
            or (around == "env" and key == "value")
            or (around == "parameters" and key in ("value", "default"))
        )
        if hidden and isinstance(data, str):
            self.count += 1
            return self._form(f"{CANARY}{self.count}secret", data)
        return data


def bad_examples() -> Iterator[Any]:
    for policy in REGISTRY.policies.values():
        if policy.doors == "both":
            for example in examples(policy):
                if example.marks:
                    yield pytest.param(example, id=example.title)


def judged(data: Mapping[str, Any], others: list[Mapping[str, Any]]) -> Iterator[str]:
    """Every text that leaves the webhook when an object is judged beside others."""
    served = Served(POLICIES, world(*others))
    yield from said(served.ask(asked(data)))
    yield served.stream.getvalue()


def objects(example: Example) -> list[Resource]:
    found, _, _ = read_example(example)
    return [resource for resource in found if is_kubernetes(resource.data)]


@pytest.mark.parametrize("example", list(bad_examples()))
def test_no_bad_example_gives_a_secret_away(example: Example) -> None:
    data = [json.loads(json.dumps(each.data, default=str)) for each in objects(example)]
    for number, each in enumerate(data):
        others = data[:number] + data[number + 1 :]
        for name, form in FORMS.items():
            planter = Planter(form)
            planted = planter.plant(each)
            for text in judged(planted, others) if planter.count else ():
                assert CANARY not in text, name


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="no captured reviews beside the checkout")
@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_no_captured_review_gives_a_secret_away(form: Callable[[str, str], str]) -> None:
    planter = Planter(form)
    for path in sorted(CAPTURES.glob("*.json")):
        data = json.loads(path.read_text())["body"]["request"]["object"]
        for text in judged(planter.plant(data), []):
            assert CANARY not in text
    assert planter.count > 50


def shell(script: str, command: tuple[str, ...] = ("sh", "-c")) -> dict[str, Any]:
    return pod(command=list(command), args=[script])


def warnings(data: Mapping[str, Any]) -> list[str]:
    response = Served(policy_set(Mode.AUDIT, webhook="mode: warn")).ask(asked(data))
    found: list[str] = response.get("warnings", [])
    return found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            shell("gunicorn app | tee log"),
            "[signal-not-delivered] SIGTERM does not stop container `web` gracefully:"
            " `gunicorn` is part of a pipeline, so `sh`…",
        ),
        (
            pod(command=["tini", "--", "sh", "-c", "gunicorn app; true"]),
            "[init-wraps-shell] SIGTERM does not stop container `web` gracefully: another"
            " command follows `gunicorn`, so `sh` stays…",
        ),
        (
            pod(command=["npm", "start"]),
            "[package-runner-as-pid1] SIGTERM does not stop container `web` gracefully: `npm`"
            " ends on SIGTERM without waiting for…",
        ),
        (
            pod(
                args=["--cache=512m", "memory", "limit", "web"],
                env=[{"name": "CACHE", "value": "512m"}],
                resources={
                    "requests": {"cpu": "1", "memory": "1Gi"},
                    "limits": {"memory": "512m"},
                },
            ),
            "[memory-absurdly-small] memory limit `512m` of container `web` is 0.512 bytes",
        ),
        (
            pod(image="registry.example.com/web:latest", args=["registry.example.com", "latest"]),
            "[image-latest] image `registry.example.com/web:latest` of container `web` has the"
            " tag `latest`",
        ),
    ],
    ids=["pipeline", "init", "package runner", "quantity", "image"],
)
def test_names_programs_and_quantities_stay_readable(data: Any, message: str) -> None:
    assert message in warnings(data)


def test_defaults_of_a_limit_range_are_no_secrets() -> None:
    data = {"spec": {"limits": [{"default": {"memory": "256 Mi"}}]}}
    assert Mask(data)("`256 Mi` has a space in it") == "`256 Mi` has a space in it"


def literals(folder: Path) -> set[str]:
    """What the code of the policies itself puts into backticks."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", "") for part in node.values)
                text = "".join(part if isinstance(part, str) else "{}" for part in parts)
                found.update(text.split("`")[1::2])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(node.value.split("`")[1::2])
            elif not isinstance(node, ast.Expr):  # A docstring is none of what is said.
                pending += ast.iter_child_nodes(node)
            elif not isinstance(node.value, ast.Constant):
                pending.append(node.value)
    return {quoted for quoted in found if re.fullmatch(r"[\w./]+(: \w+)?", quoted)}


def test_the_words_of_the_policies_are_never_hidden() -> None:
    said_by_policies = literals(ROOT / "policies")
    assert {"limit", "podGC", "latest"} <= said_by_policies
    mask = Mask(pod(args=[" ".join(said_by_policies)], env=[]))
    hidden = sorted(word for word in said_by_policies if mask(f"no `{word}`") != f"no `{word}`")
    assert hidden == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no quotation hunter2secret", "no quotation hunter2secret"),
        ("`hunter2secret` runs", f"`{HIDDEN}` runs"),
        ("`/opt/hunter2secret` runs", f"`{HIDDEN}` runs"),
        ("`a=hunter2secret` runs", f"`{HIDDEN}` runs"),
        ("`hunter2…` runs", f"`{HIDDEN}` runs"),
        ("`web` runs `sh`", "`web` runs `sh`"),
        ("``", "``"),
        ("`", "`"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    assert Mask(shell("serve --password hunter2secret"))(text) == shown


def test_a_name_with_a_backtick_shifts_no_quotation() -> None:
    data = shell("hunter2secret | tee")
    data["spec"]["containers"][0]["name"] = "we`b"
    assert "hunter2" not in Mask(data)("container `we`b` runs `hunter2secret`")


@pytest.mark.parametrize(
    "place",
    [
        {"plugin": {"x": {"deep": ["hunter2secret"]}}},
        {"http": {"headers": [{"name": "Authorization", "value": "hunter2secret"}]}},
        {"http": {"body": "password=hunter2secret"}},
        {"resource": {"manifest": "kind: Secret\nstringData: {a: hunter2secret}"}},
        {"inputs": {"artifacts": [{"name": "a", "raw": {"data": "hunter2secret"}}]}},
        {"inputs": {"parameters": [{"name": "a", "enum": ["hunter2secret"]}]}},
        {"steps": [[{"name": "a", "withItems": [{"name": "hunter2secret"}]}]]},
        {"script": {"source": "export A=hunter2secret"}},
        {"container": {"command": ["hunter2secret run"]}},
        {"container": {"command": "run hunter2secret"}},
    ],
)
def test_secrets_of_workflows(place: dict[str, Any]) -> None:
    mask = Mask({"spec": {"templates": [{"name": "main", **place}]}})
    assert mask("template `main` has `hunter2secret`") == f"template `main` has `{HIDDEN}`"
    assert (
        mask.place("spec.templates[main].a[hunter2secret]") == f"spec.templates[main].a[{HIDDEN}]"
    )


def test_copies_of_an_object_in_its_annotations_show_nothing() -> None:
    data = deployment(args=["hunter2secret"])
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(data)}
    data = copy.deepcopy(data)
    data["metadata"]["annotations"] = applied
    data["metadata"]["managedFields"] = [{"fieldsV1": {"f:hunter2secret": {}}}]
    assert Mask(data)("`hunter2secret` runs") == f"`{HIDDEN}` runs"


class Unread(dict[str, Any]):
    """An object that cannot be read as a whole."""

    def items(self) -> Any:
        raise AssertionError("read")


CONTAINER = ("spec", "containers", 0)


def test_names_on_the_way_are_shown_without_reading_the_object() -> None:
    data = shell("serve container-name")
    data["spec"]["containers"][0]["name"] = "frontend"
    mask = Mask(Unread(data), backticks=False)
    texts = ("container `frontend` has no memory limit", "`latest` is `128Mi`", "no `podGC`")
    assert [mask(text, CONTAINER) for text in texts] == [*texts]
    where = "spec.containers[frontend].resources"
    assert mask.place(where, CONTAINER) == where
    with pytest.raises(AssertionError, match="read"):
        mask("`hunter2secret` runs", CONTAINER)


@pytest.mark.parametrize("secret", ["ab`Sup3rSecret99", "ab` Sup3rSecret99", "`Sup3rSecret99`x"])
def test_a_backtick_in_a_secret_gives_none_of_it_away(secret: str) -> None:
    data = pod(command=["sh", "-c", "exec app"], args=[f"--password={secret}"])
    served = Served(policy_set(Mode.ENFORCE, kguard="profile: all", webhook="deny-at: note"))
    for text in (*said(served.ask(asked(data))), served.stream.getvalue()):
        assert "Sup3rSecret99" not in text


def test_a_backtick_in_a_script_hides_no_words_of_ours() -> None:
    mask = Mask(shell("echo `date`; probes without `id`"))
    text = "container `web` without probes"
    assert mask(text) == text


@pytest.mark.parametrize("number", ["867530", "867530942", 867530942])
def test_a_long_number_may_be_a_secret(number: object) -> None:
    mask = Mask({"spec": {"arguments": {"parameters": [{"name": "pin", "value": number}]}}})
    assert mask(f"`{number}` is too much, `8080` is not") == "`***` is too much, `8080` is not"


@pytest.mark.parametrize(
    "amount", ["8080", "16384", "1.25Gi", "512M", "3600s", "100ms", "100%", "128e6"]
)
def test_amounts_are_shown(amount: str) -> None:
    assert Mask(shell(f"serve --most {amount}"))(f"`{amount}` runs") == f"`{amount}` runs"


@pytest.mark.parametrize("secret", ["12345ab", "2468x", "1a2b", "99999Gb", "1234e5678", "12345e67"])
def test_digits_with_letters_that_are_no_unit_may_be_a_secret(secret: str) -> None:
    assert Mask(shell(f"serve --pin {secret}"))(f"`{secret}` runs") == f"`{HIDDEN}` runs"


@pytest.mark.parametrize(
    "route",
    [
        ("spec", "containers", 0, "env", 0),
        ("spec", "containers", 0, "args", 0),
        ("spec", "plugin", "x", 0),
        ("metadata", "annotations", "x", 0),
        ("status", "x", 0),
        ("spec", "missing", 0),
        ("spec", "containers", "x", 3, 4),
    ],
    ids=lambda route: ".".join(map(str, route)),
)
def test_a_name_in_a_secret_place_is_none_on_the_way(route: tuple[Any, ...]) -> None:
    data: Any = {"args": ["other hunter2secret"]}
    for key in reversed(route):
        data = {key: data} if isinstance(key, str) else [{"name": "hunter2secret", "x": data}]
    mask = Mask(data, backticks=False)
    assert mask("`hunter2secret` runs", route) == Mask(data)("`hunter2secret` runs")


def review_bytes(name: str) -> bytes:
    return json.dumps(asked(pod(name=name))).encode()


@pytest.mark.parametrize(
    ("body", "backticks"),
    [
        (review_bytes("web"), False),
        (review_bytes("we`b"), True),
        (review_bytes("web").replace(b'"web"', b'"we\\u0060b"'), True),
    ],
    ids=["none", "plain", "escaped"],
)
def test_a_backtick_is_seen_however_it_is_written(body: bytes, backticks: bool) -> None:
    assert read_request(body).backticks is backticks
