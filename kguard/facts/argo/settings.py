"""What the Argo controller's parser refuses in its configuration besides unknown keys.

Source: argo-workflows config/controller.go (parseConfigMap: sigs.k8s.io/yaml UnmarshalStrict into
the structs of config/config.go, exit on any error) and Config.Sanitize, which looks at the links.
The YAML parser turns numbers and booleans into text where a struct wants text, never the reverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.facts.argo.config import ControllerConfig
from kguard.facts.quantities import is_placeholder
from kguard.model import Route
from kguard.quantity import DurationError, parse_go_duration
from kguard.record import record

INT, FLOAT, BOOL, TEXT = "a whole number", "a number", "true or false", "text"
DURATION, MAPPING, LIST = "a duration such as `30s`", "a mapping", "a list"
WORDS, NUMBERS = "a list of text", "a list of numbers"

_EACH = "*"
"""Stands for the names of a mapping whose keys are not settings."""

_DATABASE = {"host": TEXT, "port": INT, "database": TEXT, "tableName": TEXT}
_POOL = {"maxIdleConns": INT, "maxOpenConns": INT}
_STORE: Mapping[str, Any] = {
    "connectionPool": _POOL,
    "postgresql": {**_DATABASE, "ssl": BOOL, "sslMode": TEXT},
    "mysql": {**_DATABASE, "options": {_EACH: TEXT}},
}
_METRICS = {
    "enabled": BOOL,
    "path": TEXT,
    "port": INT,
    "ignoreErrors": BOOL,
    "secure": BOOL,
    "modifiers": {
        _EACH: {"disabled": BOOL, "disabledAttributes": WORDS, "histogramBuckets": NUMBERS}
    },
    "temporality": TEXT,
}

# What config/config.go makes of each key, as far as the types are the package's own.
_TYPES: Mapping[str, Any] = {
    "namespace": TEXT,
    "instanceID": TEXT,
    "navColor": TEXT,
    "parallelism": INT,
    "namespaceParallelism": INT,
    "podGCGracePeriodSeconds": INT,
    "podGCDeleteDelayDuration": DURATION,
    "initialDelay": DURATION,
    "links": LIST,
    "columns": LIST,
    "executor": MAPPING,
    "mainContainer": MAPPING,
    "artifactRepository": MAPPING,
    "workflowDefaults": MAPPING,
    "images": {_EACH: {"entrypoint": WORDS, "cmd": WORDS}},
    "kubeConfig": {"secretName": TEXT, "secretKey": TEXT, "volumeName": TEXT, "mountPath": TEXT},
    "nodeEvents": {"enabled": BOOL, "sendAsPod": BOOL},
    "workflowEvents": {"enabled": BOOL},
    "resourceRateLimit": {"limit": FLOAT, "burst": INT},
    "retentionPolicy": {"completed": INT, "failed": INT, "errored": INT},
    "workflowRestrictions": {"templateReferencing": TEXT},
    "podSpecLogStrategy": {"failedPod": BOOL, "allPods": BOOL},
    "failedPodRestart": {"enabled": BOOL, "maxRestarts": INT},
    "initlessPod": {"enabled": BOOL},
    "metricsConfig": _METRICS,
    "telemetryConfig": _METRICS,
    "persistence": {
        **_STORE,
        "nodeStatusOffLoad": BOOL,
        "archive": BOOL,
        "clusterName": TEXT,
        "skipMigration": BOOL,
        "archiveLabelSelector": MAPPING,
    },
    "synchronization": {
        **_STORE,
        "controllerName": TEXT,
        "skipMigration": BOOL,
        "limitTableName": TEXT,
        "stateTableName": TEXT,
        "controllerTableName": TEXT,
        "lockTableName": TEXT,
        "pollSeconds": INT,
        "heartbeatSeconds": INT,
        "inactiveControllerSeconds": INT,
        "semaphoreLimitCacheSeconds": INT,
    },
    "sso": {
        "issuer": TEXT,
        "issuerAlias": TEXT,
        "redirectUrl": TEXT,
        "rbac": {"enabled": BOOL},
        "scopes": WORDS,
        "sessionExpiry": DURATION,
        "customGroupClaimName": TEXT,
        "userInfoPath": TEXT,
        "insecureSkipVerify": BOOL,
        "filterGroupsRegex": WORDS,
    },
}


@record
class WrongSetting:
    """A value of another type than its setting: the route of keys, what is there, what fits."""

    keys: Route
    value: Any
    wanted: str

    @property
    def quoted_number(self) -> bool:
        """Whether it is a number that quotes have made text."""
        return self.wanted in (INT, FLOAT) and isinstance(self.value, str) and _is_number(self)


def _is_number(wrong: WrongSetting) -> bool:
    return re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", wrong.value) is not None


def wrong_settings(config: ControllerConfig) -> Iterator[WrongSetting]:
    """The values that the controller's structs cannot hold; placeholders are left out."""
    yield from _wrong(config.sections, _TYPES, ())


def _wrong(data: Any, types: Mapping[str, Any], route: Route) -> Iterator[WrongSetting]:
    lowered = {name.lower(): wanted for name, wanted in types.items()}
    for key, value in data.items() if isinstance(data, Mapping) else ():
        wanted = lowered.get(key.lower(), types.get(_EACH)) if isinstance(key, str) else None
        if wanted is None or value is None or is_placeholder(value):
            continue
        here = (*route, key)
        if isinstance(wanted, Mapping):
            if isinstance(value, Mapping):
                yield from _wrong(value, wanted, here)
            else:
                yield WrongSetting(here, value, MAPPING)
        elif not _fits(value, wanted):
            yield WrongSetting(here, value, wanted)


def _fits(value: Any, wanted: str) -> bool:
    if wanted == TEXT:
        return not isinstance(value, Mapping | list)
    if wanted == BOOL:
        return isinstance(value, bool)
    if wanted == MAPPING:
        return isinstance(value, Mapping)
    if wanted == LIST:
        return isinstance(value, list)
    if wanted in (WORDS, NUMBERS):
        inner = TEXT if wanted == WORDS else FLOAT
        return isinstance(value, list) and all(is_placeholder(v) or _fits(v, inner) for v in value)
    if wanted == DURATION:
        return _is_duration(value)
    whole = isinstance(value, float) and value.is_integer()
    number = isinstance(value, int) or whole or (wanted == FLOAT and isinstance(value, float))
    return number and not isinstance(value, bool)


def _is_duration(value: Any) -> bool:
    """Whether Go's time.ParseDuration reads it (metav1.Duration.UnmarshalJSON); 0 is text too."""
    if isinstance(value, bool | Mapping | list):
        return False
    try:
        parse_go_duration(str(value))
    except DurationError:
        return False
    return True


@record
class BadLink:
    """A link that makes the controller refuse its configuration: the route and the cause."""

    keys: Route
    cause: str


def bad_links(config: ControllerConfig) -> Iterator[BadLink]:
    """Links whose URL has another scheme than http or https (Config.Sanitize).

    Go's url.Parse finds a scheme only in front of the first colon, and only of letters, digits
    and `+-.`; a URL without one has an empty scheme, which is refused as well.
    """
    links = config.get("links")
    for number, link in enumerate(links if isinstance(links, list) else ()):
        url = link.get("url") if isinstance(link, Mapping) else None
        if not isinstance(url, str) or is_scheme_open(url):
            continue
        found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", url)
        if found is None or found[1].lower() not in ("http", "https"):
            scheme = f"the scheme `{found[1]}`" if found else "no scheme"
            yield BadLink(("links", number, "url"), f"has {scheme}")


def is_scheme_open(url: str) -> bool:
    """Whether a placeholder may still write the scheme: `${metadata.name}` behind it is usual."""
    return url.startswith(("{{", "${", "$(")) or not url
