"""Make kguard/kube/kube_schema.json: what the kinds of Kubernetes hold, release by release.

    python tools/kube_schema.py fetch FOLDER     # through Go's module proxy: some 400 MB, a minute
    python tools/kube_schema.py make FOLDER > kguard/kube/kube_schema.json

The shapes are those of api/openapi-spec/swagger.json in kubernetes/kubernetes, of the first release
that is listed to the last. Enumerations stand only in pkg/generated/openapi/zz_generated.openapi.go
there; when a version of an API came and goes is said by zz_generated.prerelease-lifecycle.go of
k8s.io/api.
kguard/kube/schema.py says how the table is written.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

RELEASES = range(25, 38)

# Each removes some APIs from k8s.io/api, together with what it said about them.
LIFECYCLES = (
    "k8s.io/api@v0.21.1",
    "k8s.io/api@v0.25.9",
    "k8s.io/api@v0.30.14",
    "k8s.io/api@v0.37.1",
    "k8s.io/apiextensions-apiserver@v0.37.1",
)

# What lifecycle functions do not tell: (introduced, deprecated, removed), replacement.
# https://kubernetes.io/docs/reference/using-api/deprecation-guide/, CHANGELOG-1.17 and 1.20.
OTHER_APIS: Mapping[str, tuple[tuple[int, int, int], str]] = {
    "apiregistration.k8s.io/v1beta1 APIService": (
        (7, 19, 22),
        "apiregistration.k8s.io/v1 APIService",
    ),
    "batch/v2alpha1 CronJob": ((5, 21, 21), "batch/v1 CronJob"),
    "scheduling.k8s.io/v1alpha1 PriorityClass": ((8, 14, 17), "scheduling.k8s.io/v1 PriorityClass"),
    "settings.k8s.io/v1alpha1 PodPreset": ((6, 20, 20), ""),
    # APILifecycleDeprecated in k8s.io/api core/v1/lifecycle.go.
    "v1 Endpoints": ((0, 33, 0), "discovery.k8s.io/v1 EndpointSlice"),
}

GROUPS = {"extensions": "extensions"}

# Written by the server, never by people; left open.
OPEN = {"status", "managedFields"}

# Required by the specification, and yet an API server takes an object without them.
NOT_REQUIRED = {
    # SetDefaults_RoleBinding and SetDefaults_ClusterRoleBinding in pkg/apis/rbac/v1/defaults.go.
    "RoleRef": {"apiGroup"},
    # Nothing in their validation asks for more than their zero.
    "CSIDriver": {"spec"},
    "Event": {"involvedObject", "metadata"},
    "HTTPHeader": {"value"},
    "ISCSIVolumeSource": {"lun"},
    "ISCSIPersistentVolumeSource": {"lun"},
}

# Enumerations that only validation knows: pkg/apis/{rbac,autoscaling,core}/validation in
# kubernetes, pkg/apis/meta/v1/validation in apimachinery, and that of apiextensions-apiserver.
_SELECTING = ["DoesNotExist", "Exists", "In", "NotIn"]
ENUMS: Mapping[tuple[str, str], list[str]] = {
    ("rbac.v1.RoleRef", "apiGroup"): ["rbac.authorization.k8s.io"],
    ("rbac.v1.RoleRef", "kind"): ["ClusterRole", "Role"],
    ("rbac.v1.Subject", "apiGroup"): ["rbac.authorization.k8s.io"],
    ("rbac.v1.Subject", "kind"): ["Group", "ServiceAccount", "User"],
    ("meta.v1.LabelSelectorRequirement", "operator"): _SELECTING,
    ("autoscaling.v2.HPAScalingPolicy", "type"): ["Percent", "Pods"],
    ("autoscaling.v2.HPAScalingRules", "selectPolicy"): ["Disabled", "Max", "Min"],
    ("autoscaling.v2.MetricTarget", "type"): ["AverageValue", "Utilization", "Value"],
    ("autoscaling.v2.MetricSpec", "type"): [
        "ContainerResource",
        "External",
        "Object",
        "Pods",
        "Resource",
    ],
    ("core.v1.Container", "restartPolicy"): ["Always", "Never@34", "OnFailure@34"],
    ("core.v1.PodOS", "name"): ["linux", "windows"],
    ("apiextensions.v1.CustomResourceDefinitionSpec", "scope"): ["Cluster", "Namespaced"],
    ("apiextensions.v1.CustomResourceColumnDefinition", "type"): [
        "boolean",
        "date",
        "integer",
        "number",
        "string",
    ],
}

# Not what people write into files.
NOT_KINDS = re.compile(r"List$|Options$|^(Status|WatchEvent|APIGroup|APIVersions|APIResource)")

SCALARS: Mapping[tuple[Any, Any], str] = {
    ("string", None): "s",
    ("string", "byte"): "y",
    ("integer", "int32"): "i",
    ("integer", "int64"): "l",
    ("boolean", None): "b",
    ("number", "double"): "n",
}
NAMED = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "m",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "*",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "*",
}
ANYTHING = "*"

_REF = "#/definitions/"
_PACKAGES = ("io.k8s.api.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator.")
_PROPERTY = re.compile(r'^\t{5}"([^"]+)": \{')
_FUNCTION = re.compile(r"^func schema_\w*?_([a-z0-9]+_v\d[a-z0-9]*_\w+)\(ref ")
_LIFECYCLE = re.compile(
    r"func \(in \*(\w+)\) APILifecycle(Introduced|Deprecated|Removed)\(\).*?return 1, (\d+)", re.S
)
_REPLACEMENT = re.compile(
    r"func \(in \*(\w+)\) APILifecycleReplacement\(\).*?"
    r'Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"',
    re.S,
)


class Release:
    """One minor release: its definitions, and what the generated Go code adds."""

    def __init__(self, folder: str, minor: int) -> None:
        self.minor = minor
        here = os.path.join(folder, f"1.{minor}")
        with open(os.path.join(here, "swagger.json"), encoding="utf-8") as file:
            self.definitions: Mapping[str, Any] = json.load(file)["definitions"]
        with open(os.path.join(here, "zz_generated.openapi.go"), encoding="utf-8") as file:
            self.enums, self.defaulted = _generated(file)

    def code(self, definition: str, key: str) -> tuple[str, str]:
        """The name that generated code has for a field of a definition."""
        return "_".join(definition.rsplit(".", 3)[1:]), key

    def leads_to(self, schema: Mapping[str, Any]) -> tuple[str, str]:
        """The containers around a value, and what it is: a scalar's letter or a definition."""
        if "$ref" in schema:
            definition = schema["$ref"].removeprefix(_REF)
            if definition in NAMED:
                return "", NAMED[definition]
            known = self.definitions[definition]
            return "", definition if known.get("type") == "object" else ANYTHING
        for container, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if container in schema:
                around, inner = self.leads_to(schema[container])
                return mark + around, inner
        return "", SCALARS.get((schema.get("type"), schema.get("format")), ANYTHING)


def _generated(lines: Iterable[str]) -> tuple[dict[tuple[str, str], list[str]], set[Any]]:
    """Enumerations by struct and field, and the fields for which decoding has a default."""
    enums: dict[tuple[str, str], list[str]] = {}
    defaulted: set[tuple[str, str]] = set()
    struct = key = ""
    for line in lines:
        if match := _FUNCTION.match(line):
            struct, key = match[1], ""
        elif match := _PROPERTY.match(line):
            key = match[1]
        elif line.strip().startswith("Enum:") and key:
            enums[struct, key] = re.findall(r'"([^"]*)"', line)
        elif match := re.match(r'^\t{7}Default: +"[^"]', line):
            defaulted.add((struct, key))
    return enums, defaulted


class Struct:
    """A definition in all releases that have it."""

    def __init__(self, definition: str) -> None:
        self.definition = definition
        self.seen: dict[int, Mapping[str, Any]] = {}

    @property
    def name(self) -> str:
        return self.definition.rpartition(".")[2]

    @property
    def rank(self) -> tuple[Any, ...]:
        """Which of several definitions is known by the name alone: the stable, newest, of core."""
        _, package, version, _ = self.definition.rsplit(".", 3)
        number, stage, minor = re.fullmatch(r"v(\d+)(alpha|beta)?(\d*)", version).groups()  # type: ignore[union-attr]
        stable = {None: 0, "beta": 1, "alpha": 2}[stage]
        return stable, package not in ("core", "meta"), -int(number), -int(minor or 0), package

    def fields(self, releases: Mapping[int, Release], targets: Mapping[str, str]) -> dict[str, str]:
        """Each field as it is written, with definitions called as `targets` says."""
        found: dict[str, str] = {}
        keys = sorted({key for seen in self.seen.values() for key in seen.get("properties", ())})
        for key in keys:
            minors = [m for m, seen in self.seen.items() if key in seen.get("properties", ())]
            newest = releases[minors[-1]]
            around, inner = newest.leads_to(self.seen[minors[-1]]["properties"][key])
            if key in OPEN:
                around, inner = "", ANYTHING
            value = around + targets.get(inner, inner)
            value += self._enum(key, [releases[m] for m in minors])
            required = all(key in self.seen[m].get("required", ()) for m in minors)
            code = newest.code(self.definition, key)
            # What is no pointer in Go is false where it is absent.
            optional = code in newest.defaulted or inner == SCALARS["boolean", None]
            optional = optional or key in NOT_REQUIRED.get(self.name, ())
            if required and not optional:
                value = "!" + value
            found[key] = value + _during(minors, list(self.seen))
        return found

    def _enum(self, key: str, releases: list[Release]) -> str:
        code = releases[-1].code(self.definition, key)
        known = ENUMS.get((".".join(self.definition.rsplit(".", 3)[1:]), key))
        if known is not None:
            return f"<{'|'.join(known)}>"
        listed = [(r.minor, r.enums[code]) for r in releases if code in r.enums]
        if not listed:
            return ""
        choices = sorted({choice for _, choices in listed for choice in choices} - {""})
        words = []
        for choice in choices:
            minors = [minor for minor, choices in listed if choice in choices]
            # Before the field was marked as an enumeration nothing tells what it had.
            words.append(choice + _during(minors, [minor for minor, _ in listed]))
        return f"<{'|'.join(words)}>"


def _during(minors: list[int], of: list[int]) -> str:
    """`@28`, `@28-31` or `@-31`: in which of some releases something is; empty for in all."""
    since = str(minors[0]) if minors[0] > of[0] else ""
    until = f"-{minors[-1]}" if minors[-1] < of[-1] else ""
    return f"@{since}{until}" if since or until else ""


def table(folder: str) -> dict[str, Any]:
    """The whole table of a folder that `fetch` filled."""
    releases = {minor: Release(folder, minor) for minor in RELEASES}
    structs: dict[str, Struct] = {}
    kinds: dict[str, str] = {}
    spans: dict[str, list[int]] = {}
    for minor, release in releases.items():
        for definition, schema in release.definitions.items():
            for known in schema.get("x-kubernetes-group-version-kind", ()):
                GROUPS.setdefault(definition.rsplit(".", 3)[1], known["group"])
                kind = f"{known['group']}/{known['version']} {known['kind']}".lstrip("/")
                if definition.startswith(_PACKAGES) and not NOT_KINDS.search(known["kind"]):
                    kinds[kind] = definition
                    spans.setdefault(kind, []).append(minor)
                    _collect(definition, release, structs, set())
    names = _names(structs, releases)
    written: dict[str, dict[str, str]] = {}
    for struct in structs.values():
        written[names[struct.definition]] = struct.fields(releases, names)
    return {
        "releases": [RELEASES[0], RELEASES[-1]],
        "kinds": {
            kind: names[kinds[kind]] + _during(spans[kind], list(RELEASES))
            for kind in sorted(kinds)
        },
        "apis": dict(sorted(_lifecycles(folder, kinds))),
        "structs": dict(sorted(written.items())),
    }


def _collect(definition: str, release: Release, structs: dict[str, Struct], done: set[str]) -> None:
    if definition in done:
        return
    done.add(definition)
    struct = structs.setdefault(definition, Struct(definition))
    schema = release.definitions[definition]
    struct.seen[release.minor] = schema
    for key, inner in schema.get("properties", {}).items():
        if key not in OPEN:
            target = release.leads_to(inner)[1]
            if target in release.definitions:
                _collect(target, release, structs, done)


def _names(structs: Mapping[str, Struct], releases: Mapping[int, Release]) -> dict[str, str]:
    """A name for every definition; those of one name that hold the same share it.

    All of one name are held for equal until something tells them apart, so that structs that lead
    to each other are compared too.
    """
    names = {definition: struct.name for definition, struct in structs.items()}
    while True:
        groups: dict[tuple[str, str], list[str]] = {}
        for definition, struct in structs.items():
            shape = json.dumps(struct.fields(releases, names))
            groups.setdefault((names[definition], shape), []).append(definition)
        refined: dict[str, str] = {}
        taken: set[str] = set()
        best = sorted(groups.values(), key=lambda group: min(structs[d].rank for d in group))
        for group in best:
            name = structs[group[0]].name
            if name in taken:
                chosen = min(group, key=lambda d: structs[d].rank)
                name = ".".join([name, *chosen.rsplit(".", 3)[1:3]])
            taken.add(name)
            refined.update(dict.fromkeys(group, name))
        if refined == names:
            return names
        names = refined


def _lifecycles(folder: str, kinds: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Each API that is or was to go: introduced, deprecated, removed, and what replaces it."""
    found: dict[str, dict[str, Any]] = {}
    for root, _, files in sorted(os.walk(os.path.join(folder, "lifecycle"))):
        for name in files:
            package, version = root.split(os.sep)[-2:]
            group = GROUPS.get(package, f"{package}.k8s.io")
            with open(os.path.join(root, name), encoding="utf-8") as file:
                text = file.read()
            for kind, what, minor in _LIFECYCLE.findall(text):
                api = f"{group}/{version} {kind}".lstrip("/")
                found.setdefault(api, {})[what] = int(minor)
            for kind, *target in _REPLACEMENT.findall(text):
                api = f"{group}/{version} {kind}".lstrip("/")
                found[api]["replacement"] = "{}/{} {}".format(*target).lstrip("/")
    for api, said in found.items():
        if "Deprecated" in said and not NOT_KINDS.search(api.rpartition(" ")[2]):
            when = [said.get(what, 0) for what in ("Introduced", "Deprecated", "Removed")]
            yield api, [*when, _replacement(api, found, kinds)]
    for api, (minors, replacement) in OTHER_APIS.items():
        yield api, [*minors, replacement]


def _replacement(api: str, found: Mapping[str, dict[str, Any]], kinds: Mapping[str, str]) -> str:
    """What to write instead in the end: replacements were replaced, and some are not named."""
    said = str(found[api].get("replacement", "")).removesuffix("List")
    if said in found:
        return _replacement(said, found, kinds)
    stable = re.sub(r"(^|/)v\d+(alpha|beta)\d+ ", r"\1v1 ", api)
    return said if said in kinds else stable if stable in kinds else ""


def fetch(folder: str) -> None:
    """Fill a folder with the files of every release, through `go mod download`."""
    for minor in RELEASES:
        module = _download(f"k8s.io/kubernetes@v1.{minor}")
        here = os.path.join(folder, f"1.{minor}")
        os.makedirs(here, exist_ok=True)
        for file in (
            "api/openapi-spec/swagger.json",
            "pkg/generated/openapi/zz_generated.openapi.go",
        ):
            shutil.copy(os.path.join(module, file), here)
    for version in LIFECYCLES:
        module = _download(version)
        for root, _, files in os.walk(module):
            for name in files:
                if name == "zz_generated.prerelease-lifecycle.go":
                    inside = os.path.relpath(root, module)
                    here = os.path.join(folder, "lifecycle", version.replace("/", "_"), inside)
                    os.makedirs(here, exist_ok=True)
                    shutil.copy(os.path.join(root, name), here)


def _download(module: str) -> str:
    """The folder of a module; a version such as v1.30 means its newest patch."""
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return str(json.loads(done.stdout)["Dir"])


def text(made: Mapping[str, Any]) -> str:
    """The table as it is committed: one kind, API or struct a line."""
    parts = [f'"releases": {json.dumps(made["releases"])}']
    for part in ("kinds", "apis", "structs"):
        lines = (
            f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
            for name, value in made[part].items()
        )
        parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fetch", where]:
            fetch(where)
        case ["make", where]:
            print(text(table(where)))
        case _:
            sys.exit(__doc__)
