"""Names, labels and numbers whose form Kubernetes prescribes.

Source: apimachinery pkg/util/validation/validation.go and pkg/api/validation/objectmeta.go, and
kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.model import Resource, Route

Faults = Iterator[tuple[Route, str]]

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_PORT_NAME = re.compile(r"[-a-z0-9]+")

_PATH_NAMES = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
# What is named otherwise than as a subdomain, or where the form hangs on something else.
_OTHER_NAMES = frozenset(
    {
        "APIService",
        "CertificateSigningRequest",
        "ClusterTrustBundle",
        "ComponentStatus",
        "IPAddress",
    }
)
_LABEL_NAMES = frozenset({"Namespace"})


def _longer(text: str, most: int) -> str | None:
    return f"has {len(text)} characters, and {most} is the limit" if len(text) > most else None


def dns_label(text: str) -> str | None:
    """What is wrong with a DNS label: `web-1`, at most 63 characters."""
    if not _LABEL.fullmatch(text):
        return (
            f"is `{text[:63]}`, and it has to be lower-case letters, digits and `-`, "
            "with a letter or digit at both ends"
        )
    return _longer(text, 63)


def dns_subdomain(text: str) -> str | None:
    """What is wrong with a DNS subdomain: labels with dots, at most 253 characters in all."""
    if not _SUBDOMAIN.fullmatch(text):
        return (
            f"is `{text[:63]}`, and it has to be lower-case letters, digits, `-` and `.`, "
            "with a letter or digit at both ends"
        )
    return _longer(text, 253)


def qualified_name(text: str) -> str | None:
    """What is wrong with the key of a label or annotation: `example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash and (not prefix or "/" in prefix or dns_subdomain(prefix)):
        return f"has the key `{text[:80]}`, whose part before the `/` is no domain"
    if not name or not _QUALIFIED.fullmatch(name):
        return (
            f"has the key `{text[:80]}`, and the name in it has to be letters, digits, `-`, `_` "
            "and `.`, with a letter or digit at both ends"
        )
    if len(name) > 63:
        return (
            f"has the key `{text[:80]}`, whose name has {len(name)} characters, and 63 is the limit"
        )
    return None


def label_value(text: str) -> str | None:
    """What is wrong with the value of a label."""
    if not _LABEL_VALUE.fullmatch(text):
        return (
            f"is `{text[:63]}`, and a label has to be letters, digits, `-`, `_` and `.`, "
            "with a letter or digit at both ends"
        )
    return _longer(text, 63)


def _labels(value: Any) -> Faults:
    if isinstance(value, Mapping):
        yield from _keys(value)
        for key, text in value.items():
            if isinstance(text, str) and (fault := label_value(text)):
                yield (key,), fault


def _keys(value: Any) -> Faults:
    for key in value if isinstance(value, Mapping) else ():
        if "{" not in key and "$" not in key and (fault := qualified_name(key)):
            yield (key,), fault


def _annotations(value: Any) -> Faults:
    # Keys are compared in lower case (ValidateAnnotations).
    for keys, fault in _keys(value):
        if qualified_name(str(keys[0]).lower()):
            yield keys, fault


def _config_keys(value: Any) -> Faults:
    for key in value if isinstance(value, Mapping) else ():
        if "{" in key or "$" in key:
            continue
        if not _CONFIG_KEY.fullmatch(key) or key in (".", "..") or key.startswith(".."):
            yield (key,), "has a key that is not of letters, digits, `-`, `_` and `.`"
        elif fault := _longer(key, 253):
            yield (key,), f"has a key that {fault}"


def _text(judge: Callable[[str], str | None]) -> Callable[[Any], Faults]:
    def faults(value: Any) -> Faults:
        if isinstance(value, str) and (fault := judge(value)):
            yield (), fault

    return faults


def _port_name(text: str) -> str | None:
    if fault := _longer(text, 15):
        return fault
    wrong = not _PORT_NAME.fullmatch(text) or "--" in text or text[0] == "-" or text[-1] == "-"
    if wrong or not re.search("[a-z]", text):
        return (
            f"is `{text}`, and it has to be lower-case letters, digits and single `-` within, "
            "with a letter among them"
        )
    return None


def _env_name(text: str) -> str | None:
    # IsRelaxedEnvVarName; before 1.34 the name had to be an identifier, with dots and dashes.
    if not text or all(" " <= char <= "~" and char != "=" for char in text):
        return None
    return f"is `{text[:63]}`, and it has to be printable ASCII without `=`"


def _range(least: int, most: int = (1 << 63) - 1) -> Callable[[Any], Faults]:
    def faults(value: Any) -> Faults:
        if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= most:
            said = f"{least} to {most}" if most < 1 << 31 else f"{least} or more"
            yield (), f"is {value}, and it has to be {said}"

    return faults


_port = _range(1, 65535)
_count = _range(0)

FORMATS: Mapping[tuple[str, str], Callable[[Any], Faults]] = {
    ("ObjectMeta", "labels"): _labels,
    ("ObjectMeta", "annotations"): _annotations,
    ("ObjectMeta", "namespace"): _text(dns_label),
    ("LabelSelector", "matchLabels"): _labels,
    ("PodSpec", "nodeSelector"): _labels,
    ("PodSpec", "priorityClassName"): _text(dns_subdomain),
    ("PodSpec", "serviceAccountName"): _text(dns_subdomain),
    ("PodSpec", "hostname"): _text(dns_label),
    ("PodSpec", "subdomain"): _text(dns_label),
    ("Container", "name"): _text(dns_label),
    ("Volume", "name"): _text(dns_label),
    ("VolumeMount", "name"): _text(dns_label),
    ("EnvVar", "name"): _text(_env_name),
    ("ContainerPort", "name"): _text(_port_name),
    ("ContainerPort", "containerPort"): _port,
    ("ContainerPort", "hostPort"): _port,
    ("ServicePort", "port"): _port,
    ("ServicePort", "name"): _text(dns_label),
    ("ConfigMap", "data"): _config_keys,
    ("ConfigMap", "binaryData"): _config_keys,
    ("Secret", "data"): _config_keys,
    ("Secret", "stringData"): _config_keys,
    ("DeploymentSpec", "replicas"): _count,
    ("DeploymentSpec", "minReadySeconds"): _count,
    ("DeploymentSpec", "revisionHistoryLimit"): _count,
    ("StatefulSetSpec", "replicas"): _count,
    ("StatefulSetSpec", "minReadySeconds"): _count,
    ("ReplicaSetSpec", "replicas"): _count,
    ("ReplicationControllerSpec", "replicas"): _count,
    ("JobSpec", "parallelism"): _count,
    ("JobSpec", "completions"): _count,
    ("JobSpec", "backoffLimit"): _count,
    ("JobSpec", "activeDeadlineSeconds"): _count,
    ("JobSpec", "ttlSecondsAfterFinished"): _count,
    ("CronJobSpec", "successfulJobsHistoryLimit"): _count,
    ("CronJobSpec", "failedJobsHistoryLimit"): _count,
    ("PodSpec", "terminationGracePeriodSeconds"): _count,
    ("PodSpec", "activeDeadlineSeconds"): _range(1, (1 << 31) - 1),
}


def object_name(resource: Resource, minor: int) -> str | None:
    """What is wrong with the name of an object of Kubernetes itself."""
    name, kind = resource.name, resource.kind
    if not name or kind in _OTHER_NAMES:
        return None
    if kind in _PATH_NAMES:
        if name in (".", "..") or "/" in name or "%" in name:
            return f"is `{name[:63]}`, and `/` and `%` cannot stand in it"
        return None
    if kind in _LABEL_NAMES:
        return dns_label(name)
    if kind == "Service" and not resource.group:
        # RelaxedServiceNameValidation, on since 1.36, lets a digit come first.
        if minor < 36 and name[0].isdigit():
            return f"is `{name[:63]}`, and the name of a Service begins with a letter"
        return dns_label(name)
    if kind == "CronJob" and len(name) > 52:
        # Jobs have 11 characters more (pkg/apis/batch/validation ValidateCronJobCreate).
        return f"has {len(name)} characters, and 52 is the limit of a {kind}"
    return dns_subdomain(name)
