"""Names, labels and numbers whose form Kubernetes prescribes.

Source: apimachinery pkg/util/validation/validation.go and pkg/api/validation/objectmeta.go, and
kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kguard.facts.schema.quotakeys import quota_keys
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
# What is asked or asked for, and never kept: nobody reads its name (kubernetes
# pkg/registry/authorization, pkg/registry/authentication, core/serviceaccount/storage/token.go).
_NAMELESS = frozenset(
    {
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "TokenRequest",
        "TokenReview",
    }
)


def _longer(text: str, most: int) -> str | None:
    return f"has {len(text)} characters, and {most} is the limit" if len(text) > most else None


def dns_label(text: str, shown: str = "") -> str | None:
    """What is wrong with a DNS label: `web-1`, at most 63 characters; `shown` in place of it."""
    if not _LABEL.fullmatch(text):
        return (
            f"is `{(shown or text)[:63]}`, and it has to be lower-case letters, digits and `-`, "
            "with a letter or digit at both ends"
        )
    return _longer(text, 63)


def dns_subdomain(text: str, shown: str = "") -> str | None:
    """What is wrong with a DNS subdomain: labels with dots, at most 253 characters in all.

    `shown` stands in for a text that nobody has written.
    """
    if not _SUBDOMAIN.fullmatch(text):
        return (
            f"is `{(shown or text)[:63]}`, and it has to be lower-case letters, digits, `-` and "
            "`.`, with a letter or digit at both ends"
        )
    return _longer(text, 253)


def qualified_name(text: str) -> str | None:
    """What is wrong with the key of a label or annotation: words behind `example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash and (not prefix or "/" in prefix or dns_subdomain(prefix)):
        return "whose part before the `/` is no domain"
    if not name or not _QUALIFIED.fullmatch(name):
        return (
            "and the name in it has to be letters, digits, `-`, `_` and `.`, "
            "with a letter or digit at both ends"
        )
    if len(name) > 63:
        return f"whose name has {len(name)} characters, and 63 is the limit"
    return None


def label_value(text: str) -> str | None:
    """What is wrong with the value of a label."""
    if not _LABEL_VALUE.fullmatch(text):
        return (
            f"is `{text[:63]}`, and a label has to be letters, digits, `-`, `_` and `.`, "
            "with a letter or digit at both ends"
        )
    return _longer(text, 63)


def label_keys(value: Any) -> Faults:
    """What is wrong with the keys of labels, as words behind that which holds them."""
    for key in value if isinstance(value, Mapping) else ():
        if "{" not in key and "$" not in key and (fault := qualified_name(key)):
            yield (key,), f"has the key `{key[:80]}`, {fault}"


def annotation_keys(value: Any) -> Faults:
    """What is wrong with the keys of annotations, which are compared in lower case."""
    for keys, fault in label_keys(value):
        if qualified_name(str(keys[0]).lower()):
            yield keys, fault


def label_values(value: Any) -> Faults:
    """What is wrong with the values of labels, as words behind the name of each."""
    for key, text in value.items() if isinstance(value, Mapping) else ():
        if isinstance(text, str) and (fault := label_value(text)):
            yield (key,), fault


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
        # An empty text counts as an absent one.
        if isinstance(value, str) and value and (fault := judge(value)):
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
    if all(" " <= char <= "~" and char != "=" for char in text):
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
_at_least_one = _range(1)
_id = _range(0, (1 << 31) - 1)
_weight = _range(1, 100)


def _mode(value: Any) -> Faults:
    # YAML 1.1 reads 0644 as octal; 644 is another number.
    if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= 0o777:
        octal = "" if value < 0 or set(str(value)) & {"8", "9"} else f"; `0{value}` is octal"
        yield (), f"is {value}, and a mode has to be 0 to 511, which is 0777 in octal{octal}"


def _port_or_name(value: Any) -> Faults:
    yield from _text(_port_name)(value) if isinstance(value, str) else _port(value)


def _part(most: int | None) -> Callable[[Any], Faults]:
    """A number or a percentage (ValidatePositiveIntOrPercent, IsNotMoreThan100Percent)."""

    def faults(value: Any) -> Faults:
        if not isinstance(value, str):
            yield from _count(value)
        elif not re.fullmatch(r"[0-9]+%", value, re.ASCII):
            yield (), f"is `{value[:40]}`, and a text has to be a percentage as `25%`"
        elif most is not None and len(value) < 20 and int(value[:-1]) > most:
            yield (), f"is `{value}`, which is more than {most}%"

    return faults


_PATHS = re.compile(
    r"(metadata\.(name|namespace|uid|labels|annotations)"
    r"|metadata\.(labels|annotations)\['[^']+'\]"
    r"|spec\.(nodeName|host|serviceAccountName)|status\.(hostIP|podIP)s?)"
)


def _field_path(text: str) -> str | None:
    # pkg/apis/core/pods/helpers.go (ConvertDownwardAPIFieldLabel), core validation.go.
    if _PATHS.fullmatch(text):
        return None
    return f"is `{text[:60]}`, and no such field of a pod can be asked for"


def _config_key(text: str) -> str | None:
    if not _CONFIG_KEY.fullmatch(text):
        return f"is `{text[:63]}`, and it has to be letters, digits, `-`, `_` and `.`"
    return _longer(text, 253)


def _qualified(text: str) -> str | None:
    fault = qualified_name(text)
    return f"is `{text[:80]}`, {fault}" if fault else None


_BYTE = "(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])"
_ADDRESS = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")


def _host(text: str) -> str | None:
    # networking validation.go (validateIngressRules), apimachinery IsWildcardDNS1123Subdomain.
    parts = text.split(".")
    if any(re.fullmatch(r"_*[A-Z][A-Z0-9_-]+", part) for part in parts):
        return None  # A word to be replaced: YOUR_DOMAIN, __DOMAIN__.
    if _ADDRESS.fullmatch(text):
        return f"is `{text}`, and it has to be a name, no address"
    return dns_subdomain(text.removeprefix("*."), text)


KEYS: Mapping[tuple[str, str], Callable[[Any], Faults]] = {
    ("ObjectMeta", "labels"): label_keys,
    ("ObjectMeta", "annotations"): annotation_keys,
    ("LabelSelector", "matchLabels"): label_keys,
    ("PodSpec", "nodeSelector"): label_keys,
    ("ConfigMap", "data"): _config_keys,
    ("ConfigMap", "binaryData"): _config_keys,
    ("Secret", "data"): _config_keys,
    ("Secret", "stringData"): _config_keys,
    ("ResourceQuotaSpec", "hard"): quota_keys,
    ("ServiceSpec", "selector"): label_keys,
    ("ReplicationControllerSpec", "selector"): label_keys,
}
"""The judges of the keys in a field's value."""

FORMATS: Mapping[tuple[str, str], Callable[[Any], Faults]] = {
    ("ObjectMeta", "labels"): label_values,
    ("ObjectMeta", "namespace"): _text(dns_label),
    ("LabelSelector", "matchLabels"): label_values,
    ("PodSpec", "nodeSelector"): label_values,
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
    ("ServicePort", "targetPort"): _port_or_name,
    ("ServiceSpec", "selector"): label_values,
    ("ReplicationControllerSpec", "selector"): label_values,
    ("NetworkPolicyPort", "port"): _port_or_name,
    ("HTTPGetAction", "port"): _port_or_name,
    ("TCPSocketAction", "port"): _port_or_name,
    ("GRPCAction", "port"): _port,
    ("ServiceBackendPort", "number"): _port,
    ("ConfigMapVolumeSource", "defaultMode"): _mode,
    ("SecretVolumeSource", "defaultMode"): _mode,
    ("ProjectedVolumeSource", "defaultMode"): _mode,
    ("DownwardAPIVolumeSource", "defaultMode"): _mode,
    ("KeyToPath", "mode"): _mode,
    ("DownwardAPIVolumeFile", "mode"): _mode,
    ("ISCSIVolumeSource", "lun"): _range(0, 255),
    ("ValidatingWebhook", "timeoutSeconds"): _range(1, 30),
    ("MutatingWebhook", "timeoutSeconds"): _range(1, 30),
    ("DeploymentSpec", "progressDeadlineSeconds"): _count,
    ("RollingUpdateDeployment", "maxSurge"): _part(None),
    ("RollingUpdateDeployment", "maxUnavailable"): _part(100),
    ("RollingUpdateDaemonSet", "maxSurge"): _part(100),
    ("RollingUpdateDaemonSet", "maxUnavailable"): _part(100),
    ("PodDisruptionBudgetSpec", "minAvailable"): _part(100),
    ("PodDisruptionBudgetSpec", "maxUnavailable"): _part(100),
    ("ObjectFieldSelector", "fieldPath"): _text(_field_path),
    ("ConfigMapKeySelector", "key"): _text(_config_key),
    ("ConfigMapKeySelector", "name"): _text(dns_subdomain),
    ("SecretKeySelector", "key"): _text(_config_key),
    ("SecretKeySelector", "name"): _text(dns_subdomain),
    ("ConfigMapEnvSource", "name"): _text(dns_subdomain),
    ("SecretEnvSource", "name"): _text(dns_subdomain),
    ("PersistentVolumeClaimSpec", "storageClassName"): _text(dns_subdomain),
    ("StatefulSetSpec", "serviceName"): _text(dns_label),
    ("IngressRule", "host"): _text(_host),
    ("IngressServiceBackend", "name"): _text(dns_label),
    ("LabelSelectorRequirement", "key"): _text(_qualified),
    ("PodAffinityTerm", "topologyKey"): _text(_qualified),
    ("Toleration", "key"): _text(_qualified),
    ("TopologySpreadConstraint", "maxSkew"): _at_least_one,
    ("SecurityContext", "runAsUser"): _id,
    ("SecurityContext", "runAsGroup"): _id,
    ("PodSecurityContext", "runAsUser"): _id,
    ("PodSecurityContext", "runAsGroup"): _id,
    ("PodSecurityContext", "fsGroup"): _id,
    ("WeightedPodAffinityTerm", "weight"): _weight,
    ("PreferredSchedulingTerm", "weight"): _weight,
    ("HPAScalingPolicy", "value"): _at_least_one,
    ("HPAScalingPolicy", "periodSeconds"): _range(1, 1800),
    ("HPAScalingRules", "stabilizationWindowSeconds"): _range(0, 3600),
    ("MetricTarget", "averageUtilization"): _at_least_one,
    ("PodSpec", "activeDeadlineSeconds"): _range(1, (1 << 31) - 1),
}


_GENERATED = "x" * 5
_MOST_BEFORE = 58


def is_named(resource: Resource) -> bool:
    """Whether an object of Kubernetes itself is kept under a name."""
    return resource.kind not in _NAMELESS


def object_name(resource: Resource, minor: int) -> str | None:
    """What is wrong with the name of an object of Kubernetes itself."""
    return _object_name(resource, resource.name or "", minor)


def generated_name(resource: Resource, start: str, minor: int) -> str | None:
    """What is wrong with the names that a `generateName` leads to.

    Source: apiserver pkg/storage/names/generate.go (SimpleNameGenerator).
    """
    return of_generated(start, lambda name, cut: _object_name(resource, name, minor, cut))


def of_generated(start: str, judge: Callable[[str, str], str | None]) -> str | None:
    """What is wrong with names that begin so, by the judge of a name and of what to show for it."""
    cut = start[:_MOST_BEFORE]
    return judge(cut + _GENERATED, cut) if start else None


def _object_name(resource: Resource, name: str, minor: int, shown: str = "") -> str | None:
    kind, shown = resource.kind, shown or name
    if not name or kind in _OTHER_NAMES:
        return None
    if kind in _PATH_NAMES:
        if name in (".", "..") or "/" in name or "%" in name:
            return f"is `{shown[:63]}`, and `/` and `%` cannot stand in it"
        return None
    if kind in _LABEL_NAMES:
        return dns_label(name, shown)
    if kind == "Service" and not resource.group:
        # RelaxedServiceNameValidation, on since 1.36, lets a digit come first.
        if minor < 36 and name[0].isdigit():
            return f"is `{shown[:63]}`, and the name of a Service begins with a letter"
        return dns_label(name, shown)
    if kind == "CronJob" and len(name) > 52:
        # Jobs have 11 characters more (pkg/apis/batch/validation ValidateCronJobCreate).
        return f"has {len(name)} characters, and 52 is the limit of a {kind}"
    return dns_subdomain(name, shown)
